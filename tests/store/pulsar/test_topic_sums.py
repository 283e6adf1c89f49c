"""What has not changed about a topic is not summed up again, and what has is."""

import pytest
from msgspec.structs import replace

from arcwatch.model.pulsar import PulsarBrokers, PulsarHealth, PulsarTopics

BUSY, IDLE = "persistent://t/n/busy", "persistent://t/n/idle"
P1 = "p1:8080"


@pytest.fixture
def told(tell, nouns):
    """A broker with a busy topic and one of which the figures are the same in every page."""

    def told(at):
        busy = nouns.topic(BUSY, nouns.subscription(backlog_entries=10), in_messages=100 * at)
        idle = nouns.topic(IDLE, nouns.subscription(backlog_entries=5), in_messages=7)
        tell.broker(at, nouns.page(busy, idle))

    return told


def rows(store):
    return {row.topic: row for row in store.pulsar_topics()}


def test_a_new_page_makes_new_rows_of_what_moved_alone(store, told):
    for at in (0, 2):
        told(at)
    before = rows(store)
    told(4)
    now = rows(store)
    assert now[IDLE] is before[IDLE]
    assert now[BUSY] is not before[BUSY]
    told(6)
    assert (rows(store)[BUSY].msg_rate_in, rows(store)[IDLE].msg_rate_in) == (100.0, 0.0)


def test_an_answer_about_one_topic_makes_its_row_anew_and_no_other(store, told, tell, nouns):
    told(0)
    before = rows(store)
    tell.cluster(1, "topic", PulsarTopics((nouns.detail(IDLE, 1000, 10),)))
    now = rows(store)
    assert now[IDLE].backlog_messages == 500.0
    assert now[BUSY] is before[BUSY]


def test_an_answer_that_says_nothing_new_changes_nothing(store, told, tell, nouns):
    told(0)
    asked = PulsarTopics((nouns.detail(IDLE, 1000, 10, billing=3),))
    tell.cluster(1, "topic", asked)
    before = store.pulsar[0].topics
    tell.cluster(2, "topic", asked)
    tell.cluster(3, "ready", PulsarHealth(P1, True, ""))
    tell.cluster(3, "brokers", PulsarBrokers((P1,)))
    assert store.pulsar[0].topics is before


def test_rows_are_made_anew_once_the_cluster_is_known_by_another_name(store, tell, nouns):
    page = nouns.page(nouns.topic(IDLE))
    for at in (0, 2):
        tell.broker(at, page)
    tell.broker(4, replace(page, cluster="renamed"))
    assert [row.cluster for row in store.pulsar_topics()] == ["renamed"]


def test_a_broker_that_falls_silent_makes_its_topics_old(store, told, tell):
    told(0)
    assert not any(row.stale for row in store.pulsar_topics())
    tell.silence(2, "pulsar", P1, "metrics")
    assert all(row.stale for row in store.pulsar_topics())


def test_a_copy_keeps_what_it_knew_of_a_topic(store, told, tell, nouns):
    told(0)
    tell.cluster(1, "topic", PulsarTopics((nouns.detail(IDLE, 1000, 10),)))
    frozen = store.freeze()
    tell.cluster(2, "topic", PulsarTopics((nouns.detail(IDLE, 9000, 10),)))
    assert rows(frozen)[IDLE].backlog_messages == 500.0
    assert rows(store)[IDLE].backlog_messages == 4500.0
