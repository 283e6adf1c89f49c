"""The registry's answer about one version of a schema."""

import json

import pytest

from arcwatch.errors import WireError
from arcwatch.model.message import Schema
from arcwatch.wire.pulsar_schemas import MAX_DEFINITION, MAX_PROPERTIES, parse_schema_version

WHERE = "http://b:8080/admin/v2/schemas/a/b/c/schema/0"


def test_reads_what_a_broker_answers(recorded):
    body = recorded("pulsar-4.0.8/schema.json")
    schema = parse_schema_version(body, WHERE)
    told = json.loads(body)
    assert schema == Schema("JSON", told["data"].encode(), 0, {}, told["timestamp"] / 1000)


def test_a_primitive_has_neither_definition_nor_properties():
    schema = parse_schema_version(b'{"type":"INT32","version":2,"properties":null}', WHERE)
    assert schema == Schema("INT32", b"", 2, {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"version":1}',
        b'{"type":3}',
        b'{"type":"AVRO","data":{}}',
        b'{"type":"AVRO","properties":{"a":1}}',
        b"[" * 10_000,
        b'"\xff"',
    ],
)
def test_another_answer_is_an_error_that_names_the_place(body):
    with pytest.raises(WireError) as caught:
        parse_schema_version(body, WHERE)
    assert caught.value.where == WHERE


@pytest.mark.parametrize(
    "more",
    [{"data": "x" * (MAX_DEFINITION + 1)}, {"properties": {"a": "x" * MAX_PROPERTIES}}],
)
def test_one_that_is_too_large_is_not_kept(more):
    with pytest.raises(WireError, match="a schema too large"):
        parse_schema_version(json.dumps({"type": "AVRO", **more}).encode(), WHERE)
