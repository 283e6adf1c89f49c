"""Something that can be done by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """Something that can be done by name."""

    words: str
    """What is typed: ``theme dark``, ``topic arc/agents/task-events``."""
    meaning: str
    run: Callable[[], None]
