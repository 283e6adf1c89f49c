"""What waited in the days before, kept over restarts: bounded, and hostile when read back."""

import asyncio
import os
import stat
from types import SimpleNamespace

import msgspec
import pytest
from msgspec.structs import replace

from arcwatch.commands.dashboard import showing
from arcwatch.config import appearance
from arcwatch.config.settings import load
from arcwatch.engine import past_file
from arcwatch.engine.past_file import LARGEST, PastFile, PastKeeper
from arcwatch.store.backlog.past import DAY, MOST, SLOT, SLOTS, Past, PastFigures, Track, key_of
from arcwatch.store.store import Store
from tests.store import conftest as nouns

NOW = nouns.START + 10 * DAY
TOPIC = "persistent://t/n/x"


class Hands:
    """A clock that is moved by hand."""

    def __init__(self, now):
        self.at = now

    def now(self):
        return self.at


@pytest.fixture
def path(tmp_path):
    return tmp_path / "past" / "local.msgpack"


def filled(entries, store=None):
    """A store with one subscription and one consumer with a backlog."""
    store = store or Store()
    tell = nouns.Teller(store)
    for at in (0, 1):
        held = nouns.subscription(backlog_entries=entries)
        tell.broker(at, nouns.page(nouns.topic(TOPIC, held)))
        waits = nouns.consumer(num_pending=2 * entries)
        tell.nats(at, "varz", nouns.server())
        tell.nats(at, "jsz", nouns.jetstream(nouns.stream("ORDERS", waits), now=nouns.START + at))
    return store


def rows_of(store):
    return {row.system: row for row in store.backlogs()}


def run_of(path, entries, at, beats=3):
    """One run of arcwatch, in which ``entries`` wait from ``at`` on."""
    clock = Hands(at)
    keeper = PastKeeper(filled(entries), "local", file=PastFile("local", path), clock=clock)
    for _ in range(beats):
        keeper.sample()
        clock.at += 60
    keeper.save()


def test_what_waited_yesterday_is_known_after_a_restart(path):
    run_of(path, 20, NOW - DAY)
    past = PastFile("local", path).load(NOW)
    rows = rows_of(filled(42))
    assert past.earlier(rows["pulsar"], NOW)[:1] == ("yesterday",)
    assert past.earlier(rows["pulsar"], NOW).figures.waiting == 20
    assert past.earlier(rows["js"], NOW).figures.waiting == 40
    assert past.earlier(rows["js"], NOW - 3600) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_week_ago_is_told_where_yesterday_is_not_known(path):
    run_of(path, 20, NOW - 7 * DAY)
    row = rows_of(filled(42))["js"]
    assert PastFile("local", path).load(NOW).earlier(row, NOW).day == "last week"
    run_of(path, 30, NOW - DAY)
    assert PastFile("local", path).load(NOW).earlier(row, NOW).day == "yesterday"


def test_that_nothing_waited_is_known_too(path):
    run_of(path, 0, NOW - DAY)
    row = rows_of(filled(42))["pulsar"]
    assert PastFile("local", path).load(NOW).earlier(row, NOW).figures.waiting == 0


def test_what_did_not_answer_is_not_kept(path):
    store, clock = filled(5), Hands(NOW)
    nouns.Teller(store).silence(2, "nats", "http://n1:8222", "jsz")
    keeper = PastKeeper(store, "local", file=PastFile("local", path), clock=clock)
    keeper.sample()
    assert {key.partition(" ")[0] for key in keeper.save().tracks} == {"pulsar"}


def test_another_arcwatch_at_the_same_time_takes_nothing_away(path):
    file = PastFile("local", path)
    slot = int(NOW // SLOT)
    file.add(slot, {"one": PastFigures(1, 1)}, NOW)
    file.add(slot, {"two": PastFigures(2, 2), "one": PastFigures(9, 9)}, NOW)
    past = file.load(NOW)
    assert past.tracks["one"].at(slot) == (1, 1)
    assert past.tracks["two"].at(slot) == (2, 2)


def test_the_file_is_bounded_in_backlogs_and_days(path):
    file, slot = PastFile("local", path), int(NOW // SLOT)
    names = {f"{n:04}": PastFigures(n, n) for n in range(MOST + 100)}
    file.add(slot - SLOTS, dict(list(names.items())[:MOST]), NOW - SLOTS * SLOT)
    for later in (-1, 0):
        past = file.add(slot + later, names, NOW + later * SLOT)
    assert len(past.tracks) == MOST
    # those with the longest past stay
    assert "0000" in past.tracks
    assert {len(track) for track in past.tracks.values()} == {SLOTS}
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 100,
        b"\x81" * 10_000,
        b"\x80" * (LARGEST + 2),
        b"\x81\xa1a" * 1_000_000,
        msgspec.msgpack.encode({"x": 1}),
        msgspec.msgpack.encode({"x" * 5_000: Track(int(NOW // SLOT), bytearray(8))}),
        msgspec.msgpack.encode({"x": Track(int(NOW // SLOT) + 1, bytearray(8))}),
        msgspec.msgpack.encode({"x": Track(int(NOW // SLOT) - 2 * SLOTS, bytearray(8))}),
        msgspec.msgpack.encode({"x": Track(int(NOW // SLOT), bytearray(7))}),
        msgspec.msgpack.encode({"x": Track(int(NOW // SLOT) - 9, bytearray(8 * SLOTS + 8))}),
    ],
)
def test_a_file_that_arcwatch_did_not_write_holds_nothing(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    file = PastFile("local", path)
    assert file.load(NOW).tracks == {}
    file.add(int(NOW // SLOT), {"one": PastFigures(1, 1)}, NOW)
    assert list(file.load(NOW).tracks) == ["one"]


def test_a_pipe_in_its_place_that_another_holds_open_holds_nothing(path):
    path.parent.mkdir()
    os.mkfifo(path)
    held = os.open(path, os.O_RDWR)
    assert PastFile("local", path).load(NOW).tracks == {}
    os.close(held)


def test_figures_that_none_has_are_unknown():
    track = Track(5, bytearray(b"\xff\xff\x7f\x7f\x00\x00\x80\xbf"))
    assert str(track.at(5)) == str(PastFigures())
    past = Past()
    past.put(
        6, {"big": PastFigures(1e300, 1.0), "odd": PastFigures(-1.0, 1.0), "none": PastFigures()}
    )
    assert list(past.tracks) == ["big"]
    assert str(past.tracks["big"].at(6).waiting) == "nan"


def test_a_disk_that_refuses_costs_only_what_is_kept(tmp_path):
    (tmp_path / "past").write_text("no folder")
    file = PastFile("local", tmp_path / "past" / "local.msgpack")
    past = file.add(int(NOW // SLOT), {"one": PastFigures(1, 1)}, NOW)
    assert list(past.tracks) == ["one"]


def keeper_of(store, path, clock):
    """A keeper, and what tells that it has looked at the store."""
    looked = asyncio.Event()

    class Keeper(PastKeeper):
        def sample(self):
            super().sample()
            looked.set()

    return Keeper(store, "local", file=PastFile("local", path), clock=clock), looked


async def test_it_is_written_when_ten_minutes_are_over_and_at_the_end(path, monkeypatch):
    monkeypatch.setattr(past_file, "BEAT", 0.0)
    clock, store = Hands(NOW - NOW % SLOT), filled(7)
    keeper, looked = keeper_of(store, path, clock)
    running = asyncio.create_task(keeper.run())
    async with asyncio.timeout(10):
        await looked.wait()
        assert not path.exists()
        clock.at += SLOT
        while not store.past.tracks:  # noqa: ASYNC110 - a store tells nobody
            await asyncio.sleep(0.01)
    assert len(PastFile("local", path).load(clock.at).tracks) == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    (first, *_) = PastFile("local", path).load(clock.at).tracks.values()
    assert len(first) == 2


async def test_a_run_of_seconds_is_kept_at_its_end(path):
    clock = Hands(NOW)
    store = Store()
    keeper, looked = keeper_of(store, path, clock)
    running = asyncio.create_task(keeper.run())
    async with asyncio.timeout(10):
        await looked.wait()
    filled(7, store)
    assert not path.exists()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(PastFile("local", path).load(clock.at).tracks) == 2


def test_a_server_without_a_name_is_the_same_after_its_restart(path):
    row = rows_of(filled(42))["js"]
    past = Past()
    old, new = (replace(row, cluster="N" + letter * 55) for letter in "AB")
    past.put(int((NOW - DAY) // SLOT), {key_of(old): PastFigures(5, 1)})
    assert past.earlier(new, NOW).figures.waiting == 5
    assert past.earlier(replace(row, cluster="other"), NOW) is None


@pytest.mark.parametrize("demo", [True, False])
async def test_the_brokers_of_a_demo_have_no_yesterday(demo):
    stages = SimpleNamespace(read=dict) if demo else None
    watcher = showing(load({}), appearance.load({}, {}), stages).watcher
    assert ("past" in watcher.beside) == (not demo)
