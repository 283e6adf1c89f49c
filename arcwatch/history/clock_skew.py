"""Finds messages with wrong dates: Pulsar dates them by their producers' clocks."""

from __future__ import annotations

from arcwatch.model.message import Message
from arcwatch.notation.times import Instant, Moment
from arcwatch.text import units

BACK = 1_000_000_000
"""Nanoseconds that a message may be dated before the one it follows; more, and a clock is wrong."""


class ClockSkew:
    """Compares each message with the one stored before it in the same place."""

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
    def summary(self) -> str:
        """What was found, in a line; empty where nothing was."""
        if not self._count:
            return ""
        far = units.duration(self._farthest / 10**9)
        are = "1 is dated" if self._count == 1 else f"{self._count:,} are dated up to"
        return f"{are} {far} before what was stored before: some producer's clock is wrong"


class OutOfRange:
    """Counts messages stored in a window of time but dated outside of it.

    Args:
        start: Where what is shown begins.
    """

    def __init__(self, start: Moment, end: Moment) -> None:
        self._start = start.ns if isinstance(start, Instant) else None
        self._end = end.ns if isinstance(end, Instant) else None
        self._ahead: list[int] = [0, 0]
        self._behind: list[int] = [0, 0]

    def note(self, message: Message) -> str:
        """Check one message; a note if its date is odd, else empty."""
        time = message.publish_time
        if time is None:
            return ""
        if self._end is not None and time >= self._end + BACK:
            _add(self._ahead, time - self._end)
            return "dated after the requested time, and stored before it"
        if self._start is not None and time < self._start - BACK:
            _add(self._behind, self._start - time)
            return "dated before the requested time, and stored after it"
        return ""

    @property
    def summary(self) -> str:
        """What was found, in a line; empty where nothing was."""
        parts = [
            f"{count:,} {'is' if count == 1 else 'are'} dated up to {units.duration(far / 10**9)}"
            f" {where}"
            for (count, far), where in (
                (self._ahead, "after the requested time"),
                (self._behind, "before it"),
            )
            if count
        ]
        if not parts:
            return ""
        return f"of these {' and '.join(parts)}: stored there; some producer's clock is wrong"


def _add(sum_of: list[int], far: int) -> None:
    sum_of[0] += 1
    sum_of[1] = max(sum_of[1], far)
