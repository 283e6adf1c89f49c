"""Avro's logical types, and what becomes of those that do not hold."""

import pytest

from arcwatch.decode import decode
from tests.decode.test_avro import ID, logical, long, schema


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (logical("long", "timestamp-nanos"), long(1), "1970-01-01T00:00:00.000000001Z"),
        (logical("long", "timestamp-millis"), long(2**62), 2**62),
        (logical("int", "date"), long(2**30), 2**30),
        (logical("int", "time-millis"), long(-1), -1),
        (logical("int", "time-millis"), long(37_230_500), "10:20:30.500"),
        (logical("long", "time-millis"), long(37_230_500), 37_230_500),
        (logical("int", "made-up"), long(5), 5),
        (logical("string", "timestamp-millis"), b"\x02a", "a"),
        (logical("bytes", "decimal", precision=4, scale=10**9), b"\x02\1", "AQ=="),
        (logical("bytes", "decimal", precision=4, scale="x"), b"\x02\1", "AQ=="),
    ],
)
def test_a_logical_type_is_told_or_else_what_it_is_made_of(kind, body, said):
    got = decode(body, schema(kind))
    assert (got.encoding, got.value, got.error) == ("avro", said, None)


def test_a_uuid_of_sixteen_bytes_is_text():
    sixteen = {"type": "fixed", "name": "U", "size": 16}
    got = decode(ID.bytes, schema(sixteen | {"logicalType": "uuid"}))
    assert got.value == str(ID)
