"""Who is in the clusters, what fills up, and what looking costs."""

from __future__ import annotations

from collections.abc import Iterator

from arcwatch.model.reading import System
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import fit
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone

FULLEST = 5
"""Streams, of those with a limit, that are told of."""

MOST = 8
"""Servers that are told of by name."""

NAME = 13
"""Cells of a name."""


class Members(Panel, can_focus=True):
    """Lines about servers, limits and our own requests."""

    def __init__(self) -> None:
        super().__init__(id="members-text")
        self.framed = False

    def tell(self, showing: ViewContext) -> None:
        """Bring the lines up to date."""
        servers = [*_servers(showing)]
        lines = servers[:MOST]
        if len(servers) > MOST:
            lines.append([(f"and {len(servers) - MOST:,} more", "label")])
        lines += _titled("FILLS UP", [*_fullest(showing)])
        lines += _titled("DEAD LETTERS", [*_dead(showing)])
        lines += _titled("OWN REQUESTS", [*_cost(showing)])
        self.show((), lines)


def _titled(title: str, lines: list[Line]) -> list[Line]:
    return [(), [(title, "label")], *lines] if lines else []


def _row(name: str, tone: PanelTone, *told: str) -> Line:
    return [(fit(printable(name), NAME), tone), ("  " + "   ".join(filter(None, told)), "")]


def _servers(showing: ViewContext) -> Iterator[Line]:
    store = showing.store
    for server in store.nats_servers():
        memory = f"cpu {server.cpu:.0f} %   {units.size(server.mem)}"
        yield _row(server.server_name, "nats", server.version, "silent" if server.stale else memory)
    for broker in store.pulsar_brokers():
        heap = f"heap {units.size(broker.heap_used)}"
        yield _row(broker.broker, "pulsar", broker.version, "silent" if broker.stale else heap)
    for bookie in store.pulsar_bookies():
        yield _row(bookie.bookie, "pulsar", "bookie")


def _fullest(showing: ViewContext) -> Iterator[Line]:
    limited = [row for row in showing.store.nats_streams() if row.limit_used is not None]
    limited.sort(key=lambda row: -(row.limit_used or 0.0))
    for row in limited[:FULLEST]:
        used = row.limit_used or 0.0
        tone: PanelTone = "warn" if used > 0.9 else ""
        yield [(fit(printable(row.stream), NAME), "nats"), (f"  {used:.0%} of its limit", tone)]


def _dead(showing: ViewContext) -> Iterator[Line]:
    for row in showing.store.dead_letters()[:FULLEST]:
        yield _row(row.place.rpartition("/")[2], "", f"{units.whole(row.count)}")


def _cost(showing: ViewContext) -> Iterator[Line]:
    systems: tuple[System, ...] = ("nats", "pulsar")
    for system in systems:
        mine = [c for c in showing.store.contacts.values() if c.system == system and c.answers]
        a_second = sum(1 / c.every for c in mine if c.every > 0)
        took = max((c.took for c in mine if c.took == c.took), default=0.0)
        if mine:
            told = f"{units.rate(a_second)}/s   {units.duration(took)} at most"
            yield _row({"nats": "NATS", "pulsar": "Pulsar"}[system], system, told)
