"""Pulsar's primitive schemas: numbers and moments."""

import struct

import pytest

from arcwatch.decode import decode
from arcwatch.model.message import Schema

DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize(
    ("kind", "body", "value"),
    [
        ("BOOLEAN", b"\0", False),
        ("BOOLEAN", b"\1", True),
        ("INT8", b"\x80", -128),
        ("INT16", b"\x01\x02", 258),
        ("INT32", b"\0\0\1\0", 256),
        ("INT64", b"\xff" * 8, -1),
        ("FLOAT", struct.pack(">f", 0.1), 0.1),
        ("FLOAT", struct.pack(">f", 3.4028234663852886e38), 3.4028235e38),
        ("DOUBLE", struct.pack(">d", 0.1), 0.1),
        ("DOUBLE", struct.pack(">d", float("-inf")), "-Infinity"),
        ("DATE", struct.pack(">q", 1_767_323_045_500), "2026-01-02T03:04:05.500Z"),
        ("TIMESTAMP", struct.pack(">q", -1), "1969-12-31T23:59:59.999Z"),
        ("TIMESTAMP", struct.pack(">q", 2**63 - 1), 2**63 - 1),
        ("TIME", struct.pack(">q", 3_723_004), "01:02:03.004Z"),
        ("TIME", struct.pack(">q", -3_600_000), "23:00:00.000Z"),
        ("TIME", struct.pack(">q", 1_767_323_045_500), "2026-01-02T03:04:05.500Z"),
        ("INSTANT", struct.pack(">qi", 5, 6), "1970-01-01T00:00:05.000000006Z"),
        ("LOCAL_DATE", struct.pack(">q", 20_455), "2026-01-02"),
        ("LOCAL_TIME", struct.pack(">q", 1), "00:00:00.000000001"),
        ("LOCAL_TIME", struct.pack(">q", DAY_NS), DAY_NS),
        ("LOCAL_DATE_TIME", struct.pack(">qq", 1, 1), "1970-01-02T00:00:00.000000001"),
    ],
)
def test_a_primitive_is_its_number_or_its_moment(kind, body, value):
    said = decode(body, Schema(kind))
    assert (said.encoding, said.value, said.error, said.schema) == ("json", value, None, kind)
    assert type(said.value) is type(value)


def test_a_primitive_of_another_length_is_base64():
    said = decode(b"12", Schema("INT32"))
    assert (said.encoding, said.value) == ("base64", "MTI=")
    assert said.error == "not INT32: 2 bytes instead of 4"
