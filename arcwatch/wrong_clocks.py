"""Finds messages whose dates cannot be right: Pulsar dates them by their producers' clocks."""

from __future__ import annotations

from arcwatch import units
from arcwatch.model.message import Message

BACK = 1_000_000_000
"""Nanoseconds that a message may be dated before the one it follows; more, and a clock is wrong."""


class WrongClocks:
    """Compares each message with the one stored before it in the same place.

    Args:
        reverse: Whether they come in the opposite order.
    """

    def __init__(self, *, reverse: bool = False) -> None:
        self._sign = -1 if reverse else 1
        self._last: dict[str, int] = {}
        self._count = self._farthest = 0

    def note(self, message: Message) -> None:
        """Look at the next message."""
        if message.publish_time is None:
            return
        before = self._last.get(message.address)
        self._last[message.address] = message.publish_time
        back = 0 if before is None else self._sign * (before - message.publish_time)
        if back > BACK:
            self._count += 1
            self._farthest = max(self._farthest, back)

    @property
    def told(self) -> str:
        """What was found, in a line; empty where nothing was."""
        if not self._count:
            return ""
        far = units.duration(self._farthest / 10**9)
        are = "1 is dated" if self._count == 1 else f"{self._count:,} are dated up to"
        return f"{are} {far} before what was stored before: some producer's clock is wrong"
