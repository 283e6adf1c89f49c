"""The saved session: the view the user left and its appearance.

What is saved is what differs from the ``before`` of the start: two dashboards may share a folder,
and the one that ends last must not undo what the other has saved.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from arcwatch.files.private import replace_file, state_folder
from arcwatch.files.reading import read_json
from arcwatch.ui.widgets.arrangement import Arrangement

K = TypeVar("K")
V = TypeVar("V")


class Memory(Struct, frozen=True):
    """The last screen.  Nothing here names a server, a subject or a topic."""

    view: str = ""
    """The id of the view; empty when nothing is remembered."""
    sheet: str = ""
    """The table of it that was on show."""
    theme: str = ""
    utc: bool = False
    layouts: dict[str, str] = {}
    """The layout chosen in each view at each size of the screen; see :mod:`.layouts`."""
    tables: dict[str, Arrangement] = {}
    """What the user made of columns, by :attr:`RowTable.place`."""


MOST_TABLES = 200
"""Tables whose columns are remembered."""

MOST_ADDRESSES = 50
"""Addresses remembered."""

MOST_CONTEXTS = 20
"""Contexts of which is remembered what was opened by name."""


_Uses = dict[str, list[tuple[str, str, Annotated[int, Meta(ge=0, le=2**53)]]]]


def load_addresses() -> list[str]:
    """What was tailed or browsed before, the last first; nothing where that cannot be read."""
    try:
        return read_json(state_folder() / "addresses.json", list[str])
    except (OSError, ValueError):
        return []


def save_addresses(addresses: Sequence[str], before: Sequence[str] = ()) -> None:
    """Keep them for the next start, the last first, for nobody else to read."""
    new = (address for address in addresses if address not in before)
    every = dict.fromkeys([*new, *load_addresses(), *addresses])
    _write("addresses.json", msgspec.json.encode(list(every)[:MOST_ADDRESSES]))


def load_fields() -> dict[str, list[str]]:
    """The fields that had columns, by address; none where that cannot be read."""
    try:
        return read_json(state_folder() / "fields.json", dict[str, list[str]])
    except (OSError, ValueError):
        return {}


def save_fields(
    fields: Mapping[str, Sequence[str]], before: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Keep them for the next start, for nobody else to read."""
    _write("fields.json", msgspec.json.encode(_merged(before or {}, fields, load_fields())))


def load_uses(context: str) -> dict[tuple[str, str], int]:
    """How often things of a context were opened by name; nothing where that cannot be read."""
    return {(kind, address): count for kind, address, count in _uses().get(context, ())}


def save_uses(
    context: str,
    uses: Mapping[tuple[str, str], int],
    before: Mapping[tuple[str, str], int] | None = None,
) -> None:
    """Keep them for the next start, for nobody else to read; of contexts, those used last."""
    uses = _merged(before or {}, uses, load_uses(context))
    every = {name: used for name, used in _uses().items() if name != context}
    every[context] = [(kind, address, count) for (kind, address), count in uses.items()]
    last = dict(list(every.items())[-MOST_CONTEXTS:])
    _write("uses.json", msgspec.json.encode(last))


def _uses() -> dict[str, list[tuple[str, str, int]]]:
    try:
        return read_json(state_folder() / "uses.json", _Uses)
    except (OSError, ValueError):
        return {}


def load_session() -> Memory:
    """The saved session; an empty one if it cannot be read."""
    try:
        return read_json(state_folder() / "screen.json", Memory)
    except (OSError, ValueError):
        return Memory()


def save_session(memory: Memory, before: Memory = Memory()) -> None:  # noqa: B008  # immutable
    """Keep it for the next start."""
    there = load_session()
    tables = _merged(before.tables, memory.tables, there.tables)
    tables = dict(list(tables.items())[-MOST_TABLES:])
    layouts = _merged(before.layouts, memory.layouts, there.layouts)
    _write("screen.json", msgspec.json.encode(replace(memory, tables=tables, layouts=layouts)))


def _merged(before: Mapping[K, V], after: Mapping[K, V], there: Mapping[K, V]) -> dict[K, V]:
    """What is in the file, updated by what changed since ``before``.

    >>> _merged({"a": 1, "b": 2, "c": 3}, {"a": 9, "b": 2}, {"a": 1, "b": 7, "c": 3, "d": 4})
    {'b': 7, 'd': 4, 'a': 9}
    """
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    kept = {key: value for key, value in there.items() if key in after or key not in before}
    return {key: value for key, value in kept.items() if key not in changed} | changed


def _write(name: str, content: bytes) -> None:
    """Where this cannot be written, nothing is lost but comfort."""
    with contextlib.suppress(OSError):
        replace_file(state_folder() / name, content)
