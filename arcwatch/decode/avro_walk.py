"""Walk an Avro body without building anything, to bound its decoded size."""

from __future__ import annotations

from typing import Any

from .avro_schema import PRIMITIVE_BYTES
from .bounds import MAX_DEPTH, MAX_VALUES, Beyond, Unreadable

_LONGEST = 10
"""Bytes of a ``long``: 64 bits, seven in each."""


def walk(schema: Any, body: bytes) -> None:
    """Nothing, where ``body`` fits ``schema`` and can be borne."""
    walking = _Walk(body)
    walking.learn(schema)
    walking.over(schema, MAX_DEPTH)


class _Walk:
    """A place in a body, and how many values are still allowed."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at, self._left = body, 0, MAX_VALUES
        self._named: dict[str, Any] = {}

    def learn(self, schema: Any) -> None:
        """Note every definition, so that a name can be followed."""
        if isinstance(schema, list):
            for branch in schema:
                self.learn(branch)
        elif isinstance(schema, dict):
            if "name" in schema:
                self._named[schema["name"]] = schema
            for field in schema.get("fields", ()):
                self.learn(field["type"])
            self.learn(schema.get("items", schema.get("values")))

    def over(self, schema: Any, levels: int) -> None:
        """Go over one value (``levels``: how deep values may still nest)."""
        self._left -= 1
        if self._left < 0:
            raise Beyond(f"more than {MAX_VALUES:,} values")
        if not levels:
            raise Beyond(f"nested more than {MAX_DEPTH} deep")
        if isinstance(schema, list):
            return self.over(self._branch(schema), levels)
        kind = schema if isinstance(schema, str) else schema["type"]
        match kind:
            case "null":
                pass
            case "boolean":
                self._skip(1)
            case "int" | "long" | "enum":
                self._long()
            case "float" | "double":
                self._skip(PRIMITIVE_BYTES[kind])
            case "bytes" | "string":
                self._skip(self._long())
            case "fixed":
                self._skip(schema["size"])
            case "record":
                for field in schema["fields"]:
                    self.over(field["type"], levels - 1)
            case "array":
                self._items(schema["items"], levels - 1, keys=False)
            case "map":
                self._items(schema["values"], levels - 1, keys=True)
            case _:
                self.over(self._named[kind], levels)
        return None

    def _items(self, schema: Any, levels: int, *, keys: bool) -> None:
        while count := self._long():
            if count < 0:
                count = -count
                self._long()
            for _ in range(count):
                if keys:
                    self._skip(self._long())
                self.over(schema, levels)

    def _branch(self, schema: list[Any]) -> Any:
        index = self._long()
        if not 0 <= index < len(schema):
            raise Unreadable(f"branch {index} of a union of {len(schema)}")
        return schema[index]

    def _skip(self, count: int) -> None:
        if not 0 <= count <= len(self._body) - self._at:
            raise Unreadable(f"{count} bytes claimed of {len(self._body) - self._at}")
        self._at += count

    def _long(self) -> int:
        value = 0
        for index, byte in enumerate(self._body[self._at : self._at + _LONGEST]):
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                self._at += index + 1
                return value >> 1 ^ -(value & 1)
        raise Unreadable("a number cut short")
