"""Protobuf descriptors out of the registry, each schema in a pool of its own.

A shared pool would let one topic's schema redefine another's, or a well-known type.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

import msgspec

from .bounds import MALFORMED, Unreadable, reason

MAX_FILES = 1000
"""Files in one schema, with all that they import."""
MAX_FIELDS = 10_000
"""Fields of one ``PROTOBUF`` schema."""


class ProtobufSchema(NamedTuple):
    """A message class, made for this schema.

    Attributes:
        message: The class of the root message.
        pool: What it was made in, for what an ``Any`` holds.
        opaque: Fields that are messages, though only their bytes can be shown.
    """

    message: Any
    pool: Any
    opaque: frozenset[str] = frozenset()


class _Native(msgspec.Struct, rename="camel"):
    """``ProtobufNativeSchemaData``."""

    file_descriptor_set: bytes
    root_message_type_name: str


class _Field(msgspec.Struct):
    """``ProtobufSchema.ProtoBufParsingInfo``; the types are Protobuf's without ``TYPE_``."""

    number: int
    name: str
    type: str
    label: str = "LABEL_OPTIONAL"


_native = msgspec.json.Decoder(_Native)
_fields = msgspec.json.Decoder(list[_Field])


def from_descriptors(definition: bytes) -> ProtobufSchema:
    """The schema that a ``PROTOBUF_NATIVE`` definition describes.

    Args:
        definition: JSON with ``fileDescriptorSet`` in base64 and ``rootMessageTypeName``.
    """
    from google.protobuf import descriptor_pb2
    from google.protobuf.message import DecodeError

    try:
        native = _native.decode(definition)
        files = descriptor_pb2.FileDescriptorSet.FromString(native.file_descriptor_set).file
        return _built(list(files), native.root_message_type_name)
    except (DecodeError, CycleError, *MALFORMED) as error:
        raise Unreadable(f"not a usable Protobuf schema: {reason(error)}") from error


def from_parsing_info(parsing_info: str) -> ProtobufSchema:
    """The outermost message of a ``PROTOBUF`` schema, its inner ones as bytes.

    Args:
        parsing_info: JSON: each field's number, name, type and label.
    """
    from google.protobuf import descriptor_pb2

    if not parsing_info:
        raise Unreadable("the registry has no numbers for the fields of this Protobuf schema")
    file = descriptor_pb2.FileDescriptorProto(name="registry.proto", package="registry")
    root = file.message_type.add(name="Root")
    try:
        fields = _fields.decode(parsing_info.encode())[:MAX_FIELDS]
        for field in fields:
            root.field.add(
                number=field.number,
                name=field.name,
                type="TYPE_" + _ON_THE_WIRE.get(field.type, field.type),
                label=field.label,
            )
        opaque = frozenset(field.name for field in fields if field.type in _MESSAGES)
        return _built([file], "registry.Root")._replace(opaque=opaque)
    except MALFORMED as error:
        raise Unreadable(f"not a usable Protobuf schema: {reason(error)}") from error


_MESSAGES = {"MESSAGE"}
_ON_THE_WIRE = {"MESSAGE": "BYTES", "ENUM": "INT32"}
"""What has the same bytes as a type whose own descriptor the registry does not have."""


def _built(files: list[Any], root: str) -> ProtobufSchema:
    """A pool with ``files``, each after those that it imports: Java writes them in any order."""
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    if len(files) > MAX_FILES:
        raise Unreadable(f"more than {MAX_FILES:,} files")
    by_name = {file.name: file for file in files}
    imports = {file.name: [name for name in file.dependency if name in by_name] for file in files}
    pool = DescriptorPool()
    for name in TopologicalSorter(imports).static_order():
        pool.Add(by_name[name])
    try:
        message = pool.FindMessageTypeByName(root)
    except KeyError as error:
        raise Unreadable(f"no message {root[:120]} in its files") from error
    return ProtobufSchema(GetMessageClass(message), pool)
