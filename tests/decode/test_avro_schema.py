"""Avro schemas weighed before they are read with, and those that end other readers."""

import json

import pytest

from arcwatch.decode import decode
from arcwatch.decode.avro_schema import prepare
from arcwatch.decode.bounds import MAX_DEPTH
from tests.decode.test_avro import ORDER, record, schema
from tests.decode.test_avro_walk import TREE


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
