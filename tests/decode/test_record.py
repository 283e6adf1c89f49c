"""The message record: its fields in their order, its times, and values that JSON cannot say."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arcwatch.decode import decode
from arcwatch.decode.record import as_record, field_json, message_json
from arcwatch.model.message import Decoded, Message, Schema
from arcwatch.notation.times import Instant, PulsarPosition, parse_time

AT = 1_762_682_400_012_345_678
FIELDS = (
    "source context address subject partition key id publish_time event_time received_time headers"
    " reply producer size schema schema_version compression encoding value decode_error redelivered"
    " deliver_at ordering_key replicated_from"
)
PULSAR = Message(
    source="pulsar",
    context="prod",
    address="pulsar:arc/agents/x-partition-2",
    partition=2,
    key="eu",
    id="12:34:10",
    publish_time=AT,
    event_time=AT,
    received_time=AT,
    headers=(("trace", "1"), ("a", "x"), ("trace", "2")),
    producer="p-1",
    size=99,
    body=b'{"total": 12}',
    schema_version=3,
    compression="LZ4",
)


def nats(body, **given):
    return Message("nats", "nats:orders.eu", AT, len(body), body, subject="orders.eu", **given)


def test_is_the_designs_fields_in_their_order():
    schema = Schema("JSON", b'{"name":"Order"}', 3)
    record = json.loads(field_json(as_record(PULSAR, decode(PULSAR.body, schema))))
    assert list(record) == FIELDS.split()
    assert record == {
        "source": "pulsar",
        "context": "prod",
        "address": "pulsar:arc/agents/x-partition-2",
        "subject": None,
        "partition": 2,
        "key": "eu",
        "id": "12:34:10:-1",
        "publish_time": "2025-11-09T10:00:00.012Z",
        "event_time": "2025-11-09T10:00:00.012Z",
        "received_time": "2025-11-09T10:00:00.012345Z",
        "headers": {"trace": ["1", "2"], "a": ["x"]},
        "reply": None,
        "producer": "p-1",
        "size": 99,
        "schema": "JSON Order",
        "schema_version": 3,
        "compression": "LZ4",
        "encoding": "json",
        "value": {"total": 12},
        "decode_error": None,
        "redelivered": None,
        "deliver_at": None,
        "ordering_key": None,
        "replicated_from": None,
    }


def test_a_message_that_is_due_at_once_has_no_time_when_it_is():
    due = [as_record(replace(PULSAR, deliver_at=at), decode(b"1")) for at in (None, 0, AT)]
    assert [each.deliver_at for each in due] == [None, None, "2025-11-09T10:00:00.012Z"]


def test_a_streams_time_keeps_its_nanoseconds():
    message = Message("js", "js:ORDERS", AT, 1, b"1", id="#7", publish_time=AT, subject="o")
    record = as_record(message, decode(b"1"))
    assert record.publish_time == "2025-11-09T10:00:00.012345678Z"
    assert parse_time(record.publish_time, now=0) == Instant(AT)
    assert record.event_time is None


def test_a_records_id_that_looks_like_a_clock_still_reads_as_its_place():
    record = as_record(PULSAR, decode(PULSAR.body))
    assert parse_time(record.id, now=AT) == PulsarPosition(12, 34, 10)


def test_packings_of_batch_and_body_are_told_outermost_first():
    packed = Decoded("json", 1, compression="gzip", body=b"1")
    assert as_record(PULSAR, packed).compression == "LZ4+gzip"
    assert as_record(nats(b"1"), packed).compression == "gzip"


def test_what_cannot_be_decoded_is_base64_with_the_reason():
    record = json.loads(message_json(nats(b"\xff\0"), decode(b"\xff\0")))
    assert (record["encoding"], record["value"]) == ("base64", "/wA=")
    assert record["decode_error"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(float("nan"), "null", id="no number"),
        pytest.param(float("-inf"), "null", id="infinity"),
        pytest.param(b"\xff", '"/w=="', id="bytes"),
        pytest.param(Decimal("1.10"), '"1.10"', id="a decimal"),
        pytest.param(2**53 + 1, "9007199254740993", id="more than a double holds"),
        pytest.param(-(2**80), "-1208925819614629174706176", id="more than 64 bits"),
        pytest.param("a\ud800b", '"a?b"', id="half a pair"),
        pytest.param({"\ud800": 1}, '{"?":1}', id="half a pair in a name"),
        pytest.param({(1, 2): b"\xff", None: 1}, '{"(1, 2)":"/w==","None":1}', id="odd names"),
        pytest.param([object()], '["<object>"]', id="a type of nobody's"),
    ],
)
def test_a_value_that_json_lacks_is_said_as_well_as_it_can_be(value, said):
    record = as_record(nats(b""), Decoded("msgpack", value))
    assert field_json(record).decode().partition('"value":')[2].startswith(said)
    assert json.loads(field_json(record))


def test_a_value_nested_without_end_is_cut():
    value = []
    for _ in range(5_000):
        value = [value]
    assert "…" in field_json(as_record(nats(b""), Decoded("msgpack", value))).decode()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1.10}', '{"a": 1.10}'),
        (b'\n{"a":\r\n [1.10]}\n', '{"a":[1.10]}'),
        (b'\xef\xbb\xbf{"a":1}', '{"a":1}'),
        (b'{"a":\r1.10}', '{"a":1.10}'),
        (b'{"a":1,"a":2}', '{"a":1,"a":2}'),
        (b"[123456789012345678901234567890]", "[123456789012345678901234567890]"),
        (b'"caf\\u00e9"', '"café"'),
        (b"no JSON", '"no JSON"'),
    ],
)
def test_json_is_passed_on_as_it_was_written_but_on_one_line(body, value):
    line = message_json(nats(body), decode(body)).decode()
    assert (
        line.partition('"value":')[2].removesuffix(
            ',"decode_error":null,"redelivered":null,"deliver_at":null,"ordering_key":null,"replicated_from":null}'
        )
        == value
    )
    assert "\n" not in line


def test_a_body_that_only_its_schema_can_read_is_not_passed_on():
    schema = Schema("INT32", version=0)
    body = b"[12]"  # four bytes of a number
    record = json.loads(message_json(nats(body), decode(body, schema)))
    assert record["value"] == int.from_bytes(body, "big")


text = st.text()
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text, st.binary()),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.one_of(text, st.integers(), st.binary()), inner)
    ),
    max_leaves=8,
)


@given(values, st.lists(st.tuples(text, text)), st.one_of(st.none(), text))
def test_any_value_is_one_line_of_json_that_says_the_same_when_it_can(value, headers, key):
    message = nats(b"x", headers=tuple(headers), key=key)
    line = field_json(as_record(message, Decoded("msgpack", value)))
    assert b"\n" not in line
    read = msgspec.json.decode(line)
    assert sum(map(len, read["headers"].values())) == len(headers)


@given(st.binary())
def test_any_body_has_a_record(body):
    decoded = decode(body)
    line = message_json(nats(body), decoded)
    assert msgspec.json.decode(line) == msgspec.json.decode(
        field_json(as_record(nats(body), decoded))
    )
