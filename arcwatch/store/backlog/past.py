"""Past figures of each backlog, kept across restarts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import nan
from statistics import fmean
from struct import Struct as Layout
from typing import NamedTuple

from msgspec import Struct

from arcwatch.notation.topic_names import is_internal
from arcwatch.store.nats.server import NatsServerState, consumer_key, leading
from arcwatch.store.pulsar.cluster import PulsarClusterState, subscription_key

from .rows import BacklogRow

SLOT = 600.0
"""Seconds that one figure covers."""
SLOTS = 8 * 144
"""Most figures of a backlog: eight days."""
MOST = 500
"""Most backlogs."""
LONGEST = 2_000
"""Most characters of a key."""
LARGEST = 1e30
"""Figures from here on do not fit into four bytes, and count as unknown."""

DAY = 86_400.0

DAYS = ((1, "yesterday"), (7, "last week"))
"""What today is compared with: the first of them that is known."""

_PAIR = Layout("<ff")
_UNKNOWN = _PAIR.pack(nan, nan)
_SERVER_ID = re.compile(r"N[A-Z2-7]{55}")
"""The name of a server without one: another after each start."""


class PastFigures(NamedTuple):
    """Two figures of a backlog: entries (Pulsar) or messages, and messages per second."""

    waiting: float = nan
    in_rate: float = nan


class EarlierFigures(NamedTuple):
    """The figures of an earlier day."""

    day: str
    """``yesterday``."""
    figures: PastFigures


class Track(Struct):
    """The figures of one backlog, one a slot, as pairs of 4-byte floats; ``nan`` is unknown."""

    first: int
    """The slot of the first figure: Unix seconds divided by :data:`SLOT`."""
    figures: bytearray

    def __len__(self) -> int:
        return len(self.figures) // _PAIR.size

    @property
    def last(self) -> int:
        """The slot of the last."""
        return self.first + len(self) - 1

    def put(self, slot: int, waited: PastFigures) -> None:
        """Add the figures of a slot, unless they are known, and drop those that are too old."""
        if slot < self.first:
            return
        self.figures += _UNKNOWN * (min(slot - self.last, SLOTS) if slot > self.last else 0)
        self.first = max(self.first, slot - len(self) + 1)
        if (old := len(self) - SLOTS) > 0:
            del self.figures[: old * _PAIR.size]
            self.first += old
        if self.at(slot).waiting != self.at(slot).waiting:
            sound = (value if 0 <= value < LARGEST else nan for value in waited)
            _PAIR.pack_into(self.figures, (slot - self.first) * _PAIR.size, *sound)

    def at(self, slot: int) -> PastFigures:
        """The figures of a slot."""
        if not self.first <= slot <= self.last:
            return PastFigures()
        pair = _PAIR.unpack_from(self.figures, (slot - self.first) * _PAIR.size)
        return PastFigures(*(value if 0 <= value < LARGEST else nan for value in pair))

    def is_sound(self, now: int) -> bool:
        """Whether arcwatch can have written it by slot ``now``, and it is not all too old."""
        whole = 0 < len(self) <= SLOTS and not len(self.figures) % _PAIR.size
        return whole and now - SLOTS < self.last <= now


class Past:
    """The figures of all backlogs of a context."""

    def __init__(self, tracks: Mapping[str, Track] | None = None, now: float = 0.0) -> None:
        slot = int(now // SLOT)
        sound = {
            key: track
            for key, track in (tracks or {}).items()
            if len(key) <= LONGEST and track.is_sound(slot)
        }
        self.tracks = _bounded(sound)

    def put(self, slot: int, figures: Mapping[str, PastFigures]) -> None:
        """Add the figures of a slot; of new backlogs, those with the most messages waiting."""
        known = [one for one in figures.items() if one[1].waiting >= 0 and len(one[0]) <= LONGEST]
        for key, waited in sorted(known, key=lambda one: -one[1].waiting):
            self.tracks.setdefault(key, Track(slot, bytearray())).put(slot, waited)
        self.tracks = _bounded(self.tracks)

    def earlier(self, row: BacklogRow, now: float) -> EarlierFigures | None:
        """What waited at this time, within ten minutes, a day or else a week before ``now``."""
        track = self.tracks.get(key_of(row))
        if track is None:
            return None
        for days, day in DAYS:
            slot = int((now - days * DAY) // SLOT)
            found = mean_of([track.at(slot + step) for step in (-1, 0, 1)])
            if found.waiting == found.waiting:
                return EarlierFigures(day, found)
        return None


def key_of(row: BacklogRow) -> str:
    """The key of a ranked backlog."""
    series = row.series if row.system == "pulsar" else row.series.partition(" ")[2]
    return _key(row.system, row.cluster, series)


def figures_now(
    servers: Iterable[NatsServerState], clusters: Iterable[PulsarClusterState]
) -> dict[str, PastFigures]:
    """What waits now for each subscription and consumer, even if that is nothing."""
    found: dict[str, PastFigures] = {}
    for key, waited in _every(servers, clusters):
        # two of one name cannot be told apart
        found[key] = PastFigures() if key in found else waited
    return found


def mean_of(figures: Sequence[PastFigures]) -> PastFigures:
    """The mean of the known values of each figure."""
    each = ([value for value in values if value == value] for values in zip(*figures, strict=True))
    return PastFigures(*(fmean(known) if known else nan for known in each))


def _every(
    servers: Iterable[NatsServerState], clusters: Iterable[PulsarClusterState]
) -> Iterator[tuple[str, PastFigures]]:
    for cluster in clusters:
        for topic in cluster.topics:
            for sub in () if topic.stale or is_internal(topic.topic) else topic.subscriptions:
                key = _key("pulsar", sub.cluster, cluster.prefix + subscription_key(sub))
                yield key, PastFigures(sub.waiting_entries, topic.msg_rate_in)
    for server, consumer in leading(servers):
        if not consumer.stale:
            series = consumer_key(consumer)
            rate = server.consumer_rates.latest(series, "in_msgs")
            yield _key("js", consumer.cluster, series), PastFigures(consumer.backlog, rate)


def _key(system: str, cluster: str, series: str) -> str:
    return f"{system} {'' if _SERVER_ID.fullmatch(cluster) else cluster} {series}"


def _bounded(tracks: dict[str, Track]) -> dict[str, Track]:
    """The most recent ones, and among these the ones with the longest past."""
    if len(tracks) <= MOST:
        return tracks
    return dict(sorted(tracks.items(), key=lambda one: (-one[1].last, one[1].first))[:MOST])
