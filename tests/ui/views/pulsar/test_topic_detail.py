"""An opened Pulsar topic under a user's hands."""

import json
import math
from contextlib import asynccontextmanager

import msgspec
import pytest

from arcwatch.model.message import Schema
from arcwatch.model.pulsar_opened import (
    Compaction,
    Ledgers,
    Offloading,
    Quota,
    Replication,
    TopicAbout,
    TopicGone,
    TopicPolicy,
    TopicSchemas,
)
from arcwatch.model.reading import Failure
from arcwatch.notation.address import topic_address
from arcwatch.ui.views.things import thing_at
from arcwatch.wire.pulsar_metrics import MetricsPage
from arcwatch.wire.pulsar_opened import parse_opened, parse_opened_partitions
from arcwatch.wire.pulsar_scalable import parse_scalable
from tests.ui.filled import ADMIN, BROKERS, START, Platform, words_on

COMMANDS, EVENTS = "persistent://arc/agents/commands", "persistent://arc/agents/task-events"
ABOUT = TopicAbout(
    name=COMMANDS,
    retention_seconds=86_400,
    retention_size=-1,
    ttl=None,
    quotas=(Quota("destination_storage", 10_000_000, None, "producer_exception"),),
    schema_type="JSON",
    schema_version=3,
    offload_status="NOT_RUN",
    offload_error="",
    ledgers=Ledgers(4, 72_000, 6_100_000, 1, START - 7_200),
    unknown=("ttl",),
)


class ScanUpdate:
    """A platform one of whose topics is opened, and told of as recorded."""

    def __init__(self, recorded):
        self.platform = Platform(lasting=20.0)
        body = recorded("pulsar-4.0.8/stats-full.json")
        self.plain = parse_opened(COMMANDS, body, "")
        self.parted = recorded("pulsar-4.0.8/partitioned-stats.json")

    def tell(self, body):
        self.platform.tell("pulsar", ADMIN, "opened", body)

    def tell_parts(self, hot=0, connected=None):
        """The recorded partitions, one of which has been sent more; one remote cluster."""
        body = self.parted.replace(b"persistent://tree/belt/parted", EVENTS.encode())
        told = parse_opened_partitions(EVENTS, body, "")
        parts = list(told.parts)
        parts[1] = msgspec.structs.replace(parts[1], in_messages=parts[1].in_messages + hot)
        if connected is not None:
            west = Replication("west", connected, 7_000, 0.0, 5, 5, "")
            parts = [msgspec.structs.replace(part, replication=(west,)) for part in parts]
        self.tell(msgspec.structs.replace(told, parts=tuple(parts)))


@pytest.fixture
def looked(recorded):
    return ScanUpdate(recorded)


@asynccontextmanager
async def opened(looked, topic, size=(160, 48)):
    async with looked.platform.app().run_test(size=size) as pilot:
        pilot.app.open_thing(thing_at(looked.platform.store, topic_address(topic)))
        await pilot.pause()
        yield pilot


def rows(pilot):
    pilot.app.frame()
    table = pilot.app.view.table
    return [table.line(y).text.strip("▌▏ ").split() for y in range(1, 1 + table.matches)]


async def screen(pilot):
    pilot.app.frame()
    # what has grown is laid out first, and then drawn
    await pilot.pause()
    await pilot.pause()
    return "\n".join(words_on(pilot.app))


async def test_enter_asks_about_a_topic_and_esc_ends_it(looked):
    async with opened(looked, COMMANDS) as pilot:
        assert looked.platform.watcher.opened == COMMANDS
        assert looked.platform.watcher.topics == [COMMANDS]
        assert "loading …" in await screen(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert looked.platform.watcher.opened != COMMANDS
        assert pilot.app.view.id == "overview"


async def test_leaving_the_view_ends_the_asking_and_coming_back_goes_on(looked):
    async with opened(looked, COMMANDS) as pilot:
        await pilot.press("1")
        await pilot.pause()
        assert looked.platform.watcher.opened != COMMANDS
        await pilot.press("3")
        await pilot.pause()
        assert looked.platform.watcher.opened == COMMANDS


async def test_a_partition_opens_its_topic(looked):
    async with opened(looked, EVENTS) as pilot:
        await pilot.press("escape", "3", "escape", "3")
        pilot.app.view.show_sheet("topics")
        pilot.app.view.select_shown(lambda row: row.name == EVENTS)
        await pilot.press("right", "j", "enter")
        await pilot.pause()
        assert looked.platform.watcher.opened == EVENTS


async def test_subscriptions_come_first(looked):
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        await pilot.pause()
        assert sorted(row[0] for row in rows(pilot)) == ["audit", "billing", "idle", "keyed"]
        (billing,) = [row for row in rows(pilot) if row[0] == "billing"]
        assert billing[:3] == ["billing", "Shared", "1"]
        (idle,) = [row for row in rows(pilot) if row[0] == "idle"]
        assert idle[-2:] == ["no", "consumers"]


async def test_then_who_reads_and_who_writes(looked):
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        await pilot.press("L")
        await pilot.pause()
        assert [row[:4] for row in rows(pilot) if row[0] == "billing-1"] == [
            ["billing-1", "billing", "127.0.0.1:45060", "Pulsar-CPP-v4.2.0"]
        ]
        await pilot.press("L")
        await pilot.pause()
        assert rows(pilot)[0][:3] == ["shop", "127.0.0.1:45060", "Pulsar-CPP-v4.2.0"]


async def test_a_hot_partition_says_so(looked):
    async with opened(looked, EVENTS) as pilot:
        looked.tell_parts()
        looked.platform.tick()
        looked.tell_parts(hot=200)
        await pilot.press("H", "H", "H", "H")
        await pilot.pause()
        assert [row[0] for row in rows(pilot)] == ["0", "1", "2"]
        assert [row[-1] == "hot" for row in rows(pilot)] == [False, True, False]


async def test_delay_zero_without_a_connection_is_an_outage(looked):
    async with opened(looked, EVENTS) as pilot:
        looked.tell_parts(connected=False)
        await pilot.press("H", "H", "H")
        await pilot.pause()
        (row,) = rows(pilot)
        assert row[:4] == ["west", "not", "connected", "21,000"]
        assert row[7] == "–"


async def test_what_holds_for_it_is_told_beside_it(looked):
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        looked.tell(ABOUT)
        await pilot.pause()
        told = await screen(pilot)
        for words in ("1d 00h", "10.0 MB, then producers are refused", "JSON v3", "4 · 6.10 MB"):
            assert words in told
        assert "TTL" in told
        assert "1 ledger · 0 B" in told


async def test_when_its_ledgers_are_offloaded_is_told_beside_it(looked):
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        offloading = Offloading("S3", "archive", 10_000_000, 3_600, 14_400.0)
        looked.tell(msgspec.structs.replace(ABOUT, offloading=offloading))
        await pilot.pause()
        told = await screen(pilot)
        for words in ("10.0 MB or 1h 00m", "S3 archive", "4h 00m"):
            assert words in told
        nowhere = msgspec.structs.replace(offloading, driver="", bucket="")
        looked.tell(msgspec.structs.replace(ABOUT, offloading=nowhere))
        await pilot.pause()
        assert "no driver set" in await screen(pilot)


async def test_what_limits_it_says_who_has_set_it(looked):
    limits = (
        TopicPolicy("dispatch_rate", "topic", 100, None, 2),
        TopicPolicy("deduplication", "", value=""),
        TopicPolicy("compaction_threshold", "namespace", size=5_000_000),
    )
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        looked.tell(msgspec.structs.replace(ABOUT, policies=limits))
        await pilot.press("H")
        await pilot.pause()
        assert [" ".join(row) for row in rows(pilot)] == [
            "compaction threshold 5.00 MB namespace",
            "deduplication – –",
            "dispatch rate 100 msg per 2.0s topic",
        ]


@pytest.mark.parametrize(
    ("compaction", "status", "words"),
    [
        (Compaction(START - 60, None, 190, 0.325), "SUCCESS", "removed 190 in 325 ms · kept 10"),
        (Compaction(START - 60, START - 30, 190, 0.3), "ERROR", "failed"),
        (Compaction(None, None, None, None), "RUNNING", "running"),
        (Compaction(None, None, None, None), "NOT_RUN", "done · kept 10 entries, 610 B"),
    ],
)
async def test_compaction_says_when_it_last_ran_and_what_it_left(looked, compaction, status, words):
    parts = tuple(
        msgspec.structs.replace(part, compaction=compaction) for part in looked.plain.parts
    )
    ledgers = msgspec.structs.replace(ABOUT.ledgers, compacted_entries=10, compacted_size=610)
    about = msgspec.structs.replace(ABOUT, compaction_status=status, ledgers=ledgers)
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(msgspec.structs.replace(looked.plain, parts=parts))
        looked.tell(about)
        await pilot.pause()
        assert words in await screen(pilot)


async def test_deduplication_says_what_is_kept_for_it(looked):
    parts = tuple(
        msgspec.structs.replace(part, deduplication="Enabled") for part in looked.plain.parts
    )
    ledgers = msgspec.structs.replace(ABOUT.ledgers, deduplicated_producers=3, since_snapshot=104)
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(msgspec.structs.replace(looked.plain, parts=parts))
        looked.tell(msgspec.structs.replace(ABOUT, ledgers=ledgers))
        await pilot.pause()
        assert "enabled · 3 producers · 104 entries since the last snapshot" in await screen(pilot)


async def test_d_shows_what_differs_from_the_version_before(looked):
    def version(number, *names):
        fields = [{"name": name, "type": "int"} for name in names]
        definition = json.dumps({"type": "record", "name": "R", "fields": fields}).encode()
        return Schema("AVRO", definition, number, {}, START - 60)

    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        await pilot.press("H", "H")
        await pilot.pause()
        assert "Loading …" in await screen(pilot)
        assert ("show_parts", ["topic-schemas"]) in looked.platform.watcher.wanted
        schemas = (version(0, "a", "b"), version(1, "b", "c"))
        looked.tell(TopicSchemas(COMMANDS, schemas))
        assert [row[0] for row in rows(pilot)] == ["1", "0"]
        assert "+ c  int, - a" in await screen(pilot)
        await pilot.press("d")
        await pilot.pause()
        told = "\n".join(words_on(pilot.app))
        assert "+ c  int" in told
        assert "- a" in told
        await pilot.press("escape")
        looked.tell(TopicSchemas(COMMANDS, (), "may not look"))
        assert "may not look" in await screen(pilot)


async def test_a_topic_that_is_deleted_says_so_and_goes_on(looked):
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        looked.tell(TopicGone(COMMANDS))
        await pilot.pause()
        assert "deleted" in await screen(pilot)
        assert len(rows(pilot)) == 4
        looked.tell(looked.plain)
        assert "deleted" not in await screen(pilot)


async def test_a_broker_that_stops_answering_is_told_and_its_rates_are_not(looked):
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        looked.tell(Failure("no answer in time", "x", "waited 10 s", ""))
        await pilot.pause()
        assert "not answering" in await screen(pilot)
        row = looked.platform.store.opened_topic(COMMANDS)
        assert math.isnan(row.msg_rate_in)
        assert all(sub.stale for sub in row.subscriptions)


async def test_the_next_topic_is_opened_and_none_is_loaded_in_passing(looked):
    async with opened(looked, EVENTS) as pilot:
        await pilot.press("J")
        await pilot.pause()
        assert looked.platform.watcher.opened == COMMANDS
        await pilot.press("K")
        await pilot.pause()
        assert looked.platform.watcher.opened == EVENTS


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_on_a_small_screen_it_still_tells_the_backlog(looked, size):
    async with opened(looked, COMMANDS, size=size) as pilot:
        looked.tell(looked.plain)
        looked.tell(ABOUT)
        await pilot.pause()
        assert "idle" in await screen(pilot)
        assert "commands" in await screen(pilot)


async def test_a_topic_that_cannot_be_told_of_says_why_and_what_to_try(looked):
    async with opened(looked, COMMANDS) as pilot:
        await pilot.press("L")
        assert "Loading …" in await screen(pilot)
        looked.tell(Failure("HTTP 403", f"{ADMIN}/admin", "may not look", "log in"))
        told = await screen(pilot)
        assert f"HTTP 403 ({ADMIN}/admin): may not look.  log in" in told
        assert "not answering" in told
        looked.tell(looked.plain)
        assert "HTTP 403" not in await screen(pilot)


async def test_a_limit_that_was_met_is_said_with_when_the_topic_was_made(looked, recorded):
    looked.plain = parse_opened(COMMANDS, recorded("pulsar-4.2.4/stats-limited.json"), "")
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        looked.tell(ABOUT)
        shown = await screen(pilot)
        assert "times by the topic's limit" in shown
        assert "last published" in shown
        assert "needs ≥" not in shown


async def test_what_a_broker_is_too_old_to_tell_says_which_version_does(looked, recorded):
    looked.plain = parse_opened(COMMANDS, recorded("pulsar-3.3.6/stats-orders.json"), "")
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        shown = await screen(pilot)
        assert "needs ≥ 4.0" in shown
        assert "needs ≥ 4.2" in shown


async def test_keys_that_drain_are_marked_where_they_are_held(looked, recorded):
    looked.plain = parse_opened(COMMANDS, recorded("pulsar-4.2.4/stats-orders.json"), "")
    async with opened(looked, COMMANDS) as pilot:
        looked.tell(looked.plain)
        await pilot.press("L")
        await pilot.pause()
        states = {row[0]: row[-1] for row in rows(pilot)}
        assert states["second"] != "draining"
        assert "draining" in states.values()


async def test_a_scalable_topic_has_its_segments_and_how_they_came_to_be(looked, recorded):
    scaled = "topic://arc/agents/scaled"
    answer = parse_scalable(scaled, recorded("pulsar-5.0.1/scalable-stats.json"), "")
    page = MetricsPage()
    page.feed(recorded("pulsar-5.0.1/metrics-segments.txt"))
    looked.platform.tell("pulsar", BROKERS[0], "metrics", page.finish(BROKERS[0]))
    async with opened(looked, scaled) as pilot:
        looked.tell(answer)
        shown = await screen(pilot)
        assert "2 active, 3 sealed" in shown
        assert "0 → 2, 3" in shown
        assert "2, 3 → 4" in shown
        await pilot.press("L", "L", "L")
        await pilot.pause()
        states = {row[0]: row[-1] for row in rows(pilot)}
        assert states["0000-3fff-2"] == "sealed"
        assert states["0000-7fff-4"] != "sealed"
