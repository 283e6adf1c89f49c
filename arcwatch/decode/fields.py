"""Fields of a value by the path that jq has for them: ``.task.steps[0].ms``, ``.["a key"]``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

from .difference import ABSENT

Path: TypeAlias = tuple[str | int, ...]

LONGEST = 200
"""Characters of a path."""
MOST_NAMES = 500
"""Names looked at in one value."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PLAIN = re.compile(_NAME)
_PART = re.compile(rf'\.({_NAME})|\.?\["((?:[^"\\]|\\.)*)"\]|\.?\[(\d{{1,9}})\]')
_TAIL = re.compile(rf'((?:\.{_NAME}|\.?\["(?:[^"\\]|\\.)*"\]|\[\d{{1,9}}\])*)\.({_NAME})?$')


def parse_path(text: str) -> Path | None:
    """The parts of a path; None for a text that is none.

    >>> parse_path(".task.steps[0]"), parse_path('.["a key"]'), parse_path("task")
    (('task', 'steps', 0), ('a key',), None)
    """
    parts = list[str | int]()
    at = 0
    while 0 <= at < len(text) <= LONGEST and (found := _PART.match(text, at)):
        name, quoted, index = found.groups()
        part = int(index) if index is not None else name if name is not None else _unquoted(quoted)
        if part is None:
            return None
        parts.append(part)
        at = found.end()
    return tuple(parts) if parts and at == len(text) else None


def _unquoted(written: str) -> str | None:
    """What is between quotes; None of an escape that JSON has not, and of half a character."""
    try:
        text = str(json.loads(f'"{written}"', strict=False))
        text.encode()
    except ValueError:
        return None
    return text


def path_text(path: Path) -> str:
    """A path as jq reads it.

    >>> path_text(("task", "steps", 0, "a key"))
    '.task.steps[0]["a key"]'
    """
    text = "".join(_part_text(part) for part in path)
    return text if text.startswith(".") else f".{text}"


def _part_text(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"


def value_at(value: Any, path: Path) -> Any:
    """What a value has at a path, or :data:`~arcwatch.decode.difference.ABSENT`."""
    for part in path:
        if isinstance(value, Mapping) and part in value:  # noqa: SIM114 - types are distinguished
            value = value[part]
        elif isinstance(part, int) and isinstance(value, list | tuple) and part < len(value):
            value = value[part]
        else:
            return ABSENT
    return value


def completed(text: str, values: Iterable[Any]) -> str | None:
    """A text whose last field is written to its end, by the fields that values have.

    The name that most of the values have wins.

    >>> completed('.value.st', [{"value": {"state": "done", "ms": 3}}])
    '.value.state'
    """
    found = _TAIL.search(text[-LONGEST:])
    if found is None:
        return None
    path, begun = parse_path(found[1]) if found[1] else (), found[2] or ""
    if path is None:
        return None
    names = _names(path, begun, values)
    best = max(names, key=names.__getitem__, default=begun)
    return text[: len(text) - len(begun)] + best if best != begun else None


def _names(path: Path, begun: str, values: Iterable[Any]) -> Mapping[str, int]:
    """Names of fields at a path that begin so, and how many values have each."""
    counts: dict[str, int] = {}
    for value in values:
        inner = value_at(value, path)
        for name in islice(inner if isinstance(inner, Mapping) else (), MOST_NAMES):
            if str(name).startswith(begun) and _PLAIN.fullmatch(str(name)):
                counts[str(name)] = counts.get(str(name), 0) + 1
    return counts


def without(value: Any, paths: Sequence[Path]) -> Any:
    """An object without those of its fields that are shown elsewhere; a large one as it is."""
    if not isinstance(value, Mapping) or len(value) > MOST_NAMES:
        return value
    gone = {path[0] for path in paths if len(path) == 1}
    return {name: inner for name, inner in value.items() if name not in gone}
