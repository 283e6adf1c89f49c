"""A backlog that was counted, instead of estimated."""

from __future__ import annotations

from msgspec import Struct


class ExactBacklog(Struct, frozen=True):
    """What a broker found when it read all that waits in one subscription."""

    address: str
    entries: int
    messages: int
    oldest: float | None
    """Unix seconds when the oldest was published; None where nothing waits."""
    partitions: int
    scans: int
    """Requests that it took: a broker reads at most 10,000 entries for each."""
