"""What is wrong with a backlog, in words."""

from math import nan
from types import SimpleNamespace

import pytest

from arcwatch.store.backlog.diagnosis import of_consumer, of_subscription

NOW = 1_700_000_000.0


def subscription(**fields):
    """One whose consumers take and acknowledge what is sent."""
    usual = {"name": "s", "type": "Shared", "stale": False, "consumers": 2, "blocked": False}
    usual |= {"unacked_messages": 10, "last_consumed": NOW - 1, "last_acked": NOW - 1}
    usual |= {"held_since": None, "delayed_messages": 0}
    return SimpleNamespace(**usual | fields)


def consumer(**fields):
    usual = {"stale": False, "paused": False, "max_ack_pending": 1000, "num_ack_pending": 10}
    usual |= {"num_pending": 50, "num_waiting": 1, "delivered_rate": 4.0, "deliver_subject": ""}
    usual |= {
        "pending_reported": None,
        "ack_policy": "explicit",
        "last_delivered": NOW - 1,
        "last_ack": NOW - 1,
    }
    return SimpleNamespace(**usual | fields)


def parts(*entries):
    return [
        SimpleNamespace(
            topic=SimpleNamespace(
                name=f"persistent://a/b/c-partition-{number}",
                subscriptions=(SimpleNamespace(name="s", backlog_entries=waiting),),
            )
        )
        for number, waiting in enumerate(entries)
    ]


def key_holders(*unacked):
    return [
        SimpleNamespace(name=f"c{nth}", unacked_messages=count, msg_rate_out=0.0)
        for nth, count in enumerate(unacked)
    ]


def said(row, parts=(), consumers=(), age=600.0):
    return list(of_subscription(row, parts, consumers, age, NOW))


def test_of_what_is_merely_busy_nothing_is_said():
    assert said(subscription(), parts(500, 480, 520)) == []
    assert list(of_consumer(consumer(), 600.0, NOW)) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"consumers": 0}, "no consumers"),
        ({"blocked": True, "unacked_messages": 50_000}, "blocked on 50,000 unacknowledged"),
        (
            {"last_acked": NOW - 200},
            "stuck: delivers, but nothing is acknowledged for 3m 20s",
        ),
        (
            {"held_since": NOW - 200},
            "stuck at one message for 3m 20s: later messages are acknowledged",
        ),
        ({"last_acked": None}, "stuck: delivers, but nothing is acknowledged"),
        (
            {"last_acked": NOW - 200, "last_consumed": NOW - 180},
            "stalled: nothing delivered for 3m 00s",
        ),
    ],
)
def test_a_subscription_says_what_keeps_it(fields, words):
    assert said(subscription(**fields)) == [words]
    assert said(subscription(**fields, stale=True)) == []


def test_what_is_delayed_or_moves_on_is_not_stuck_at_one_message():
    assert said(subscription(held_since=NOW - 200, delayed_messages=1)) == []
    assert said(subscription(held_since=NOW - 20)) == []


def test_what_has_only_come_cannot_have_been_acknowledged_yet():
    late = subscription(last_acked=NOW - 200)
    assert said(late, age=30.0) == said(late, age=nan) == []


def test_one_partition_that_holds_most_of_it_is_named():
    assert said(subscription(), parts(100, 1_800, 100)) == ["90% of the backlog in partition 1"]
    assert said(subscription(), parts(1, 60, 1)) == []
    assert said(subscription(), parts(5_000)) == []


def test_keys_that_make_one_consumer_do_the_work_are_told_of_key_shared_alone():
    uneven, even = key_holders(10, 500, 40), key_holders(300, 280, 310)
    assert said(subscription(type="Key_Shared"), consumers=uneven) == ["uneven keys: 91% go to c1"]
    assert said(subscription(type="Key_Shared"), consumers=even) == []
    assert said(subscription(), consumers=uneven) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"paused": True}, "paused"),
        ({"num_ack_pending": 1000}, "blocked on 1,000 unacknowledged"),
        ({"num_waiting": 0, "delivered_rate": 0.0}, "no client pulls"),
        ({"last_ack": NOW - 90}, "stuck: delivers, but nothing is acknowledged for 1m 30s"),
    ],
)
def test_a_consumer_says_what_keeps_it(fields, words):
    assert list(of_consumer(consumer(**fields), 600.0, NOW)) == [words]
    assert list(of_consumer(consumer(**fields, stale=True), 600.0, NOW)) == []


def test_who_needs_no_acknowledgement_is_not_stuck_without_them():
    row = consumer(ack_policy="none", last_ack=None)
    assert list(of_consumer(row, 600.0, NOW)) == []
