"""A value as lines of a foldable tree; folded parts cost nothing.  No drawing here.

A value may be ten thousand deep or have a million members: members are listed by the hundred,
and nothing is listed before its line is unfolded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

from arcwatch.decode.fields import Path
from arcwatch.decode.one_line import compact, scalar

from .cells import Tone

ABREAST = 100
"""Members listed by themselves; more of them are listed by the hundred, and these likewise."""

AT_FIRST = 60
"""Lines that are unfolded to begin with."""

LONG = 80
"""Characters of a string that is shown on one line; a longer one unfolds into lines."""

SHOWN = 400
"""Characters of a line that anybody could see."""

INDENT = 2
DEEPEST = 24
"""Cells that a line stands to the right of what it is in, and the depth from which it does not."""

Pieces = Sequence[tuple[str, Tone]]


class Lines(Protocol):
    """Lines that may fold."""

    def __len__(self) -> int:
        """How many there are now."""

    def pieces(self, nth: int, width: int) -> Pieces:
        """Text and tone from left to right; not yet printable, and perhaps too long."""

    def fold(self, nth: int, *, folded: bool) -> int:
        """Fold or unfold a line, or its parent; return the line to select."""

    def value(self, nth: int) -> Any:
        """The content of a line, for copying."""


class _Range(NamedTuple):
    """Some of very many members."""

    of: Any
    start: int
    end: int


class _Line(NamedTuple):
    depth: int
    label: str
    value: Any


class ValueLines:
    """The lines of a value.

    Args:
        value: Any JSON value.
    """

    def __init__(self, value: Any, *, ascii: bool = False) -> None:
        self._marks = ("+ ", "- ") if ascii else ("▸ ", "▾ ")
        self._value, self._folds = value, _folds(value)
        members = list(_members(value)) if self._folds else [("", value)]
        self._lines = [_Line(0, label, member) for label, member in members]
        # by identity of the line: it moves as others fold
        self._open: dict[int, _Line] = {}
        self._unfold_some()

    def __len__(self) -> int:
        return len(self._lines)

    def value(self, nth: int) -> Any:
        """The content of a line."""
        value = self._lines[nth].value
        return list(_taken(value)) if isinstance(value, _Range) else value

    def path(self, nth: int) -> Path:
        """Where in the value a line's content is."""
        line = self._lines[nth]
        if isinstance(line.value, Verbatim | _Range) and not line.depth:
            return ()
        # what is not within anything listed is within the value itself
        found, of = list[str | int](), self._value
        for n in range(nth, -1, -1):
            if self._lines[n].depth == line.depth - 1:
                found, of = list(self.path(n)), self._lines[n].value
                break
        of = of.of if isinstance(of, _Range) else of
        if isinstance(line.value, Verbatim | _Range) or not line.label:
            return tuple(found)
        return (*found, line.label if isinstance(of, Mapping) else int(line.label))

    def is_open(self, nth: int) -> bool:
        """Whether a line shows what is in it."""
        return id(self._lines[nth]) in self._open

    def pieces(self, nth: int, width: int) -> Pieces:
        """Mark, label and a preview of the value."""
        line = self._lines[nth]
        mark = "  "
        if _folds(line.value):
            mark = self._marks[self.is_open(nth)]
        depth = min(line.depth, DEEPEST)
        deep = f"{line.depth} deep " if line.depth > DEEPEST else ""
        label: list[tuple[str, Tone]] = [
            (line.label[:SHOWN], "json-key"),
            ("  ", ""),
        ] * bool(line.label)
        room = max(20, width - INDENT * depth - len(line.label) - 6)
        return [
            (" " * (INDENT * depth), ""),
            (deep, "dim"),
            (mark, "dim"),
            *label,
            *_preview(line.value, min(room, SHOWN), opened=self.is_open(nth)),
        ]

    def fold(self, nth: int, *, folded: bool) -> int:
        """See :meth:`Lines.fold`."""
        line = self._lines[nth]
        if self.is_open(nth) == folded and _folds(line.value):
            if folded:
                self._close(nth)
            else:
                self._unfold(nth)
            return nth
        if not folded:
            return nth
        return next((n for n in range(nth, -1, -1) if self._lines[n].depth < line.depth), nth)

    def _unfold(self, nth: int) -> int:
        """Show what is in a line; how many lines came."""
        line = self._lines[nth]
        inner = [_Line(line.depth + 1, label, value) for label, value in _members(line.value)]
        self._open[id(line)] = line
        self._lines[nth + 1 : nth + 1] = inner
        return len(inner)

    def _close(self, nth: int) -> None:
        depth, end = self._lines[nth].depth, nth + 1
        while end < len(self._lines) and self._lines[end].depth > depth:
            end += 1
        for line in self._lines[nth:end]:
            self._open.pop(id(line), None)
        del self._lines[nth + 1 : end]

    def _unfold_some(self) -> None:
        """Unfold what is outermost, then what is in that, while there is room."""
        depth = 0
        while len(self._lines) < AT_FIRST and depth < DEEPEST:
            found = [n for n, line in enumerate(self._lines) if _opens_first(line, depth)]
            if not found and all(line.depth < depth for line in self._lines):
                return
            for nth in reversed(found):
                if len(self._lines) + _count(self._lines[nth].value) <= AT_FIRST:
                    self._unfold(nth)
            depth += 1


def _opens_first(line: _Line, depth: int) -> bool:
    return line.depth == depth and isinstance(line.value, Mapping | list | tuple | _Range)


def _folds(value: Any) -> bool:
    if isinstance(value, Mapping | list | tuple) and not isinstance(value, _Range):
        return bool(value)
    return isinstance(value, _Range) or (isinstance(value, str) and _is_long(value))


def _is_long(text: str) -> bool:
    return len(text) > LONG or "\n" in text


def _count(value: Any) -> int:
    return sum(1 for _ in _members(value))


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    whole = value if isinstance(value, _Range) else _Range(value, 0, _length(value))
    if whole.end - whole.start <= ABREAST:
        yield from _named(whole)
        return
    size = ABREAST
    while size * ABREAST < whole.end - whole.start:
        size *= ABREAST
    for start in range(whole.start, whole.end, size):
        end = min(start + size, whole.end)
        yield f"[{start:,} … {end - 1:,}]", whole._replace(start=start, end=end)


def _length(value: Any) -> int:
    return -(-len(value) // LONG) if isinstance(value, str) else len(value)


def _named(part: _Range) -> Iterator[tuple[str, Any]]:
    if isinstance(part.of, Mapping):
        yield from ((str(key), inner) for key, inner in _taken(part))
    elif isinstance(part.of, str):
        yield from (("", Verbatim(text)) for text in _taken(part))
    else:
        yield from ((str(nth), inner) for nth, inner in enumerate(_taken(part), part.start))


def _taken(part: _Range) -> Iterable[Any]:
    if isinstance(part.of, Mapping):
        return islice(part.of.items(), part.start, part.end)
    if isinstance(part.of, str):
        return (part.of[n * LONG : (n + 1) * LONG] for n in range(part.start, part.end))
    return islice(part.of, part.start, part.end)


class Verbatim(str):
    """Text that is shown as it is, without the quotes of a string."""

    __slots__ = ()


def _preview(value: Any, room: int, *, opened: bool) -> Pieces:
    match value:
        case Verbatim():
            return [(value, "json-string")]
        case _Range():
            return [("" if opened else compact(list(islice(_taken(value), 3)), room), "dim")]
        case Mapping() | list() | tuple() if value:
            opening = ("{}" if isinstance(value, Mapping) else "[]") + f" {len(value):,}"
            return [(opening if opened else compact(value, room), "dim")]
        case str():
            size = f"  {len(value):,} characters" if _is_long(value) else ""
            return [("" if opened else scalar(value, room), "json-string"), (size, "dim")]
        case bool() | None:
            return [(scalar(value), "json-literal")]
        case int() | float():
            return [(scalar(value), "json-number")]
    return [(compact(value, room), "dim")]


class TextLines:
    """Text as it is, broken where it ends a line or the screen.

    Args:
        text: Anything; only the first :data:`TextLines.MOST` characters are shown.
    """

    MOST = 200_000

    def __init__(self, text: str, width: int) -> None:
        self._text = text
        width = max(20, width)
        shown = text[: self.MOST]
        lines = [
            line[at : at + width]
            for line in shown.replace("\r\n", "\n").split("\n")
            for at in range(0, max(1, len(line)), width)
        ]
        self._lines: list[Pieces] = [[(line, "")] for line in lines]
        if len(text) > self.MOST:
            left = f"… {len(text) - self.MOST:,} more characters; w writes all of them"
            self._lines.append([(left, "warn")])

    def __len__(self) -> int:
        return len(self._lines)

    def pieces(self, nth: int, width: int) -> Pieces:
        """One line."""
        return self._lines[nth]

    def fold(self, nth: int, *, folded: bool) -> int:
        """Nothing folds."""
        return nth

    def value(self, nth: int) -> str:
        """The whole text."""
        return self._text


class HexLines:
    """Bytes, sixteen on a line, beside the letters that they may be."""

    EACH = 16

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __len__(self) -> int:
        return -(-len(self._body) // self.EACH)

    def pieces(self, nth: int, width: int) -> Pieces:
        """Where the line begins, its bytes, its letters."""
        part = self._body[nth * self.EACH : (nth + 1) * self.EACH]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        pairs = f"{part[:8].hex(' '):23}  {part[8:].hex(' '):23}"
        return [(f"{nth * self.EACH:08x}  ", "dim"), (f"{pairs}  ", ""), (letters, "good")]

    def fold(self, nth: int, *, folded: bool) -> int:
        """Nothing folds."""
        return nth

    def value(self, nth: int) -> str:
        """All bytes, in hexadecimal."""
        return self._body.hex()
