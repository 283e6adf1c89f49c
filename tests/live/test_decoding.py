"""Messages as the official clients write them, read by the registry's schemas: what was sent."""

import gzip
import json
import struct
import sys
import zlib
from typing import Any, NamedTuple

import lz4.frame
import pulsar
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from pulsar.schema import (
    AvroSchema,
    BytesSchema,
    Integer,
    JsonSchema,
    Map,
    ProtobufNativeSchema,
    Record,
    String,
    StringSchema,
)

from arcwatch.decode import decode_message
from arcwatch.model.message import Message
from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.schemas import Schemas

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Order(Record):
    id = Integer(required=True)
    note = String()
    amounts = Map(Integer())


ORDER = {"id": 7, "note": "Zoë", "amounts": {"eu": 3}}

LOGICAL = {
    "type": "record",
    "name": "Order",
    "namespace": "acme",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "raw", "type": "bytes"},
    ],
}
LATER = LOGICAL | {
    "fields": [*LOGICAL["fields"], {"name": "eu", "type": ["null", "string"], "default": None}]
}


class Sent(NamedTuple):
    """One message and what it must be read as."""

    topic: str
    said: tuple[str, Any]
    body: Any
    schema: Any = None
    key: str | None = None
    registered: dict[str, Any] | None = None
    compression: str | None = None
    error: str | None = None


def event_class():
    """A message class as ``protoc`` would make it, one file importing another."""
    file = descriptor_pb2.FileDescriptorProto(name="acme/event.proto", package="acme")
    file.syntax = "proto3"
    file.dependency.append("google/protobuf/timestamp.proto")
    message = file.message_type.add(name="Event")
    field = descriptor_pb2.FieldDescriptorProto
    message.field.add(name="id", number=1, type=field.TYPE_INT64, label=1)
    message.field.add(name="names", number=2, type=field.TYPE_STRING, label=3)
    message.field.add(name="quiet", number=3, type=field.TYPE_BOOL, label=1)
    timestamp = ".google.protobuf.Timestamp"
    message.field.add(name="at", number=4, type=11, type_name=timestamp, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("acme.Event"))


Event = event_class()


def event():
    made = Event(id=2**60, names=["a", "b"])
    made.at.FromJsonString("2026-01-02T03:04:05.500Z")
    return made


EVENT = {"id": 2**60, "names": ["a", "b"], "quiet": False, "at": "2026-01-02T03:04:05.500Z"}

PARSING_INFO = json.dumps(
    [
        {"number": 1, "name": "id", "type": "INT64", "label": "LABEL_OPTIONAL"},
        {"number": 2, "name": "names", "type": "STRING", "label": "LABEL_REPEATED"},
        {"number": 3, "name": "quiet", "type": "BOOL", "label": "LABEL_OPTIONAL"},
        {"number": 4, "name": "at", "type": "STRING", "label": "LABEL_OPTIONAL"},
    ]
)


def registered(kind, schema="", **properties):
    """What the admin API is given, for what the Python client cannot write itself."""
    return {"type": kind, "schema": schema, "properties": properties}


def pairs(encoding):
    told = {"key.schema.type": "INT32", "value.schema.type": "AVRO", "kv.encoding.type": encoding}
    value = {"type": "record", "name": "V", "fields": [{"name": "a", "type": "string"}]}
    return registered("KEY_VALUE", json.dumps({"key": "", "value": value}), **told)


AT, AT_TEXT = 1_767_323_045_500, "2026-01-02T03:04:05.500Z"
KEY, VALUE = struct.pack(">i", 5), b"\x04hi"

NO_TEXT = "neither JSON nor MessagePack, and not text: byte 1 is zero"

MESSAGES = [
    Sent("avro", ("avro", ORDER), Order(**ORDER), AvroSchema(Order)),
    Sent("json", ("json", ORDER), Order(**ORDER), JsonSchema(Order)),
    Sent("string", ("text", "naïve"), "naïve", StringSchema()),
    Sent("bytes", ("base64", "/wA="), b"\xff\0", BytesSchema(), error=NO_TEXT),
    Sent("native", ("protobuf", EVENT), event(), ProtobufNativeSchema(Event)),
    Sent(
        "described",
        ("protobuf", {"id": 7, "names": ["a"]}),
        Event(id=7, names=["a"]).SerializeToString(),
        registered=registered("PROTOBUF", json.dumps(LOGICAL), __PARSING_INFO__=PARSING_INFO),
    ),
    Sent(
        "versions",
        ("avro", {"id": 1, "at": AT_TEXT, "raw": "AP8="}),
        {"id": 1, "at": AT, "raw": b"\0\xff"},
        AvroSchema(None, LOGICAL),
    ),
    Sent(
        "versions",
        ("avro", {"id": 2, "at": AT_TEXT, "raw": "", "eu": "x"}),
        {"id": 2, "at": AT, "raw": b"", "eu": "x"},
        AvroSchema(None, LATER),
    ),
    Sent(
        "inline",
        ("avro", {"key": 5, "value": {"a": "hi"}}),
        struct.pack(">i", 4) + KEY + struct.pack(">i", 3) + VALUE,
        registered=pairs("INLINE"),
    ),
    Sent(
        "separated",
        ("avro", {"key": 5, "value": {"a": "hi"}}),
        VALUE,
        key="AAAABQ==",
        registered=pairs("SEPARATED"),
    ),
    *(
        Sent(kind.lower(), ("json", value), body, registered=registered(kind))
        for kind, value, body in [
            ("INT8", -1, b"\xff"),
            ("INT16", 256, b"\1\0"),
            ("INT32", 5, b"\0\0\0\5"),
            ("INT64", -2, struct.pack(">q", -2)),
            ("FLOAT", 0.1, struct.pack(">f", 0.1)),
            ("DOUBLE", 0.1, struct.pack(">d", 0.1)),
            ("BOOLEAN", True, b"\1"),
            ("TIMESTAMP", AT_TEXT, struct.pack(">q", AT)),
            ("LOCAL_DATE", "2026-01-02", struct.pack(">q", 20_455)),
        ]
    ),
    *(
        Sent("packed", ("json", ORDER), pack(json.dumps(ORDER).encode()), compression=name)
        for name, pack in [
            ("gzip", gzip.compress),
            ("zlib", zlib.compress),
            ("zstd", zstd.compress),
            ("lz4", lz4.frame.compress),
        ]
    ),
]


@pytest.fixture(scope="module")
def topics(stack, admin, namespace, tmp_path_factory):
    """Every message on a topic of its name: what came back, in order, by topic."""
    log = str(tmp_path_factory.mktemp("pulsar") / "pulsar.log")
    client = pulsar.Client(stack.pulsar, logger=pulsar.FileLogger(pulsar.LoggerLevel.Warn, log))
    found = {sent.topic: [] for sent in MESSAGES}
    for sent in MESSAGES:
        topic = f"{namespace}/{sent.topic}"
        if sent.registered is not None:
            admin.put(f"persistent/{topic}").raise_for_status()
            admin.post(f"schemas/{topic}/schema", json=sent.registered).raise_for_status()
        producer = client.create_producer(topic, schema=sent.schema or BytesSchema())
        producer.send(sent.body, partition_key=sent.key)
        producer.close()
    for name, messages in found.items():
        reader = client.create_reader(f"{namespace}/{name}", pulsar.MessageId.earliest)
        while reader.has_message_available():
            messages.append(reader.read_next(5000))
        reader.close()
    yield found
    client.close()


def as_message(found, registered):
    """A client's message as arcwatch has it; what is not from a typed producer has no version."""
    # the eight bytes of a small number
    written = found.schema_version()
    version = 0 if registered else ord(written[-1]) if written else None
    return Message(
        source="pulsar",
        address=f"pulsar:{found.topic_name()}",
        received_time=0,
        size=len(found.data()),
        body=found.data(),
        key=found.partition_key() or None,
        schema_version=version,
    )


async def test_every_message_says_what_was_sent(stack, admin, topics, namespace):
    before = admin.get(f"persistent/{namespace}").json()
    said, expected, versions = [], [], []
    async with new_client() as http:
        schemas = Schemas(PulsarCluster(stack.pulsar_admin, http))
        left = {name: iter(messages) for name, messages in topics.items()}
        for sent in MESSAGES:
            found = next(left[sent.topic])
            message = as_message(found, sent.registered)
            schema = await schemas.of(found.topic_name(), message.schema_version)
            got = decode_message(message, schema)
            said.append((sent.topic, got.encoding, got.value, got.error, got.compression))
            expected.append((sent.topic, *sent.said, sent.error, sent.compression))
            versions += [schema.version] if sent.topic == "versions" else []
    assert said == expected
    assert versions == [0, 1]
    assert admin.get(f"persistent/{namespace}").json() == before


async def test_a_schema_that_is_not_there_costs_only_itself(stack, admin, namespace):
    async with new_client() as http:
        schemas = Schemas(PulsarCluster(stack.pulsar_admin, http))
        topic = f"persistent://{namespace}/nobody"
        assert await schemas.of(topic, 3) is None
        assert schemas.reason(topic, 3) == (
            f"schema 3 of {namespace}/nobody could not be had: the registry does not have it"
        )
    assert topic not in admin.get(f"persistent/{namespace}").json()
