"""Something that can be done by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """Something that can be done by name."""

    kind: str
    """In a word: ``view``, ``verb``, ``setting``, ``theme``, ``rule``, ``event``, ``key``, …."""
    text: str
    """What is typed: ``theme dark``, ``tail js:ORDERS``."""
    meaning: str
    run: Callable[[], None]

    @property
    def address(self) -> str:
        """What identifies it among its kind."""
        return self.text
