"""Latency figures compared with those of an earlier run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from arcwatch.errors import UsageError
from arcwatch.files.new_file import NewFile
from arcwatch.files.reading import read_json
from arcwatch.text import units

FIGURES = (("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p999", "p99.9"), ("max", "max"))
"""Keys of a document, and what they are called."""

Document = dict[str, Any]


def save(name: str, documents: Iterable[Document]) -> None:
    """Write figures that :func:`baseline` reads; in place of older ones."""
    with NewFile(Path(name), replace=True) as file:
        file.write(msgspec.json.format(msgspec.json.encode(list(documents))).decode() + "\n")


def baseline(name: str, key: str) -> dict[str, Document]:
    """The figures of an earlier run, by one of their fields.

    Raises:
        UsageError: The file holds none.
    """
    try:
        rows = read_json(Path(name), list[Document])
        found = {str(row[key]): row for row in rows}
        for row in rows:
            msgspec.convert({field: row[field] for field, _ in FIGURES}, dict[str, float | None])
    except (OSError, KeyError, ValueError, msgspec.MsgspecError) as error:
        why = getattr(error, "strerror", None) or str(error)
        why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else why
        hint = "create one with --save"
        raise UsageError("cannot read the baseline", where=name, why=why, hint=hint) from None
    return found


def with_difference(now: Document, before: Mapping[str, Any] | None) -> Document:
    """Figures, and by how many seconds and how many times each is longer than it was."""
    if before is None:
        return now
    pairs = [(field, now[field], before[field]) for field, _ in FIGURES]
    known = [(f, a, b) for f, a, b in pairs if a is not None and b is not None and a == a]
    plus = {field: a - b for field, a, b in known}
    times = {field: a / b for field, a, b in known if b}
    fields = [field for field, _ in FIGURES]
    return now | {
        "plus_baseline": {field: plus.get(field) for field in fields},
        "times_baseline": {field: times.get(field) for field in fields},
    }


def summary(document: Document) -> str:
    """The figures of a document in one line, with the difference from a baseline."""
    plus, times = document.get("plus_baseline", {}), document.get("times_baseline", {})
    edge = "≤ " if document.get("at_most") else ""
    words = []
    for field, name in FIGURES:
        value = document[field]
        word = f"{name} {edge if value is not None and value == value else ''}"
        word += units.duration(value)
        if (more := plus.get(field)) is not None:
            sign = "+" if more >= 0 else ""
            factor = times.get(field)
            word += f" ({sign}{units.duration(more)}" + (f", x{factor:.2f})" if factor else ")")
        words.append(word)
    return "  ".join(words)
