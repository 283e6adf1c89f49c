"""Fetches what Pulsar publishes once, into a cache that all versions of arcwatch share.

The cache holds ``pulsar-4.0.8/``, which is trusted when it has its marker file.  Everything is
done in a private folder beside it and renamed at the end, so that an interruption at any moment
leaves nothing that could be taken for a whole one; the next start removes what was left.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from arcwatch.errors import StackError
from arcwatch.files.lock import exclusive

from .service import not_installed

VERSION = "4.0.8"
_GROUP = "org.apache.pulsar"


class Archive(Struct, frozen=True):
    """An archive in Maven's repository."""

    name: str
    """Of its folder in the cache, without the version."""
    title: str
    artifact: str
    size: int
    """Bytes of the archive."""
    sha512: str
    room: int
    """Bytes of the archive and of what it unpacks to, with room to spare."""
    without: str
    """The flags that do without it."""

    @property
    def folder(self) -> str:
        """Its folder in the cache."""
        return f"{self.name}-{VERSION}"

    @property
    def place(self) -> str:
        """Its Maven coordinates."""
        return f"{_GROUP}:{self.artifact}:{VERSION}"


PULSAR = Archive(
    "pulsar",
    f"Pulsar {VERSION}",
    "pulsar-server-distribution",
    245_494_718,
    "65b769b10696cdfebf7fc5bcdc95dd663702e27051e616c1a13cb100e91279525be35352171befe7b0011176330aab"
    "29bd0a6c8a0f2f0646641af46d2e33cbd6",
    700_000_000,
    "use --no-pulsar",
)
OFFLOADERS = Archive(
    "pulsar-offloaders",
    f"Pulsar's offloaders {VERSION}",
    "pulsar-offloader-distribution",
    62_028_727,
    "f0e98550b99271c02863eb91cb250b580524e198669ff14ec8341f2eadad886abb54a0f593449350b2a60672e626be"
    "ad6bd813179788bc7e938ff56a2b28e0a7",
    200_000_000,
    "leave out --offload",
)

Report: TypeAlias = Callable[[str, int, int], None]
"""Called with ``(what is done, bytes so far, bytes in all)``; 0, 0 where nothing is counted."""

Download: TypeAlias = Callable[[Path, Report], Path]
"""Fetches the archive into an empty folder, and returns its path."""

_WAITING = "waiting for another download"
_MARKER = ".arcwatch-complete"
_HINT = "check the network, set ARCWATCH_CACHE to a folder that already has it, or "


def cache_dir() -> Path:
    """Where the distribution is kept: ``ARCWATCH_CACHE``, or the user's cache folder."""
    if configured := os.environ.get("ARCWATCH_CACHE"):
        return Path(os.path.expanduser(configured)).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("arcwatch")


def installed(cache: Path, archive: Archive = PULSAR) -> Path | None:
    """The unpacked archive in ``cache``, or None when it is not there as a whole."""
    tree = cache / archive.folder
    return tree if (tree / _MARKER).is_file() else None


def install(
    cache: Path, report: Report, download: Download | None = None, archive: Archive = PULSAR
) -> Path:
    """The unpacked archive, fetched first where the cache does not have it.

    Two that ask at once wait for each other, and one of them fetches.

    Args:
        cache: The folder to keep it in; made when missing.
        report: Called with the progress, at most some ten thousand times.
        download: Gets the archive; from the Maven repository by default.

    Raises:
        StackError: No network, no room, or not the bytes that were expected.
    """
    if tree := installed(cache, archive):
        return tree
    download = download or partial(from_maven, archive)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with exclusive(cache / f"{archive.folder}.lock", lambda: report(_WAITING, 0, 0)):
            return installed(cache, archive) or _install(cache, report, download, archive)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise _refusal(error, cache, archive) from error


def _install(cache: Path, report: Report, download: Download, archive: Archive) -> Path:
    for left in cache.glob(f"{archive.folder}.part-*"):
        shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(cache).free < archive.room:
        raise OSError(errno.ENOSPC, "not enough space")
    with tempfile.TemporaryDirectory(prefix=f"{archive.folder}.part-", dir=cache) as part:
        report("fetching", 0, archive.size)
        path = download(Path(part), report)
        report("checking", 0, 0)
        _check(path, archive)
        report("unpacking", 0, 0)
        tree = _unpack(path, Path(part) / "tree")
        (tree / _MARKER).write_text(f"{archive.sha512}\n")
        final = cache / archive.folder
        shutil.rmtree(final, ignore_errors=True)
        tree.rename(final)
    return final


def _check(path: Path, archive: Archive) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha512").hexdigest()
    if found != archive.sha512:
        raise StackError(
            f"{archive.title} does not match its checksum",
            where=path.name,
            why=f"{path.stat().st_size:,} bytes with SHA-512 {found[:12]}…,"
            f" not {archive.size:,} with {archive.sha512[:12]}…",
            hint="try again; if it fails again, a proxy or a mirror alters the download",
        )


def _unpack(path: Path, into: Path) -> Path:
    with tarfile.open(path) as tar:
        # Absent before Python 3.11.4; the checksum has vouched for the names by then.
        if hasattr(tarfile, "data_filter"):
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(into)
    path.unlink()
    (tree,) = into.iterdir()
    # A marker on the disk must mean that the files are there too, after a power cut as well.
    os.sync()
    return tree


def from_maven(archive: Archive, folder: Path, report: Report) -> Path:
    """Download the archive as the Maven artifact it is published as.

    Raises:
        StackError: The repository does not have it, or the extra ``demo`` is not installed.
        OSError: The network failed; ``requests`` derives its errors from this.
    """
    try:
        from jgo.maven import MavenContext, PythonResolver
    except ImportError:
        raise not_installed("jgo") from None

    @contextlib.contextmanager
    def counting(_name: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            report("fetching", done, total)

        yield count

    context = MavenContext(
        resolver=PythonResolver(progress_callback=counting), repo_cache=folder, timeout=30
    )
    component = context.project(_GROUP, archive.artifact).at_version(VERSION)
    try:
        return Path(component.artifact(classifier="bin", packaging="tar.gz").resolve())
    except RuntimeError as error:
        raise _refused(archive, archive.place, "the repository refused the download") from error


def _refusal(error: Exception, cache: Path, archive: Archive) -> StackError:
    where, why = archive.place, f"the network failed ({type(error).__name__})"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where, why = str(cache), f"not enough space: {archive.room // 1_000_000} MB are needed"
    elif isinstance(error, OSError) and error.filename:
        where, why = str(error.filename), error.strerror or type(error).__name__
    elif not isinstance(error, OSError):
        where, why = str(cache), f"the archive cannot be unpacked ({type(error).__name__})"
    return _refused(archive, where, why)


def _refused(archive: Archive, where: str, why: str) -> StackError:
    hint = f"{_HINT}{archive.without}"
    return StackError(f"cannot fetch {archive.title}", where=where, why=why, hint=hint)
