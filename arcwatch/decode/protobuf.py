"""Protobuf messages, by descriptors that only the registry knows."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .bounds import MALFORMED, MAX_VALUES, Beyond, Content, Unreadable, reason
from .protobuf_schema import ProtobufSchema, from_descriptors, from_parsing_info
from .scalars import real, single

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

PARSING_INFO = "__PARSING_INFO__"
"""The property of a ``PROTOBUF`` schema that has the fields' numbers."""
MAX_COUNTED = 64 * 1024
"""Bytes of a message whose unknown fields are counted: each costs an object."""

_AS_JSON = {
    f"google.protobuf.{name}"
    for name in ("Any", "Duration", "FieldMask", "ListValue", "Struct", "Timestamp", "Value")
}
"""Messages that have a form of their own in Protobuf's JSON."""

_WRAPPERS = {
    f"google.protobuf.{name}Value"
    for name in (
        *("Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64"),
    )
}


def protobuf_native(definition: bytes, body: bytes) -> Content:
    """The value of ``body`` by a ``PROTOBUF_NATIVE`` schema.

    Names are those of the ``.proto`` file.  Unlike in Protobuf's own JSON, 64-bit numbers are
    numbers, so that filters can compare them; and what has no presence and is not set is there
    with its default, for the same reason.  Fields that the schema lacks are counted in ``error``.
    """
    return _content(_native(definition), body)


def protobuf(definition: bytes, properties: dict[str, str], body: bytes) -> Content:
    """The value of ``body`` by a ``PROTOBUF`` schema, which describes itself in Avro.

    Only its outermost fields have numbers in the registry; messages in them stay base64.
    """
    return _content(_numbered(properties.get(PARSING_INFO, "")), body)


@lru_cache(maxsize=64)
def _native(definition: bytes) -> ProtobufSchema | str:
    try:
        return from_descriptors(definition)
    except Unreadable as error:
        return str(error)


@lru_cache(maxsize=64)
def _numbered(parsing_info: str) -> ProtobufSchema | str:
    try:
        return from_parsing_info(parsing_info)
    except Unreadable as error:
        return str(error)


def _content(schema: ProtobufSchema | str, body: bytes) -> Content:
    if isinstance(schema, str):
        raise Unreadable(schema)
    from google.protobuf.message import DecodeError

    try:
        message = schema.message.FromString(body)
        value = _Converter(schema.pool).message(message)
        unknown = _unknown(message, len(body))
    except Beyond:
        raise
    except (DecodeError, *MALFORMED) as error:
        raise Unreadable(f"not what its Protobuf schema says: {reason(error)}") from error
    return Content("protobuf", value, unknown or _reservations(schema, value))


def _unknown(message: Message, size: int) -> str | None:
    """Which fields the schema lacks, in words; of a large message only whether there are any."""
    if size > MAX_COUNTED:
        whole = message.ByteSize()
        message.DiscardUnknownFields()
        return "fields are not in the schema" if message.ByteSize() < whole else None
    from google.protobuf.unknown_fields import UnknownFieldSet

    unknown = sorted({field.field_number for field in UnknownFieldSet(message)})
    numbers = ", ".join(map(str, unknown[:10]))
    return f"{len(unknown)} fields are not in the schema: {numbers}" if unknown else None


def _reservations(schema: ProtobufSchema, value: Any) -> str | None:
    if isinstance(value, dict) and (opaque := schema.opaque & value.keys()):
        names = ", ".join(sorted(opaque)[:10])
        return f"messages stay base64, the registry has no numbers for their fields: {names}"
    return None


class _Converter:
    """Converts messages to JSON values, up to a number of values."""

    def __init__(self, pool: Any) -> None:
        self._pool, self._left = pool, MAX_VALUES

    def message(self, message: Message) -> Any:
        name = type(message).DESCRIPTOR.full_name
        if name in _AS_JSON and (own := self._own_form(message)) is not None:
            return own[0]
        value = self._fields(message)
        return value["value"] if name in _WRAPPERS and set(value) == {"value"} else value

    def _own_form(self, message: Message) -> tuple[Any] | None:
        """Protobuf's JSON of a well-known message; None if it only has the name of one."""
        from google.protobuf.json_format import Error, MessageToDict

        try:
            return (MessageToDict(message, descriptor_pool=self._pool),)
        except (Error, *MALFORMED):
            return None

    def _fields(self, message: Message) -> dict[str, Any]:
        # of its class: a field may be called ListFields or DESCRIPTOR
        kind = type(message)
        found = dict(kind.ListFields(message))
        fields = kind.DESCRIPTOR.fields
        self._charge(len(fields) + 1)
        values = {
            field.name: self._field(field, found.pop(field)) if field in found else _unset(field)
            for field in fields
            if field in found or not field.has_presence
        }
        # only extensions are left, which no message lists as its own
        return values | {
            f"[{field.full_name}]": self._field(field, found[field]) for field in found
        }

    def _field(self, field: FieldDescriptor, value: Any) -> Any:
        if not field.is_repeated:
            return self._one(field, value)
        self._charge(len(value))
        if field.message_type and field.message_type.GetOptions().map_entry:
            of = field.message_type.fields_by_name["value"]
            return {_key(key): self._one(of, value[key]) for key in value}
        return [self._one(field, item) for item in value]

    def _one(self, field: FieldDescriptor, value: Any) -> Any:
        return self.message(value) if field.message_type else _scalar(field, value)

    def _charge(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise Beyond(f"more than {MAX_VALUES:,} values")


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type:
        named = field.enum_type.values_by_number.get(value)
        return named.name if named else value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return single(value) if field.type == field.TYPE_FLOAT else real(value)
    return value


def _unset(field: FieldDescriptor) -> Any:
    """What a field without presence is where nothing was sent for it."""
    if field.is_repeated:
        return {} if field.message_type and field.message_type.GetOptions().map_entry else []
    return _scalar(field, field.default_value)


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
