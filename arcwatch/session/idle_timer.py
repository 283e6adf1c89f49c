"""How long nothing has been heard of something that is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

QUIET = 3.0
"""Seconds from which on it is worth a word: a server is away, or slow."""


class Silence:
    """Seconds since something was last heard.

    Args:
        steady: Seconds on a clock that never jumps.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._heard = steady()

    def hear(self) -> None:
        """Something was heard."""
        self._heard = self._steady()

    @property
    def seconds(self) -> int:
        """How long that is ago, in whole seconds; 0 while it is not worth a word."""
        passed = self._steady() - self._heard
        return int(passed) if passed >= QUIET else 0
