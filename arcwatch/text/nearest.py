"""What a mistyped name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.4) -> str:
    """A hint that names the nearest of those known; empty where none is near.

    Args:
        cutoff: How like it has to be, 0 to 1.

    >>> did_you_mean("staus", ["status", "tail"]), did_you_mean("xyz", ["status"])
    ('did you mean status?', '')
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    return f"did you mean {close[0]}?" if close else ""
