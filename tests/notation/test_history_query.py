"""What a history may be asked for."""

import pytest

from arcwatch.errors import UsageError
from arcwatch.notation.address import Subject
from arcwatch.notation.history_query import (
    as_window,
    begins,
    browsable,
    is_window,
    stream_of,
    subscription_of,
)

NOW = 1_800_000_000 * 10**9
HOUR = 3_600 * 10**9


@pytest.mark.parametrize(
    ("address", "history"),
    [
        ("pulsar:arc/agents/orders#billing", "pulsar:arc/agents/orders"),
        ("js:ORDERS/ord.>", "js:ORDERS/ord.>"),
        ("js:ORDERS#billing", "js:ORDERS"),
    ],
)
def test_the_history_of_a_consumer_is_that_of_what_it_reads(address, history):
    assert browsable(address) == history


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nats:orders.>", "core NATS stores nothing"),
        ("pulsar:non-persistent://a/b/c", "a non-persistent topic stores nothing"),
    ],
)
def test_what_stores_nothing_has_no_history_and_says_why(address, why):
    with pytest.raises(UsageError) as caught:
        browsable(address)
    assert (caught.value.what, caught.value.why) == ("no history", why)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "at"),
    [("1h", NOW - HOUR), ("2h to 1h", NOW - 2 * HOUR), ("2h..1h", NOW - 2 * HOUR), ("earliest", 0)],
)
def test_a_window_begins_with_its_first_time(text, at):
    assert begins(text, NOW, None) == at


def test_a_message_begins_now():
    assert begins("#17", NOW, None) == NOW


def test_one_time_is_no_window():
    assert [is_window(text) for text in ("2h", "from 2h", "2h to 1h", "TO", "tomorrow")] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert as_window("2h ... 1h") == "2h to 1h"


def test_a_subject_is_stored_by_the_only_stream_that_takes_it():
    streams = [("ORDERS", ("ord.>",)), ("AUDIT", ("ord.eu.*", "audit.>"))]
    subject = Subject("ord.us.1")
    assert stream_of(subject, streams) == "js:ORDERS/ord.us.1"
    with pytest.raises(UsageError) as several:
        stream_of(Subject("ord.eu.1"), streams)
    assert several.value.why == "2 streams store it"
    assert "js:AUDIT/ord.eu.1" in several.value.hint
    with pytest.raises(UsageError, match="no history") as none:
        stream_of(Subject("heartbeat"), streams)
    assert "no known stream" in none.value.why


def test_only_a_topic_has_a_subscription():
    assert subscription_of("pulsar:a/b/c#billing") == "billing"
    assert (subscription_of("pulsar:a/b/c"), subscription_of("js:S#c")) == ("", "")
