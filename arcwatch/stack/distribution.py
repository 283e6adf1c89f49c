"""Fetches the Pulsar distribution once, into a cache that all versions of arcwatch share.

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
from pathlib import Path
from typing import TypeAlias

from arcwatch.errors import StackError
from arcwatch.files.lock import exclusive

from .service import not_installed

VERSION = "4.0.8"
TITLE = f"Pulsar {VERSION}"
GROUP, ARTIFACT = "org.apache.pulsar", "pulsar-server-distribution"
SIZE = 245_494_718
"""Bytes of the archive."""
SHA512 = (
    "65b769b10696cdfebf7fc5bcdc95dd663702e27051e616c1a13cb100e91279525be35352171befe7b0011176330aab"
    "29bd0a6c8a0f2f0646641af46d2e33cbd6"
)

_PLACE = f"{GROUP}:{ARTIFACT}:{VERSION}"

Report: TypeAlias = Callable[[str, int, int], None]
"""Told ``(what is done, bytes so far, bytes in all)``; 0, 0 where there is nothing to count."""

Download: TypeAlias = Callable[[Path, Report], Path]
"""Fetches the archive into an empty folder, and returns its path."""

_WAITING = "waiting for another download"
_MARKER = ".arcwatch-complete"
_ROOM = 700_000_000  # the archive and the 253 MB that it unpacks to, with room to spare
_HINT = (
    "try again with a network, set ARCWATCH_CACHE to a folder that already holds it,"
    " or use --no-pulsar"
)


def cache_dir() -> Path:
    """Where the distribution is kept: ``ARCWATCH_CACHE``, or the user's cache folder."""
    if configured := os.environ.get("ARCWATCH_CACHE"):
        return Path(os.path.expanduser(configured)).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("arcwatch")


def installed(cache: Path) -> Path | None:
    """The unpacked distribution in ``cache``, or None when it is not there as a whole."""
    tree = cache / f"pulsar-{VERSION}"
    return tree if (tree / _MARKER).is_file() else None


def install(cache: Path, report: Report, download: Download | None = None) -> Path:
    """The unpacked distribution, fetched first where the cache does not have it.

    Two that ask at once wait for each other, and one of them fetches.

    Args:
        cache: The folder to keep it in; made when missing.
        report: Told of the progress, at most some ten thousand times.
        download: Gets the archive; from the Maven repository by default.

    Raises:
        StackError: No network, no room, or not the bytes that were expected.
    """
    if tree := installed(cache):
        return tree
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with exclusive(cache / f"pulsar-{VERSION}.lock", lambda: report(_WAITING, 0, 0)):
            return installed(cache) or _install(cache, report, download or from_maven)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise _refusal(error, cache) from error


def _install(cache: Path, report: Report, download: Download) -> Path:
    for left in cache.glob(f"pulsar-{VERSION}.part-*"):
        shutil.rmtree(left, ignore_errors=True)
    if shutil.disk_usage(cache).free < _ROOM:
        raise OSError(errno.ENOSPC, "not enough space")
    with tempfile.TemporaryDirectory(prefix=f"pulsar-{VERSION}.part-", dir=cache) as part:
        report("fetching", 0, SIZE)
        archive = download(Path(part), report)
        report("checking", 0, 0)
        _check(archive)
        report("unpacking", 0, 0)
        tree = _unpack(archive, Path(part) / "tree")
        final = cache / f"pulsar-{VERSION}"
        shutil.rmtree(final, ignore_errors=True)
        tree.rename(final)
    return final


def _check(archive: Path) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha512").hexdigest()
    if found != SHA512:
        raise StackError(
            f"{TITLE} does not match its checksum",
            where=archive.name,
            why=f"{archive.stat().st_size:,} bytes with SHA-512 {found[:12]}…,"
            f" not {SIZE:,} with {SHA512[:12]}…",
            hint="try again; if it fails again, a proxy or a mirror alters the download",
        )


def _unpack(archive: Path, into: Path) -> Path:
    with tarfile.open(archive) as tar:
        # Absent before Python 3.11.4; the checksum has vouched for the names by then.
        if hasattr(tarfile, "data_filter"):
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(into)
    archive.unlink()
    (tree,) = into.iterdir()
    # A marker on the disk must mean that the files are there too, after a power cut as well.
    os.sync()
    (tree / _MARKER).write_text(f"{SHA512}\n")
    return tree


def from_maven(folder: Path, report: Report) -> Path:
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
    component = context.project(GROUP, ARTIFACT).at_version(VERSION)
    try:
        return Path(component.artifact(classifier="bin", packaging="tar.gz").resolve())
    except RuntimeError as error:
        why = "the repository did not hand it out"
        raise StackError(f"cannot fetch {TITLE}", where=_PLACE, why=why, hint=_HINT) from error


def _refusal(error: Exception, cache: Path) -> StackError:
    where, why = _PLACE, f"the network failed ({type(error).__name__})"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where, why = str(cache), f"no space: {_ROOM // 1_000_000} MB are needed"
    elif isinstance(error, OSError) and error.filename:
        where, why = str(error.filename), error.strerror or type(error).__name__
    elif not isinstance(error, OSError):
        where, why = str(cache), f"the archive cannot be unpacked ({type(error).__name__})"
    return StackError(f"cannot fetch {TITLE}", where=where, why=why, hint=_HINT)
