"""What an opened topic shows before its own answers tell."""

from math import isnan, nan

from msgspec.structs import replace

from arcwatch.store.pulsar.listed_topic import with_listed
from tests.ui.filled import Platform

EVENTS = "persistent://arc/agents/task-events"


def listed():
    return next(row for row in Platform(lasting=20.0).store.pulsar_topics() if row.topic == EVENTS)


def test_before_the_first_answer_it_is_what_the_list_knows():
    known = listed()
    row = with_listed(None, known)
    assert (row.msg_rate_in, row.backlog_entries) == (known.msg_rate_in, known.backlog_entries)
    assert [(s.name, s.consumers, s.msg_rate_out) for s in row.subscriptions] == [
        (s.name, s.consumers, s.msg_rate_out) for s in known.subscriptions
    ]
    assert row.consumers == row.producers == row.parts == ()


def test_rates_that_one_answer_does_not_tell_are_those_of_the_list():
    known = listed()
    first = with_listed(None, known)
    one = replace(
        first,
        msg_rate_in=nan,
        msg_rate_out=7.0,
        subscriptions=tuple(replace(s, msg_rate_out=nan) for s in first.subscriptions),
    )
    row = with_listed(one, known)
    assert (row.msg_rate_in, row.msg_rate_out) == (known.msg_rate_in, 7.0)
    assert [s.msg_rate_out for s in row.subscriptions] == [
        s.msg_rate_out for s in known.subscriptions
    ]


def test_of_what_no_list_has_nothing_is_made_up():
    assert with_listed(None, None) is None
    row = replace(with_listed(None, listed()), msg_rate_in=nan)
    assert isnan(with_listed(row, None).msg_rate_in)
