"""Which fields of a record a jq program can see, if its text is clear about it.

Reading a whole record takes jq longer (15 µs) than most programs run (2 µs), and with two fields
a third of that.  So a record is cut to what its program names, if every way to the record as a
whole is ruled out: a program that says ``.``, ``..``, ``keys`` or anything else unheard of where
its input is the record is given all of it.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\s+
    | (?P<field>\.[A-Za-z_]\w*)
    | (?P<value>"(?:[^"\\]|\\[^(])*"|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<mark>\?(?!//)|==|!=|<=|>=|//(?!=)|[-+*/%](?!=)|[<>,|;:()\[\]]|\.\.?)
    """,
    re.ASCII | re.VERBOSE,
)
_ANYWHERE = {"and", "or", "not", "true", "false", "null"}
"""Names that depend only on whether their input is truthy, which a record always is."""

_NEVER = {
    *("as", "def", "reduce", "foreach", "label", "import", "include"),
    *("input", "inputs", "if", "try", "catch"),
}
"""Names that bind others, or give an input in ways that are not followed here."""


def fields_seen(program: str) -> frozenset[str] | None:
    """Names of all fields of its input that a program may depend on; None for any.

    >>> sorted(fields_seen('.value.total > 10 and .key == "eu"'))
    ['key', 'total', 'value']
    >>> sorted(fields_seen('select(.size > 9) | .value[] | test("x")'))
    ['size', 'value']
    >>> fields_seen('.. | strings | test("x")') is None
    True
    """
    tokens = _tokens(program)
    if tokens is None or not _follows(tokens):
        return None
    return frozenset(text[1:] for kind, text in tokens if kind == "field")


def _tokens(program: str) -> list[tuple[str, str]] | None:
    tokens, at = [], 0
    while at < len(program):
        found = _TOKEN.match(program, at)
        if found is None or (found.lastgroup == "name" and found[0] in _NEVER):
            return None
        if found.lastgroup:
            tokens.append((found.lastgroup, found[0]))
        at = found.end()
    return tokens


def _follows(tokens: list[tuple[str, str]]) -> bool:
    # for each open bracket, and the program itself: is the record what it is given?
    given, selected = [True], False
    for place, (kind, text) in enumerate(tokens):
        if text in ("(", "["):
            given.append(given[-1])
        elif text in (")", "]"):
            if len(given) == 1:
                return False
            given.pop()
            if selected and len(given) == 1 and not _ends_stage(tokens, place + 1):
                return False
        elif text == "|" and len(given) == 1:
            # behind a select it is the record still
            given[0], selected = given[0] and selected, False
        elif text == "|":
            given[-1] = False
        elif given[-1] and kind == "name" and text not in _ANYWHERE:
            if text != "select" or len(given) > 1 or not _ends_stage(tokens, place - 1):
                return False
            selected = True
        elif given[-1] and text in (".", "..", ";"):
            return False
    return len(given) == 1


def _ends_stage(tokens: list[tuple[str, str]], place: int) -> bool:
    return not 0 <= place < len(tokens) or tokens[place][1] == "|"
