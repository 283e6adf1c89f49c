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
from arcwatch.decode.bounds import MAX_BODY, MAX_DEPTH, nested_deeper
from arcwatch.decode.primitives import PRIMITIVES
from arcwatch.decode.unpack import ALWAYS
from arcwatch.model.message import Message, Schema
from tests.decode.test_registered import message

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


def test_nothing_is_null():
    said = decode(b"")
    assert (said.encoding, said.value, said.error) == ("null", None, None)


def test_a_body_larger_than_is_read_is_base64():
    body = b'"' + b"a" * MAX_BODY + b'"'
    said = decode(body)
    assert (said.encoding, said.error) == ("base64", "larger than 16 MiB")
    assert base64.b64decode(said.value) == body


def test_text_where_json_is_due_is_shown_with_the_reason():
    said = decode(b"oops", Schema("JSON", b'{"type":"record","name":"Order"}'))
    assert (said.encoding, said.value, said.schema) == ("text", "oops", "JSON Order")
    assert said.error == "not JSON: invalid character (byte 0)"


def test_a_packed_body_is_read_by_its_schema():
    said = decode(gzip.compress(b"\0\0\0\5"), Schema("INT32"))
    assert (said.value, said.compression) == (5, "gzip")


def test_an_empty_body_is_null_whatever_the_schema():
    for kind in ("AVRO", "JSON", "STRING", "INT32", "PROTOBUF_NATIVE"):
        said = decode(b"", Schema(kind))
        assert (said.encoding, said.value, said.error) == ("null", None, None)


def test_why_there_is_no_schema_is_told_with_what_is_read_without_it():
    said = decode_message(message(b'{"a":1}'), None, missing="schema 3 could not be had")
    assert (said.value, said.error) == ({"a": 1}, "schema 3 could not be had")


def test_a_message_of_another_system_needs_no_schema():
    said = decode_message(Message("nats", "nats:orders", 0, 2, b"[]", subject="orders"))
    assert (said.value, said.error, said.schema) == ([], None, None)


@pytest.mark.parametrize(
    ("source", "body", "value"),
    [
        ("js", b'{"val":"-12"}', -12),
        ("js", b'{"val":"1234567890123456789"}', {"val": "1234567890123456789"}),
        ("js", b'{"val":12}', {"val": 12}),
        ("js", b"[1]", [1]),
        ("nats", b'{"val":"12"}', {"val": "12"}),
    ],
)
def test_only_a_stored_counter_is_shown_as_its_number(source, body, value):
    stored = Message(source, f"{source}:A", 0, len(body), body, headers=(("Nats-Incr", "+1"),))
    assert decode_message(stored).value == value
    plain = Message(source, f"{source}:A", 0, len(body), body, headers=(("Other", "+1"),))
    assert decode_message(plain).value == json.loads(body)


def test_what_merely_begins_like_a_number_is_not_shown_where_avro_is_due():
    avro = Schema("AVRO", b'{"type": "record", "name": "A", "fields": []}')
    for body in (b"12", b'"a"', b"[1"):
        assert decode(body, avro).encoding == "base64"
    assert decode(b"[1]", avro).value == [1]
