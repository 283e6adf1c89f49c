"""Whatever the bytes and whatever the schema: an answer, bounded, that JSON can say."""

import base64
import gzip
import json
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.decode import decode, decode_message
from arcwatch.decode.bounds import MAX_DEPTH, nested_deeper
from arcwatch.decode.primitives import PRIMITIVES
from arcwatch.decode.unpack import ALWAYS
from arcwatch.model.message import Message, Schema

WORDS = st.sampled_from(
    ["null", "boolean", "int", "long", "float", "double", "bytes", "string", "A", "", "record"]
)
NAMES = st.sampled_from(["A", "B", "C", "a.B", "", "1"])
LOGICAL = st.sampled_from(
    ["decimal", "uuid", "date", "time-millis", "timestamp-micros", "duration", "x"]
)


def larger(inner):
    fields = st.lists(st.fixed_dictionaries({"name": NAMES, "type": inner}), max_size=3)
    return st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"type": st.just("map"), "values": inner}),
        st.fixed_dictionaries({"type": st.just("record"), "name": NAMES, "fields": fields}),
        st.fixed_dictionaries(
            {"type": WORDS, "logicalType": LOGICAL}, optional={"scale": st.integers(-3, 30)}
        ),
        st.fixed_dictionaries(
            {"type": st.just("fixed"), "name": NAMES, "size": st.integers(-1, 20)},
            optional={"logicalType": LOGICAL},
        ),
        st.fixed_dictionaries(
            {"type": st.just("enum"), "name": NAMES, "symbols": st.lists(NAMES, max_size=3)}
        ),
        st.fixed_dictionaries({"type": inner}),
    )


AVRO = st.recursive(WORDS, larger, max_leaves=12).map(lambda made: json.dumps(made).encode())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.integers(0, 255).flatmap(lambda byte: st.integers(1, 400).map(bytes([byte]).__mul__)),
    JSON.map(msgspec.json.encode),
    JSON.map(lambda value: msgspec.msgpack.encode(value) if fits(value) else b""),
    st.binary(max_size=100).map(gzip.compress),
    st.binary(max_size=100).map(zlib.compress),
)
KINDS = [
    *PRIMITIVES,
    *("JSON", "STRING", "BYTES", "NONE", "PROTOBUF", "PROTOBUF_NATIVE", "KEY_VALUE", "X"),
]
PROPERTIES = st.dictionaries(
    st.sampled_from(
        ["key.schema.type", "value.schema.type", "kv.encoding.type", "__PARSING_INFO__"]
    ),
    st.sampled_from([*KINDS, "AVRO", "SEPARATED", "{}", "[]"]),
)
PARTS = st.builds(
    lambda key, value: b'{"key":%b,"value":%b}' % (key, value),
    AVRO | st.just(b'""'),
    AVRO | st.just(b'""'),
)


def fits(value):
    """Whether MessagePack has such numbers."""
    try:
        return bool(msgspec.msgpack.encode(value))
    except OverflowError:
        return False


def sound(body, said):
    """What holds of every answer."""
    # what JSON can say is what its encoder takes without being told how
    encoded = msgspec.json.encode(said.value, enc_hook=None)
    assert len(encoded) <= 100 * ALWAYS
    assert not nested_deeper(said.value, MAX_DEPTH + 4)
    if said.encoding == "base64":
        assert base64.b64decode(said.value, validate=True) == said.body
    if said.compression is None:
        assert said.body == body
    assert said.error is None or 0 < len(said.error) < 400


@given(BODIES)
def test_without_a_schema(body):
    sound(body, decode(body))


@given(BODIES, AVRO | st.binary(max_size=50))
def test_with_an_avro_schema(body, definition):
    sound(body, decode(body, Schema("AVRO", definition)))


@pytest.mark.parametrize("kind", KINDS)
@given(body=BODIES, definition=st.binary(max_size=50) | PARTS, properties=PROPERTIES)
def test_with_any_other_schema(kind, body, definition, properties):
    sound(body, decode(body, Schema(kind, definition, 0, properties)))


@given(BODIES, st.text(max_size=10) | st.none(), PARTS, PROPERTIES)
def test_with_a_key(body, key, definition, properties):
    message = Message("pulsar", "pulsar:a/b/c", 0, len(body), body, key=key)
    schema = Schema("KEY_VALUE", definition, 0, properties | {"kv.encoding.type": "SEPARATED"})
    sound(body, decode_message(message, schema))
