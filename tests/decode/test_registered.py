"""Primitives, key and value, and what else the registry's schemas have in common."""

import base64
import json
import struct

import pytest

from arcwatch.decode import decode, decode_message
from arcwatch.model.message import Message, Schema


def test_a_string_is_not_taken_for_anything_else():
    said = decode(b"123", Schema("STRING", b"null"))
    assert (said.encoding, said.value, said.schema) == ("text", "123", "STRING")


def test_bytes_may_say_anything_or_nothing():
    assert decode(b'{"a":1}', Schema("BYTES")).value == {"a": 1}
    said = decode(b"\xff", Schema("BYTES"))
    assert (said.encoding, said.error) == ("base64", None)


@pytest.mark.parametrize("kind", ["JSON", "STRING"])
def test_what_is_not_even_text_is_base64(kind):
    said = decode(b"\xff", Schema(kind))
    assert (said.encoding, said.value) == ("base64", "/w==")
    assert said.error.startswith("not ")


def test_a_type_that_is_not_known_is_a_reason():
    said = decode(b"x", Schema("TELEPATHY" * 100))
    assert (said.encoding, len(said.error) < 200) == ("base64", True)


@pytest.mark.parametrize("kind", ["NONE", "AUTO_CONSUME", ""])
def test_a_type_that_says_nothing_is_as_none(kind):
    said = decode(b"[1]", Schema(kind))
    assert (said.value, said.schema) == ([1], None)


# -- key and value ------------------------------------------------------------------------------

VALUE = {"type": "record", "name": "V", "fields": [{"name": "a", "type": "string"}]}


def pairs(encoding="INLINE", key="STRING", value="AVRO", **more):
    properties = {
        "key.schema.type": key,
        "value.schema.type": value,
        "key.schema.properties": "{}",
        "kv.encoding.type": encoding,
    }
    definition = {"key": "", "value": VALUE if value == "AVRO" else ""}
    return Schema("KEY_VALUE", json.dumps(definition).encode(), 0, properties | more)


def part(body):
    return struct.pack(">i", -1) if body is None else struct.pack(">i", len(body)) + body


def message(body, key=None):
    return Message("pulsar", "pulsar:a/b/c", 0, len(body), body, key=key)


def test_an_inline_body_has_both_parts():
    said = decode(part(b"eu") + part(b"\x04hi"), pairs())
    assert (said.encoding, said.error) == ("avro", None)
    assert said.value == {"key": "eu", "value": {"a": "hi"}}
    assert said.schema == "KEY_VALUE (STRING, AVRO V)"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (part(None) + part(b"\x04hi"), {"key": None, "value": {"a": "hi"}}),
        (part(b"eu") + part(None), {"key": "eu", "value": None}),
        (part(b"") + part(b""), {"key": "", "value": None}),
    ],
)
def test_a_part_may_be_null(body, value):
    assert decode(body, pairs()).value == value


@pytest.mark.parametrize(
    ("key", "said_key"),
    [
        (base64.b64encode(b"eu").decode(), "eu"),
        # base64 of something that is no text: a producer that is not Pulsar's own
        ("abcd", "abcd"),
        ("eu-1", "eu-1"),
    ],
)
def test_a_separated_key_is_the_messages(key, said_key):
    said = decode_message(message(b"\x04hi", key), pairs("SEPARATED"))
    assert (said.value, said.error) == ({"key": said_key, "value": {"a": "hi"}}, None)
    assert said.schema == "KEY_VALUE (STRING, AVRO V, separated)"


def test_a_separated_value_may_be_nothing():
    said = decode_message(message(b"", "ZXU="), pairs("SEPARATED"))
    assert (said.encoding, said.value) == ("json", {"key": "eu", "value": None})


def test_without_a_key_it_is_null():
    said = decode_message(message(b"\0\0\0\5"), pairs("SEPARATED", key="INT32", value="INT32"))
    assert said.value == {"key": None, "value": 5}


def test_a_key_that_cannot_be_read_is_base64_beside_its_value():
    said = decode(part(b"abc") + part(b"\x04hi"), pairs(key="INT32"))
    assert said.value == {"key": "YWJj", "value": {"a": "hi"}}
    assert said.error == "key: not INT32: 3 bytes instead of 4"


@pytest.mark.parametrize(
    "body",
    [
        b"\0\0",
        b"\0\0\0\x09eu",
        b"\xff\xff\xff\xfeeu",
        part(b"eu"),
        part(b"eu") + part(b"\x04hi") + b"x",
        part(b"eu") + part(b"\x05"),
    ],
)
def test_parts_that_do_not_add_up_are_base64(body):
    said = decode(body, pairs())
    assert (said.encoding, base64.b64decode(said.value)) == ("base64", body)
    assert said.error.startswith("not ")


@pytest.mark.parametrize(
    "schema",
    [
        Schema("KEY_VALUE"),
        Schema("KEY_VALUE", b"[]"),
        Schema("KEY_VALUE", b"[" * 100_000),
        pairs(**{"key.schema.properties": "{"}),
        pairs(**{"value.schema.properties": '{"a": 1}'}),
    ],
)
def test_a_pair_of_schemas_that_is_none_is_a_reason(schema):
    said = decode(part(b"eu") + part(b"\x04hi"), schema)
    assert (said.encoding, said.schema) == ("base64", "KEY_VALUE")
    assert said.error.startswith("not a KEY_VALUE schema: ")


def test_pairs_of_pairs_come_to_an_end():
    schema = pairs(key="STRING", value="STRING")
    for _ in range(10):
        own = json.dumps(schema.properties)
        definition = b'{"key": "", "value": %b}' % schema.definition
        schema = pairs(value="KEY_VALUE", **{"value.schema.properties": own})
        schema = Schema("KEY_VALUE", definition, 0, schema.properties)
    body = b"x"
    for _ in range(10):
        body = part(b"k") + part(body)
    assert decode(body, schema).error == "more than 4 KEY_VALUE schemas in each other"
