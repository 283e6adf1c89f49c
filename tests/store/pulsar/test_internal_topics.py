"""Pulsar's own topics are in no list, sum or ranking, unless they are wanted."""

import pytest

OWN = (
    "persistent://t/n/__change_events",
    "persistent://t/n/__transaction_buffer_snapshot-partition-0",
    "persistent://t/n/x-billing__transaction_pending_ack",
    "persistent://pulsar/system/transaction_coordinator_assign-partition-3",
    "non-persistent://pulsar/10.0.0.7:8080/healthcheck",
)


@pytest.fixture
def filled(store, tell, nouns):
    topics = [nouns.topic(name, nouns.subscription(backlog_entries=7)) for name in (NORMAL, *OWN)]
    tell.broker(0, nouns.page(*topics))
    return store


NORMAL = "persistent://t/n/x"


def test_lists_and_the_ranking(filled):
    assert [row.topic for row in filled.pulsar_topics()] == [NORMAL]
    assert [row.place for row in filled.backlogs()] == [NORMAL]
    assert len(filled.pulsar_topics(internal=True)) == len(filled.backlogs(internal=True)) == 6


def test_sums_of_a_broker_and_what_is_left_to_ask(filled):
    (broker,) = filled.pulsar_brokers()
    assert broker.topics == 1
    assert [cluster.not_asked() for cluster in filled.pulsar] == [1]
