"""State of one NATS server, with rates derived from its counters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import copy
from math import nan

from msgspec.structs import replace

from arcwatch.model.nats import (
    JsConsumer,
    JsStream,
    NatsClosed,
    NatsConnections,
    NatsHealth,
    NatsInterest,
    NatsJetStream,
    NatsOpened,
    NatsServer,
)
from arcwatch.model.nats_links import NatsAccounts, NatsLinks
from arcwatch.model.reading import Failure, Reading
from arcwatch.notation.address import Stream
from arcwatch.store.rows import NatsConnectionRow, NatsConsumerRow, NatsServerRow, NatsStreamRow
from arcwatch.store.series.rates import Counted, rates_between
from arcwatch.store.series.samples import BacklogSamples
from arcwatch.store.series.series import SeriesTable

from .accounts import ServerAccounts
from .buckets import NatsBucketRow
from .build_rows import TRAFFIC, Place, connection_row, consumer_row, server_row, stream_row
from .connections import ClosedConnections, OpenedConnection
from .interest import SubjectInterest
from .link_rows import NatsLinkRow
from .links import ServerLinks
from .raft import Trouble, lacks_peers, leads_meta, raft_rows, troubles

STREAM = ("in_msgs",)
CONSUMER = ("delivered", "ack", "backlog", "in_msgs")
"""Fields of the series of a stream and of a consumer; ``in_msgs`` is its stream's."""
MEANWHILE = 0.1
"""Seconds that a server may need to count a stream and its consumers."""
COUNTED = (*TRAFFIC, "stalls")
"""What is counted of a server and of a connection; the past of ``stalls`` is not kept."""

_UNKNOWN = (nan,) * len(COUNTED)
_NO_TRAFFIC = {f"{field}_rate": nan for field in COUNTED}


class NatsServerState:
    """One server.  Fed by :class:`~arcwatch.store.store.Store`, read by screens and verbs."""

    def __init__(self, url: str, context: str = "", called: str = "") -> None:
        self.url = url
        self.context = context
        """The cluster that its addresses name if there are several, else empty."""
        self.called = called
        """Its name among several; else empty."""
        self.calls_itself = ""
        """The name of its cluster as it reports it; empty before the first answer."""
        self.server: NatsServer | None = None
        self.health: NatsHealth | None = None
        self.sick_since: float | None = None
        """Unix seconds; None while it says that it is well."""
        self.total_connections: int | None = None
        """Open connections on the server, of which ``connections`` may be a part."""
        self.connections: tuple[NatsConnectionRow, ...] = ()
        self.streams: tuple[NatsStreamRow, ...] = ()
        self._by_key: tuple[object, dict[str, NatsStreamRow]] = (None, {})
        self.consumers: tuple[NatsConsumerRow, ...] = ()
        self.accounts = ServerAccounts()
        self.links = ServerLinks()
        self.opened = OpenedConnection()
        self.interest = SubjectInterest()
        self.closed = ClosedConnections()
        self.leaderless: dict[tuple[str, str], float] = {}
        """Account and name of each stream that nobody leads, and since when, Unix seconds."""
        self.peers_since: dict[tuple[str, Trouble], float] = {}
        """By RAFT group that this server leads: peers that are not with it, since, Unix seconds."""
        self.traffic = SeriesTable(TRAFFIC)
        """One row, keyed by the address."""
        self.connection_traffic = SeriesTable(TRAFFIC)
        self.stream_rates = SeriesTable(STREAM)
        self.consumer_rates = SeriesTable(CONSUMER)
        self.past = BacklogSamples()
        """By :func:`stream_key` and :func:`consumer_key`."""
        self.traffic.deepen([url])
        self.identified_at = self.answered_at = math.nan
        """When this run of the server was first seen, and when it was last, Unix seconds."""
        self.jetstream_at = math.nan
        """Unix seconds of the last ``/jsz``."""
        self._rates = _UNKNOWN
        self._counted: Counted[str] | None = None
        self._counted_connections: Counted[int] | None = None
        self._counted_streams: Counted[tuple[str, ...]] | None = None

    @property
    def cluster(self) -> str:
        """The cluster's name; empty before the first answer of one that is watched alone."""
        return self.server.cluster if self.server else self.called

    @property
    def prefix(self) -> str:
        """The prefix of its addresses and series keys: its context if there are several."""
        return f"{self.context}::" if self.context else ""

    def address(self, stream: str, consumer: str = "") -> str:
        """The address of a stream, or of a consumer."""
        return self.prefix + str(Stream(stream, consumer=consumer))

    @property
    def name(self) -> str:
        """The server's name, or its address before the first answer."""
        return self.server.server_name if self.server else self.url

    @property
    def neighbours(self) -> frozenset[tuple[str, str]]:
        """What identifies the servers it is linked to."""
        return self.links.neighbours

    @property
    def links_are_known(self) -> bool:
        """Whether all its links are known; most servers have none."""
        server = self.server
        linked = server is not None and (server.routes or server.gateways or server.leafnodes)
        return self.links.are_known or not linked

    def freeze(self) -> NatsServerState:
        """An independent copy."""
        frozen = copy(self)
        frozen.traffic = self.traffic.freeze()
        frozen.connection_traffic = self.connection_traffic.freeze()
        frozen.stream_rates = self.stream_rates.freeze()
        frozen.consumer_rates = self.consumer_rates.freeze()
        frozen.past = self.past.freeze()
        frozen.opened, frozen.closed = self.opened.freeze(), copy(self.closed)
        frozen.interest = self.interest.freeze()
        frozen.links, frozen.accounts = self.links.freeze(), copy(self.accounts)
        return frozen

    @property
    def place(self) -> Place:
        """Names of the cluster and the server."""
        return self.cluster, self.name

    def apply(self, reading: Reading) -> None:
        """Apply one answer of the server, or a failure."""
        body, at = reading.body, reading.at
        match body:
            case NatsServer():
                self.update_server(body, at)
            case NatsHealth():
                self.update_health(body, at)
            case NatsConnections():
                self.update_connections(body, at)
            case NatsJetStream():
                self.update_jetstream(body, at)
                self.sample(reading.steady)
            case NatsLinks():
                self.links.update(body, at, self.place, self.server)
            case NatsAccounts():
                self.accounts.update_traffic(body, self.place)
            case NatsOpened():
                self.update_opened(body, at)
            case NatsInterest():
                self.update_interest(body)
            case NatsClosed():
                self.update_closed(body, at)
            case Failure():
                self.missed(reading.part, body, at)

    def update_server(self, server: NatsServer, at: float) -> None:
        """Apply one ``/varz`` answer, whose middle was at ``at``, Unix seconds."""
        stalls = server.stalled_clients or 0
        totals = (*server.of_clients, stalls)
        counted = Counted(server.server_id, server.now, {self.url: totals})
        self.closed.update_slow(server.server_id, server.slow_consumers)
        self._rates = rates_between(self._counted, counted)[self.url]
        named = self.place
        if self.server is None or self.server.server_id != server.server_id:
            self.identified_at = at
        self.answered_at = at
        self._counted, self.server = counted, server
        self.traffic.push(at, {self.url: self._rates[: len(TRAFFIC)]})
        self._note_peers(at)
        if named != self.place:
            self._rename()

    def update_health(self, health: NatsHealth, at: float) -> None:
        """Apply one ``/healthz`` answer."""
        self.health = health
        self.sick_since = (self.sick_since or at) if health.healthy is False else None

    def update_connections(self, answer: NatsConnections, at: float) -> None:
        """Apply all pages of one ``/connz`` answer."""
        before = self._counted_connections
        since = before.at if before else math.inf
        opened = {c.cid for c in answer.connections if c.start >= since}
        counted = Counted(
            answer.server_id,
            answer.now,
            {
                c.cid: (c.in_msgs, c.out_msgs, c.in_bytes, c.out_bytes, c.stalls or 0)
                for c in answer.connections
            },
        )
        rates = rates_between(before, counted, fresh=opened.__contains__)
        if before:
            same = before.epoch == counted.epoch
            gone = before.totals.keys() - (counted.totals.keys() if same else ())
            self.connection_traffic.forget(map(str, gone))
        self._counted_connections = counted
        self.total_connections = answer.total
        place, report = self.place, self._counts_stalls
        self.connections = tuple(
            [connection_row(place, c, rates[c.cid], report) for c in answer.connections]
        )
        kept = len(TRAFFIC)
        self.connection_traffic.push(at, {str(cid): rate[:kept] for cid, rate in rates.items()})

    def update_opened(self, answer: NatsOpened, at: float) -> None:
        """Apply the answer about one open connection."""
        if answer.cid != self.opened.cid:
            self.opened = OpenedConnection(answer.cid)
        self.opened.update(answer, at, self.place, self._counts_stalls)

    def update_interest(self, answer: NatsInterest) -> None:
        """Apply the answer about one subject."""
        if answer.subject != self.interest.subject:
            self.interest = SubjectInterest(answer.subject)
        self.interest.update(answer, self.place)

    def update_closed(self, answer: NatsClosed, at: float) -> None:
        """Apply the list of recently closed connections."""
        self.closed.update(answer, at, self.place, self._counts_stalls)

    @property
    def _counts_stalls(self) -> bool:
        return bool(self.server and self.server.stalled_clients is not None)

    def update_jetstream(self, answer: NatsJetStream, at: float) -> None:
        """Apply one ``/jsz`` answer."""
        self.jetstream_at = at
        # a server may lead a consumer of a stream that another leads
        report = (*answer.streams, *answer.followed)
        counted = Counted(answer.server_id, answer.now, _jetstream_totals(answer, report))
        rates = rates_between(self._counted_streams, counted)
        self._counted_streams = counted
        cluster = self.cluster
        published_by = {f"{s.account}/{s.stream}": rates[s.account, s.stream][0] for s in report}
        streams = [
            stream_row(
                cluster,
                stream,
                published_by[f"{stream.account}/{stream.stream}"],
                self._version_of(stream),
            )
            for stream in answer.streams
        ]
        consumers = [
            consumer_row(
                cluster, stream, consumer, rates[stream.account, stream.stream, consumer.name]
            )
            for stream in report
            for consumer in stream.consumers
        ]
        self.streams, self.consumers = tuple(streams), tuple(consumers)
        api = {report.account: rates[(report.account,)][0] for report in answer.usage}
        self.accounts.update_usage(answer, api, self.place)
        self._note_peers(at)
        lost = [(row.account, row.stream) for row in streams if row.leaderless]
        self.leaderless = {key: self.leaderless.get(key, at) for key in lost}
        self.stream_rates.push(at, {stream_key(row): (row.in_msgs_rate,) for row in streams})
        waiting = {
            consumer_key(r): (r.delivered_rate, r.ack_rate, r.backlog, published_by[stream_key(r)])
            for r in consumers
        }
        copied = {
            origin_key(row): (row.in_msgs_rate, row.in_msgs_rate, row.lag, nan)
            for row in streams
            if row.origins
        }
        self.consumer_rates.push(at, waiting | copied)

    def _note_peers(self, at: float) -> None:
        """Remember since when peers of the groups that this server leads are not with them."""
        meta = [self.server] if self.server and leads_meta(self.server) else ()
        # of thousands of groups nearly all are well, and have no row made of them here
        streams = [row for row in self.streams if lacks_peers(row.peers)]
        consumers = [row for row in self.consumers if lacks_peers(row.peers)]
        rows = raft_rows(meta, streams, consumers)
        found = [(row.group, trouble) for row in rows for trouble in troubles(row)]
        self.peers_since = {key: self.peers_since.get(key, at) for key in found}

    def _version_of(self, stream: JsStream) -> str:
        """The version of a stream's leader; empty if that is another server."""
        server = self.server
        return server.version if server and stream.leader in ("", server.server_name) else ""

    def stream(self, key: str) -> NatsStreamRow | None:
        """The stream with this :func:`stream_key`, if reported."""
        if self._by_key[0] is not self.streams:
            self._by_key = (self.streams, {stream_key(row): row for row in self.streams})
        return self._by_key[1].get(key)

    def sample(self, steady: float) -> None:
        """Record the backlogs at ``steady``, seconds of a clock that never jumps."""
        if self.past.is_due(steady):
            self.past.update(
                steady,
                {stream_key(row): row.last_seq for row in self.streams},
                {consumer_key(row): row.backlog for row in self.consumers}
                | {origin_key(row): row.lag for row in self.streams if row.origins},
                {stream_key(row) for row in self.consumers if row.backlog > 0},
            )

    def paused(self, at: float) -> None:
        """Discard counters from before ``at``, Unix seconds, so that no rate spans a pause."""
        self._counted = self._counted_connections = self._counted_streams = None
        self._rates = _UNKNOWN
        self.opened.paused()
        self.interest.paused()
        self.accounts.paused()
        self.links.paused(at)
        for table in (
            self.traffic,
            self.connection_traffic,
            self.stream_rates,
            self.consumer_rates,
        ):
            table.gap(at)

    def missed(self, part: str, failure: Failure, at: float) -> None:
        """Add a gap where ``part`` did not answer, and mark its rows as stale."""
        if part == "varz":
            self.traffic.gap(at)
            self._rates = _UNKNOWN
        elif part == "connz":
            self.connection_traffic.gap(at)
            self.connections = tuple(
                replace(r, stale=True, **_NO_TRAFFIC) for r in self.connections
            )
        elif part == "jsz":
            self.stream_rates.gap(at)
            self.consumer_rates.gap(at)
            self.streams = tuple(replace(r, stale=True, in_msgs_rate=nan) for r in self.streams)
            self.consumers = tuple(
                replace(r, stale=True, delivered_rate=nan, ack_rate=nan) for r in self.consumers
            )
            self.accounts.missed(part, self.place)
            self.leaderless, self.peers_since = {}, {}
        elif part == "accounts":
            self.accounts.missed(part, self.place)
        elif part == "links":
            self.links.missed(at)
        elif part == "connection":
            self.opened.failed(failure, at)
        elif part == "interest":
            self.interest.failed(failure, at)
        elif part == "closed":
            self.closed.failed(failure)
        elif part == "healthz":
            self.health = self.sick_since = None

    def row(self, *, stale: bool) -> NatsServerRow | None:
        """The server's own row; None before the first answer."""
        if self.server is None:
            return None
        return server_row(
            self.server,
            self.health,
            self._rates,
            url=self.url,
            streams_led=sum(row.leader == self.name for row in self.streams),
            stale=stale,
        )

    def _rename(self) -> None:
        cluster, name = self.cluster, self.name
        self.connections = tuple(
            replace(r, cluster=cluster, server_name=name) for r in self.connections
        )
        self.accounts.name(self.place)
        self.links.rename(cluster, name)
        self.streams = tuple(replace(r, cluster=cluster) for r in self.streams)
        self.consumers = tuple(replace(r, cluster=cluster) for r in self.consumers)


def all_links(servers: Sequence[NatsServerState]) -> list[NatsLinkRow]:
    """All links; of a gateway with the other server's name, if known."""
    names = {state.server.server_id: state.name for state in servers if state.server}
    rows = [row for state in servers for row in state.links.rows]
    return [replace(row, via=names.get(row.via, "")) if row.via else row for row in rows]


def streams_of(servers: Iterable[NatsServerState]) -> list[NatsStreamRow]:
    """A row for each stream, from its leader."""
    found: dict[tuple[str, ...], NatsStreamRow] = {}
    for row in (row for state in servers for row in state.streams):
        key = (row.cluster, row.account, row.stream)
        # what a server reported before it went silent counts until another leads
        if key not in found or found[key].stale:
            found[key] = row
    return list(found.values())


def leading(servers: Iterable[NatsServerState]) -> list[tuple[NatsServerState, NatsConsumerRow]]:
    """Each consumer once, with the server that reports it.

    Its leader does.  What a server reported before it went silent counts until another leads.
    """
    found: dict[tuple[str, ...], tuple[NatsServerState, NatsConsumerRow]] = {}
    for server in servers:
        for row in server.consumers:
            key = (row.cluster, row.account, row.stream, row.name)
            if key not in found or found[key][1].stale:
                found[key] = (server, row)
    return list(found.values())


def stream_key(row: NatsStreamRow | NatsConsumerRow | NatsBucketRow) -> str:
    """The key of a stream's series within its server: account and name."""
    return f"{row.account}/{row.stream}"


def consumer_key(row: NatsConsumerRow) -> str:
    """The key of a consumer's series within its server."""
    return f"{row.account}/{row.stream}#{row.name}"


def origin_key(row: NatsStreamRow) -> str:
    """The key of a copy's lag among those of consumers."""
    return f"{stream_key(row)}#"


def copies(servers: Iterable[NatsServerState]) -> list[tuple[NatsServerState, NatsStreamRow]]:
    """Each mirror and sourced stream, as reported by its leader."""
    found: dict[tuple[str, ...], tuple[NatsServerState, NatsStreamRow]] = {}
    for server in servers:
        for row in server.streams:
            key = (row.cluster, row.account, row.stream)
            if row.origins and (key not in found or found[key][1].stale):
                found[key] = (server, row)
    return list(found.values())


def stranded(
    servers: Iterable[NatsServerState],
) -> list[tuple[NatsServerState, NatsStreamRow, float]]:
    """Each work queue that holds messages which none of its consumers will get, and how many.

    A consumer gives a message up after its maximum of deliveries, and gets none that its filter
    does not match: a work queue keeps both, and nothing reports them as pending.
    """
    return [found for found in work_queues(servers) if found[2] > 0]


def work_queues(
    servers: Iterable[NatsServerState],
) -> list[tuple[NatsServerState, NatsStreamRow, float]]:
    """Each work queue, and its messages that no consumer expects; ``nan`` if unknown."""
    by_stream: dict[tuple[str, ...], list[NatsConsumerRow]] = {}
    found: dict[tuple[str, ...], tuple[NatsServerState, NatsStreamRow]] = {}
    listed = list(servers)
    for server, row in [(state, row) for state in listed for row in state.streams]:
        key = (row.cluster, row.account, row.stream)
        if row.retention == "workqueue" and (key not in found or found[key][1].stale):
            found[key] = (server, row)
    for _, consumer in leading(listed) if found else ():
        key = (consumer.cluster, consumer.account, consumer.stream)
        by_stream.setdefault(key, []).append(consumer)
    return [(*place, _surplus(place[1], by_stream.get(key, []))) for key, place in found.items()]


def _surplus(row: NatsStreamRow, consumers: Sequence[NatsConsumerRow]) -> float:
    """Messages of a work queue that none of its consumers expects; ``nan`` if unknown."""
    if len(consumers) < row.consumers:
        return nan
    expected = sum(consumer.backlog for consumer in consumers)
    # the server counts the stream first: what is acknowledged meanwhile is in its count alone
    acked = sum(0.0 if consumer.stale else consumer.ack_rate for consumer in consumers)
    return math.floor(row.messages - expected - MEANWHILE * acked) if acked == acked else nan


def _jetstream_totals(
    answer: NatsJetStream, report: Iterable[JsStream]
) -> dict[tuple[str, ...], tuple[float, ...]]:
    """What only grows, by account, stream and consumer."""
    totals: dict[tuple[str, ...], tuple[float, ...]] = {}
    for stream in report:
        totals[stream.account, stream.stream] = (stream.last_seq, 0)
        for consumer in stream.consumers:
            key = (stream.account, stream.stream, consumer.name)
            totals[key] = (consumer.delivered, *_acknowledged(consumer))
    return totals | {(account.account,): (account.api_total,) for account in answer.usage}


def _acknowledged(consumer: JsConsumer) -> tuple[float, float]:
    """Messages delivered and not awaiting acknowledgement, by two counters.

    The floor of acknowledgements stands still for as long as one message misses its own, while
    thousands after it are acknowledged.  Redeliveries move only the first of these counters, and
    what a filter passes over only the second: acknowledgements are at most the less of both.
    """
    waiting = consumer.num_ack_pending
    return consumer.delivered - waiting, consumer.delivered_stream_seq - waiting
