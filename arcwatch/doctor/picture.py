"""All that checks look at: the store, and what a check-up asked besides."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from arcwatch.model.nats import NatsServer
from arcwatch.model.pulsar_settings import (
    BrokerSettings,
    NamespaceSettings,
    NotAsked,
    PulsarSettings,
    TopicSettings,
)
from arcwatch.notation.places import Stream
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.known import Known
from arcwatch.store.rows import NatsConsumerRow, NatsStreamRow

T = TypeVar("T")
LOOPBACK = ("localhost", "::1", "[::1]", "0:0:0:0:0:0:0:1")
UNASKED = NotAsked("the cluster does not answer")


class Picture:
    """One look at everything.

    Args:
        store: After looking twice.
        now: Unix seconds.
        settings: How the Pulsar cluster is set up; None where there is none, or no answer.
        cluster: Its name among several.
        prefix: What its addresses begin with.
    """

    def __init__(
        self,
        store: Known,
        now: float,
        settings: PulsarSettings | None = None,
        cluster: str = "",
        prefix: str = "",
    ) -> None:
        self.store, self.now, self._settings = store, now, settings
        self.cluster, self.prefix = cluster, prefix

    @property
    def settings(self) -> PulsarSettings:
        """How the Pulsar cluster is set up; each part may be unknown."""
        return self._settings or PulsarSettings(UNASKED, UNASKED, UNASKED)

    @property
    def broker(self) -> BrokerSettings | NotAsked:
        """The settings of the broker that was asked."""
        return self.settings.broker

    @property
    def namespaces(self) -> tuple[NamespaceSettings, ...] | NotAsked:
        """The policies of each namespace."""
        return self.settings.namespaces

    @property
    def topics(self) -> tuple[TopicSettings, ...] | NotAsked:
        """Who is connected to the topics that were asked about."""
        return self.settings.topics

    @cached_property
    def servers(self) -> list[NatsServer]:
        """The last ``/varz`` of each NATS server."""
        return [state.server for state in self.store.nats if state.server]

    @cached_property
    def streams(self) -> list[NatsStreamRow]:
        """Every stream, from its leader."""
        return self.store.nats_streams()

    @cached_property
    def consumers(self) -> list[NatsConsumerRow]:
        """Every JetStream consumer, from its leader."""
        return self.store.nats_consumers()

    @cached_property
    def backlogs(self) -> dict[str, BacklogRow]:
        """Backlogs by their address."""
        return {row.address: row for row in self.store.backlogs()}

    @cached_property
    def most_servers(self) -> int:
        """NATS servers of the largest cluster that is looked at."""
        names = [server.cluster for server in self.servers]
        return max((names.count(name) for name in names), default=0)

    def stream_of(self, consumer: NatsConsumerRow) -> NatsStreamRow | None:
        """The stream of a consumer."""
        found = (
            row
            for row in self.streams
            if (row.cluster, row.account, row.stream)
            == (consumer.cluster, consumer.account, consumer.stream)
        )
        return next(found, None)

    def since(self, at: float | None) -> float | None:
        """Seconds since a moment; None where there is none."""
        return None if at is None else max(0.0, self.now - at)


def stream_address(row: NatsStreamRow) -> str:
    """``js:ORDERS``."""
    return str(Stream(row.stream))


def consumer_address(row: NatsConsumerRow) -> str:
    """``js:ORDERS#invoicer``."""
    return str(Stream(row.stream, consumer=row.name))


def is_local(host: str) -> bool:
    """Whether an address can be reached from its own machine alone."""
    return host in LOOPBACK or host.startswith("127.")
