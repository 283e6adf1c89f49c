"""Who is in the clusters, what fills up, and what looking costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from arcwatch.model.reading import System
from arcwatch.store.nats.services import NatsServiceRow
from arcwatch.store.series.rates import known_sum
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.problems import of_cluster, without_cluster
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import fit
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone

from .latency_lane import REPLIES

FULLEST = 5
"""Streams with a limit that are listed, at most."""

MOST = 8
"""Servers that are listed by name, at most."""

OLD = 15.0
"""Age in seconds from which on the time of services' figures is shown."""

NAME = 13
"""Cells of a name."""


class Members(Panel, can_focus=True):
    """Lines about servers, limits and our own requests."""

    def __init__(self) -> None:
        super().__init__(id="members-text")

    def update_from(self, showing: ViewContext) -> None:
        """Bring the lines up to date."""
        servers = [*_servers(showing)]
        lines = servers[:MOST]
        if len(servers) > MOST:
            lines.append([(f"and {len(servers) - MOST:,} more", "label")])
        lines += _titled("FILLS UP", [*_fullest(showing)])
        lines += _titled("DEAD LETTERS", [*_dead(showing)])
        lines += _titled("REQUESTS", [*_requests(showing)])
        lines += _titled("OWN REQUESTS", [*_cost(showing)])
        if len(lines) > self.size.height:
            lines = [line for line in lines if line]
        self.show(lines)


def _titled(title: str, lines: list[Line]) -> list[Line]:
    return [(), [(title, "label")], *lines] if lines else []


def _row(name: str, tone: PanelTone, *facts: str) -> Line:
    return [(fit(printable(name), NAME), tone), ("  " + "   ".join(filter(None, facts)), "")]


def _servers(showing: ViewContext) -> Iterator[Line]:
    store = showing.store
    for server in store.nats_servers():
        memory = f"cpu {server.cpu:.0f} %   {units.size(server.mem)}"
        name = of_cluster(showing, server.cluster) + server.server_name
        yield _row(name, "nats", server.version, "silent" if server.stale else memory)
    for broker in store.pulsar_brokers():
        heap = f"heap {units.size(broker.heap_used)}"
        name = of_cluster(showing, broker.cluster) + broker.broker
        yield _row(name, "pulsar", broker.version, "silent" if broker.stale else heap)
    for bookie in store.pulsar_bookies():
        yield _row(bookie.bookie, "pulsar", "bookie")


def _fullest(showing: ViewContext) -> Iterator[Line]:
    limited = [row for row in showing.store.nats_streams() if row.limit_used is not None]
    limited.sort(key=lambda row: -(row.limit_used or 0.0))
    for row in limited[:FULLEST]:
        used = row.limit_used or 0.0
        tone: PanelTone = "warn" if used > 0.9 else ""
        name = of_cluster(showing, row.cluster) + row.stream
        yield [(fit(printable(name), NAME), "nats"), (f"  {used:.0%} of its limit", tone)]


def _dead(showing: ViewContext) -> Iterator[Line]:
    for row in showing.store.dead_letters()[:FULLEST]:
        name = of_cluster(showing, row.cluster) + without_cluster(row.place).rpartition("/")[2]
        yield _row(name, "", f"{units.whole(row.count)}")


def _requests(showing: ViewContext) -> Iterator[Line]:
    """The services' last figures, and replies that a tail has timed: neither is requested here."""
    services, latencies = showing.store.services, showing.store.latencies
    at = services.answered_at
    for (cluster, subject), rows in _by_subject(services.rows)[:FULLEST]:
        name = of_cluster(showing, cluster) + subject
        yield from _replies(name, f"{units.rate(_sum(rows))}/s", *_work(rows))
    if at is not None and showing.store.now - at > OLD:
        yield [(f"services polled {units.duration(showing.store.now - at)} ago", "label")]
    timed = [row for row in latencies.rows(showing.store.now) if row.name == REPLIES]
    for row in timed[:FULLEST]:
        times = f"p50 {units.duration(row.p50)}", f"p99 {units.duration(row.p99)}"
        yield from _replies(row.place, *times)


def _replies(name: str, *facts: str) -> Iterator[Line]:
    yield [(printable(name), "nats")]
    yield [("  " + "   ".join(filter(None, facts)), "")]


def _work(rows: Sequence[NatsServiceRow]) -> Iterator[str]:
    busy = [row for row in rows if row.rate > 0 and row.recent == row.recent]
    if busy:
        took = sum(row.rate * row.recent for row in busy) / sum(row.rate for row in busy)
        yield f"mean {units.duration(took)}"
    if errors := sum(row.errors for row in rows):
        yield f"errors {units.whole(errors)}"


def _by_subject(
    rows: Iterable[NatsServiceRow],
) -> list[tuple[tuple[str, str], list[NatsServiceRow]]]:
    """Endpoints by cluster and subject of their requests, the busiest first."""
    found: dict[tuple[str, str], list[NatsServiceRow]] = {}
    for row in rows:
        found.setdefault((row.cluster, row.subject), []).append(row)
    return sorted(found.items(), key=lambda item: -_sum(item[1]))


def _sum(rows: Iterable[NatsServiceRow]) -> float:
    return known_sum([row.rate for row in rows])


def _cost(showing: ViewContext) -> Iterator[Line]:
    systems: tuple[System, ...] = ("nats", "pulsar")
    for system in systems:
        mine = [c for c in showing.store.contacts.values() if c.system == system and c.answers]
        a_second = sum(1 / c.every for c in mine if c.every > 0)
        took = max((c.took for c in mine if c.took == c.took), default=0.0)
        if mine:
            cost = f"{units.rate(a_second)}/s   {units.duration(took)} at most"
            yield _row({"nats": "NATS", "pulsar": "Pulsar"}[system], system, cost)
