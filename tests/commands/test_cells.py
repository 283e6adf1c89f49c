"""Figures read as text: each has its unit, and text, JSON and screen say the same."""

import importlib
import json
import pkgutil
import re
import types
import typing
from math import inf, nan

import msgspec
import pytest

from arcwatch import model, store
from arcwatch.commands import cells
from arcwatch.commands.cells import cell
from arcwatch.commands.listing import as_json, as_pairs, as_table
from arcwatch.model.pulsar_opened import TopicAbout
from arcwatch.store.backlog.rows import BacklogRow, keeps_up
from arcwatch.store.pulsar.topic_rows import TopicSubscriptionRow
from arcwatch.store.series.samples import BacklogSamples
from arcwatch.text import units
from arcwatch.ui.views.overview.cells import age_of, drains_in, waiting_of

BACKLOG = BacklogRow(
    *("pulsar", "c", "pulsar:a/b/c#d", "persistent://a/b/c", "", 20, 2000.0, False, 3.0, 1.0),
    *(2.0, inf, 1, False),
)


def with_(**fields):
    return msgspec.structs.replace(BACKLOG, **fields)


@pytest.mark.parametrize(
    ("row", "field", "told"),
    [
        (with_(age=480.0, age_at_least=True), "age", "≥8m 00s"),
        (with_(age=480.0), "age", "≈8m 00s"),
        (with_(age=480.0, age_exact=True), "age", "8m 00s"),
        (with_(age=nan), "age", "–"),
        (BACKLOG, "messages", "≈ 2,000"),
        (with_(exact=True), "messages", "2,000"),
        (BACKLOG, "drains_in", "never"),
        (with_(drains_in=90.0), "drains_in", "1m 30s"),
        (with_(keeps_up=True), "drains_in", "keeping up"),
        (with_(keeps_up=True, drains_in=nan), "drains_in", "–"),
        (with_(lost_in=7_200.0), "lost_in", "2h 00m"),
        (BACKLOG, "growth", "+2.0"),
        (with_(entries=None), "entries", "–"),
    ],
)
def test_a_backlog_says_what_is_estimated_and_what_is_a_bound(row, field, told):
    assert cell(row, field) == told


def test_an_age_that_one_look_cannot_bound_is_not_known():
    past = BacklogSamples()
    past.update(0.0, {"t": 1000.0}, {"s": 100.0}, ["t"])
    assert past.age("t", 100.0).seconds != past.age("t", 100.0).seconds
    past.update(10.0, {"t": 1000.0}, {"s": 100.0}, ["t"])
    past.update(480.0, {"t": 1000.0}, {"s": 100.0}, ["t"])
    assert past.age("t", 100.0) == (480.0, True)


def test_the_oldest_of_a_subscription_is_a_time():
    fields = {f.name: None for f in msgspec.structs.fields(TopicSubscriptionRow)}
    row = TopicSubscriptionRow(**fields | {"oldest": 1_796_024_543.0, "last_acked": 1e300})
    assert cell(row, "oldest") == "2026-11-30T07:42:23.000Z"
    assert cell(row, "last_acked") == "–"


def test_what_is_not_there_is_no_empty_line():
    about = TopicAbout("t", -1, -1, 600, (), "JSON", 0, None, "", None, ())
    lines = dict(re.split(r" {2,}", line, maxsplit=1) for line in as_pairs(about))
    assert lines["RETENTION SECONDS"] == lines["RETENTION SIZE"] == "unlimited"
    told = lines["TTL"], lines["OFFLOAD ERROR"], lines["SCHEMA VERSION"]
    assert told == ("10m 00s", "none", "0")
    assert "NOT REPORTED" not in lines
    unknown = msgspec.structs.replace(about, unknown=("ttl", "quota"))
    assert "NOT REPORTED       ttl quota" in as_pairs(unknown)


# -- every row that there is ---------------------------------------------------------------------


def structs():
    for package in (store, model):
        for module in pkgutil.iter_modules(package.__path__):
            loaded = importlib.import_module(f"{package.__name__}.{module.name}")
            for found in vars(loaded).values():
                is_here = getattr(found, "__module__", "") == loaded.__name__
                if is_here and getattr(found, "__name__", "") in LISTED:
                    yield found


LISTED = [
    "NatsServerRow",
    "NatsConnectionRow",
    "NatsSubscriptionRow",
    "NatsClosedRow",
    "NatsAccountRow",
    "NatsStreamRow",
    "NatsConsumerRow",
    "NatsLinkRow",
    "JsReplica",
    "PulsarBrokerRow",
    "PulsarBookieRow",
    "PulsarSubscriptionRow",
    "PulsarTopicRow",
    "PulsarTreeRow",
    "PulsarOffloadRow",
    "TopicSubscriptionRow",
    "TopicConsumerRow",
    "TopicProducerRow",
    "TopicPartitionRow",
    "TopicReplicationRow",
    "BacklogRow",
    "DeadLetterRow",
    "Quota",
    "Ledgers",
    "TopicAbout",
    "ServiceEndpoint",
]

COUNTS = {
    "ack_floor_seq",
    "api_errors",
    "api_total",
    "backlog_entries",
    "compacted_entries",
    "connected",
    "connections",
    "consumers",
    "cores",
    "count",
    "dead_letters",
    "deduplicated_producers",
    "delayed",
    "delayed_messages",
    "delivered_seq",
    "entries",
    "errors",
    "first_seq",
    "gateways",
    "holes",
    "in_msgs",
    "js_api_errors",
    "js_api_total",
    "lag",
    "last_seq",
    "leafnodes",
    "max",
    "max_ack_pending",
    "max_connections",
    "max_deliver",
    "max_messages",
    "max_per_subject",
    "max_waiting",
    "msgs",
    "not_loaded",
    "num_ack_pending",
    "num_deleted",
    "num_pending",
    "num_redelivered",
    "num_subjects",
    "num_waiting",
    "offloaded",
    "out_msgs",
    "permits",
    "producers",
    "replicas",
    "requests",
    "routes",
    "slow_consumers",
    "since_snapshot",
    "stale_connections",
    "stalled_clients",
    "stalls",
    "streams",
    "streams_led",
    "subscriptions",
    "topics",
    "total_connections",
    "unacked",
    "unacked_messages",
    "waiting",
    "waiting_pulls",
}
"""What is counted, and has no unit."""

APART = {"age", "messages", "backlog_messages"}
"""What is told with what is known of how exact it is."""


@pytest.mark.parametrize("struct", list(structs()), ids=lambda struct: struct.__name__)
def test_every_figure_has_its_unit_or_is_a_count(struct):
    for field in msgspec.structs.fields(struct):
        kinds = set(typing.get_args(field.type) or (field.type,))
        if kinds & {int, float}:
            homes = [group for group in (cells.FORMS, COUNTS, APART) if field.name in group]
            assert len(homes) == 1, field.name


@pytest.mark.parametrize("struct", list(structs()), ids=lambda struct: struct.__name__)
def test_text_says_what_json_says(struct):
    """Each figure of JSON, told by the same rules, is the text of the table."""
    for figure in (0, 1, 480, 1_250_000):
        row = struct(**{f.name: _made(f, figure) for f in msgspec.structs.fields(struct)})
        (told,) = json.loads(as_json([row]))
        fields = [f.name for f in msgspec.structs.fields(struct) if _is_plain(told[f.name])]
        again = type(struct.__name__, (types.SimpleNamespace,), {})(**told)
        assert as_table([row], fields) == as_table([again], fields)


def _is_plain(value):
    return not isinstance(value, list | dict)


def _made(field, figure):
    kinds = set(typing.get_args(field.type) or (field.type,))
    if float in kinds:
        return float(figure)
    if int in kinds:
        return figure
    if bool in kinds:
        return bool(figure)
    return f"{field.name}-{figure}" if str in kinds else None if type(None) in kinds else ()


@pytest.mark.parametrize("value", [None, nan, 0.0, 0.04, 12_431.0])
def test_the_screen_has_the_same_words(value):
    for exact, at_least in ((True, False), (False, True), (False, False)):
        age = nan if value is None else value
        row = with_(age=age, age_at_least=at_least, age_exact=exact, messages=age, exact=exact)
        assert age_of(row) == cell(row, "age")
        if age == age:
            assert waiting_of(row) == cell(row, "messages")
    assert units.rate(value) == cell(with_(in_rate=value), "in_rate")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"drains_in": inf}, "never"),
        ({"drains_in": nan, "growth": nan}, None),
        ({"drains_in": 86_400.0 * 120}, 86_400.0 * 120),
    ],
)
def test_text_json_and_screen_agree_on_when_a_backlog_is_drained(fields, said):
    row = with_(**({"growth": -1.0} | fields))
    assert json.loads(as_json([row]))[0]["drains_in"] == said
    assert cell(row, "drains_in") == drains_in(row)[0]


@pytest.mark.parametrize(
    ("waiting", "in_rate", "is_few"), [(10, nan, True), (11, 5, False), (11, 5.5, True)]
)
def test_a_backlog_keeps_up_where_no_more_waits_than_is_always_on_its_way(waiting, in_rate, is_few):
    assert keeps_up(waiting, in_rate) == is_few
