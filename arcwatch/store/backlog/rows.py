"""The row of a backlog, of either system; see :mod:`arcwatch.store.rows` for its units."""

from __future__ import annotations

from math import nan

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.store.causes.cause import Cause

FEW = 10
"""Messages that may wait for a moment without anybody being behind."""


class BacklogRow(Struct, frozen=True, gc=False):
    """One backlog, of either system."""

    system: str
    """``pulsar`` or ``js``."""
    cluster: str
    address: str
    """``pulsar:tenant/namespace/topic#subscription`` or ``js:STREAM#consumer``."""
    place: str
    """The topic's full name, or the stream's."""
    series: str
    """The key of its series."""
    entries: float | None
    """Pulsar counts batches; None for JetStream, which counts messages.  What only waits for its
    time is counted by ``delayed`` alone, here and in ``messages``."""
    messages: float
    """``nan`` while a topic's messages per entry are not known."""
    exact: bool
    """False where ``messages`` is an estimate."""
    in_rate: float
    out_rate: float
    """Messages per second over the last minute, as ``growth``; see ``window``."""
    growth: float
    """What the backlog grows by per second, in messages where those are known, else entries."""
    drains_in: float
    """Seconds; infinity when it does not shrink, ``nan`` when too little is known, or when the
    last seconds and the minute disagree: see :mod:`.pace`."""
    consumers: float | None
    stale: bool
    age: float = nan
    """Seconds that the oldest has waited, about; ``nan`` while it is not known."""
    age_at_least: bool = False
    """Whether it waited from before arcwatch looked, so that ``age`` is the least it can be."""
    age_exact: bool = False
    """Whether a broker read the oldest, as it does of a topic that is open."""

    size: int | None = None
    """Bytes that wait; None where that is unknown."""
    unacked: float = 0
    """Delivered and not acknowledged."""
    delayed: float = 0
    """Of Pulsar: not to be delivered before a time that their producers set."""
    redelivered: float = nan
    """Of JetStream how many wait that were delivered before; of Pulsar how many per second."""
    waiting_pulls: float | None = None
    """Of JetStream: requests for more that have not been answered yet."""
    last_delivered: float | None = None
    last_acked: float | None = None
    """Unix seconds."""
    dead_letters: float | None = None
    """Messages that its dead letter topic was sent since a broker loaded that; None is no topic."""
    dead_letter_rate: float = nan
    lost_in: float = nan
    """Seconds until :attr:`lost_how`, at this pace; infinity where it does not come to that, and
    ``nan`` where that is not known."""
    lost_how: str = ""
    """What happens when the first limit is reached: ``expires unread``."""
    keeps_up: bool = False
    """Whether no more waits than is always on its way, so that when it is drained says nothing."""
    says: tuple[str, ...] = ()
    """All that explains it, in words, the strongest first, with how long it has lasted."""
    cause: Cause | None = None
    """The strongest cause, in words that are steady; None where nothing is wrong."""
    kind: str = ""
    """``replicator``, of what waits for a remote cluster; empty of all others."""
    window: float = nan
    """Seconds that ``in_rate``, ``out_rate``, ``growth`` and ``drains_in`` are about: at most a
    minute, and less until it has been watched for as long; ``nan`` before that."""

    @property
    def waiting(self) -> float:
        """Messages, or entries while messages are unknown; ``nan`` if neither is known."""
        known = self.messages == self.messages or self.entries is None
        return self.messages if known else float(self.entries or 0)

    @property
    def messages_at(self) -> str:
        """The address whose history holds the messages."""
        return self.address.partition("#")[0]

    def with_causes(self, cause: Cause | None, says: tuple[str, ...]) -> BacklogRow:
        """The row with what explains it."""
        return replace(self, cause=cause, says=says)


def keeps_up(waiting: float, in_rate: float) -> bool:
    """Whether no more waits than is always on its way."""
    few = max(FEW, 2 * in_rate) if in_rate == in_rate else FEW
    return waiting <= few
