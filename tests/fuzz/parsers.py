"""Every parser of ``wire/`` and ``decode/``, what it may raise, and real answers to begin from."""

import base64
import functools
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from arcwatch import decode
from arcwatch.decode import (
    avro,
    avro_schema,
    avro_walk,
    change_event,
    difference,
    export,
    fields,
    key_value,
    msgpack,
    one_line,
    plain,
    primitives,
    protobuf,
    protobuf_schema,
    record,
    registered,
    schema_fields,
    unpack,
)
from arcwatch.decode.bounds import Unreadable
from arcwatch.errors import SourceError
from arcwatch.model.message import Message, Schema
from arcwatch.wire import (
    credentials,
    go_text,
    jetstream,
    jetstream_ack,
    nats_accounts,
    nats_advisories,
    nats_buckets,
    nats_connz,
    nats_jetstream,
    nats_links,
    nats_monitor,
    nats_protocol,
    nats_reports,
    nats_services,
    nats_subsz,
    nats_system,
    nats_user,
    prometheus,
    pulsar_admin,
    pulsar_backlog,
    pulsar_bookies,
    pulsar_connect,
    pulsar_cursors,
    pulsar_functions,
    pulsar_ledgers,
    pulsar_metrics,
    pulsar_names,
    pulsar_opened,
    pulsar_policies,
    pulsar_reading,
    pulsar_scalable,
    pulsar_schemas,
    pulsar_settings,
    pulsar_topic_policies,
    pulsar_transactions,
)

DATA = Path(__file__).parent.parent / "data"


class Parser(NamedTuple):
    """One parser.

    Attributes:
        read: Bytes to anything; what it raises besides ``raises`` is a mistake.
        seeds: Answers of real servers, or what their documentation shows.
        raises: What it declares.
    """

    read: Callable
    seeds: list
    raises: tuple = (SourceError,)


def lean(value):
    """A document whose lists and objects of like things have two of them."""
    if isinstance(value, list):
        return [lean(item) for item in value[:2]]
    if isinstance(value, dict):
        return {name: lean(item) for name, item in value.items()}
    return value


def data(*names):
    bodies = [(DATA / name).read_bytes() for name in names]
    return [json.dumps(lean(json.loads(body))).encode() for body in bodies]


def told(**fields):
    return json.dumps(fields).encode()


def stored(body):
    return Message("js", "js:S", 0, len(body), body, subject=text_of(body[:20]), id="#7")


def text_of(body):
    return body.decode("utf-8", "surrogateescape")


def on_text(read):
    return lambda body: read(text_of(body))


def lines_of(name, *words):
    """The lines of a page that name one of ``words``, and those about the process."""
    keep = [
        word.encode() for word in (*words, "pulsar_version_info", "jvm_memory", "process_start")
    ]
    lines = (DATA / name).read_bytes().split(b"\n")
    of_type = [line for line in lines if line.startswith(b"# TYPE") or any(k in line for k in keep)]
    wanted = [name.encode() for name in pulsar_metrics.NAMES]
    return b"\n".join(line for line in of_type if any(word in line for word in wanted)) + b"\n"


def page(body):
    parsed = pulsar_metrics.MetricsPage()
    for at in range(0, len(body), 4096):
        parsed.feed(body[at : at + 4096])
    return parsed.finish("127.0.0.1:8080")


def exposition(body):
    read = prometheus.Exposition(("pulsar_in_messages_total", "pulsar_storage_size", "a"))
    read.feed(body)
    read.close()
    return read.samples


def scanned(body):
    scanner = nats_protocol.Scanner()
    return [scanner.feed(body[at : at + 97]) for at in range(0, len(body), 97)]


def own_account(body):
    return nats_system.parse_own_account(nats_system.opened(body, "x"), "x")


def raw_of(document):
    return msgspec.json.decode(document, type=dict[str, msgspec.Raw])


def account_jsz(body):
    server = nats_system.parse_own_account(nats_system.Envelope(data=msgspec.Raw(ACCSTATZ)), "x")
    streams, _ = nats_system.parse_page(body, "x")
    consumers = {"EMPTY": [raw_of(CONSUMER)]}
    listed = nats_system.as_jsz(server, streams, consumers, leader="n1")
    return nats_jetstream.parse_jsz(listed, "x")


def merged_connz(body):
    found = nats_connz.parse_connz_page(body)
    return nats_connz.merge_connz([found, found])


def merged_jsz(body):
    found = nats_jetstream.parse_jsz(body)
    return nats_jetstream.led_by("n1", nats_jetstream.merge_jsz([found, found]))


def merged_links(body):
    found = nats_links.parse_routez(body)
    return nats_links.merge_links([found, found], "x")


def message(body, **more):
    return Message("pulsar", "pulsar:a/b/c", 1_700_000_000 * 10**9, len(body), body, **more)


def shown(body):
    """Everything that is made of a message once it is decoded."""
    told = decode.decode(body)
    found = message(body)
    line = record.message_json(found, told)
    made = record.as_record(found, told)
    said = record.field_json(made)
    return (
        *(line, said, export.csv_line(made), one_line.one_line(told), one_line.preview(found)),
        one_line.gist(found, told),
        *(one_line.compact(told.value), record.field_json(told.value), export.cell(told.value)),
        *(changed(told.value), record.value_as_written(told), export.csv_head()),
        *(difference.differences(told.value, None), record.packings(found, told)),
    )


def by_path(text):
    """Everything that is made of a path, and of a value by it."""
    path = fields.parse_path(text)
    found = fields.completed(text, [RECORD])
    if path is None:
        return found
    told = fields.path_text(path)
    told.encode()
    # one that is longer than a path may be is not read again
    assert fields.parse_path(told) == path or len(told) > fields.LONGEST
    return found, fields.value_at(RECORD, path), fields.without(RECORD, [path])


def changed(value):
    event = change_event.read_change(value, "key")
    if event and event.kind in ("row", "patch"):
        change_event.merged({"id": 1, "n": {"deep": [1]}}, event)
    return event


def dated(body):
    """A message whose times and texts are anything."""
    number = int.from_bytes(body[:9], "big", signed=True)
    text = body.decode("utf-8", "surrogateescape")
    found = message(
        b"",
        event_time=number,
        publish_time=-number,
        key=text,
        id=text,
        headers=((text, text),),
        producer=text,
    )
    line = record.message_json(found, decode.decode(b""))
    return (
        line,
        record.grouped(found.headers),
        record.readable_id(text),
        record.server_time(number, 3),
    )


def by_schema(kind, definition=b"", properties=None):
    """A body by a schema, the schema being sound."""
    schema = Schema(kind, definition, 0, properties or {})
    return lambda body: decode.decode_message(message(body, key=text_of(body[:9])), schema)


def pair_properties(body):
    text = body.decode("utf-8", "replace")
    names = ("key.schema.type", "value.schema.type", "key.schema.properties", "kv.encoding.type")
    schema = Schema("KEY_VALUE", b'{"key":"","value":""}', 0, dict.fromkeys(names, text))
    registered.label(schema)
    return decode.decode_message(message(b"\0\0\0\1a\0\0\0\1b"), schema)


ACCSTATZ = (DATA / "nats-2.15.1/accstatz.json").read_bytes()
NATS = (
    "nats-2.15.1/{}.json",
    "nats-2.10.25/{}.json",
    "nats-2.10.25-cut-to-fields-of-2.2.6/{}.json",
)
CONNZ, JSZ, VARZ = (
    data(*(name.format(kind) for name in NATS)) for kind in ("connz", "jsz", "varz")
)
PULSAR = "pulsar-4.0.8/"
TIME = "2026-11-23T17:17:53.123456789Z"
PAGES = [
    lines_of(PULSAR + "metrics.txt", "task-events-partition-0", "arc/odd"),
    lines_of(PULSAR + "metrics-split.txt", "arc/audit", "task-events"),
]
STREAM = told(
    total=1,
    config={"name": "S", "retention": "limits", "max_age": 0, "allow_direct": True},
    state={
        "first_seq": 1,
        "last_seq": 9,
        "messages": 9,
        "bytes": 90,
        "first_ts": TIME,
        "last_ts": TIME,
    }
    | {"subjects": {"a": 1}},
)
MIRRORS = told(
    total=1,
    streams=[{"config": {"name": "M1", "mirror": {"name": "M0"}, "mirror_direct": True}}],
)
LISTED = told(
    total=1,
    streams=[json.loads(JSZ[0])["account_details"][0]["stream_detail"][0]],
)
FULL_JSZ = json.loads((DATA / "nats-2.15.1/jsz.json").read_bytes())
CONSUMER = json.dumps(
    next(
        consumer
        for stream in FULL_JSZ["account_details"][0]["stream_detail"]
        for consumer in stream.get("consumer_detail") or ()
    )
).encode()
ENVELOPE = told(server={"name": "n1", "id": "N", "ver": "2.15.1"}, data=json.loads(ACCSTATZ))
P = {"precision": 9}
AVRO_SCHEMA = told(
    type="record",
    name="R",
    fields=[
        {"name": "id", "type": "long"},
        {"name": "s", "type": ["null", "string"]},
        {
            "name": "d",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        },
        {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "a", "type": {"type": "array", "items": "double"}},
        {"name": "m", "type": {"type": "map", "values": ["null", "R"]}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["X", "Y"]}},
    ],
)
AVRO_BODY = b"\x0e\x02\x04hi\x04\x01\x02\x80\x80\x02\x02" + b"\0" * 8 + b"\0\0\x02"
PARSING_INFO = json.dumps(
    [
        {"number": 1, "name": "id", "type": "INT64", "label": "LABEL_OPTIONAL"},
        {"number": 2, "name": "names", "type": "STRING", "label": "LABEL_REPEATED"},
        {"number": 3, "name": "inner", "type": "MESSAGE", "label": "LABEL_OPTIONAL"},
        {"number": 4, "name": "x", "type": "DOUBLE", "label": "LABEL_OPTIONAL"},
    ]
)
PROTO_BODY = b"\x08\x96\x01\x12\x02hi\x1a\x02\x08\x01\x21" + b"\0" * 8


@functools.cache
def native_definition():
    from google.protobuf import descriptor_pb2
    from google.protobuf.struct_pb2 import DESCRIPTOR as structs
    from google.protobuf.timestamp_pb2 import DESCRIPTOR as stamps

    files = descriptor_pb2.FileDescriptorSet()
    for known in (stamps, structs):
        known.CopyToProto(files.file.add())
    file = files.file.add(name="r.proto", package="r", syntax="proto3")
    file.dependency.extend(["google/protobuf/timestamp.proto", "google/protobuf/struct.proto"])
    root = file.message_type.add(name="R")
    root.field.add(name="id", number=1, type="TYPE_INT64", label="LABEL_OPTIONAL")
    root.field.add(name="names", number=2, type="TYPE_STRING", label="LABEL_REPEATED")
    root.field.add(
        name="at",
        number=3,
        type="TYPE_MESSAGE",
        label="LABEL_OPTIONAL",
        type_name=".google.protobuf.Timestamp",
    )
    root.field.add(name="x", number=4, type="TYPE_DOUBLE", label="LABEL_OPTIONAL")
    root.field.add(
        name="any",
        number=5,
        type="TYPE_MESSAGE",
        label="LABEL_OPTIONAL",
        type_name=".google.protobuf.Struct",
    )
    root.field.add(
        name="self", number=6, type="TYPE_MESSAGE", label="LABEL_OPTIONAL", type_name=".r.R"
    )
    return msgspec.json.encode(
        {"fileDescriptorSet": files.SerializeToString(), "rootMessageTypeName": "r.R"}
    )


def claims_of_payload(payload: bytes) -> object:
    return credentials.claims_of(f"e30.{base64.urlsafe_b64encode(payload).decode()}.")


def certificate():
    pem = (DATA / "tls/loopback.pem").read_text()
    return ssl.PEM_cert_to_DER_cert(pem[pem.find("-----BEGIN CERT") :])


MSGPACK = msgspec.msgpack.encode({"a": [1, 2.5, None, "x", b"\x00"], "b": {"c": 2**63}})
ANY_BODY = [
    b'{"id":1,"t":"2026-01-01T00:00:00Z","l":[1,2.5,null,true,"x"],"o":{"k":{"d":[[]]}}}',
    b'{"op":"u","before":{"id":1},"after":{"id":1,"n":2},"ts_ms":5}',
    b'{"op":"u","after":null,"updateDescription":{"updatedFields":"{\\"n\\":1}"},"ts_ms":5}',
    b'{"database":"d","table":"t","type":"update","data":{"id":1},"old":{"n":1}}',
    b'{"database":"d","table":"t","type":"UPDATE","isDdl":false,"data":[{"id":"1"}]}',
    b'{"id":1,"__op":"u","__deleted":"false"}',
    MSGPACK,
    bytes.fromhex("1f8b080000000000000300010203fcff") + b"[1]",
    bytes.fromhex("789c8b36d451304a0500040301a0"),
    bytes.fromhex("28b52ffd0458190000") + b"[1]",
    b"plain text, and \xc3\xa9",
    b"",
]
RECORD = json.loads(ANY_BODY[0])
SUBSCRIBED = told(
    server_id="N",
    now=TIME,
    num_subscriptions=2,
    subscriptions_list=[
        {"account": "A", "subject": "orders.*", "qgroup": "q", "sid": "7", "msgs": 5, "cid": 9},
        {"subject": "a", "max": 3},
    ],
)
REPLY = b"$JS.ACK.ORDERS.c.1.7.3.1763930000000000000.0"
MESSAGES = (
    b'INFO {"server_id":"N","max_payload":1048576}\r\nMSG orders.eu 1 5\r\nhello\r\n'
    b"HMSG a.b 2 r.1 22 27\r\nNATS/1.0\r\nA: 1\r\nB:\r\n\r\nhello\r\nPING\r\n+OK\r\n"
)
HEAD = b"NATS/1.0 404 No Messages\r\nA: 1\r\nA:2\r\nNats-Sequence: 7\r\n\r\n"
DIRECT = (
    b"NATS/1.0\r\nNats-Stream: S\r\nNats-Subject: a\r\nNats-Sequence: 7\r\n"
    b"Nats-Time-Stamp: " + TIME.encode() + b"\r\n\r\n"
)
CONNECTED = b"\x08\x03\x1a\x18\x0a\x14Pulsar Server v4.0.8\x10\x15"
OBJECT = told(
    name="a", size=3, chunks=1, digest="SHA-256=x", options={"link": {"bucket": "b", "name": "n"}}
)

SERVICE = told(
    name="sums",
    id="x1",
    version="1.0.0",
    endpoints=[{"name": "add", "num_requests": 4, "average_processing_time": 2500000.0}],
)
ACK = told(stream="S", consumer="c", ack_time=5_000_000)
ADVISORY = told(stream="S", consumer="c", stream_seq=7, timestamp=TIME, deliveries=5, reason="no")
SCHEMA_ANSWER = told(type="AVRO", version=1, data=AVRO_SCHEMA.decode(), properties={"a": "b"})
PAIR = b"\0\0\0\1a\0\0\0\2{}"
PAIR_SCHEMA = b'{"key":"","value":%b}' % AVRO_SCHEMA

DECODES = (Unreadable,)

PARSERS = {
    "wire.go_text.seconds": Parser(
        on_text(go_text.seconds), [b"1y2d3h4m5s", b"1.2ms", "386µs".encode()]
    ),
    "wire.go_text.unix": Parser(
        on_text(go_text.unix), [TIME.encode(), b"2026-11-23T17:17:53+01:00"]
    ),
    "wire.jetstream.parse_extent": Parser(lambda b: jetstream.parse_extent(b, "S"), [STREAM]),
    "wire.jetstream.parse_subjects": Parser(lambda b: jetstream.parse_subjects(b, "S"), [STREAM]),
    "wire.jetstream.due_time": Parser(
        lambda b: jetstream.due_time((("Nats-Schedule", b.decode("latin-1")),)),
        [b"@at 2025-11-09T10:00:00Z", b"@every 5m", b"0 30 14 * * *"],
        (),
    ),
    "wire.jetstream.parse_stream": Parser(lambda b: jetstream.parse_stream(b, "S"), [STREAM]),
    "wire.jetstream.parse_consumer": Parser(
        lambda b: jetstream.parse_consumer(b, "S"),
        [told(name="c")],
    ),
    "wire.jetstream.parse_position": Parser(
        jetstream.parse_position,
        [REPLY, b"$JS.ACK.hub.ABC.ORDERS.c.1.7.3.1763930000000000000.0.x"],
        (),
    ),
    "wire.jetstream.parse_direct": Parser(
        lambda b: jetstream.parse_direct(nats_protocol.read_headers(b).pairs, b"x"), [DIRECT], ()
    ),
    "wire.jetstream.parse_get": Parser(
        lambda b: jetstream.parse_get(b, "S"),
        [told(message={"subject": "a", "seq": 7, "time": TIME, "data": "aGk=", "hdrs": "aGk="})],
    ),
    "wire.jetstream.nanoseconds": Parser(
        on_text(jetstream.nanoseconds), [TIME.encode(), b"2025-11-09T10:00:00Z"], (ValueError,)
    ),
    "wire.jetstream.rfc3339": Parser(
        lambda b: jetstream.rfc3339(int.from_bytes(b[:12], "big", signed=True)), [b"\x18" * 8], ()
    ),
    "wire.jetstream_ack.ack_sample": Parser(
        lambda b: jetstream_ack.ack_sample(jetstream_ack.SUBJECTS + "S.c", b), [ACK], ()
    ),
    "wire.nats_accounts.parse_accstatz": Parser(nats_accounts.parse_accstatz, [ACCSTATZ]),
    "wire.nats_advisories.parse_advisory": Parser(
        lambda b: nats_advisories.parse_advisory("gave up", b), [ADVISORY], ()
    ),
    "wire.nats_advisories.parse_domain": Parser(
        nats_advisories.parse_domain, [told(type="x", domain="hub"), ADVISORY], ()
    ),
    "wire.nats_reports.parse_report": Parser(
        lambda b: [nats_reports.parse_report(kind, b) for kind in ("connected", "full")],
        [told(server={"name": "s"}, client={"id": 7}, timestamp="2026-11-30T20:35:49Z"), ADVISORY],
        (),
    ),
    "wire.nats_connz.parse_connz_page": Parser(nats_connz.parse_connz_page, CONNZ),
    "wire.nats_connz.merge_connz": Parser(merged_connz, CONNZ),
    "wire.nats_connz.parse_closed": Parser(
        nats_connz.parse_closed, data("nats-2.15.1/connz-closed.json")
    ),
    "wire.nats_connz.parse_opened": Parser(
        functools.partial(nats_connz.parse_opened, 6), data("nats-2.15.1/connz-one.json")
    ),
    "wire.nats_jetstream.parse_jsz": Parser(
        nats_jetstream.parse_jsz, [*JSZ, *data("nats-2.15.1/jsz-cluster-c0.json")]
    ),
    "wire.nats_jetstream.merge_jsz": Parser(merged_jsz, data("nats-2.15.1/jsz-cluster-c0.json")),
    "wire.nats_links.parse_routez": Parser(
        nats_links.parse_routez, data("nats-2.15.1/routez.json")
    ),
    "wire.nats_links.parse_gatewayz": Parser(
        nats_links.parse_gatewayz, data("nats-2.15.1/gatewayz.json")
    ),
    "wire.nats_links.parse_leafz": Parser(nats_links.parse_leafz, data("nats-2.15.1/leafz.json")),
    "wire.nats_links.merge_links": Parser(merged_links, data("nats-2.15.1/routez.json")),
    "wire.nats_monitor.parse_varz": Parser(
        nats_monitor.parse_varz, [*VARZ, *data("nats-2.15.1/varz-cluster.json")]
    ),
    "wire.nats_monitor.parse_healthz": Parser(
        functools.partial(nats_monitor.parse_healthz, 503),
        data("nats-2.15.1/healthz-503.json", "nats-2.15.1/healthz.json"),
    ),
    "wire.nats_protocol.Scanner": Parser(scanned, [MESSAGES]),
    "wire.nats_protocol.read_headers": Parser(nats_protocol.read_headers, [HEAD, DIRECT], ()),
    "wire.nats_buckets.object_of": Parser(lambda b: nats_buckets.object_of(stored(b)), [OBJECT]),
    "wire.nats_buckets.key_of": Parser(lambda b: nats_buckets.key_of(stored(b)), [OBJECT]),
    "wire.nats_services.parse_stats": Parser(nats_services.parse_stats, [SERVICE]),
    "wire.nats_subsz.parse_subscription_count": Parser(
        nats_subsz.parse_subscription_count, [told(num_subscriptions=80)]
    ),
    "wire.nats_subsz.parse_queue_groups": Parser(
        nats_subsz.parse_queue_groups,
        [told(num_subscriptions=2, subscriptions_list=[{"qgroup": "q"}, {"subject": "a"}])],
    ),
    "wire.nats_subsz.parse_interest": Parser(
        functools.partial(nats_subsz.parse_interest, "orders.>"), [SUBSCRIBED]
    ),
    "wire.nats_system.opened": Parser(lambda b: nats_system.opened(b, "x"), [ENVELOPE]),
    "wire.nats_system.sender": Parser(nats_system.sender, [ENVELOPE], ()),
    "wire.nats_system.accounts_in": Parser(nats_system.accounts_in, [ENVELOPE], ()),
    "wire.nats_system.health_status": Parser(
        lambda b: nats_system.health_status(b, "x"), [told(status="ok", status_code=200)]
    ),
    "wire.nats_system.parse_own_account": Parser(own_account, [ENVELOPE]),
    "wire.nats_system.parse_page": Parser(lambda b: nats_system.parse_page(b, "x"), [LISTED]),
    "wire.nats_system.answers_for": Parser(
        lambda b: [nats_system.answers_for(s) for s in nats_system.parse_page(b, "x")[0]],
        [MIRRORS, LISTED],
    ),
    "wire.nats_system.as_jsz": Parser(account_jsz, [LISTED]),
    "wire.nats_user.parse_info": Parser(
        lambda b: nats_user.parse_info(b, "x"),
        [told(server_id="N", version="2.15.1", jetstream=True, connect_urls=["10.0.0.1:4222"])],
    ),
    "wire.nats_user.parse_user": Parser(
        lambda b: nats_user.parse_user(b, "x").limits,
        [told(data={"user": "u", "expires": 5, "permissions": {"publish": {"allow": ["a.>"]}}})],
    ),
    "wire.prometheus.Exposition": Parser(exposition, PAGES),
    "wire.prometheus.LabelReader": Parser(
        lambda b: [prometheus.LabelReader().read(part) for part in (b, b)],
        [b'cluster="eu", topic="a\\"b",subscription="back\\"', b'a="1",'],
        (),
    ),
    "wire.pulsar_admin.parse_brokers": Parser(
        lambda b: pulsar_admin.parse_brokers(b, "x"), data(PULSAR + "brokers.json")
    ),
    "wire.pulsar_admin.parse_clusters": Parser(
        lambda b: pulsar_admin.parse_clusters(b, "x"), [b'["standalone","eu"]']
    ),
    "wire.pulsar_admin.is_lacking": Parser(
        lambda b: pulsar_admin.is_lacking(404, b), [b"<html>", told(reason="no")], ()
    ),
    "wire.pulsar_admin.parse_owner": Parser(
        lambda b: pulsar_admin.parse_owner(b, "x"), [told(httpUrl="http://a:8080")]
    ),
    "wire.pulsar_admin.parse_ready": Parser(
        lambda b: pulsar_admin.parse_ready("a:1", 503, b), [b"ok", told(reason="no")], ()
    ),
    "wire.pulsar_admin.parse_reason": Parser(
        pulsar_admin.parse_reason, data(PULSAR + "missing.json"), ()
    ),
    "wire.pulsar_admin.parse_topic": Parser(
        lambda b: pulsar_admin.parse_topic("t", b, told(entriesAddedCounter=5), "x"),
        data(PULSAR + "stats.json"),
    ),
    "wire.pulsar_backlog.parse_analysis": Parser(
        lambda b: pulsar_backlog.parse_analysis(b, "x"),
        [told(entries=5, messages=9, aborted=True, lastMessageId="4:5:-1")],
    ),
    "wire.pulsar_backlog.parse_earliest": Parser(
        lambda b: pulsar_backlog.parse_earliest(b, "x"),
        [told(subscriptions={"s": {"earliestMsgPublishTimeInBacklog": 1_700_000_000_000}})],
    ),
    "wire.pulsar_bookies.parse_bookies": Parser(
        lambda b: (
            pulsar_bookies.parse_bookies(b'{"bookies":[{"bookieId":"b1:3181"}]}', b, "x")
            if b.startswith(b'{"default')
            else pulsar_bookies.parse_bookies(b, b"", "x")
        ),
        [told(bookies=[{"bookieId": "b1:3181"}]), told(default={"b1:3181": {"rack": "/r1"}})],
    ),
    "wire.pulsar_connect.parse_connected": Parser(
        pulsar_connect.parse_connected,
        [CONNECTED, b"\x08\x0e\x72\x10\x08\xff\xff\xff\xff\x0f\x10\x03\x1a\x06denied"],
    ),
    "wire.pulsar_cursors.parse_acknowledged": Parser(
        lambda b: pulsar_cursors.parse_acknowledged(b.decode("latin-1"), "x"),
        [b"[(5:3..5:7],(5:9..6:0]]", b"[]"],
    ),
    "wire.pulsar_cursors.parse_cursors": Parser(
        lambda b: pulsar_cursors.parse_cursors(b, "x"), data(PULSAR + "internalStats.json")
    ),
    "wire.pulsar_latency.latencies_of": Parser(page, PAGES),
    "wire.pulsar_ledgers.parse_ledger_list": Parser(
        lambda b: pulsar_ledgers.parse_ledger_list(b, "x"), data(PULSAR + "internal-info.json")
    ),
    "wire.pulsar_ledgers.parse_place": Parser(
        lambda b: pulsar_ledgers.parse_place(b, "x"), [told(ledgerId=4, entryId=5, batchIndex=-1)]
    ),
    "wire.pulsar_metrics.MetricsPage": Parser(page, PAGES),
    "wire.pulsar_metrics.topic_name": Parser(
        lambda b: pulsar_metrics.topic_name({"topic": "a"} | prometheus.LabelReader().read(b)),
        [b'topic="persistent://a/b/c",partition="2"'],
        (),
    ),
    "wire.pulsar_names.parse_tenants": Parser(
        lambda b: pulsar_names.parse_tenants(b, "x"), data(PULSAR + "tenants.json")
    ),
    "wire.pulsar_names.parse_namespaces": Parser(
        lambda b: pulsar_names.parse_namespaces("arc", b, "x"), data(PULSAR + "namespaces.json")
    ),
    "wire.pulsar_names.parse_names": Parser(
        lambda b: pulsar_names.parse_names("arc/agents", b, b, "x"), data(PULSAR + "topics.json")
    ),
    "wire.pulsar_opened.parse_partitions": Parser(
        lambda b: pulsar_opened.parse_partitions(b, "x"), [told(partitions=4)]
    ),
    "wire.pulsar_opened.parse_opened": Parser(
        lambda b: pulsar_opened.parse_opened("t", b, "x"),
        [*data(PULSAR + "stats-full.json"), *data("pulsar-4.2.4/stats-orders.json")],
    ),
    "wire.pulsar_scalable.parse_scalable": Parser(
        lambda b: pulsar_scalable.parse_scalable("t", b, "x"),
        data("pulsar-5.0.1/scalable-stats.json"),
    ),
    "wire.pulsar_opened.parse_opened_partitions": Parser(
        lambda b: pulsar_opened.parse_opened_partitions(
            "persistent://arc/agents/task-events", b, "x"
        ),
        data(PULSAR + "partitioned-stats.json"),
    ),
    "wire.pulsar_policies.parse_retention": Parser(
        lambda b: pulsar_policies.parse_retention(b, "x"), data(PULSAR + "retention.json")
    ),
    "wire.pulsar_policies.parse_ttl": Parser(
        lambda b: pulsar_policies.parse_ttl(b, "x"), [b"3600"]
    ),
    "wire.pulsar_policies.parse_quotas": Parser(
        lambda b: pulsar_policies.parse_quotas(b, "x"), data(PULSAR + "backlogQuotaMap.json")
    ),
    "wire.pulsar_settings.parse_broker_settings": Parser(
        lambda b: pulsar_settings.parse_broker_settings(b, "x"),
        data(PULSAR + "broker-settings.json"),
    ),
    "wire.pulsar_settings.parse_policies": Parser(
        lambda b: pulsar_settings.parse_policies("t/n", b, "x"),
        [
            *data(PULSAR + "namespace.json"),
            told(
                backlog_quota_map={"message_age": {"limitTime": 9}},
                persistence={"bookkeeperEnsemble": 3},
                offload_policies={"managedLedgerOffloadThresholdInBytes": 0},
            ),
        ],
    ),
    "wire.pulsar_policies.parse_schema": Parser(
        lambda b: pulsar_policies.parse_schema(b, "x"), data(PULSAR + "schema.json")
    ),
    "wire.pulsar_policies.parse_offloading": Parser(
        lambda b: pulsar_policies.parse_offloading(b, "x"), data(PULSAR + "offloadPolicies.json")
    ),
    "wire.pulsar_bookies.parse_bookie_state": Parser(
        lambda b: pulsar_bookies.parse_bookie_state(b, "x"), data(PULSAR + "bookie-state.json")
    ),
    "wire.pulsar_bookies.parse_bookie_space": Parser(
        lambda b: pulsar_bookies.parse_bookie_space(b, "x"), data(PULSAR + "bookie-info.json")
    ),
    "wire.pulsar_bookies.parse_underreplicated": Parser(
        lambda b: pulsar_bookies.parse_underreplicated(b, "x"), [b"[3,9]", b'{"3":[]}']
    ),
    "wire.pulsar_admin.parse_resource_groups": Parser(
        lambda b: pulsar_admin.parse_resource_groups(b, "x"), [b'["a","b"]']
    ),
    "wire.pulsar_admin.parse_resource_group": Parser(
        lambda b: pulsar_admin.parse_resource_group("g", b, "x"),
        [told(publishRateInMsgs=100, dispatchRateInBytes=-1)],
    ),
    "wire.pulsar_policies.parse_compaction": Parser(
        lambda b: pulsar_policies.parse_compaction(b, "x"), data(PULSAR + "offload.json")
    ),
    "wire.pulsar_topic_policies.parse_own": Parser(
        lambda b: pulsar_topic_policies.parse_own("dispatch_rate", b, "x"),
        [told(dispatchThrottlingRateInMsg=5, relativeToPublishRate=True)],
    ),
    "wire.pulsar_topic_policies.parse_of_namespace": Parser(
        lambda b: pulsar_topic_policies.parse_of_namespace(b, "standalone", "x"),
        data(PULSAR + "namespace-limited.json"),
    ),
    "wire.pulsar_policies.parse_offload": Parser(
        lambda b: pulsar_policies.parse_offload(b, "x"), data(PULSAR + "offload.json")
    ),
    "wire.pulsar_policies.parse_ledgers": Parser(
        lambda b: (
            pulsar_policies.parse_ledgers(
                (DATA / PULSAR / "internalStats-full.json").read_bytes(), b, "x", partitioned=False
            )
            if b"timestamp" in b
            else pulsar_policies.parse_ledgers(b, b'{"ledgers":[]}', "x", partitioned=False)
        ),
        data(PULSAR + "internalStats-full.json", PULSAR + "internal-info.json"),
    ),
    "wire.pulsar_reading.parse_last_message": Parser(
        lambda b: pulsar_reading.parse_last_message(b, "x"), [told(ledgerId=4, entryId=5)]
    ),
    "wire.pulsar_reading.parse_last_readable": Parser(
        lambda b: pulsar_reading.parse_last_readable(b, "x"), [told(maxReadPosition="6:65")]
    ),
    "wire.pulsar_functions.functions_of": Parser(page, PAGES),
    "wire.pulsar_offloads.offloads_of": Parser(
        page, [lines_of(PULSAR + "metrics-offload.txt", "ledgeroffloader")]
    ),
    "wire.pulsar_functions.parse_assignments": Parser(
        lambda b: pulsar_functions.parse_assignments(b, "x"), data(PULSAR + "assignments.json")
    ),
    "wire.pulsar_functions.parse_function": Parser(
        lambda b: pulsar_functions.parse_function("sink", "a/b/c", b, b, "x"),
        data(PULSAR + "function.json", PULSAR + "function-status.json"),
    ),
    "wire.pulsar_transactions.parse_position": Parser(
        lambda b: pulsar_transactions.parse_position(b.decode("latin-1")), [b"3:1"], ()
    ),
    "wire.pulsar_transactions.parse_transactions": Parser(
        lambda b: pulsar_transactions.parse_transactions(b, "x"),
        [
            told(
                first={
                    "txnId": "(0,2)",
                    "openTimestamp": 1796057640600,
                    "producedPartitions": {"persistent://a/b/c": {"startPosition": "3:8"}},
                }
            )
        ],
    ),
    "wire.pulsar_reading.parse_replication_clusters": Parser(
        lambda b: pulsar_reading.parse_replication_clusters(b, "x"), [b'["eu","standalone"]']
    ),
    "wire.pulsar_reading.parse_deliver_at": Parser(
        lambda b: pulsar_reading.parse_deliver_at(b.decode("latin-1")),
        [b"2026-11-30T14:15:45.421Z", b"2026-11-30T14:15:45.421+01:00", b"9999-12-31T23:59:59Z"],
        (),
    ),
    "wire.pulsar_reading.parse_dispatch_rate": Parser(
        lambda b: pulsar_reading.parse_dispatch_rate(b, "x"),
        [
            told(
                dispatchThrottlingRateInMsg=5, dispatchThrottlingRateInByte=-1, ratePeriodInSecond=1
            )
        ],
    ),
    "wire.pulsar_schemas.parse_schema_version": Parser(
        lambda b: pulsar_schemas.parse_schema_version(b, "x"), [SCHEMA_ANSWER]
    ),
    "wire.pulsar_schemas.parse_schema_versions": Parser(
        lambda b: pulsar_schemas.parse_schema_versions(b, "x"),
        [told(getSchemaResponses=[json.loads(SCHEMA_ANSWER)])],
    ),
    "wire.credentials.claims_of": Parser(
        lambda b: (credentials.claims_of(b.decode("utf-8", "replace")), claims_of_payload(b)),
        [
            b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcmMiLCJleHAiOjE3MDAwMDAwMDB9.",
            told(sub="arc", exp=1700000000, name="one", nats={"tags": [{"of": ["a"]}]}),
        ],
        (),
    ),
    "wire.credentials.read_certificate": Parser(credentials.read_certificate, [certificate()], ()),
    "decode.body.decode": Parser(shown, ANY_BODY, ()),
    "decode.body.decode_message": Parser(by_schema("JSON"), ANY_BODY, ()),
    "decode.avro.avro": Parser(functools.partial(avro.avro, AVRO_SCHEMA), [AVRO_BODY], DECODES),
    "decode.avro_schema.prepare": Parser(avro_schema.prepare, [AVRO_SCHEMA], DECODES),
    "decode.avro_walk.walk": Parser(
        lambda b: avro_walk.walk(avro_schema.prepare(AVRO_SCHEMA).parsed, b), [AVRO_BODY], DECODES
    ),
    "decode.registered.by_schema": Parser(by_schema("AVRO", AVRO_SCHEMA), [AVRO_BODY], ()),
    "decode.registered.label": Parser(
        lambda b: registered.label(Schema("AVRO", b)), [AVRO_SCHEMA], ()
    ),
    "decode.schema_fields.changes": Parser(
        lambda b: schema_fields.changes(Schema("AVRO", AVRO_SCHEMA), Schema("AVRO", b)),
        [AVRO_SCHEMA],
        (),
    ),
    "decode.schema_fields.fields_of": Parser(
        lambda b: schema_fields.fields_of(Schema("AVRO", b)),
        [AVRO_SCHEMA],
        (Unreadable,),
    ),
    "decode.schema_fields.schema_rows": Parser(
        lambda b: schema_fields.schema_rows([Schema("KEY_VALUE", b), Schema("JSON", b)]),
        [AVRO_SCHEMA],
        (),
    ),
    "decode.fields.parse_path": Parser(
        on_text(by_path),
        [b".id", b".l[0]", b".o.", b'.["a key"]', b'.["\xc3\xa9"]', b'.["1"]', b'.o["\\ud800"]'],
        (),
    ),
    "decode.key_value.pair_schemas": Parser(
        lambda b: key_value.pair_schemas(Schema("KEY_VALUE", b)), [PAIR_SCHEMA], DECODES
    ),
    "decode.key_value.pair": Parser(
        lambda b: (
            key_value.pair(b, b, separated=True),
            pair_properties(b),
            key_value.pair(b, b, separated=False),
        ),
        [PAIR],
        DECODES,
    ),
    "decode.msgpack.message_pack": Parser(
        lambda b: msgpack.message_pack(b or b"\x80"), [MSGPACK], DECODES
    ),
    "decode.plain.json": Parser(plain.json, ANY_BODY[:6], DECODES),
    "decode.plain.read": Parser(plain.read, ANY_BODY, ()),
    "decode.plain.text": Parser(plain.text, ANY_BODY[-2:], DECODES),
    "decode.primitives.primitive": Parser(
        lambda b: [
            by_schema(kind)(b[: layout.size]) for kind, (layout, _) in primitives.PRIMITIVES.items()
        ],
        [b"\x7f" + b"\xff" * 15, b"\x80" + b"\0" * 15, b"\0" * 16],
        (),
    ),
    "decode.protobuf.protobuf": Parser(
        lambda b: protobuf.protobuf(b"", {"__PARSING_INFO__": PARSING_INFO}, b),
        [PROTO_BODY],
        DECODES,
    ),
    "decode.protobuf.protobuf_native": Parser(
        lambda b: protobuf.protobuf_native(native_definition(), b), [PROTO_BODY], DECODES
    ),
    "decode.protobuf_schema.from_descriptors": Parser(
        protobuf_schema.from_descriptors, [native_definition()], DECODES
    ),
    "decode.protobuf_schema.from_parsing_info": Parser(
        on_text(protobuf_schema.from_parsing_info), [PARSING_INFO.encode()], DECODES
    ),
    "decode.record.message_json": Parser(dated, [b"\x7f" * 9, b"\0" * 8 + b"12:34:10"], ()),
    "decode.unpack.unpack": Parser(unpack.unpack, ANY_BODY, ()),
}
"""By room, module and name."""

WITH_OTHERS = {
    "decode.fields.completed": "decode.fields.parse_path",
    "decode.fields.path_text": "decode.fields.parse_path",
    "decode.fields.value_at": "decode.fields.parse_path",
    "decode.fields.without": "decode.fields.parse_path",
    "wire.pulsar_admin.draining": "wire.pulsar_opened.parse_opened",
    "wire.pulsar_opened.address_of": "wire.pulsar_opened.parse_opened",
    "wire.pulsar_opened.producer": "wire.pulsar_opened.parse_opened",
    "wire.pulsar_opened.since": "wire.pulsar_opened.parse_opened",
    "wire.pulsar_policies.quotas_of": "wire.pulsar_policies.parse_quotas",
    "wire.pulsar_policies.retention_of": "wire.pulsar_policies.parse_retention",
    "wire.pulsar_topic_policies.of_broker": "wire.pulsar_settings.parse_broker_settings",
    "decode.change_event.merged": "decode.body.decode",
    "decode.change_event.read_change": "decode.body.decode",
    "decode.difference.differences": "decode.body.decode",
    "decode.export.cell": "decode.body.decode",
    "decode.export.csv_head": "decode.body.decode",
    "decode.export.csv_line": "decode.body.decode",
    "decode.one_line.compact": "decode.body.decode",
    "decode.one_line.gist": "decode.body.decode",
    "decode.one_line.preview": "decode.body.decode",
    "decode.one_line.hexadecimal": "decode.body.decode",
    "decode.one_line.one_line": "decode.body.decode",
    "decode.one_line.part_of": "decode.body.decode",
    "decode.one_line.scalar": "decode.body.decode",
    "decode.record.as_record": "decode.body.decode",
    "decode.record.field_json": "decode.body.decode",
    "decode.record.packings": "decode.body.decode",
    "decode.record.value_as_written": "decode.body.decode",
    "decode.record.grouped": "decode.record.message_json",
    "decode.record.noted": "decode.record.message_json",
    "decode.record.readable_id": "decode.record.message_json",
    "decode.record.server_time": "decode.record.message_json",
    "decode.scalars.day": "decode.primitives.primitive",
    "decode.scalars.time_of_day": "decode.primitives.primitive",
    "decode.scalars.timestamp": "decode.primitives.primitive",
    "decode.scalars.real": "decode.primitives.primitive",
    "decode.scalars.single": "decode.primitives.primitive",
    "decode.plain.unread": "decode.plain.read",
    "decode.bounds.nested_deeper": "decode.plain.json",
    "decode.bounds.reason": "decode.avro.avro",
    "decode.avro_logical.shown": "decode.avro_schema.prepare",
    "wire.documents.decoded": "wire.nats_monitor.parse_varz",
    "wire.numbers.known": "wire.nats_jetstream.parse_jsz",
    "wire.numbers.known_or_none": "wire.nats_jetstream.parse_jsz",
    "wire.numbers.nanoseconds_of": "wire.pulsar_ledgers.parse_ledger_list",
    "wire.numbers.seconds_of": "wire.pulsar_opened.parse_opened",
    "wire.nats_jetstream.parse_peers": "wire.nats_jetstream.parse_jsz",
    "wire.nats_jetstream.led_by": "wire.nats_jetstream.merge_jsz",
    "wire.nats_json.decode": "wire.nats_monitor.parse_varz",
    "wire.nats_json.limit": "wire.nats_monitor.parse_varz",
    "wire.nats_json.moment": "wire.nats_monitor.parse_varz",
    "wire.nats_json.of_one_server": "wire.nats_connz.merge_connz",
    "wire.nats_json.placed": "wire.nats_monitor.parse_varz",
    "wire.nats_json.unreadable": "wire.nats_monitor.parse_varz",
    "wire.nats_system.stream_name": "wire.nats_system.as_jsz",
    "wire.pulsar_admin.decode": "wire.pulsar_admin.parse_topic",
    "wire.pulsar_frames.fields_of": "wire.pulsar_connect.parse_connected",
}
"""What is reached through a parser of the table."""

NO_PARSERS = {
    "decode.avro_logical.register": "takes nothing",
    "decode.export.format_of": "reads a file's name, which a person wrote",
    "wire.nats_system.options": "writes a question of our own",
    "wire.pulsar_connect.connect_frame": "writes a frame of our own",
    "wire.pulsar_frames.frame": "writes a frame of our own",
    "wire.pulsar_frames.octets": "writes a field of our own",
    "wire.pulsar_frames.varint": "writes a field of our own",
}
