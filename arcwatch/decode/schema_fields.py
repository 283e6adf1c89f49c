"""The fields of a schema in Pulsar's registry, and what differs between two versions of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from arcwatch.model.message import Schema
from arcwatch.text.control_characters import printable

from .bounds import MALFORMED, MAX_DEPTH, Beyond, Unreadable
from .key_value import pair_schemas
from .protobuf_schema import from_descriptors

MOST = 5_000
"""Fields of one schema."""
LONGEST = 200
"""Most characters of a field's type with its default."""

_json = msgspec.json.Decoder()


class FieldChange(Struct, frozen=True):
    """A field that only one of two versions has, or that differs between them."""

    field: str
    """Its path, ``lines[].price``; empty for the value as a whole."""
    before: str | None
    """Its type, with its default after ``=``; None where the version lacks it."""
    after: str | None

    def __str__(self) -> str:
        """``+ c  double = 1.5``, ``- b``, ``~ a  int → long``."""
        named = self.field or "(value)"
        if self.before is None:
            return f"+ {named}  {self.after}"
        return f"- {named}" if self.after is None else f"~ {named}  {self.before} → {self.after}"


class SchemaRow(Struct, frozen=True):
    """One version of a topic's schema, compared with the one before it."""

    version: int | None
    type: str
    created: float | None
    fields: int | None
    """None where they could not be read; then the definitions are compared."""
    changes: tuple[FieldChange, ...]
    says: str
    """What differs, in words."""
    definition: str
    stale: bool = False


def schema_rows(schemas: Sequence[Schema]) -> list[SchemaRow]:
    """A row for each version, oldest first."""
    ordered = sorted(schemas, key=lambda one: one.version or 0)
    return [_row(one, before) for before, one in zip([None, *ordered], ordered, strict=False)]


def changes(before: Schema, after: Schema) -> list[FieldChange]:
    """What differs between two versions: fields of the later one in order, then those it lost."""
    try:
        was, now = fields_of(before), fields_of(after)
    except Unreadable:
        was, now = ({"": printable(_text(one), LONGEST)} for one in (before, after))
    names = {**now, **was}
    return [
        FieldChange(name, was.get(name), now.get(name))
        for name in names
        if was.get(name) != now.get(name)
    ]


def fields_of(schema: Schema) -> dict[str, str]:
    """The type of each field, with its default, by its path.

    Raises:
        Unreadable: The definition is not one of its type.
    """
    found: dict[str, str] = {}
    try:
        _add(schema, "", found)
    except Unreadable:
        raise
    except MALFORMED as error:
        raise Unreadable("not a readable schema") from error
    return {printable(path, LONGEST): printable(text, LONGEST) for path, text in found.items()}


def _row(schema: Schema, before: Schema | None) -> SchemaRow:
    try:
        count = sum(bool(path) for path in fields_of(schema))
    except Unreadable:
        count = None
    found = changes(before, schema) if before else []
    if before is None:
        says = "first version"
    elif found:
        says = ", ".join(map(str, found))
    else:
        says = "no field differs"
    return SchemaRow(
        schema.version,
        printable(schema.type, 40),
        schema.created,
        count,
        tuple(found),
        says,
        _text(schema),
    )


def _text(schema: Schema) -> str:
    return schema.definition.decode("utf-8", "replace")


def _add(schema: Schema, path: str, found: dict[str, str]) -> None:
    match schema.type:
        case "KEY_VALUE":
            pair = pair_schemas(schema)
            _add(pair.key, f"{path}key", found)
            _add(pair.value, f"{path}value", found)
        case "AVRO" | "JSON" | "PROTOBUF":
            _avro(path, _json.decode(schema.definition), found)
        case "PROTOBUF_NATIVE":
            descriptor = from_descriptors(schema.definition).message.DESCRIPTOR
            found[path] = f"message {descriptor.full_name}"
            for name, kind in _protobuf(descriptor, path, (descriptor.full_name,)):
                _put(name, kind, found)
        case kind:
            found[path] = kind


def _put(path: str, kind: str, found: dict[str, str]) -> None:
    if len(found) >= MOST:
        raise Beyond(f"a schema with more than {MOST:,} fields")
    found[path] = kind


def _avro(path: str, schema: Any, found: dict[str, str], levels: int = MAX_DEPTH) -> None:
    """Add a type at ``path``, before the fields inside it."""
    _put(path, "", found)
    found[path] = _avro_type(path, schema, found, levels)


def _avro_type(path: str, schema: Any, found: dict[str, str], levels: int) -> str:
    if not levels:
        raise Beyond(f"the schema is nested more than {MAX_DEPTH} deep")
    match schema:
        case str():
            return schema
        case list():
            return " | ".join(_avro_type(path, one, found, levels - 1) for one in schema)
        case {"type": dict() | list() as inner}:
            return _avro_type(path, inner, found, levels - 1)
        case {"type": "record" | "error", "fields": list() as fields}:
            for field in fields:
                name = f"{path}.{field['name']}".lstrip(".")
                _avro(name, field["type"], found, levels - 1)
                if "default" in field:
                    found[name] += f" = {msgspec.json.encode(field['default']).decode()}"
            return f"record {schema.get('name', '')}".rstrip()
        case {"type": "enum", "symbols": list() as symbols}:
            return f"enum {' '.join(map(str, symbols))}"
        case {"type": "array", "items": items}:
            return f"array of {_avro_type(f'{path}[]', items, found, levels - 1)}"
        case {"type": "map", "values": values}:
            return f"map of {_avro_type(f'{path}{{}}', values, found, levels - 1)}"
        case {"type": "fixed", "size": int() as size}:
            return f"fixed of {size} bytes"
        case {"type": str() as kind}:
            logical = schema.get("logicalType")
            return f"{kind} ({logical})" if logical else kind
    raise Unreadable("not an Avro schema")


def _protobuf(descriptor: Any, path: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Fields of a message; one nested in itself is not repeated."""
    for field in descriptor.fields:
        name = f"{path}.{field.name}".lstrip(".")
        inner = field.message_type
        kind = field.enum_type.full_name if field.enum_type else _PROTOBUF[field.type]
        kind = inner.full_name if inner else kind
        repeated = "repeated " if field.is_repeated else ""
        yield name, f"{repeated}{kind} #{field.number}"
        if inner and inner.full_name not in above and len(above) < MAX_DEPTH:
            yield from _protobuf(inner, name, (*above, inner.full_name))


_TYPES = (
    "double float int64 uint64 int32 fixed64 fixed32 bool string group message bytes uint32 enum"
    " sfixed32 sfixed64 sint32 sint64"
)
_PROTOBUF = dict(enumerate(_TYPES.split(), start=1))
"""``FieldDescriptorProto.Type`` as ``.proto`` files have them."""
