"""The fields of schemas, and what differs between two versions."""

import base64
import json

import pytest
from google.protobuf import descriptor_pb2

from arcwatch.decode.bounds import Unreadable
from arcwatch.decode.schema_fields import MOST, FieldChange, changes, fields_of, schema_rows
from arcwatch.model.message import Schema


def record(*fields, name="R"):
    return {"type": "record", "name": name, "fields": list(fields)}


def avro(*fields, version=0, kind="AVRO"):
    return Schema(kind, json.dumps(record(*fields)).encode(), version)


A = {"name": "a", "type": "int"}
INNER = record({"name": "x", "type": "double", "default": 1.5}, name="In")


def test_every_kind_of_field_has_its_path_and_type():
    found = fields_of(
        avro(
            A,
            {"name": "b", "type": ["null", "string"], "default": None},
            {"name": "c", "type": INNER},
            {"name": "l", "type": {"type": "array", "items": record(A, name="Line")}},
            {"name": "m", "type": {"type": "map", "values": "In"}},
            {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["X", "Y"]}},
            {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "f", "type": {"type": "fixed", "name": "F", "size": 16}},
        )
    )
    assert found == {
        "": "record R",
        "a": "int",
        "b": "null | string = null",
        "c": "record In",
        "c.x": "double = 1.5",
        "l": "array of record Line",
        "l[].a": "int",
        "m": "map of In",
        "e": "enum X Y",
        "t": "long (timestamp-millis)",
        "f": "fixed of 16 bytes",
    }


def test_a_record_in_itself_ends():
    node = record({"name": "next", "type": ["null", "R"]})
    assert fields_of(Schema("JSON", json.dumps(node).encode()))["next"] == "null | R"


def test_what_was_added_removed_and_changed():
    before = avro(A, {"name": "b", "type": "string"}, {"name": "c", "type": "int", "default": 1})
    after = avro(
        {"name": "a", "type": "long"},
        {"name": "c", "type": "int", "default": 2},
        {**A, "name": "d"},
    )
    assert changes(before, after) == [
        FieldChange("a", "int", "long"),
        FieldChange("c", "int = 1", "int = 2"),
        FieldChange("d", None, "int"),
        FieldChange("b", "string", None),
    ]
    assert list(map(str, changes(before, after))) == [
        "~ a  int → long",
        "~ c  int = 1 → int = 2",
        "+ d  int",
        "- b",
    ]


def test_versions_are_compared_with_the_one_before():
    rows = schema_rows([avro(A, version=1, kind="JSON"), avro(version=0)])
    assert [(row.version, row.fields, row.says) for row in rows] == [
        (0, 0, "first version"),
        (1, 1, "+ a  int"),
    ]
    same = schema_rows([avro(A), Schema("AVRO", avro(A).definition + b" ", 1)])
    assert same[1].says == "no field differs"


def test_another_type_of_schema_is_a_change_of_the_whole():
    assert changes(Schema("STRING"), Schema("INT32")) == [FieldChange("", "STRING", "INT32")]


def native(*names):
    file = descriptor_pb2.FileDescriptorProto(name="m.proto", package="p", syntax="proto3")
    root = file.message_type.add(name="M")
    for number, name in enumerate(names, 1):
        root.field.add(name=name, number=number, type=5, label=1)
    root.field.add(name="more", number=9, type=11, type_name=".p.M", label=3)
    files = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
    told = {
        "fileDescriptorSet": base64.b64encode(files).decode(),
        "rootMessageTypeName": "p.M",
    }
    return Schema("PROTOBUF_NATIVE", json.dumps(told).encode())


def test_protobuf_fields_have_their_numbers():
    assert changes(native("a", "b"), native("b")) == [
        FieldChange("b", "int32 #2", "int32 #1"),
        FieldChange("a", "int32 #1", None),
    ]
    assert fields_of(native("a")) == {
        "": "message p.M",
        "a": "int32 #1",
        "more": "repeated p.M #9",
    }


def test_of_a_key_and_a_value_both_are_compared():
    def pair(kind):
        told = {"key": "", "value": json.dumps(record({"name": "a", "type": kind}))}
        properties = {"key.schema.type": "STRING", "value.schema.type": "AVRO"}
        return Schema("KEY_VALUE", json.dumps(told).encode(), 0, properties)

    assert changes(pair("int"), pair("long")) == [FieldChange("value.a", "int", "long")]


@pytest.mark.parametrize(
    "definition",
    [
        b"",
        b"[" * 5_000,
        b"7",
        b'{"type":"record","fields":[{}]}',
        json.dumps(record(*({"name": f"f{n}", "type": "int"} for n in range(MOST)))).encode(),
    ],
)
def test_what_is_no_schema_is_compared_as_text(definition):
    broken = Schema("AVRO", definition, 1)
    with pytest.raises(Unreadable):
        fields_of(broken)
    (change,) = changes(avro(A), broken)
    assert change.field == ""
    assert schema_rows([avro(A), broken])[1].fields is None
