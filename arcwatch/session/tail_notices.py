"""Notices among the messages of a tail, from one state of its counts to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arcwatch.model.tail import Counts
from arcwatch.store.messages.notices import Notice
from arcwatch.text import units

EVERY = 4 * 10**9
"""Nanoseconds between two notices of one address on messages that are left out."""


class TailNotices:
    """Compares the counts of each address with those before them."""

    def __init__(self) -> None:
        self._known: dict[int, Counts] = {}
        self._reported: dict[int, tuple[int, Counts]] = {}
        self._lost_at: dict[int, int] = {}

    def recovered(self, counts: Sequence[Counts], at: int) -> Iterator[Notice]:
        """Addresses followed again; placed before the messages that arrived with the counts.

        Args:
            at: Nanoseconds since the epoch.
        """
        for now in counts:
            if now.state == "following" and (lost := self._lost_at.pop(now.origin, None)):
                text = f"back after {units.duration((at - lost) / 1e9)}"
                yield Notice(at, now.address, _with(text, now.text), "back")

    def lost(self, counts: Sequence[Counts], at: int) -> Iterator[Notice]:
        """Addresses no longer followed, or left out; placed after those messages."""
        for now in counts:
            before = self._known.get(now.origin, Counts(now.address, now.origin))
            if before.state == "following" != now.state:
                self._lost_at[now.origin] = at
                yield Notice(at, now.address, _with("connection lost", now.text), "lost")
            elif now.state == "following" == before.state and now.gaps > before.gaps:
                yield Notice(at, now.address, now.text or "messages may be missing here", "lost")
            self._known[now.origin] = now
        yield from self.left_out(at)

    def left_out(self, at: int) -> Iterator[Notice]:
        """Messages left out since the last such notice, if that is a while ago."""
        for origin, now in self._known.items():
            when, reported = self._reported.get(origin, (0, Counts(now.address, origin)))
            dropped = now.dropped_here - reported.dropped_here
            sampled = now.sampled_away - reported.sampled_away
            if not (dropped > 0 or sampled >= 1) or (when and at - when < EVERY):
                continue
            self._reported[origin] = (at, now)
            during = f" in {units.duration((at - when) / 1e9)}" if when else ""
            if dropped > 0:
                text = f"{dropped:,} dropped by arcwatch{during}: too fast for it"
                yield Notice(at, now.address, text, "left-out")
            if sampled >= 1:
                text = f"≈ {units.count(sampled)} sampled out{during}: publishers come first"
                yield Notice(at, now.address, f"{text}; M full takes all", "left-out")


def _with(text: str, why: str) -> str:
    return f"{text}: {why}" if why else text
