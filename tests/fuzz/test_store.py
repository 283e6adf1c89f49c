"""Whatever figures get past the parsers, the store sums, ranks, judges and shows them as JSON."""

import json
import math
from contextlib import suppress
from random import Random

import msgspec
import pulsar
import pytest

from arcwatch.commands.listing import as_json, as_table
from arcwatch.commands.status import text
from arcwatch.decode import decode
from arcwatch.decode.record import message_json
from arcwatch.errors import SourceError
from arcwatch.model.pulsar import PulsarFunctions, PulsarTopics
from arcwatch.model.reading import Reading
from arcwatch.sources.pulsar.message import message_of
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.store import Store
from arcwatch.wire.nats_accounts import parse_accstatz
from arcwatch.wire.nats_connz import parse_closed, parse_connz_page, parse_opened
from arcwatch.wire.nats_jetstream import parse_jsz
from arcwatch.wire.nats_links import parse_routez
from arcwatch.wire.nats_monitor import parse_varz
from arcwatch.wire.pulsar_admin import parse_topic
from arcwatch.wire.pulsar_functions import parse_function
from arcwatch.wire.pulsar_opened import parse_opened as parse_opened_topic
from arcwatch.wire.pulsar_opened import parse_opened_partitions
from arcwatch.wire.pulsar_scalable import parse_scalable
from arcwatch.wire.pulsar_transactions import parse_transactions
from tests.fuzz.mutations import mutated
from tests.fuzz.parsers import PARSERS, page

START = 1_800_000_000.0
TOPIC = "persistent://arc/agents/task-events-partition-0"
PARTED = "persistent://arc/agents/task-events"
SCALABLE = "topic://arc/agents/scaled"
FEW, MANY = 12, 300
"""Stores that are fed: in the suite, and with ``-m fuzz``."""

ASKED = {
    "varz": ("nats", parse_varz, "wire.nats_monitor.parse_varz"),
    "connz": ("nats", parse_connz_page, "wire.nats_connz.parse_connz_page"),
    "closed": ("nats", parse_closed, "wire.nats_connz.parse_closed"),
    "connection": ("nats", lambda b: parse_opened(6, b), "wire.nats_connz.parse_opened"),
    "jsz": ("nats", parse_jsz, "wire.nats_jetstream.parse_jsz"),
    "accounts": ("nats", parse_accstatz, "wire.nats_accounts.parse_accstatz"),
    "links": ("nats", parse_routez, "wire.nats_links.parse_routez"),
    "metrics": ("pulsar", page, "wire.pulsar_metrics.MetricsPage"),
    "topic": (
        "pulsar",
        lambda b: PulsarTopics((parse_topic(TOPIC, b, b'{"entriesAddedCounter":9}', "x"),)),
        "wire.pulsar_admin.parse_topic",
    ),
    "opened": (
        "pulsar",
        lambda b: parse_opened_topic(TOPIC, b, "x"),
        "wire.pulsar_opened.parse_opened",
    ),
    "opened in parts": (
        "pulsar",
        lambda b: parse_opened_partitions(PARTED, b, "x"),
        "wire.pulsar_opened.parse_opened_partitions",
    ),
    "opened in segments": (
        "pulsar",
        lambda b: parse_scalable(SCALABLE, b, "x"),
        "wire.pulsar_scalable.parse_scalable",
    ),
    "functions": (
        "pulsar",
        lambda b: PulsarFunctions((parse_function("sink", "a/b/c", b, b, "x"),)),
        "wire.pulsar_functions.parse_function",
    ),
    "transactions": (
        "pulsar",
        lambda b: parse_transactions(b, "x"),
        "wire.pulsar_transactions.parse_transactions",
    ),
    "bookies": (
        "pulsar",
        PARSERS["wire.pulsar_bookies.parse_bookies"].read,
        "wire.pulsar_bookies.parse_bookies",
    ),
}
"""By part: of which system it is, who reads it, and whose seeds it has."""

OPENED = ("opened", "opened in parts", "opened in segments")


def tell(store, part, body, at):
    system, read, _ = ASKED[part]
    with suppress(SourceError):
        place = "127.0.0.1:8080" if system == "pulsar" else "http://n1:8222"
        store.apply(Reading("c", system, place, part, START + at, at, 0.01, read(body)))


def fed(seed):
    """A store that was told hostile answers among sound ones, and judged by the usual rules."""
    random, store = Random(seed), Store()
    store.alerts = Alerts(default_rules())
    for at in range(0, 90, 10):
        for part, (_, _, name) in ASKED.items():
            # one topic is open at a time
            if part in OPENED and part != OPENED[seed % len(OPENED)]:
                continue
            sound = random.choice(PARSERS[name].seeds)
            body = mutated(sound, random) if random.random() < 0.7 else sound
            tell(store, part, body, float(at))
        store.judge(START + at, float(at))
    return store


def rows(store):
    yield from (store.nats_servers(), store.nats_connections(), store.nats_closed())
    yield from (store.nats_accounts(), store.nats_links(), store.nats_streams())
    yield from (store.nats_consumers(), store.pulsar_brokers(), store.pulsar_topics())
    yield from (store.pulsar_tree(internal=True, opened=[TOPIC]), store.dead_letters())
    yield from (store.pulsar_functions(), store.pulsar_transactions(), store.pulsar_bookies())
    yield from (store.pulsar_coordinators(), store.pulsar_replicators(), store.pulsar_offloads())
    yield from (store.backlogs(), store.problems(), store.events)
    yield from ([store.opened_topic(name)] for name in (TOPIC, PARTED, SCALABLE))


def infinite(value, path=""):
    """Where a figure is infinite that is no time until never."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            if field not in ("drains_in", "lost_in"):
                yield from infinite(getattr(value, field), f"{path}.{field}")
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from infinite(inner, path)
    elif isinstance(value, float) and math.isinf(value):
        yield path


def look(store):
    """Everything that screens and verbs make of a store."""
    assert text(store)
    for found in map(list, rows(store)):
        assert json.loads(as_json(found)) is not None
        assert not set(infinite(found))
        if found and found[0] is not None:
            as_table(found, found[0].__struct_fields__)
    for row in store.backlogs():
        window = store.backlog_window(row, 60.0, 12)
        assert not any(map(math.isinf, window))
    ranked = [row.waiting for row in store.backlogs()]
    known = [waiting for waiting in ranked if waiting == waiting]
    assert known == sorted(known, reverse=True)


@pytest.mark.parametrize("seed", range(FEW))
def test_a_store_that_was_told_anything_is_still_one(seed):
    look(fed(seed))


@pytest.mark.fuzz
def test_thousands_of_stores():
    for seed in range(FEW, MANY):
        look(fed(seed))


@pytest.mark.parametrize("absurd", [b"1e308", b"-1e308", b"18446744073709551614", b"-1", b"NaN"])
def test_absurd_metrics_make_no_sum_infinite(absurd):
    store = Store()
    for at, share in ((0.0, b"5"), (10.0, absurd), (20.0, absurd)):
        lines = PARSERS["wire.pulsar_metrics.MetricsPage"].seeds[0].split(b"\n")
        body = b"\n".join(
            line.rpartition(b" ")[0] + b" " + share if b'topic="' in line else line
            for line in lines
        )
        tell(store, "metrics", body, at)
    look(store)


class Hostile:
    """A message of the client library's, whose times its producer made up."""

    def __init__(self, publish, event):
        self._publish, self._event = publish, event

    def __getattr__(self, name):
        if not (hasattr(pulsar.Message, name) or hasattr(pulsar.MessageId, name)):
            raise AttributeError(name)

        def told():
            found = {"publish_timestamp": self._publish, "event_timestamp": self._event}
            found |= {"data": b"x", "message_id": self, "properties": {}, "schema_version": ""}
            found["encryption_context"] = None
            return found.get(name, 0)

        return told


@pytest.mark.parametrize("absurd", [2**62, 2**63 - 1, 2**64 - 1, -1, 253_402_300_800_000])
def test_a_time_that_cannot_be_ends_no_tail(absurd):
    found = message_of(Hostile(absurd, absurd), "pulsar:a/b/c", None, "")
    # as Java writes them, those from 2**63 on are less than zero
    told = ">2262-04-11T23:47:16.854Z" if 0 < absurd < 2**63 else None
    record = json.loads(message_json(found, decode(found.body)))
    assert (record["publish_time"], record["event_time"]) == (told, told)
