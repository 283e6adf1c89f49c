"""What happened, kept over restarts: bounded, for one's own eyes, and hostile when read back."""

import asyncio
import json
import os
import time
from functools import partial
from itertools import count
from math import isnan

import msgspec
import pytest

from arcwatch.engine import event_file
from arcwatch.engine.event_file import ABSENT, LARGEST, MOST, EventFile, EventKeeper
from arcwatch.store.events.event import MOST as MOST_SHOWN
from arcwatch.store.events.event import Event
from arcwatch.store.store import Store

NOW = 1_800_000_000.0


def event(at=NOW - 100, text="leader moved", **told):
    return Event(at, "nats", "belt", "leader", "js:ORDERS", text, **told)


async def waited(there):
    async with asyncio.timeout(10):
        while not there():  # noqa: ASYNC110 - neither a store nor a file tells
            await asyncio.sleep(0.01)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events" / "local.ndjson"


@pytest.fixture
def file(path):
    opened = EventFile("local", path)
    yield opened
    opened.close()


def test_what_is_kept_is_read_back_as_it_was(file, path):
    said = [event(before="n1", after="n2"), event(NOW - 50, "leader lost", severity="critical")]
    file.append(said, NOW)
    assert file.load(NOW) == (said, NOW)
    assert path.stat().st_mode & 0o777 == 0o600


def test_before_the_first_nothing_is_kept_and_nobody_looked(file):
    events, until = file.load(NOW)
    assert events == []
    assert isnan(until)


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\x00",
        b"{}",
        b"[" * 100_000,
        b'{"at":NaN}',
        msgspec.json.encode(event(NOW + 3600)),
        msgspec.json.encode(event(-1.0)),
        msgspec.json.encode(event(text="x" * 20_000)),
        msgspec.json.encode(event()).replace(b'"leader"', b'"explosion"'),
        msgspec.json.encode(event())[:-4],
    ],
)
def test_a_line_that_arcwatch_did_not_write_is_no_event(file, path, line):
    file.append([event()], NOW)
    with path.open("ab") as broken:
        broken.write(line + b"\n")
    file.append([event(text="recreated")], NOW)
    assert [one.text for one in file.load(NOW).events] == ["leader moved", "recreated"]


def test_the_file_keeps_the_newest_and_no_more_than_a_megabyte(file, path):
    for at in range(12):
        file.append([event(NOW - 9_000 + at * 700 + n, "y" * 100) for n in range(700)], NOW)
    assert path.stat().st_size <= LARGEST
    events = file.load(NOW).events
    assert len(events) <= MOST
    assert events[-1].at == NOW - 9_000 + 12 * 700 - 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_of_two_processes_writes_and_the_other_takes_over(file, path):
    other = EventFile("local", path)
    file.append([event()], NOW)
    assert other.is_written_elsewhere
    other.append([event()], NOW)
    assert len(file.load(NOW).events) == 1
    file.close()
    assert not other.is_written_elsewhere
    other.append([event(text="recreated")], NOW)
    assert len(other.load(NOW).events) == 2
    other.close()


def test_a_disk_that_takes_nothing_costs_what_is_kept_and_no_more(tmp_path):
    (tmp_path / "events").write_text("a file where a folder has to be")
    file = EventFile("local", tmp_path / "events" / "local.ndjson")
    file.append([event()], NOW)
    assert "directory" in file.trouble
    assert file.load(NOW).events == []


def test_a_line_cut_short_by_a_full_disk_spoils_none_after_it(file, path):
    file.append([event()], NOW)
    path.write_bytes(path.read_bytes() + msgspec.json.encode(event(text="cut short"))[:-9])
    file.append([event(text="recreated")], NOW)
    assert [one.text for one in file.load(NOW).events] == ["leader moved", "recreated"]


def test_of_a_file_of_any_size_the_end_alone_is_read(file, path):
    file.append([event()], NOW)
    os.truncate(path, 1 << 36)
    file.append([event(text="recreated")], NOW)
    assert not file.trouble
    assert [one.text for one in file.load(NOW).events] == ["recreated"]
    assert path.stat().st_size <= LARGEST


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_neither_waited_for_nor_called_empty(path, make):
    path.parent.mkdir()
    make(path)
    make(path.with_suffix(".lock"))
    file = EventFile("local", path)
    assert file.load(NOW).events == []
    assert file.trouble
    assert not file.is_written_elsewhere
    file.append([event()], NOW)
    assert file.trouble


def test_contexts_have_files_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path))
    contexts = ["a/b", "a_b", "..", "p" * 300, "p" * 299 + "q", "Prod é"]
    for context in contexts:
        file = EventFile(context)
        file.append([event(text=context)], NOW)
        file.close()
    written = list((tmp_path / "events").glob("*.ndjson"))
    assert len(written) == len(contexts)
    assert {json.loads(path.read_text())["text"] for path in written} == set(contexts)


async def test_a_keeper_restores_says_how_long_nobody_looked_and_keeps_the_rest(
    file, path, monkeypatch
):
    monkeypatch.setattr(event_file, "BEAT", 0.01)
    now = time.time()
    file.append([event(now - 7_200)], now - 3_600)
    file.close()
    store = Store()
    store.add_events([event(now, "before the file was read")])
    running = asyncio.create_task(EventKeeper(store, "local", file=file).run())
    await waited(lambda: len(store.events) == 3)
    store.add_events([event(now + 5, "recreated")])
    await waited(lambda: len(file.load(now + 10).events) == 4)
    running.cancel()
    await asyncio.wait([running])
    texts = [one.text for one in store.events]
    assert texts[:2] == ["leader moved", "before the file was read"]
    assert texts[2:] == ["arcwatch was not running for 1h 00m", "recreated"]
    events, until = file.load(time.time())
    assert [one.text for one in events] == texts
    assert time.time() - until < 60


async def test_a_restart_within_seconds_is_no_gap_and_keeps_nothing_twice(file):
    now = time.time()
    file.append([event(now - 60)], now - ABSENT / 2)
    for _ in range(2):
        store = Store()
        running = asyncio.create_task(EventKeeper(store, "local", file=file).run())
        await waited(partial(len, store.events))
        running.cancel()
        await asyncio.wait([running])
        assert [one.kind for one in store.events] == ["leader"]
    assert len(file.load(now).events) == 1


async def test_a_full_disk_is_an_event_and_so_is_its_end(file, monkeypatch):
    monkeypatch.setattr(event_file, "BEAT", 0.0)
    store, written = Store(), count()

    def append(events, at):
        file.trouble = "No space left on device" if next(written) < 5 else ""

    monkeypatch.setattr(file, "append", append)
    keeping = asyncio.create_task(EventKeeper(store, "local", file=file).run())
    await waited(lambda: len(store.events) == 2)
    keeping.cancel()
    await asyncio.wait([keeping])
    assert [one.text for one in store.events] == [
        "events are not saved: No space left on device",
        "events are saved again",
    ]


def test_what_is_restored_leaves_room_for_what_is_new():
    store = Store()
    store.add_events([event(NOW + n) for n in range(3)])
    done = store.restore_events([event(NOW - n) for n in range(MOST_SHOWN, 0, -1)], ())
    assert len(store.events) == MOST_SHOWN
    assert store.events.version - done == 3
    assert store.events.newest(1)[0].at == NOW + 2


def test_a_copied_file_says_when_somebody_looked_last(file, path):
    file.append([event()], NOW)
    os.utime(path, (NOW + 9, NOW + 9))
    assert file.load(NOW).until == NOW + 9
