"""Where the two parts of a ``KEY_VALUE`` message are, and what their schemas are."""

import base64
import struct

import pytest

from arcwatch.decode.bounds import Unreadable
from arcwatch.decode.key_value import pair, pair_schemas
from arcwatch.model.message import Schema


def inline(*parts):
    return b"".join(struct.pack(">i", len(p)) + p if p is not None else b"\xff" * 4 for p in parts)


@pytest.mark.parametrize("parts", [(b"k", b"value"), (b"", b""), (None, b"v"), (b"k", None)])
def test_an_inline_body_is_both_parts(parts):
    key, value = parts
    assert pair(inline(*parts), b"ignored", separated=False) == ((key,), value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0",
        inline(b"k"),
        inline(b"k", b"v") + b"!",
        struct.pack(">i", 9) + b"short",
        struct.pack(">i", -6) + inline(b"vv"),
        struct.pack(">i", 2**31 - 1),
    ],
)
def test_a_body_of_anything_else_is_none(body):
    with pytest.raises(Unreadable, match="not a key and a value"):
        pair(body, b"", separated=False)


def test_a_separated_key_is_the_messages_in_base64_or_as_it_is():
    key = base64.b64encode(b"order-7")
    assert pair(b"body", key, separated=True) == ((b"order-7", key), b"body")
    assert pair(b"body", b"order 7", separated=True) == ((b"order 7",), b"body")
    assert pair(b"body", b"", separated=True) == ((None, b""), b"body")


def test_the_types_of_the_parts_are_in_the_properties():
    schema = Schema(
        "KEY_VALUE",
        b'{"key": "", "value": {"type": "record", "name": "R", "fields": []}}',
        properties={
            "key.schema.type": "STRING",
            "value.schema.type": "AVRO",
            "value.schema.properties": '{"a": "b"}',
            "kv.encoding.type": "SEPARATED",
        },
    )
    key, value, separated = pair_schemas(schema)
    assert (key.type, key.definition, separated) == ("STRING", b"", True)
    assert (value.type, value.properties) == ("AVRO", {"a": "b"})
    assert value.definition.startswith(b'{"type": "record"')


def test_parts_without_a_type_are_bytes_inline():
    key, value, separated = pair_schemas(Schema("KEY_VALUE", b"{}"))
    assert (key.type, value.type, separated) == ("BYTES", "BYTES", False)


@pytest.mark.parametrize("definition", [b"", b"[]", b"{", b'{"key": "\\ud800"}', b"\xff"])
def test_a_definition_of_anything_else_says_so_each_time(definition):
    for _ in range(2):
        with pytest.raises(Unreadable, match="not a KEY_VALUE schema"):
            pair_schemas(Schema("KEY_VALUE", definition))
