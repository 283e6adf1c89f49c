"""Making other people's text safe and narrow enough to show.

Terminals obey what they are sent, and neither Textual nor Rich takes control characters out:
a subject, a client name or a payload could clear the screen or set the clipboard of anyone who
looks at it.  Everything from a broker passes :func:`printable` at the edge, on the screen and
on plain stdout alike; the store and exports keep the original.
"""

from __future__ import annotations

import re
import unicodedata

_VISIBLE = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_VISIBLE |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)

# Format characters reverse or hide text (bidi marks); surrogates and separators break output;
# unassigned and private code points have no agreed width.
_HIDDEN = {"Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

# DEL and C1, the direction marks of Unicode's UAX 9, line separators and invisible joiners
_UNSAFE_IN_JSON = re.compile(
    r"[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


def printable(text: str, limit: int = 0) -> str:
    r"""``text`` on one line with every control and direction-changing character made visible.

    Args:
        limit: Longest result in characters, the last of them ``…``; 0 is no limit.

    >>> printable("a\x1b[2Jb\n")
    'a␛[2Jb␊'
    >>> printable("abcdef", limit=4)
    'abc…'
    """
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "\ufffd" if unicodedata.category(char) in _HIDDEN else char
        for char in text.translate(_VISIBLE)
    )


COLOURED = re.compile("(\x1b\\[(?:0|1|1;91|33|35|36)m)")
"""The colours that our own text has, and the end of one; see ECMA-48, SGR."""


def on_terminal(text: str) -> str:
    r"""``text`` with every character made visible that a terminal obeys.

    Left are ends of lines, and the colours of :data:`COLOURED`, which do no harm.

    The last line of defence where output goes to a terminal: code that composes a line makes the
    text of others printable before.

    >>> on_terminal("a\x1b[2J\r\nb\x9b\n")
    'a␛[2J\nb\ufffd\n'
    >>> on_terminal("\x1b[1ma\x1b[0m\x1b[8m")
    '\x1b[1ma\x1b[0m␛[8m'
    """
    if text.isascii() and text.isprintable():
        return text
    pieces = COLOURED.split(text)
    pieces[::2] = map(_obeyed_by_none, pieces[::2])
    return "".join(pieces)


def _obeyed_by_none(text: str) -> str:
    lines = (line.removesuffix("\r").translate(_VISIBLE) for line in text.split("\n"))
    return _UNSAFE_IN_JSON.sub("\ufffd", "\n".join(lines))


def elide_middle(text: str, width: int) -> str:
    """``text`` cut in its middle to at most ``width`` characters: both ends of a name matter most.

    >>> elide_middle("arc/agents/task-events#billing", 18)
    'arc/agen…s#billing'
    """
    if len(text) <= width:
        return text
    if width < 3:
        return text[: max(width, 0)]
    right = width // 2
    return f"{text[: width - right - 1]}…{text[len(text) - right :]}"


def escaped_json(document: str) -> str:
    r"""JSON that a terminal can be shown: C1 and direction-changing characters as ``\u…``.

    JSON itself already escapes C0.  What a program reads back is the same.

    >>> escaped_json('"a\x9b2J\u202eb"')
    '"a\\u009b2J\\u202eb"'
    """
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
