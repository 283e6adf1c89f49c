"""Where in a text that is shown a filter found what it looks for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["words", "regex", "jq"]

Places: TypeAlias = Sequence[tuple[int, int]]
"""Starts and ends, in order, none within another."""

Found: TypeAlias = Callable[[str], Places]
"""Finds them in a text."""

MOST = 50
"""Places found in one text."""

_COMPARED = re.compile(
    r"""(?P<test>[=!<>]=\s*|[<>]\s*)?
    (?:(?P<text>"(?:[^"\\]|\\.)*")|(?<![\w.])(?P<number>-?\d+(?:\.\d+)?)(?![\w.]))
    (?P<after>\s*[=!]=)?""",
    re.VERBOSE,
)


def kind_of(text: str) -> Kind:
    """What kind of filter a text is, finished or not.

    >>> kind_of(" .value.ms > 3"), kind_of("/agent-[0"), kind_of("late eu")
    ('jq', 'regex', 'words')
    """
    written = text.lstrip()
    return "jq" if written.startswith(".") else "regex" if written.startswith("/") else "words"


@lru_cache(16)
def found_by(text: str) -> Found:
    r"""What finds in a shown text that which a filter looks for; nothing, where that is unclear.

    Of a jq program these are the texts it names, where it names them for being there.

    >>> found_by("late eu")("Late, in EU"), found_by("/t-\\d+/")("is t-42")
    ([(0, 4), (9, 11)], [(3, 7)])
    >>> found_by('.value.state == "done"')('{"state":"done","undone":1}')
    [(10, 14)]
    """
    written = text.strip()
    match kind_of(written):
        case "jq":
            return _literals(written)
        case "regex":
            return _expression(written)
    words = written.removeprefix("\\").split() if written[:1] == "\\" else written.split()
    return _any_of(map(re.escape, sorted(words, key=len, reverse=True)))


def nothing(text: str) -> Places:
    """Finds nothing."""
    return ()


def _any_of(patterns: Iterable[str]) -> Found:
    """A pattern for any of some literal texts, in linear time."""
    if not (joined := "|".join(patterns)):
        return nothing
    search = re.compile(joined, re.IGNORECASE).finditer

    def found(text: str) -> Places:
        return [match.span() for match in islice(search(text), MOST)]

    return found


def _expression(written: str) -> Found:
    from .regex import Mistake, compiled

    if len(written) < 3 or not written.endswith("/"):
        return nothing
    try:
        search = compiled(written[1:-1]).finditer
    except Mistake:
        return nothing

    def found(text: str) -> Places:
        body = text.encode("utf-8", "replace")
        places = [match.span() for match in islice(search(body), MOST)]
        if len(body) != len(text):
            places = [tuple(len(body[:at].decode("utf-8", "ignore")) for at in p) for p in places]
        return [(start, end) for start, end in places if start < end]

    return found


def _literals(program: str) -> Found:
    patterns = set[str]()
    for found in islice(_COMPARED.finditer(program), MOST):
        test = (found["test"] or found["after"] or "").strip()
        if test in ("!=", "<", ">", "<=", ">="):
            continue
        if found["number"]:
            patterns |= {rf"(?<![\w.]){re.escape(found['number'])}(?![\w.])"} if test else set()
            continue
        with suppress(ValueError):
            if inner := json.loads(found["text"]):
                # as JSON has it within its quotes
                literal = re.escape(json.dumps(inner, ensure_ascii=False)[1:-1])
                patterns.add(rf'(?:^|(?<=")){literal}(?:$|(?="))' if test else literal)
    return _any_of(sorted(patterns))
