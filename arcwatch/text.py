"""Making other people's text safe and narrow enough to show.

Terminals obey what they are sent, and neither Textual nor Rich takes control characters out:
a subject, a client name or a payload could clear the screen or set the clipboard of whoever
looks at it.  Everything from a broker passes :func:`printable` at the edge, on the screen and
on plain stdout alike; the store and exports keep the original.
"""

from __future__ import annotations

import unicodedata

_VISIBLE = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_VISIBLE |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)

# Format characters reverse or hide text (bidi marks); surrogates and separators break output;
# unassigned and private code points have no agreed width.
_HIDDEN = {"Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str, limit: int = 0) -> str:
    r"""``text`` on one line with every control and direction-changing character made visible.

    Args:
        text: Anything at all.
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


def elide_middle(text: str, width: int) -> str:
    """``text`` cut in its middle to at most ``width`` characters: both ends of a name tell most.

    >>> elide_middle("arc/agents/task-events#billing", 18)
    'arc/agen…s#billing'
    """
    if len(text) <= width:
        return text
    if width < 3:
        return text[:width]
    right = width // 2
    return f"{text[: width - right - 1]}…{text[len(text) - right :]}"
