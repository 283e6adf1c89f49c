"""Keeps secrets out of what is written of a bug: those that this process has read of late."""

from __future__ import annotations

from collections import deque

SHORTEST = 6
"""Characters of a word of a secret that is looked for: fewer would be found in every text."""


_remembered: deque[str] = deque(maxlen=64)
"""What was revealed last, for nothing but to leave it out of what is written of a bug."""


def remember_secret(value: str) -> None:
    """Leave a value out of every text that is written from now on."""
    _remembered.append(value)


def without_secrets(text: str) -> str:
    """``text`` without the words of any secret that was revealed of late, wherever it is from.

    >>> _remembered.append("s3cret-of-mine")
    >>> without_secrets("refused: b's3cret-of-mine'")
    "refused: b'…'"
    """
    words = {word for value in set(_remembered) for word in value.split() if len(word) >= SHORTEST}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "…")
    return text
