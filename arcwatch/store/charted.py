"""What is charted of each row: which of the series that the store keeps, on which scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .backlog.ranking import short_topic
from .backlog.rows import BacklogRow
from .nats.buckets import NatsBucketRow
from .nats.link_rows import NatsLinkRow
from .nats.links import series_key
from .nats.server import NatsServerState, consumer_key, stream_key
from .pulsar.cluster import PulsarClusterState, replicator_key, subscription_key
from .pulsar.replicator_rows import PulsarReplicatorRow
from .pulsar.tree import PulsarTreeRow
from .rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
    PulsarBrokerRow,
    PulsarSubscriptionRow,
    PulsarTopicRow,
)
from .series.latency_history import LatencyHistory
from .series.latency_rows import LatencyRow
from .series.series import SeriesTable

if TYPE_CHECKING:
    from .store import Store

Field = tuple[str, str]
"""The name of a line, and the field of the series that it is of."""

TRAFFIC: tuple[Field, ...] = (("in msg/s", "in_msgs"), ("out msg/s", "out_msgs"))
"""Of whatever a NATS server counts in both directions."""
RATES: tuple[Field, ...] = (("in msg/s", "msg_rate_in"), ("out msg/s", "msg_rate_out"))
"""Of Pulsar's topics and brokers."""
WAITING: tuple[Field, ...] = (("waiting, entries", "backlog"), ("out msg/s", "msg_rate_out"))
"""Of Pulsar's subscriptions."""

_BACKLOG: tuple[Field, ...] = (("waiting", "backlog"), ("acknowledged msg/s", "ack"))
_CONSUMED: tuple[Field, ...] = (("in msg/s", "in_msgs"), ("acknowledged msg/s", "ack"))

_PERCENTILES: tuple[Field, ...] = (
    ("p99", "p99"),
    ("p50", "p50"),
    ("p90", "p90"),
    ("p99.9", "p999"),
    ("max", "max"),
)


class Charted(NamedTuple):
    """The series of one row."""

    title: str
    table: SeriesTable
    key: str
    lines: Sequence[Field]
    """At most five."""


class ChartedLine(NamedTuple):
    """One line of a chart: where its values are."""

    name: str
    table: SeriesTable
    key: str
    field: str

    @property
    def waits(self) -> bool:
        """Whether it is of what waits: that has no scale in common with what flows."""
        return self.field == "backlog"


def lines_of(charted: Charted | None) -> list[ChartedLine]:
    """The lines of a chart of one row."""
    if charted is None:
        return []
    return [ChartedLine(name, charted.table, charted.key, field) for name, field in charted.lines]


def of_nats(servers: Sequence[NatsServerState], row: Any) -> Charted | None:
    """The series of a row of NATS; None when it has none."""
    for state in servers:
        match row:
            case NatsConnectionRow() if _is_of(state, row):
                title = f"{row.name or '(no name)'}  {row.ip}:{row.port}"
                return Charted(title, state.connection_traffic, str(row.cid), TRAFFIC)
            case NatsStreamRow() | NatsBucketRow() if (
                row.cluster == state.cluster and (key := stream_key(row)) in state.stream_rates
            ):
                return Charted(row.stream, state.stream_rates, key, TRAFFIC[:1])
            case NatsConsumerRow() if (
                row.cluster == state.cluster and (key := consumer_key(row)) in state.consumer_rates
            ):
                return Charted(f"{row.stream}#{row.name}", state.consumer_rates, key, _CONSUMED)
            case NatsLinkRow() if _is_of(state, row):
                title = f"{row.server_name} {row.kind} {row.peer} {row.account}".rstrip()
                return Charted(title, state.links.traffic, series_key(row), TRAFFIC)
            case NatsServerRow() if (row.cluster, row.url) == (state.cluster, state.url):
                return Charted(row.server_name, state.traffic, state.url, TRAFFIC)
    return None


def of_pulsar(clusters: Sequence[PulsarClusterState], row: Any) -> Charted | None:
    """The series of a row of Pulsar; None when it has none."""
    cluster = next((c for c in clusters if c.name == row.cluster), None)
    if cluster is None:
        return None
    match row:
        case PulsarTopicRow() | PulsarTreeRow(kind="topic" | "partition"):
            return Charted(short_topic(row.topic), cluster.topic_rates, row.topic, RATES)
        case PulsarSubscriptionRow():
            title = f"{short_topic(row.topic)}#{row.name}"
            return Charted(title, cluster.subscription_rates, subscription_key(row), WAITING)
        case PulsarReplicatorRow():
            title = f"{short_topic(row.topic)} to {row.remote}"
            return Charted(title, cluster.subscription_rates, replicator_key(row), WAITING)
        case PulsarBrokerRow():
            return Charted(row.broker, cluster.broker_rates, row.broker, RATES)
    return None


def of_backlog(store: Store, row: BacklogRow) -> Charted | None:
    """The series of what waits; None when it has none yet."""
    found = store.backlog_series(row)
    if found is None:
        return None
    lines = WAITING if row.system == "pulsar" else _BACKLOG
    return Charted(row.address, *found, lines)


def of_latency(history: LatencyHistory, row: LatencyRow) -> Charted | None:
    """The percentiles of a distribution; None of what was measured once, and so has no past."""
    found = None if row.measured_once else history.series(row)
    return found and Charted(f"{row.name} {row.place}", *found, _PERCENTILES)


def _is_of(state: NatsServerState, row: NatsConnectionRow | NatsLinkRow) -> bool:
    return (state.cluster, state.name) == (row.cluster, row.server_name)
