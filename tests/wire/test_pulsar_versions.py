"""The same topics on brokers of several versions: what each of them tells, and what it does not."""

import math

import pytest

from arcwatch.model.pulsar_opened import Draining
from arcwatch.wire.pulsar_admin import parse_topic
from arcwatch.wire.pulsar_metrics import MetricsPage
from arcwatch.wire.pulsar_opened import parse_opened

VERSIONS = ["3.3.6", "4.2.4", "5.0.1"]
ORDERS, LIMITED = "persistent://arc/agents/orders", "persistent://arc/agents/limited"


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def told(recorded, version):
    return lambda name: recorded(f"pulsar-{version}/{name}")


def newer(version, than):
    return tuple(map(int, version.split("."))) >= than


@pytest.fixture
def orders(told):
    """A topic with two consumers of one Key_Shared subscription; the second came late."""
    return parse_opened(ORDERS, told("stats-orders.json"), "x").parts[0]


def test_a_metrics_page_tells_of_the_broker_and_its_topics(told, version):
    page = MetricsPage()
    page.feed(told("metrics.txt"))
    broker = page.finish("127.0.0.1:8080")
    assert (broker.cluster, broker.version) == ("standalone", version)
    assert broker.started
    assert broker.heap_used > 0
    topics = {topic.name: topic for topic in broker.topics}
    assert topics.keys() == {ORDERS, LIMITED}
    orders = topics[ORDERS]
    assert (orders.in_messages, orders.producers, orders.consumers) == (20, 2, 2)
    (billing,) = orders.subscriptions
    assert (billing.name, billing.backlog_entries, billing.consumers) == ("billing", 17, 2)
    (slow,) = topics[LIMITED].subscriptions
    # brokers before 4.0 do not count how often a limit was met
    assert (dict(slow.throttled).get("topic", 0) > 0) == newer(version, (4,))
    assert not math.isnan(slow.out_messages)


def test_statistics_of_a_topic_are_read(orders, told):
    (billing,) = orders.subscriptions
    assert (billing.type, billing.backlog_entries, billing.holes) == ("Key_Shared", 17, 2)
    assert billing.oldest
    assert {one.version for one in billing.consumers} == {"Pulsar-CPP-v4.2.0"}
    topic = parse_topic(ORDERS, told("stats-orders.json"), told("internalStats.json"), "x")
    assert (topic.in_messages, topic.entries_added) == (20, 20)
    assert {one.unacked for one in topic.subscriptions[0].consumers} >= {
        one.unacked_messages for one in billing.consumers
    }


def test_keys_that_drain_are_known_from_4_0_on(orders, version):
    (billing,) = orders.subscriptions
    old, new = sorted(billing.consumers, key=lambda one: one.name == "second")
    if newer(version, (4,)):
        assert billing.draining == old.draining
        assert billing.draining.hashes > 0
        assert billing.draining.unacked > 0
        assert new.draining == Draining(0, 0, 0)
    else:
        assert (billing.draining, old.draining, billing.throttled) == (None, None, None)


def test_whose_limit_was_met_is_known_from_4_0_on(told, version):
    (slow,) = parse_opened(LIMITED, told("stats-limited.json"), "x").parts[0].subscriptions
    if newer(version, (4,)):
        assert [whose for whose, _ in slow.throttled] == ["topic"]
    else:
        assert slow.throttled is None


def test_when_a_topic_was_made_and_last_used_is_known_from_4_2_on(orders, version):
    known = (orders.created is not None, orders.last_published is not None)
    assert known == (newer(version, (4, 2)),) * 2
    if newer(version, (4, 2)):
        assert orders.created < orders.last_published
