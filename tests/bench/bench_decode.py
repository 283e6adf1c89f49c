"""A message's bytes to its value, beside the library that does the reading."""

import base64
import gzip
import io
import json
import statistics
import time

import fastavro
import msgspec
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from arcwatch.decode import decode
from arcwatch.model.message import Schema

ROUNDS, EACH = 15, 5_000

ORDER = {
    "task": "t-991204",
    "state": "done",
    "agent": "agent-07.eu-central.example",
    "attempt": 3,
    "ms": 41.5,
    "at": "2026-01-02T03:04:05.678Z",
    "tags": ["eu", "billing", "retried"],
    "note": "three of four parts went through",
}
AVRO = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": name, "type": kind}
        for name, kind in [
            *((name, "string") for name in ("task", "state", "agent", "at", "note")),
            ("attempt", "int"),
            ("ms", "double"),
            ("tags", {"type": "array", "items": "string"}),
        ]
    ],
}


def microseconds(work):
    """CPU time of one call, the median of several rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(EACH):
            work()
        taken.append((time.process_time() - began) / EACH * 1e6)
    return statistics.median(taken)


def avro_body(copies=1):
    out = io.BytesIO()
    note = ORDER["note"] * copies
    fastavro.schemaless_writer(out, AVRO, ORDER | {"note": note})
    return out.getvalue()


def protobuf_order():
    """The same as a Protobuf message, and its schema as the registry has it."""
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", syntax="proto3")
    root = file.message_type.add(name="Order")
    kinds = {str: descriptor_pb2.FieldDescriptorProto.TYPE_STRING, int: 5, float: 1, list: 9}
    for number, (name, value) in enumerate(ORDER.items(), 1):
        label = 3 if isinstance(value, list) else 1
        root.field.add(number=number, name=name, type=kinds[type(value)], label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("Order"))
    packed = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
    definition = {"fileDescriptorSet": base64.b64encode(packed).decode()}
    definition |= {"rootMessageTypeName": "Order"}
    return kind(**ORDER), Schema("PROTOBUF_NATIVE", json.dumps(definition).encode(), 0)


@pytest.mark.bench
def test_a_message_to_its_value(capsys):
    text, avro, words = json.dumps(ORDER).encode(), avro_body(2), b"a word " * 28
    schema, parsed = Schema("AVRO", json.dumps(AVRO).encode(), 0), fastavro.parse_schema(AVRO)
    packed, pack = gzip.compress(text), msgspec.msgpack.encode(ORDER)
    order, native = protobuf_order()
    proto, kind = order.SerializeToString(), type(order)
    rows = [
        ("JSON", text, None, "json.loads", lambda: json.loads(text)),
        (
            "Avro",
            avro,
            schema,
            "fastavro",
            lambda: fastavro.schemaless_reader(io.BytesIO(avro), parsed, None),
        ),
        (
            "Protobuf",
            proto,
            native,
            "MessageToDict",
            lambda: json_format.MessageToDict(kind.FromString(proto)),
        ),
        ("MessagePack", pack, None, "msgspec", lambda: msgspec.msgpack.decode(pack)),
        ("JSON in gzip", packed, None, "gzip", lambda: json.loads(gzip.decompress(packed))),
        ("text", words, None, "bytes.decode", words.decode),
    ]
    for name, body, by, peer, theirs in rows:
        assert decode(body, by).error is None
        ours, its = microseconds(lambda: decode(body, by)), microseconds(theirs)  # noqa: B023  # called here
        with capsys.disabled():
            print(f"\n  {name:13} {len(body)} B {ours:6.2f} µs   {peer:13} {its:6.2f} µs", end="")  # noqa: T201  # figures are what a bench is for
