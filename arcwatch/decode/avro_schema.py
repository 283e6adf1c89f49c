"""An Avro schema made ready to read with: only what is needed of it, and how risky that is.

fastavro recurses in C without a bound, and takes an array's word for how many items follow: a
recursive schema and 5 KB of body end the process, and five bytes can claim five million nulls.
So a schema is weighed first.  Where it alone proves that values grow no faster than bytes and no
deeper than :data:`~arcwatch.decode.bounds.MAX_DEPTH`, bodies need no further look; where it does
not, each is walked before it is read.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from .avro_logical import shown
from .bounds import MALFORMED, MAX_DEPTH, MAX_VALUES, Beyond, Unreadable, reason

VALUES_PER_BYTE = 16
"""What a schema may promise at most to be read without a walk; usual ones promise about one."""

PRIMITIVE_BYTES = {
    "null": 0,
    "boolean": 1,
    "int": 1,
    "long": 1,
    "float": 4,
    "double": 8,
    "bytes": 1,
    "string": 1,
}
"""The fewest bytes that a value takes (Avro 1.12, Binary encoding)."""

_json = msgspec.json.Decoder()


class AvroSchema(NamedTuple):
    """A schema that fastavro has parsed.

    Attributes:
        parsed: For fastavro; its ``logicalType`` are of :mod:`arcwatch.decode.avro_logical`.
        risky: Whether a body must be walked before it is read.
    """

    parsed: Any
    risky: bool


def prepare(definition: bytes) -> AvroSchema:
    """The schema ready for use."""
    from fastavro.schema import SchemaParseException, UnknownType, parse_schema

    try:
        lean = _lean(_json.decode(definition), MAX_DEPTH)
        parsed = parse_schema(lean)
        weight = _Weighing().of(parsed)
    except Unreadable:
        raise
    except (SchemaParseException, UnknownType, *MALFORMED) as error:
        raise Unreadable(f"not an Avro schema: {reason(error)}") from error
    risky = weight.recursive or weight.depth > MAX_DEPTH or weight.surplus > MAX_VALUES
    return AvroSchema(parsed, risky)


def _lean(schema: Any, levels: int) -> Any:
    """What reading needs of a schema: no defaults, aliases, documentation or unknown words."""
    if not levels:
        raise Beyond(f"the schema is nested more than {MAX_DEPTH} deep")
    match schema:
        case str():
            return shown({"type": schema})
        case list():
            return [_lean(branch, levels - 1) for branch in schema]
        case {"type": dict() | list() as inner}:
            return _lean(inner, levels - 1)
        case {"type": "record" | "error", "fields": list() as fields}:
            return _name(schema, type="record") | {
                "fields": [
                    {"name": field["name"], "type": _lean(field["type"], levels - 1)}
                    for field in fields
                ]
            }
        case {"type": "array", "items": items}:
            return {"type": "array", "items": _lean(items, levels - 1)}
        case {"type": "map", "values": values}:
            return {"type": "map", "values": _lean(values, levels - 1)}
        case {"type": "enum", "symbols": symbols}:
            return _name(schema, type="enum") | {"symbols": symbols}
        case {"type": "fixed", "size": int()}:
            return shown(schema) | _name(schema, type="fixed")
        case {"type": str()}:
            return shown(schema)
    raise Unreadable("not an Avro schema")


def _name(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return more | {word: schema[word] for word in ("name", "namespace") if word in schema}


class _Weight(NamedTuple):
    """What a value of some schema can be at worst.

    Attributes:
        surplus: Values less :data:`VALUES_PER_BYTE` times bytes, a list's or map's items left out.
        depth: Levels of values.
        recursive: Whether depth has no bound, or a list or map more values than bytes allow.
    """

    surplus: int
    depth: int
    recursive: bool


class _Weighing:
    """Weighs a parsed schema; in one, a name is defined before it is used."""

    def __init__(self) -> None:
        self._named: dict[str, _Weight] = {}
        self._open = _Weight(0, 0, recursive=True)

    def of(self, schema: Any) -> _Weight:
        if isinstance(schema, list):
            weights = [self.of(branch) for branch in schema]
            surplus = max((weight.surplus for weight in weights), default=0)
            return _above(weights, surplus - VALUES_PER_BYTE, levels=0)
        if isinstance(schema, str) and schema not in PRIMITIVE_BYTES:
            # what is not finished yet is what is being defined: a recursion
            return self._named.get(schema, self._open)
        kind = schema if isinstance(schema, str) else schema["type"]
        match kind:
            case "record":
                weight = self._record(schema)
            case "array" | "map":
                return self._repeated(schema, key_bytes=1 if kind == "map" else 0)
            case "fixed":
                weight = _Weight(1 - VALUES_PER_BYTE * schema["size"], 1, recursive=False)
            case "enum":
                weight = _Weight(1 - VALUES_PER_BYTE, 1, recursive=False)
            case _:
                return _Weight(1 - VALUES_PER_BYTE * PRIMITIVE_BYTES[kind], 1, recursive=False)
        self._named[schema["name"]] = weight
        return weight

    def _record(self, schema: dict[str, Any]) -> _Weight:
        weights = [self.of(field["type"]) for field in schema["fields"]]
        return _above(weights, 1 + sum(weight.surplus for weight in weights))

    def _repeated(self, schema: dict[str, Any], key_bytes: int) -> _Weight:
        item = self.of(schema["values" if key_bytes else "items"])
        free = item.surplus - VALUES_PER_BYTE * key_bytes > 0
        # its end takes a byte
        above = _above([item], 1 - VALUES_PER_BYTE)
        return above._replace(recursive=above.recursive or free)


def _above(weights: list[_Weight], surplus: int, levels: int = 1) -> _Weight:
    depth = max((weight.depth for weight in weights), default=0)
    return _Weight(surplus, depth + levels, any(weight.recursive for weight in weights))
