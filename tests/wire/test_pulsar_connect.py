"""The first two frames of Pulsar's binary protocol, against hostile answers too."""

import pytest

from arcwatch.errors import WireError
from arcwatch.wire.pulsar_connect import connect_frame, parse_connected


def test_a_frame_has_both_sizes_and_the_proof():
    frame = connect_frame("token", b"x" * 300)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert int.from_bytes(frame[4:8], "big") == len(frame) - 8
    assert b"x" * 300 in frame
    assert b"\x2a\x05token" in frame
    assert b"token" not in connect_frame("", b"")


def test_connected_and_refused():
    version = b"\x0a\x14Pulsar Server v4.0.8"
    connected = b"\x08\x03\x1a" + bytes([len(version) + 2]) + version + b"\x10\x15"
    assert parse_connected(connected) == (True, "Pulsar Server v4.0.8")
    refused = b"\x08\xff\xff\xff\xff\x0f\x10\x03\x1a\x06denied"
    body = b"\x08\x0e\x72" + bytes([len(refused)]) + refused
    assert parse_connected(body) == (False, "denied")


@pytest.mark.parametrize("body", [b"", b"\x08", b"HTTP/1.1 400", b"\xff" * 50, b"\x08\x12"])
def test_what_is_no_answer_is_told_so(body):
    with pytest.raises(WireError):
        parse_connected(body)
