"""Latency distributions reported by servers, with a row for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import nan

from msgspec import Struct

from arcwatch.model.latency import WRITE_EDGES, Latency, Way
from arcwatch.model.nats import NatsConnections
from arcwatch.model.pulsar import PulsarBroker
from arcwatch.model.reading import System

PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)
"""Percentiles of a row, the last being the longest."""
DETAILED = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0)
"""Percentiles of a distribution."""
PULSAR_WINDOW = 60.0
"""Seconds that Pulsar's figures are of."""

RTT_NOTE = "last round trip of each connection, up to an hour old"
WRITE_NOTE = "writes to the bookies, in ten buckets of the broker: upper bounds"
PUBLISH_NOTE = "from a message's arrival at the broker until it is acknowledged"


class LatencyRow(Struct, frozen=True):
    """One distribution; figures in seconds, ``nan`` if unreported."""

    system: System
    cluster: str
    name: str
    way: Way
    place: str
    window: float
    """Seconds that the figures are of; ``nan`` is since measuring began, or last measurements."""
    count: float
    p50: float
    p90: float
    p99: float
    p999: float
    max: float
    at_most: bool
    """Whether the figures are upper edges of classes; an infinite one is beyond the last."""
    worst: str
    note: str
    quantiles: tuple[tuple[float, float], ...]
    """Percentile and seconds, as much as is known of the distribution."""
    address: str
    """What the row is known by to rules: ``latency:pulsar write#p1:8080``."""
    spread: tuple[tuple[float, int], ...] = ()
    """Seconds, and how many took about as long."""
    stale: bool = False

    @property
    def measured_once(self) -> bool:
        """Whether the figures are old measurements, repeated with each answer."""
        return self.way == "server" and self.window != self.window


def row_of(system: System, cluster: str, report: Latency, *, stale: bool) -> LatencyRow:
    """The row of a distribution."""
    known = dict(report.quantiles)
    p50, p90, p99, p999, longest = (known.get(percentile, nan) for percentile in PERCENTILES)
    return LatencyRow(
        system,
        cluster,
        report.name,
        report.way,
        report.place,
        nan if report.window is None else report.window,
        nan if report.count is None else report.count,
        p50,
        p90,
        p99,
        p999,
        longest,
        report.at_most,
        report.worst,
        report.note,
        report.quantiles,
        f"latency:{report.name}#{report.place}",
        report.spread,
        stale,
    )


def of_broker(page: PulsarBroker) -> list[Latency]:
    """A broker's latencies of publishing and writing; without those that did not occur lately."""
    report, found = page.latencies, []
    if report.publish:
        found.append(
            Latency(
                "pulsar publish",
                "server",
                page.broker,
                report.publish,
                window=PULSAR_WINDOW,
                note=PUBLISH_NOTE,
                spread=_spread_of(report.publish),
            )
        )
    if any(report.writes):
        pairs = zip(WRITE_EDGES, report.writes, strict=True)
        found.append(
            Latency(
                "pulsar write",
                "server",
                page.broker,
                write_quantiles(report.writes, DETAILED),
                count=sum(report.writes),
                window=PULSAR_WINDOW,
                at_most=True,
                worst=report.slowest,
                note=WRITE_NOTE,
                spread=tuple([(edge, count) for edge, count in pairs if count]),
            )
        )
    return found


def of_connections(server: str, answer: NatsConnections) -> list[Latency]:
    """The last round trips of a server's connections; none before one was measured."""
    measured = [(c.rtt, c.name or c.ip, c.cid) for c in answer.connections if c.rtt]
    if not measured:
        return []
    ranked = sorted([rtt for rtt, _, _ in measured])
    longest, name, cid = max(measured)
    rtts = Latency(
        "nats rtt",
        "server",
        server,
        ranked_quantiles(ranked),
        count=len(ranked),
        worst=f"{name}#{cid}" if longest else "",
        note=RTT_NOTE,
        spread=tuple([(rtt, 1) for rtt in ranked]),
    )
    return [rtts]


def ranked_quantiles(
    ranked: Sequence[float], percentiles: Iterable[float] = DETAILED
) -> tuple[tuple[float, float], ...]:
    """Percentiles of sorted samples: the sample of that rank, without interpolation.

    >>> ranked_quantiles([1.0, 2.0, 3.0, 4.0], (50.0, 90.0))
    ((50.0, 2.0), (90.0, 4.0))
    """
    last = len(ranked) - 1
    # the least rank that is not below the share, without the error of multiplying
    ranks = ((p, -(-round(p * 100) * len(ranked) // 10_000) - 1) for p in percentiles)
    return tuple([(p, ranked[max(0, min(last, rank))]) for p, rank in ranks])


def write_quantiles(
    writes: Sequence[int], percentiles: Iterable[float] = PERCENTILES
) -> tuple[tuple[float, float], ...]:
    """The upper edge of each percentile's class; infinite beyond the last.

    >>> write_quantiles((0, 8, 0, 2, 0, 0, 0, 0, 0, 0), (50.0, 99.0))
    ((50.0, 0.001), (99.0, 0.01))
    """
    total, found = sum(writes), []
    for percentile in percentiles if total else ():
        rank, seen = percentile / 100 * total, 0
        for count, edge in zip(writes, WRITE_EDGES, strict=True):
            seen += count
            if count and seen >= rank:
                found.append((percentile, edge))
                break
    return tuple(found)


def _spread_of(quantiles: Sequence[tuple[float, float]]) -> tuple[tuple[float, int], ...]:
    """Shares of ten thousand between reported percentiles, each at its upper end."""
    below, found = 0.0, []
    for percentile, value in quantiles:
        found.append((value, round((percentile - below) * 100)))
        below = percentile
    return tuple(found)
