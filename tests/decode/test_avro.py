"""Avro by the writer's schema, and the bodies and schemas that end other readers."""

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
from arcwatch.decode.avro_schema import prepare
from arcwatch.decode.bounds import MAX_DEPTH, MAX_VALUES
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


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (logical("long", "timestamp-nanos"), long(1), "1970-01-01T00:00:00.000000001Z"),
        (logical("long", "timestamp-millis"), long(2**62), 2**62),
        (logical("int", "date"), long(2**30), 2**30),
        (logical("int", "time-millis"), long(-1), -1),
        (logical("int", "made-up"), long(5), 5),
        (logical("string", "timestamp-millis"), b"\x02a", "a"),
        (logical("bytes", "decimal", precision=4, scale=10**9), b"\x02\1", "AQ=="),
        (logical("bytes", "decimal", precision=4, scale="x"), b"\x02\1", "AQ=="),
    ],
)
def test_a_logical_type_that_does_not_hold_leaves_what_it_is_made_of(kind, body, said):
    got = decode(body, schema(kind))
    assert (got.encoding, got.value, got.error) == ("avro", said, None)


def test_a_uuid_of_sixteen_bytes_is_text():
    sixteen = {"type": "fixed", "name": "U", "size": 16}
    got = decode(ID.bytes, schema(sixteen | {"logicalType": "uuid"}))
    assert got.value == str(ID)


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


# -- what must not end the process, or fill its memory ------------------------------------------

TREE = record(("next", ["null", "Tree"]), name="Tree")


def test_a_recursive_schema_is_read_as_deep_as_is_allowed():
    got = decode(b"\x02" * (MAX_DEPTH - 2) + b"\0", schema(TREE))
    assert got.encoding == "avro"


@pytest.mark.parametrize("levels", [MAX_DEPTH, 5_000, 1_000_000])
def test_a_body_that_recurses_without_end_is_not_read(levels):
    body = b"\x02" * levels + b"\0"
    got = decode(body, schema(TREE))
    assert (got.encoding, got.error) == ("base64", "nested more than 100 deep")


@pytest.mark.parametrize("branch", [-1, 7])
def test_a_branch_that_a_union_lacks_is_an_error(branch):
    got = decode(long(branch) + b"\0", schema(TREE))
    assert got.error == f"not what its Avro schema says: branch {branch} of a union of 2"


@pytest.mark.parametrize(
    "item",
    [
        "null",
        record(name="Empty"),
        {"type": "fixed", "name": "None", "size": 0},
        record(*((f"f{n}", "null") for n in range(50)), ("one", "boolean"), name="Wide"),
    ],
)
def test_a_few_bytes_may_not_claim_millions_of_items(item):
    definition = {"type": "array", "items": item}
    got = decode(long(5_000_000) + b"\0" * 50_000, schema(definition))
    assert (got.encoding, got.error) == ("base64", f"more than {MAX_VALUES:,} values")


def test_records_that_double_each_other_may_not_grow_without_end():
    fields = [("r0", record(name="R0"))]
    fields += [
        (f"r{n}", record(*((f"x{i}", f"R{n - 1}") for i in range(4)), name=f"R{n}"))
        for n in range(1, 30)
    ]
    got = decode(b"\0", schema(record(*fields, name="Laugh")))
    assert (got.encoding, got.error) == ("base64", f"more than {MAX_VALUES:,} values")


def test_definitions_that_refer_to_each_other_may_not_nest_without_end():
    fields = [("r0", record(name="R0"))]
    fields += [(f"r{n}", record(("x", f"R{n - 1}"), name=f"R{n}")) for n in range(1, 3_000)]
    got = decode(b"\0", schema(record(*fields, name="Chain")))
    assert (got.encoding, got.error) == ("base64", "nested more than 100 deep")


def nested(levels):
    return '{"type":"array","items":' * levels + '"int"' + "}" * levels


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 10_000, 40_000])
def test_a_schema_that_nests_without_end_is_not_used(levels):
    got = decode(b"\x02", schema(nested(levels)))
    assert got.encoding == "base64"
    assert "schema" in got.error


@pytest.mark.parametrize(
    "definition",
    [
        "{",
        "null",
        "3",
        '"nobody"',
        '{"type": "record", "name": "A"}',
        '{"type": "record", "name": "A", "fields": [3]}',
        '{"type": "record", "fields": []}',
        '{"type": "enum", "name": "E", "symbols": 3}',
        '{"type": "fixed", "name": "E", "size": "x"}',
        '{"type": "fixed", "name": "E", "size": -1}',
        '"' + "x" * 2_000_000 + '"',
    ],
)
def test_what_is_no_schema_is_an_error_that_says_so(definition):
    got = decode(b"\x02", schema(definition))
    assert got.encoding == "base64"
    assert "schema" in got.error


@pytest.mark.parametrize(
    ("definition", "risky"),
    [
        (ORDER, False),
        (record(("a", {"type": "array", "items": ORDER}), name="Orders"), False),
        (record(("a", {"type": "map", "values": "null"})), False),
        (record(*((f"f{n}", ["null", "string"]) for n in range(500))), False),
        (record(("a", {"type": "array", "items": "null"})), True),
        (TREE, True),
    ],
)
def test_only_what_a_schema_does_not_bound_is_walked_first(definition, risky):
    assert prepare(json.dumps(definition).encode()).risky is risky
