"""Avro by the writer's schema, and what becomes of bodies that are something else."""

import base64
import datetime
import decimal
import io
import json
import math
import uuid

import fastavro
import pytest

from arcwatch.decode import decode
from arcwatch.model.message import Schema


def schema(definition):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return Schema("AVRO", text.encode())


def record(*fields, name="Order"):
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": field, "type": kind} for field, kind in fields],
    }


def written(definition, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, definition, value)
    return out.getvalue()


def long(number):
    """A number as Avro writes it: zig-zag, seven bits a byte."""
    return written("long", number)


def logical(kind, name, **more):
    return {"type": kind, "logicalType": name} | more


AT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
FIXED = {"type": "fixed", "name": "Four", "size": 4}


@pytest.mark.parametrize(
    ("kind", "sent", "said"),
    [
        ("null", None, None),
        ("boolean", True, True),
        ("long", -(2**63), -(2**63)),
        ("string", "Zoë", "Zoë"),
        ("bytes", b"\0\xff", "AP8="),
        ("float", 0.1, 0.1),
        ("float", math.inf, "Infinity"),
        ("double", math.nan, "NaN"),
        (FIXED, b"abcd", "YWJjZA=="),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B", "B"),
        ({"type": "array", "items": "int"}, [1, 2], [1, 2]),
        ({"type": "map", "values": ["null", "bytes"]}, {"a": b"x"}, {"a": "eA=="}),
        (["null", "string"], None, None),
        (["null", record(("a", "int"), name="Inner")], {"a": 1}, {"a": 1}),
        (logical("bytes", "decimal", precision=9, scale=2), decimal.Decimal("-12.50"), "-12.50"),
        (FIXED | logical("fixed", "decimal", precision=5), decimal.Decimal(12), "12"),
        (logical("string", "uuid"), ID, str(ID)),
        (logical("int", "date"), AT.date(), "2026-01-02"),
        (logical("int", "time-millis"), AT.time(), "03:04:05.678"),
        (logical("long", "time-micros"), AT.time(), "03:04:05.678901"),
        (logical("long", "timestamp-millis"), AT, "2026-01-02T03:04:05.678Z"),
        (logical("long", "timestamp-micros"), AT, "2026-01-02T03:04:05.678901Z"),
        (
            logical("long", "local-timestamp-micros"),
            AT.replace(tzinfo=None),
            "2026-01-02T03:04:05.678901",
        ),
    ],
)
def test_every_type_is_told_in_what_json_can_say(kind, sent, said):
    definition = record(("it", kind), ("end", "int"))
    got = decode(written(definition, {"it": sent, "end": 5}), schema(definition))
    assert (got.encoding, got.value, got.error) == ("avro", {"it": said, "end": 5}, None)
    assert got.schema == "AVRO Order"


def test_a_named_type_means_the_same_wherever_it_is_used_again():
    definition = record(("a", FIXED), ("b", "Four"), ("c", {"type": "array", "items": "Four"}))
    got = decode(b"aaaabbbb\x02cccc\x00", schema(definition | {"namespace": "acme"}))
    assert got.value == {"a": "YWFhYQ==", "b": "YmJiYg==", "c": ["Y2NjYw=="]}
    assert got.schema == "AVRO acme.Order"


def test_a_message_is_read_by_the_version_it_was_written_with():
    first, second = record(("a", "int")), record(("a", "string"), ("b", "int"))
    assert decode(b"\x02", schema(first)).value == {"a": 1}
    assert decode(b"\x02x\x04", schema(second)).value == {"a": "x", "b": 2}


ORDER = record(("id", "long"), ("name", "string"))


@pytest.mark.parametrize(
    "body",
    [
        b"\x02",
        b"\x02\x08abcdX",
        b"\x02\x09abcd",
        b"\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a",
        b"\x02\x02\xff",
        b"plain text",
    ],
)
def test_a_body_of_another_schema_is_base64_with_the_reason(body):
    got = decode(body, schema(ORDER))
    assert (got.encoding, base64.b64decode(got.value)) == ("base64", body)
    assert got.error.startswith("not what its Avro schema says: ")


def test_json_where_avro_is_due_is_shown_and_still_an_error():
    got = decode(b'{"id": 1}', schema(ORDER))
    assert (got.encoding, got.value) == ("json", {"id": 1})
    assert got.error.startswith("not what its Avro schema says: ")
