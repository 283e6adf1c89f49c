"""The links of one NATS server, with rates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import copy
from math import nan

from msgspec.structs import replace

from arcwatch.model.nats import NatsServer
from arcwatch.model.nats_links import LinkAnswer, LinkKind, NatsLink, NatsLinks
from arcwatch.store.series.rates import Counted, rates_between
from arcwatch.store.series.series import SeriesTable

from .build_rows import TRAFFIC, Place
from .link_rows import LinkKey, NatsLinkRow, link_key, link_row, missing_row

_UNKNOWN = {f"{field}_rate": nan for field in TRAFFIC}


class ServerLinks:
    """The neighbours reported by one server."""

    def __init__(self) -> None:
        self.rows: tuple[NatsLinkRow, ...] = ()
        self.traffic = SeriesTable(TRAFFIC)
        """One row for each neighbour, by :func:`series_key`."""
        self.missing: dict[tuple[LinkKind, str], float] = {}
        """What is configured and not connected, and since when, Unix seconds."""
        self.are_known = False
        """Whether the server has reported them."""
        self.neighbours: frozenset[tuple[str, str]] = frozenset()
        """Ids of servers, names of clusters behind gateways, and names of leaf nodes' servers."""
        self._counted: dict[LinkKind, Counted[int]] = {}
        self._series: set[str] = set()

    def freeze(self) -> ServerLinks:
        """An independent copy."""
        frozen = copy(self)
        frozen.traffic = self.traffic.freeze()
        return frozen

    def update(self, answer: NatsLinks, at: float, place: Place, server: NatsServer | None) -> None:
        """Apply all links, reported at ``at``, Unix seconds."""
        links = [link for report in answer.answers for link in report.links]
        self.are_known, self.neighbours = True, frozenset(map(_neighbour, links))
        rows = [
            row
            for report in answer.answers
            for row in self._update(answer.server_id, report, place)
        ]
        self._counted = {k: self._counted[k] for k in (report.kind for report in answer.answers)}
        lost = list(_missing(rows, server))
        self.missing = {key: self.missing.get(key, at) for key in lost}
        self.rows = tuple(rows + [missing_row(place, *key) for key in lost])
        series = {series_key(row): _rates(row) for row in rows}
        self.traffic.forget(self._series - series.keys())
        self._series = set(series)
        self.traffic.push(at, series)

    def _update(self, server_id: str, report: LinkAnswer, place: Place) -> Iterator[NatsLinkRow]:
        before = self._counted.get(report.kind)
        since = before.at if before else math.inf
        fresh = {
            link.cid for link in report.links if link.start is not None and link.start >= since
        }
        totals = {c.cid: (c.in_msgs, c.out_msgs, c.in_bytes, c.out_bytes) for c in report.links}
        counted = Counted(server_id, report.now, totals)
        # a connection that is new was opened in place of another, or beside it: it began at zero
        rates = rates_between(before, counted, fresh=fresh.__contains__)
        self._counted[report.kind] = counted
        groups: dict[LinkKey, list[NatsLink]] = {}
        for link in report.links:
            groups.setdefault(link_key(link), []).append(link)
        yield from (link_row(place, links, rates) for links in groups.values())

    def paused(self, at: float) -> None:
        """Discard the previous counters and add a gap."""
        self._counted = {}
        self.traffic.gap(at)

    def missed(self, at: float) -> None:
        """Add a gap and mark the rows as stale."""
        self.traffic.gap(at)
        self.rows = tuple(replace(row, stale=True, **_UNKNOWN) for row in self.rows)
        self.missing = {}

    def rename(self, cluster: str, name: str) -> None:
        """Update the server's name in rows built before it was known."""
        self.rows = tuple(replace(row, cluster=cluster, server_name=name) for row in self.rows)


def series_key(row: NatsLinkRow) -> str:
    """The key of a link's series within its server."""
    return f"{row.kind} {row.peer} {row.account}"


def _rates(row: NatsLinkRow) -> tuple[float, ...]:
    return row.in_msgs_rate, row.out_msgs_rate, row.in_bytes_rate, row.out_bytes_rate


def _missing(rows: list[NatsLinkRow], server: NatsServer | None) -> Iterator[tuple[LinkKind, str]]:
    if server is None:
        return
    linked = {row.peer for row in rows if row.kind == "gateway"}
    yield from (("gateway", name) for name in server.remote_clusters if name not in linked)
    joined = sum(row.kind == "leaf" and row.solicited for row in rows)
    if joined < server.leaf_remotes:
        # servers do not report which of them
        yield "leaf", f"{server.leaf_remotes - joined} of {server.leaf_remotes} remotes"


def _neighbour(link: NatsLink) -> tuple[str, str]:
    match link.kind:
        case "route":
            return "id", link.peer_id
        case "gateway":
            return "cluster", link.peer
        case "leaf":
            return "leaf", link.peer
