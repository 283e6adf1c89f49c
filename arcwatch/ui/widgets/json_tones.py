"""The tones of JSON text, however it was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .cells import Tone

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"?)(?P<colon>\s*:)?
    | (?P<number>-?\d[\d.eE+-]*)
    | (?P<literal>\b(?:true|false|null)\b)""",
    re.VERBOSE | re.DOTALL,
)
_REST = re.compile(r'(?:[^"\\]|\\.)*"?', re.DOTALL)
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def json_tones(text: str, *, in_string: bool = False) -> Sequence[tuple[int, int, Tone]]:
    """Starts and ends of keys, strings, numbers and literals, as far as the text goes.

    Args:
        text: JSON, or a part of it.

    >>> json_tones('{"a": [1, "b", nu')
    [(1, 4, 'json-key'), (7, 8, 'json-number'), (10, 13, 'json-string')]
    """
    toned = list[tuple[int, int, Tone]]()
    at = 0
    if in_string and (rest := _REST.match(text)):
        at = rest.end()
        toned.append((0, at, "json-string"))
    for found in _TOKEN.finditer(text, at):
        kind = found.lastgroup
        tone: Tone = "json-string"
        if kind == "colon":
            tone = "json-key"
        elif kind != "string":
            tone = "json-number" if kind == "number" else "json-literal"
        start, end = found.span("string" if found["string"] else 0)
        toned.append((start, end, tone))
    return toned


def ends_in_string(text: str) -> bool:
    r"""Whether the beginning of a JSON text ends within a string.

    >>> ends_in_string('{"a": "b'), ends_in_string('{"a'), ends_in_string(r'{"a\"b": 1')
    (True, True, False)
    """
    if "\\" in text:
        text = _ESCAPED.sub("", text)
    return text.count('"') % 2 == 1
