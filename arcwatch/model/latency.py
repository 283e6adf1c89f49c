"""A latency distribution, as one source reported or measured it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Way: TypeAlias = Literal["server", "probe", "tail"]
"""Reported by a server, or measured with our own messages or those of a tail."""


class Latency(Struct, frozen=True, tag="latency"):
    """One distribution over one window.

    Percentiles of different sources, or of different windows, can be neither added nor averaged:
    each is shown beside what it is of.
    """

    name: str
    """``pulsar write``, ``nats rtt``, ``nats publish``, …"""
    way: Way
    place: str
    """A server, a broker, or an address."""
    quantiles: tuple[tuple[float, float], ...]
    """Percentile and seconds, ascending; percentiles that were not reported are left out."""
    count: int | None = None
    """How many were taken; None where that is not reported."""
    window: float | None = None
    """Seconds that it is of: the newest such window that is over; None is since it began, or, of
    what a server remembers, as of its last measurement."""
    at_most: bool = False
    """Whether the figures are the upper edges of what was counted in classes."""
    worst: str = ""
    """Who was slowest: a connection, a topic, a producer."""
    note: str = ""
    """What has to be known to read it: whose clocks, what was left out."""
    recent: tuple[tuple[float, float], ...] | None = None
    """The same of the last seconds alone, where ``quantiles`` are since it began."""
    spread: tuple[tuple[float, int], ...] = ()
    """Seconds, and how many took about as long, of the last seconds alone."""

    def at(self, percentile: float) -> float | None:
        """Seconds at a percentile; None if it was not reported."""
        return dict(self.quantiles).get(percentile)


class PulsarLatencies(Struct, frozen=True, gc=False):
    """The figures of one ``/metrics/`` page, each of the broker's last 60 s and no counter."""

    publish: tuple[tuple[float, float], ...] = ()
    """``pulsar_broker_publish_latency``, percentile and seconds: from a message's arrival at the
    broker to its acknowledgement."""
    writes: tuple[int, ...] = ()
    """``pulsar_storage_write_latency_*``, summed over topics: entries in each of
    :data:`WRITE_EDGES`."""
    slowest: str = ""
    """The topic with the most entries in the last of the classes that has any."""


WRITE_EDGES = (0.0005, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 1.0, float("inf"))
"""Upper edges, in seconds, of the classes in which Pulsar counts (``TopicStats`` of 4.0)."""
