"""A scalable topic of Pulsar 5.0: one segment was split, and both halves were merged again."""

import contextlib
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.store.pulsar.broker import Part
from arcwatch.store.pulsar.open_topic import OpenedTopicState
from arcwatch.store.pulsar.topic_sums import TopicSums
from arcwatch.wire.pulsar_metrics import MetricsPage
from arcwatch.wire.pulsar_scalable import parse_scalable

SCALED = "topic://arc/agents/scaled"


@pytest.fixture
def body(recorded):
    return recorded("pulsar-5.0.1/scalable-stats.json")


@pytest.fixture
def scaled(body):
    return parse_scalable(SCALED, body, "x")


def test_segments_are_its_parts_and_the_active_ones_come_first(scaled):
    assert [part.name.rpartition("/")[2] for part in scaled.parts] == [
        *("0000-7fff-4", "8000-ffff-1"),
        *("0000-3fff-2", "0000-7fff-0", "4000-7fff-3"),
    ]
    assert [part.sealed is None for part in scaled.parts] == [True] * 2 + [False] * 3
    assert (scaled.layout.active, scaled.layout.sealed) == (2, 3)


def test_splits_and_merges_are_told_from_whose_children_segments_are(scaled):
    split, merge = scaled.layout.changes
    assert (split.kind, split.before, split.after) == ("split", (0,), (2, 3))
    assert (merge.kind, merge.before, merge.after) == ("merge", (2, 3), (4,))
    assert split.at < merge.at
    assert scaled.layout.failed == ""


def test_a_split_that_failed_is_said(body):
    document = msgspec.json.decode(body)
    document["layout"]["lastOperation"] |= {"status": "failed\x1b[2J", "operation": "split"}
    layout = parse_scalable(SCALED, msgspec.json.encode(document), "x").layout
    assert layout.failed.startswith("split of 2, 3: failed")
    assert "\x1b" not in layout.failed


def test_what_is_told_of_a_consumer_over_all_segments_is_counted_once(scaled, body):
    told = msgspec.json.decode(body)["subscriptions"]["billing"]
    row = state_of(scaled).row("c")
    (billing,) = row.subscriptions
    assert (billing.name, billing.type) == ("billing", "QUEUE")
    assert billing.backlog_entries == told["msgBacklog"]
    assert billing.unacked_messages == told["unackedMessages"]
    (consumer,) = row.consumers
    assert (consumer.name, consumer.partitions) == ("b1", 5)
    assert consumer.unacked_messages == told["consumers"][0]["unackedMessages"]
    assert consumer.permits == told["consumers"][0]["availablePermits"]


def test_what_is_told_as_a_whole_is_no_segments(scaled, body):
    row = state_of(scaled).row("c")
    assert row.storage_size == msgspec.json.decode(body)["storageSize"]
    assert len(row.producers) == len(msgspec.json.decode(body)["producers"])
    assert all(math.isnan(part.producers) for part in row.parts)
    assert all(math.isnan(part.msg_rate_in) for part in row.parts)
    assert row.lacks == {}


def state_of(answer):
    state = OpenedTopicState(SCALED, lambda topic, entries: math.nan)
    state.update(answer, 1.0, 1.0)
    return state


def test_segments_on_a_metrics_page_are_one_topic(recorded):
    page = MetricsPage()
    page.feed(recorded("pulsar-5.0.1/metrics-segments.txt"))
    broker = page.finish("127.0.0.1:8080")
    sums = TopicSums()
    sums.update_parts(
        "c", [Part(topic, (0.0,) * 4, {"billing": (0.0, 0.0)}, False) for topic in broker.topics]
    )
    (row,) = sums.rows()
    assert (row.topic, row.partitions) == (SCALED, 5)
    assert row.backlog_entries == sum(
        s.backlog_entries for t in broker.topics for s in t.subscriptions
    )
    assert sums.unsure == set()


@given(st.data())
def test_a_damaged_answer_is_one_error_or_a_topic(body_bytes, data):
    at = data.draw(st.integers(0, len(body_bytes)))
    instead = data.draw(st.binary(max_size=6))
    with contextlib.suppress(WireError):
        parse_scalable(SCALED, body_bytes[:at] + instead + body_bytes[at + len(instead) :], "x")


@pytest.fixture(scope="module")
def body_bytes():
    from tests.conftest import DATA

    return (DATA / "pulsar-5.0.1/scalable-stats.json").read_bytes()


def test_numbers_that_are_none_are_one_error():
    with pytest.raises(WireError):
        parse_scalable(SCALED, b'{"layout":{"segments":{"x":{"name":"a"}}}}', "x")
