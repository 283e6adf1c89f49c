"""Protobuf by descriptors that only the registry knows, hostile ones among them."""

import base64
import json

import pytest
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)

from arcwatch.decode import decode
from arcwatch.decode.bounds import MAX_VALUES
from arcwatch.model.message import Schema

OPTIONAL, REPEATED = 1, 3
TYPE = descriptor_pb2.FieldDescriptorProto.Type.Value
KNOWN = [m.DESCRIPTOR for m in (any_pb2, duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)]


def file(name="acme/order.proto", package="acme", syntax="proto3", imports=()):
    return descriptor_pb2.FileDescriptorProto(
        name=name, package=package, syntax=syntax, dependency=imports
    )


def add(message, number, name, kind, label=OPTIONAL, of=""):
    message.field.add(
        number=number, name=name, type=TYPE(f"TYPE_{kind}"), label=label, type_name=of or None
    )


def native(*files, root="acme.Order"):
    """The registry's schema, its files in the order given."""
    packed = descriptor_pb2.FileDescriptorSet(file=files).SerializeToString()
    definition = {
        "fileDescriptorSet": base64.b64encode(packed).decode(),
        "rootMessageTypeName": root,
        "rootFileDescriptorName": "acme/order.proto",
    }
    return Schema("PROTOBUF_NATIVE", json.dumps(definition).encode(), 0)


def known_files():
    files = []
    for known in KNOWN:
        copy = descriptor_pb2.FileDescriptorProto()
        known.CopyToProto(copy)
        files.append(copy)
    return files


def order():
    made = file(imports=[known.name for known in KNOWN])
    message = made.message_type.add(name="Order")
    kind = message.enum_type.add(name="Kind")
    kind.value.add(name="NONE", number=0)
    kind.value.add(name="RUSH", number=1)
    entry = message.nested_type.add(name="AmountsEntry")
    entry.options.map_entry = True
    add(entry, 1, "key", "BOOL")
    add(entry, 2, "value", "MESSAGE", of=".acme.Line")
    line = made.message_type.add(name="Line")
    add(line, 1, "count", "SINT64")
    for number, (name, typed, label, of) in enumerate(FIELDS, 1):
        add(message, number, name, typed, label, of)
    return made


FIELDS = [
    ("id", "INT64", OPTIONAL, ""),
    ("total_amount", "FLOAT", OPTIONAL, ""),
    ("exact", "DOUBLE", OPTIONAL, ""),
    ("raw", "BYTES", OPTIONAL, ""),
    ("kinds", "ENUM", REPEATED, ".acme.Order.Kind"),
    ("amounts", "MESSAGE", REPEATED, ".acme.Order.AmountsEntry"),
    ("line", "MESSAGE", OPTIONAL, ".acme.Line"),
    ("at", "MESSAGE", OPTIONAL, ".google.protobuf.Timestamp"),
    ("took", "MESSAGE", OPTIONAL, ".google.protobuf.Duration"),
    ("free", "MESSAGE", OPTIONAL, ".google.protobuf.Struct"),
    ("boxed", "MESSAGE", OPTIONAL, ".google.protobuf.Int64Value"),
    ("any", "MESSAGE", OPTIONAL, ".google.protobuf.Any"),
]
UNSET = {
    "id": 0,
    "total_amount": 0.0,
    "exact": 0.0,
    "raw": "",
    "kinds": [],
    "amounts": {},
}


def schema():
    """Java writes files in the order of a hash: here each import comes after who imports it."""
    return native(order(), *known_files())


def tagged(number, wire, body):
    """A field as it is on the wire; both numbers are small."""
    return bytes([number << 3 | wire]) + body


def sized(number, body):
    length, out = len(body), b""
    while length > 0x7F:
        out += bytes([length & 0x7F | 0x80])
        length >>= 7
    return tagged(number, 2, out + bytes([length]) + body)


SET = {
    "id": (tagged(1, 0, b"\xff" * 9 + b"\x01"), -1),
    "total_amount": (tagged(2, 5, b"\xcd\xcc\xcc\x3d"), 0.1),
    "exact": (tagged(3, 1, b"\0\0\0\0\0\0\xf8\x7f"), "NaN"),
    "raw": (sized(4, b"\0\xff"), "AP8="),
    "kinds": (sized(5, b"\x01\x00\x07"), ["RUSH", "NONE", 7]),
    "amounts": (sized(6, b"\x08\x01\x12\x02\x08\x03"), {"true": {"count": -2}}),
    "line": (sized(7, b""), {"count": 0}),
    "at": (
        sized(8, timestamp_pb2.Timestamp(seconds=5, nanos=6).SerializeToString()),
        "1970-01-01T00:00:05.000000006Z",
    ),
    "took": (sized(9, duration_pb2.Duration(seconds=90).SerializeToString()), "90s"),
    "boxed": (
        sized(11, wrappers_pb2.Int64Value(value=2**60).SerializeToString()),
        2**60,
    ),
}


@pytest.mark.parametrize("field", SET)
def test_every_type_is_told_in_what_json_can_say(field):
    body, value = SET[field]
    got = decode(body, schema())
    assert (got.encoding, got.value, got.error) == ("protobuf", UNSET | {field: value}, None)
    assert got.schema == "PROTOBUF_NATIVE acme.Order"


def test_well_known_messages_have_their_own_form():
    free = struct_pb2.Struct()
    free.update({"a": [1, None]})
    holder = any_pb2.Any(type_url="x/acme.Line", value=b"\x08\x03")
    got = decode(
        sized(10, free.SerializeToString()) + sized(12, holder.SerializeToString()), schema()
    )
    assert got.value["free"] == {"a": [1.0, None]}
    assert got.value["any"] == {"@type": "x/acme.Line", "count": "-2"}


def test_what_an_any_holds_may_be_unknown():
    holder = any_pb2.Any(type_url="x/acme.Nobody", value=b"\x08\x03")
    got = decode(sized(12, holder.SerializeToString()), schema())
    assert got.value["any"] == {"type_url": "x/acme.Nobody", "value": "CAM="}


def test_fields_that_the_schema_lacks_are_named_beside_the_value():
    got = decode(tagged(1, 0, b"\x05") + tagged(14, 0, b"\x01") + tagged(15, 0, b"\x01"), schema())
    assert got.value == UNSET | {"id": 5}
    assert got.error == "2 fields are not in the schema: 14, 15"


@pytest.mark.parametrize("body", [b"\xff", b"\x08", b"\x0a\x05a", b"plain text", b"\x22\x7f"])
def test_a_body_of_another_schema_is_base64_with_the_reason(body):
    got = decode(body, schema())
    assert (got.encoding, base64.b64decode(got.value)) == ("base64", body)
    assert got.error.startswith("not what its Protobuf schema says: ")


# -- what must not end the process, or fill its memory ------------------------------------------


def test_a_message_in_itself_is_read_as_deep_as_protobuf_goes():
    made = file()
    message = made.message_type.add(name="Order")
    add(message, 1, "next", "MESSAGE", of=".acme.Order")
    body = b""
    for _ in range(90):
        body = sized(1, body)
    assert decode(body, native(made)).encoding == "protobuf"
    for _ in range(900):
        body = sized(1, body)
    assert decode(body, native(made)).encoding == "base64"


def test_a_few_bytes_may_not_become_millions_of_defaults():
    made = file()
    message, wide = made.message_type.add(name="Order"), made.message_type.add(name="Wide")
    for number in range(1, 1001):
        add(wide, number, f"f{number}", "INT32")
    add(message, 1, "items", "MESSAGE", REPEATED, of=".acme.Wide")
    got = decode(b"\x0a\x00" * (MAX_VALUES // 1000 + 1), native(made))
    assert (got.encoding, got.error) == ("base64", f"more than {MAX_VALUES:,} values")


def in_any(levels):
    holder = any_pb2.Any(type_url="x/acme.Line")
    for _ in range(levels):
        holder = any_pb2.Any(type_url="x/google.protobuf.Any", value=holder.SerializeToString())
    return sized(12, holder.SerializeToString())


def test_any_in_any_comes_to_an_end():
    assert decode(in_any(2_000), schema()).error is None


def test_of_a_large_message_it_is_only_said_that_the_schema_lacks_fields():
    lacking = tagged(14, 0, b"\x01") * 50_000
    got = decode(tagged(1, 0, b"\x05") + lacking, schema())
    assert got.value == UNSET | {"id": 5}
    assert got.error == "fields are not in the schema"
