"""The distribution is fetched once, whatever interrupts it, and only as it was published."""

import hashlib
import io
import subprocess
import sys
import tarfile
import threading

import pytest
from msgspec.structs import replace

from arcwatch.errors import StackError
from arcwatch.stack import distribution
from arcwatch.stack.distribution import OFFLOADERS, PULSAR, install, installed

NAME = "apache-pulsar-4.0.8/lib/pulsar.jar"


def archive(name=NAME):
    """A distribution of one small file, as the bytes of its archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 5
        tar.addfile(member, io.BytesIO(b"bytes"))
    return packed.getvalue()


def publish(monkeypatch, content):
    """Make ``content`` the archive that is expected; returns what downloads it."""
    expected = replace(PULSAR, sha512=hashlib.sha512(content).hexdigest())
    monkeypatch.setattr(install, "__defaults__", (None, expected))
    return lambda folder, report: write(folder, content)


def write(folder, content):
    path = folder / "pulsar.tar.gz"
    path.write_bytes(content)
    return path


def ignore(stage, done, total):
    """Takes no notice of the progress."""


def files(cache):
    return {path.name for path in cache.iterdir()}


@pytest.fixture
def download(monkeypatch):
    return publish(monkeypatch, archive())


def test_what_is_fetched_is_unpacked_and_the_archive_is_not_kept(tmp_path, download):
    stages = []
    tree = install(tmp_path, lambda stage, done, total: stages.append(stage), download)
    assert (tree / "lib" / "pulsar.jar").read_bytes() == b"bytes"
    assert files(tmp_path) == {"pulsar-4.0.8", "pulsar-4.0.8.lock"}
    assert stages == ["fetching", "checking", "unpacking"]


def test_it_is_fetched_once(tmp_path, download):
    tree = install(tmp_path, ignore, download)
    assert install(tmp_path, ignore, download=None) == tree == installed(tmp_path)


def test_an_interruption_leaves_nothing_and_the_next_start_is_clean(tmp_path, download):
    def cut(folder, report):
        write(folder, archive()[:20])
        raise ConnectionResetError

    with pytest.raises(StackError, match="network failed"):
        install(tmp_path, ignore, cut)
    assert files(tmp_path) == {"pulsar-4.0.8.lock"}
    assert install(tmp_path, ignore, download) == installed(tmp_path)


_KILLED = """
import pathlib, sys, time
from arcwatch.stack.distribution import install

def half(folder, report):
    (folder / "pulsar.tar.gz").write_bytes(b"half")
    print("half", flush=True)
    time.sleep(600)

install(pathlib.Path(sys.argv[1]), lambda *_: None, half)
"""


def test_what_a_killed_start_left_is_removed_by_the_next(tmp_path, download):
    argv = [sys.executable, "-c", _KILLED, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"half\n"
        process.kill()
    assert len(list(tmp_path.glob("*.part-*"))) == 1
    assert installed(tmp_path) is None
    install(tmp_path, ignore, download)
    assert files(tmp_path) == {"pulsar-4.0.8", "pulsar-4.0.8.lock"}


@pytest.mark.parametrize("content", [archive()[:-1], archive() + b"\0", b""])
def test_other_bytes_than_the_published_are_refused(tmp_path, download, content):
    with pytest.raises(StackError, match="does not match its checksum") as caught:
        install(tmp_path, ignore, lambda folder, report: write(folder, content))
    assert caught.value.hint
    assert installed(tmp_path) is None
    assert files(tmp_path) == {"pulsar-4.0.8.lock"}


def test_a_folder_without_its_marker_is_not_trusted(tmp_path, download):
    (tmp_path / "pulsar-4.0.8").mkdir()
    (tmp_path / "pulsar-4.0.8" / "old").touch()
    assert installed(tmp_path) is None
    tree = install(tmp_path, ignore, download)
    assert not (tree / "old").exists()


def test_of_two_that_start_at_once_one_fetches(tmp_path, download):
    fetching, waiting = threading.Event(), threading.Event()

    def slow(folder, report):
        fetching.set()
        assert waiting.wait(30)
        return download(folder, report)

    first = threading.Thread(target=install, args=(tmp_path, ignore, slow))
    first.start()
    assert fetching.wait(30)
    tree = install(tmp_path, lambda stage, *_: "waiting" in stage and waiting.set(), download=None)
    first.join()
    assert (tree / "lib" / "pulsar.jar").exists()


def test_without_a_network_the_error_says_what_why_and_what_to_try(tmp_path, monkeypatch):
    # Port 1 refuses at once: the way out is closed whatever network this machine has.
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with pytest.raises(StackError) as caught:
        install(tmp_path, ignore)
    assert caught.value.headline == (
        "cannot fetch Pulsar 4.0.8 (org.apache.pulsar:pulsar-server-distribution:4.0.8):"
        " the network failed (ProxyError)"
    )
    assert "--no-pulsar" in caught.value.hint


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path, monkeypatch):
    with pytest.raises(StackError, match="not enough space: 1000000000000 MB are needed"):
        install(tmp_path, ignore, archive=replace(PULSAR, room=10**18))


def test_another_archive_has_a_folder_and_a_way_out_of_its_own(tmp_path, download):
    content = archive("apache-pulsar-offloaders-4.0.8/offloaders/a.nar")
    of = replace(OFFLOADERS, sha512=hashlib.sha512(content).hexdigest())
    tree = install(tmp_path, ignore, lambda folder, report: write(folder, content), of)
    assert (tree / "offloaders" / "a.nar").exists()
    assert installed(tmp_path) is None
    assert install(tmp_path, ignore, download) == tmp_path / "pulsar-4.0.8"
    with pytest.raises(StackError) as caught:
        install(tmp_path / "x", ignore, archive=replace(OFFLOADERS, room=10**18))
    assert "or leave out --offload" in caught.value.hint


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=rf"{tmp_path}/file.*: File exists"):
        install(tmp_path / "file", ignore, download=None)


def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path, monkeypatch):
    evil = publish(monkeypatch, archive("../evil"))
    with pytest.raises(StackError, match="cannot be unpacked"):
        install(tmp_path / "cache", ignore, evil)
    assert not list(tmp_path.rglob("evil"))


def test_the_cache_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_CACHE", str(tmp_path / "elsewhere"))
    assert distribution.cache_dir() == tmp_path / "elsewhere"
