"""Which senders of heartbeats are alive, measured against each one's own interval."""

from __future__ import annotations

from collections import OrderedDict, deque
from copy import copy
from math import inf, nan
from statistics import median
from typing import Literal

from msgspec import Struct

from arcwatch.model.message import Message
from arcwatch.model.nats import Heartbeats
from arcwatch.model.reading import Body, Failure
from arcwatch.notation.address import Stream, Subject, parse_address

State = Literal["new", "alive", "late", "lost"]

INTERVALS = 8
"""Intervals that a member's habit is taken from."""
LATE = 2.5
"""Intervals of silence after which someone is late: one missed beat may be the network's."""
LOST = 6.0
"""Intervals of silence after which nobody expects them back."""
SHORTEST = 0.2
"""Seconds that an interval counts for at least: below, our own beat is coarser."""
MOST = 10_000
"""Members remembered; beyond, who was silent for longest is forgotten."""

FORGOTTEN = 3600.0
"""Seconds after which nobody waits for one any more."""


class Member(Struct, frozen=True):
    """One sender of heartbeats.  Times are seconds since the epoch.

    Attributes:
        name: What distinguishes it from the others.
        state: ``new`` has sent once, so that its interval is not known yet.
        since: Since when it has been so; of ``late`` and ``lost`` when it was due.
        last: When its last message was received.
        interval: Seconds between two beats, the middle of its last ones; None while new.
        beats: Messages received from it.
        gaps: How often it was late or lost, and came back.
    """

    name: str
    state: State
    since: float
    last: float
    interval: float | None
    beats: int
    gaps: int


class _Rhythm:
    """The recorded heartbeats of one sender."""

    __slots__ = ("beats", "begun", "gaps", "intervals", "last")

    def __init__(self, at: float) -> None:
        self.begun = self.last = at
        self.beats, self.gaps = 1, 0
        self.intervals: deque[float] = deque(maxlen=INTERVALS)

    @property
    def interval(self) -> float | None:
        return median(self.intervals) if self.intervals else None

    def freeze(self) -> _Rhythm:
        frozen = _Rhythm(self.last)
        frozen.begun, frozen.beats, frozen.gaps = self.begun, self.beats, self.gaps
        frozen.intervals = self.intervals.copy()
        return frozen

    def note(self, at: float) -> None:
        """Record one more heartbeat."""
        silence = at - self.last
        interval = self.interval
        if interval is not None and silence > LATE * max(interval, SHORTEST):
            # an outage is no part of its rhythm
            self.gaps += 1
            self.begun = at
        elif silence > 0:
            self.intervals.append(silence)
        self.beats += 1
        self.last = max(self.last, at)


class Presence:
    """All senders of heartbeats."""

    def __init__(self) -> None:
        self._members: OrderedDict[str, _Rhythm] = OrderedDict()
        self.forgotten = 0
        """Members that were too many to remember."""

    def freeze(self) -> Presence:
        """An independent copy."""
        frozen = Presence()
        frozen.forgotten = self.forgotten
        frozen._members = OrderedDict((name, kept.freeze()) for name, kept in self._members.items())
        return frozen

    def update(self, name: str, at: float) -> None:
        """Record a heartbeat at ``at``, seconds since the epoch."""
        if kept := self._members.get(name):
            kept.note(at)
            self._members.move_to_end(name)
            return
        self._members[name] = _Rhythm(at)
        if len(self._members) > MOST:
            self._members.popitem(last=False)
            self.forgotten += 1

    def exclude_until(self, at: float, since: float = -inf) -> None:
        """Exclude a time in which no heartbeat could be received, seconds since the epoch.

        Nobody becomes late by it, and who was lost before it is lost until the next heartbeat.
        """
        for kept in self._members.values():
            if _judged("", kept, since).state == "lost":
                kept.last += at - since
            else:
                kept.last = max(kept.last, at)

    def members(self, now: float) -> list[Member]:
        """All senders as of ``now``: lost first, then late, then by name."""
        found = [_judged(name, kept, now) for name, kept in self._members.items()]
        order = {"lost": 0, "late": 1, "new": 2, "alive": 2}
        return sorted(found, key=lambda member: (order[member.state], member.name))


def _judged(name: str, kept: _Rhythm, now: float) -> Member:
    interval = kept.interval
    state: State = "new"
    since = kept.begun
    if interval is not None:
        silence = (now - kept.last) / max(interval, SHORTEST)
        state = "lost" if silence > LOST else "late" if silence > LATE else "alive"
        if state != "alive":
            since = kept.last + interval
    return Member(name, state, since, kept.last, interval, kept.beats, kept.gaps)


def member_name(pattern: str, subject: str) -> str:
    """The sender's name: the tokens of a subject matched by a pattern's wildcards.

    >>> member_name("arc.agents.*.heartbeat", "arc.agents.agent-07.heartbeat")
    'agent-07'
    >>> member_name("arc.*.agents.>", "arc.eu.agents.a.b"), member_name("arc.x", "arc.x")
    ('eu.a.b', 'arc.x')
    """
    wild = pattern.split(".")
    tokens = subject.split(".")
    named = [token for part, token in zip(wild, tokens, strict=False) if part in ("*", ">")]
    if wild[-1] == ">":
        named += tokens[len(wild) :]
    return ".".join(named) or subject


def wildcards_of(address: str) -> str:
    """The subject of an address, whose wildcards name senders; empty if it has none."""
    parsed = parse_address(address)
    return parsed.subject if isinstance(parsed, Subject | Stream) else ""


def sender_of(message: Message, wildcards: str) -> str:
    """The name of the sender of a heartbeat."""
    if wildcards and message.subject is not None:
        return member_name(wildcards, message.subject)
    return message.key or message.subject or message.address


class Members:
    """All senders of heartbeats, by subject pattern.

    Attributes:
        deaf: Whether no messages could be received now.
        failure: Why.
    """

    def __init__(self) -> None:
        self.deaf = True
        self.failure: Failure | None = None
        self._presence = Presence()
        self._received_until = nan

    def freeze(self) -> Members:
        """An independent copy."""
        frozen = copy(self)
        frozen._presence = self._presence.freeze()
        return frozen

    def update(self, answer: Body, at: float) -> None:
        """Add the heartbeats received until ``at``, Unix seconds, or a failure."""
        if isinstance(answer, Failure):
            self.deaf, self.failure = True, answer
        elif isinstance(answer, Heartbeats):
            if answer.begins:
                self.deaf, self.failure = False, None
                self._presence.exclude_until(at, since=self._received_until)
            self._received_until = at
            for subject in answer.subjects:
                self._presence.update(str(Subject(subject)), at)

    def known(self, now: float) -> list[Member]:
        """The senders expected as of ``now``, Unix seconds; names are addresses."""
        now = self._received_until if self.deaf else now
        return [m for m in self._presence.members(now) if now - m.last < FORGOTTEN]
