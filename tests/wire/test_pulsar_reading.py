"""What is asked before a topic is read: where it ends, and how fast it may be read."""

import msgspec
import pytest

from arcwatch.text.units import LATEST_NS
from arcwatch.wire.pulsar_reading import (
    Quota,
    Readable,
    parse_deliver_at,
    parse_dispatch_rate,
    parse_last_message,
    parse_last_readable,
    parse_replication_clusters,
)


def told(**document):
    return msgspec.json.encode(document)


def test_a_topic_without_messages_has_no_last_one():
    assert parse_last_message(told(ledgerId=5, entryId=7, partitionIndex=-1), "here") == (5, 7)
    assert parse_last_message(b"{}", "here") == (-1, -1)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2026-11-30T14:15:45.421Z", 1796048145421_000_000),
        ("2026-11-30T15:15:45.421+01:00", 1796048145421_000_000),
        ("2026-11-30T14:15:45.421", None),
        ("1969-12-31T23:59:59Z", None),
        ("+10000-01-01T00:00:00Z", LATEST_NS),
        ("9999-12-31T00:00:00Z", LATEST_NS),
        ("soon", None),
        ("", None),
    ],
)
def test_when_a_message_is_due_has_a_zone_and_a_bound(text, due):
    assert parse_deliver_at(text) == due


@pytest.mark.parametrize("body", [b"", b"\n", b"null", b"[]"])
def test_what_is_not_set_is_replicated_nowhere(body):
    assert parse_replication_clusters(body, "here") == ()
    assert parse_replication_clusters(b'["eu", "us"]', "here") == ("eu", "us")


def test_what_can_be_read_ends_before_an_open_transaction():
    body = told(maxReadPosition="5:7", totalAbortedTransactions=2)
    assert parse_last_readable(body, "here") == Readable(5, 7, 2)
    assert parse_last_readable(
        told(maxReadPosition="5:7", totalAbortedTransactions=-1), "here"
    ) == (Readable(5, 7, 0))
    assert parse_last_readable(b"{}", "here") is None


def rate(messages, size, period=1):
    names = ("dispatchThrottlingRateInMsg", "dispatchThrottlingRateInByte", "ratePeriodInSecond")
    return parse_dispatch_rate(
        told(**dict(zip(names, (messages, size, period), strict=True))), "here"
    )


def test_a_rate_is_that_of_a_second_whatever_its_period():
    assert rate(100, 1000, period=10) == Quota(10, 100)
    assert rate(100, 1000, period=0) == Quota(100, 1000)


def test_a_rate_that_is_not_set_is_no_bound():
    assert rate(-1, 1000) == Quota(None, 1000)
    assert rate(0, 0) == Quota(None, None)
    for body in (b"", b"null", b"{}"):
        assert parse_dispatch_rate(body, "here") == Quota(None, None)
