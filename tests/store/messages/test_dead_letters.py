"""What could not be consumed, joined to whose it is."""

import pytest

from arcwatch.model.nats_advisories import JsAdvisories, JsAdvisory
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.messages.advisories import MOST, MOST_CONSUMERS
from arcwatch.store.messages.dead_letters import DeadTopics

NATS = "nats://n1:4222"


@pytest.fixture
def hear(store):
    """Lets JetStream say something at a moment."""

    def hear(at, body):
        store.apply(Reading("prod", "nats", NATS, "advisories", at, at, 0.0, body))

    return hear


def given_up(sequence, at, *, stream="ORDERS", consumer="billing", **more):
    told = {"kind": "gave up", "deliveries": 5} | more
    return JsAdvisory(stream=stream, consumer=consumer, sequence=sequence, at=at, **told)


@pytest.mark.parametrize(
    ("dead", "what", "whose"),
    [
        ("t/n/x-billing-DLQ", "dead letters", "pulsar:t/n/x#billing"),
        ("t/n/x-billing-RETRY", "retries", "pulsar:t/n/x#billing"),
        ("t/n/x-partition-3-billing-DLQ", "dead letters", "pulsar:t/n/x#billing"),
        ("t/n/x-y-one-two-DLQ", "dead letters", "pulsar:t/n/x-y#one-two"),
        ("t/n/elsewhere-billing-DLQ", "dead letters", ""),
        ("t/n/x-billing-DLQ-copy", None, None),
    ],
)
def test_a_topic_of_dead_letters_stands_beside_the_subscription_whose_they_are(
    store, tell, nouns, dead, what, whose
):
    def topics(sent):
        return nouns.page(
            nouns.topic("persistent://t/n/x", nouns.subscription("billing", backlog_entries=5)),
            nouns.topic("persistent://t/n/x-y", nouns.subscription("one-two")),
            nouns.topic(f"persistent://{dead}", in_messages=sent),
        )

    tell.broker(0, topics(10))
    tell.broker(20, topics(30))
    rows = store.dead_letters()
    assert [(row.what, row.source) for row in rows] == ([(what, whose)] if what else [])
    if what:
        row = rows[0]
        assert (row.count, row.rate, row.place) == (30, 1.0, f"pulsar:{dead}")
        assert (row.waiting, row.last) == (None, store.now)
    billing = next(row for row in store.backlogs() if row.address == "pulsar:t/n/x#billing")
    assert billing.dead_letters == (
        30 if (what, whose) == ("dead letters", billing.address) else None
    )


def test_the_partitions_of_a_topic_bury_into_topics_of_their_own_and_are_counted_together(
    store, tell, nouns
):
    names = [f"persistent://t/n/x-partition-{n}" for n in range(2)]
    topics = [nouns.topic(name, nouns.subscription("s", backlog_entries=1)) for name in names]
    dead = [nouns.topic(f"{name}-s-DLQ", in_messages=4) for name in names]
    tell.broker(0, nouns.page(*topics, *dead))
    assert store.backlogs()[0].dead_letters == 8
    assert {row.source for row in store.dead_letters()} == {"pulsar:t/n/x#s"}


def test_what_jetstream_gives_up_on_is_counted_with_its_message_and_its_cause(store, hear):
    hear(100.0, JsAdvisories(begins=True))
    hear(130.0, JsAdvisories((given_up(7, 120.0), given_up(9, 130.0))))
    refused = given_up(9, 130.0, kind="terminated", deliveries=1, reason="bad checksum")
    hear(130.0, JsAdvisories((refused,)))
    gave_up, terminated = store.dead_letters()
    assert (gave_up.source, gave_up.place, gave_up.last_id) == (
        "js:ORDERS#billing",
        "js:ORDERS",
        "#9",
    )
    assert (gave_up.count, gave_up.rate, gave_up.last) == (2, pytest.approx(2 / 30), 130.0)
    assert gave_up.cause == "5 deliveries, no acknowledgement"
    assert [told.sequence for told in gave_up.messages] == [9, 7]
    assert (terminated.what, terminated.cause) == ("terminated", "bad checksum")
    assert store.contacts == {}
    assert store.nats == []


def test_what_was_said_while_nobody_listened_is_no_rate(store, hear):
    hear(100.0, JsAdvisories(begins=True))
    hear(101.0, JsAdvisories((given_up(7, 101.0),)))
    hear(102.0, Failure("cannot receive JetStream advisories", NATS, "refused", ""))
    row = store.dead_letters()[0]
    assert (row.count, row.rate) == (1, pytest.approx(float("nan"), nan_ok=True))
    assert store.problems() == []
    hear(200.0, JsAdvisories(begins=True))
    (heard,) = store.advisories.values()
    assert (heard.since, heard.failure) == (200.0, None)


def test_a_flood_takes_bounded_room_and_is_counted(store, hear):
    hear(0.0, JsAdvisories(begins=True))
    hear(60.0, JsAdvisories(tuple(given_up(n, 50 + n / 1000) for n in range(1, 10_001))))
    row = store.dead_letters()[0]
    assert (row.count, len(row.messages)) == (10_000, MOST)
    assert row.rate == pytest.approx(1000, rel=0.1)
    hear(61.0, JsAdvisories(tuple(given_up(1, 61.0, consumer=f"c{n}") for n in range(2000))))
    assert len(store.dead_letters()) == MOST_CONSUMERS


def test_where_no_topic_has_such_a_name_nothing_is_looked_at():
    assert DeadTopics(()).found == ()
