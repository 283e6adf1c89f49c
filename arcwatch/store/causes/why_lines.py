"""The chain behind a backlog as lines of text, the same for the verb and the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .cause import Cause, Evidence, Why

NOTHING = "nothing found at this address: no consumers or subscriptions, and no problem of its own"
"""Of a place that is not there, or that nobody consumes from."""


class Line(NamedTuple):
    """One line; of the lines under one label only the first has it."""

    label: str
    text: str


def why_lines(why: Why, moment: Callable[[float], str], width: int = 100) -> Iterator[Line]:
    """Cause, since when, evidence, what else holds, and what to try.

    Args:
        moment: How a moment in Unix seconds is written.
        width: Cells of a text, beyond which it goes on in the next line.
    """
    yield Line("cause", _cause(why.cause))
    if why.cause and why.cause.since is not None:
        yield Line("since", _since(why.cause, why.at, moment))
    yield from _labelled("evidence", _table(why.evidence, width))
    yield from _labelled("also", [cause.text for cause in why.others])
    lines = (textwrap.wrap(advice, width, subsequent_indent="  ") for advice in why.try_)
    yield from _labelled("try", [line for wrapped in lines for line in wrapped])


def _cause(cause: Cause | None) -> str:
    return f"{cause.text}  ({cause.severity})" if cause else "none found"


def _since(cause: Cause, now: float, moment: Callable[[float], str]) -> str:
    since = cause.since or 0.0
    least = "or earlier, " if cause.since_at_least else ""
    return f"{moment(since)}  ({least}{units.duration(max(0.0, now - since))} ago)"


def _table(evidence: Sequence[Evidence], width: int) -> list[str]:
    """Four columns; where they do not fit, the last two follow each value."""
    rows = [(one.figure, printable(one.value), _age(one.age), one.source) for one in evidence]
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if sum(sizes) + 6 <= width:
        return [
            f"{figure:{sizes[0]}}  {value:{sizes[1]}}  {age:>{sizes[2]}}  {source}"
            for figure, value, age, source in rows
        ]
    lines = (
        f"{figure:{sizes[0]}}  {value}, {age}, {source}" for figure, value, age, source in rows
    )
    indent = " " * (sizes[0] + 2)
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent=indent)]


def _age(age: float) -> str:
    return units.UNKNOWN if age != age else f"{units.duration(age)} ago" if age >= 1 else "now"


def _labelled(label: str, lines: Sequence[str]) -> Iterator[Line]:
    yield from (Line("" if nth else label, line) for nth, line in enumerate(lines))
