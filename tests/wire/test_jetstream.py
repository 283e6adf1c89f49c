"""What JetStream says beside a message."""

import pytest

from arcwatch.errors import NotThereError, SourceError, WireError
from arcwatch.wire.jetstream import (
    nanoseconds,
    parse_direct,
    parse_get,
    parse_position,
    parse_stream,
)


@pytest.mark.parametrize(
    "reply",
    [
        b"$JS.ACK.ORDERS.c.2.7.3.1763930000000000001.9",
        b"$JS.ACK.hub.ACCHASH.ORDERS.c.2.7.3.1763930000000000001.9.token",
        b"$JS.ACK.hub.ACCHASH.ORDERS.c.2.7.3.1763930000000000001.9",
    ],
)
def test_a_position_is_read_with_a_domain_and_without(reply):
    assert parse_position(reply) == ("ORDERS", 2, 7, 3, 1763930000000000001, 9)


@pytest.mark.parametrize("reply", [b"", b"_INBOX.x", b"$JS.ACK.a.b.c.d.e.f.g", b"$JS.ACK.a"])
def test_what_is_no_position_is_none(reply):
    assert parse_position(reply) is None


def test_a_stored_message_keeps_its_own_headers_only():
    pairs = (
        ("mine", "1"),
        ("Nats-Msg-Id", "7"),
        ("Nats-Stream", "S"),
        ("Nats-Subject", "a.b"),
        ("Nats-Sequence", "42"),
        ("Nats-Time-Stamp", "2025-11-09T10:00:00.000000001Z"),
        ("Nats-Num-Pending", "0"),
    )
    stored = parse_direct(pairs, b"body")
    head = (("mine", "1"), ("Nats-Msg-Id", "7"))
    assert stored == ("a.b", 42, 1762682400000000001, head, b"body")
    assert parse_direct(pairs[:3], b"") is None


@pytest.mark.parametrize(
    "text",
    ["2025-11-09T10:00:00Z", "2025-11-09T10:00:00.000Z", "2025-11-09T12:00:00.0+02:00"],
)
def test_times_are_read_however_many_digits_they_have(text):
    assert nanoseconds(text) == 1762682400_000_000_000


def test_errors_are_told_apart():
    missing = b'{"error":{"code":404,"err_code":10059,"description":"stream not found"}}'
    with pytest.raises(NotThereError, match="no such stream"):
        parse_stream(missing, "S")
    with pytest.raises(SourceError, match="not permitted"):
        parse_stream(b'{"error":{"code":403,"description":"not permitted"}}', "S")
    with pytest.raises(WireError):
        parse_stream(b"[", "S")
    assert parse_get(b'{"error":{"code":404,"description":"no message found"}}', "S") is None


def test_what_a_stream_copies_and_does_not_have_yet_is_known():
    body = b'{"config":{"name":"S"},"state":{},"sources":[%s,%s,%s,%s]}' % (
        b'{"name":"well","lag":0,"active":900000000}',
        b'{"name":"behind","lag":12,"active":900000000}',
        b'{"name":"never","lag":0,"active":-1}',
        b'{"name":"silent","lag":0,"active":15000000001}',
    )
    assert parse_stream(body, "S").uncopied == (("behind", 12), ("never", 0), ("silent", 0))
    mirror = b'{"config":{"name":"S"},"state":{},"mirror":{"name":"m","lag":1,"active":1}}'
    assert parse_stream(mirror, "S").uncopied == (("m", 1),)
