"""Who receives messages of a subject, as a server tells it."""

import pytest

from arcwatch.errors import WireError
from arcwatch.notation.subjects import is_literal, overlap
from arcwatch.wire.nats_subsz import parse_interest, parse_queue_groups, parse_subscription_count


def test_each_subscription_of_the_subject_is_read(recorded):
    body = recorded("nats-2.15.1/subsz.json")
    interest = parse_interest("arc.tasks.request", body)
    assert [(s.cid, s.subscription.queue, s.subscription.msgs) for s in interest.subscribers] == [
        (1435, "workers", 50),
        (1436, "workers", 50),
        (1437, "", 100),
    ]
    assert interest.subscribers[2].subscription.subject == "arc.tasks.>"
    assert interest.now == pytest.approx(1_796_060_754.144)
    assert parse_queue_groups(body) == {"workers": 2}
    assert parse_subscription_count(body) == 194


def test_of_a_list_only_what_has_messages_in_common_is_taken(recorded):
    body = recorded("nats-2.15.1/subsz.json")
    found = parse_interest("arc.tasks.*.now", body).subscribers
    assert [each.cid for each in found] == [1437]
    assert parse_interest("other.>", body).subscribers == ()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"num_subscriptions": "x"}', b'{"now": "never"}'])
def test_what_is_no_such_answer_is_refused(body):
    with pytest.raises(WireError):
        parse_interest("a", body)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.*", "*.b", True),
        ("a.>", "a", False),
        (">", "a.b.c", True),
        ("a.*.c", "a.>", True),
        ("a.*", "a.b.c", False),
    ],
)
def test_subjects_have_messages_in_common_either_way_round(one, other, common):
    assert overlap(one, other) == overlap(other, one) == common


def test_only_a_subject_without_wildcards_is_a_messages_own():
    assert [is_literal(s) for s in ("a.b", "a.*", ">", "", "a.", "a*b")] == [
        *(True, False, False, False, False, True)
    ]
