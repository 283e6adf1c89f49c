"""MessagePack where that is plausible, told in what JSON can say."""

import datetime
import sys

import msgspec
import pytest

from arcwatch.decode import decode
from arcwatch.decode.bounds import MAX_DEPTH, Beyond, Unreadable
from arcwatch.decode.msgpack import message_pack

if sys.version_info >= (3, 14):
    pass
else:
    pass


def test_message_pack_is_told_in_what_json_can_say():
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    inner = {2: b"\0\xff", True: msgspec.msgpack.Ext(5, b"x"), "at": at}
    said = decode(msgspec.msgpack.encode({"inner": inner}))
    assert said.value == {
        "inner": {"2": "AP8=", "true": {"type": 5, "data": "eA=="}, "at": "2026-01-02T03:04:05Z"}
    }


@pytest.mark.parametrize(
    ("value", "plausible"),
    [
        ([1, 2], False),
        ([], False),
        ([1, ""], False),
        ([1, "a"], True),
        ([0.5], True),
        ([{}], False),
        ([{"a": 1}], True),
        ([{1: 1}], False),
        ({"a": 1, 2: 1}, False),
    ],
)
def test_plausible_is_what_does_not_come_about_by_chance(value, plausible):
    body = msgspec.msgpack.encode(value)
    if plausible:
        assert message_pack(body) == value
    else:
        with pytest.raises(Unreadable, match="not plausibly"):
            message_pack(body)


def nested(levels):
    return b"\x81\xa1a" * levels + b"\xa1x"


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 100_000])
def test_what_nests_without_end_is_not_read(levels):
    assert message_pack(nested(MAX_DEPTH))
    with pytest.raises(Beyond, match="nested more than 100 deep"):
        message_pack(nested(levels))


def test_more_lists_than_are_read_are_not_built():
    with pytest.raises(Beyond, match="more than 500,000 lists and maps"):
        message_pack(b"\xdd\0\x0f\0\0" + b"\x90" * 0x0F0000)
