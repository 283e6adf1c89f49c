"""Pulsar on the overview."""

from __future__ import annotations

from typing import ClassVar

from arcwatch.model.reading import System
from arcwatch.store.rows import PulsarBrokerRow
from arcwatch.store.series.rates import known_sum
from arcwatch.text import units

from .system_lane import Direction, Figures, SystemLane


class PulsarLane(SystemLane):
    """Traffic, topics and backlog of all brokers together."""

    SYSTEM: ClassVar[System] = "pulsar"
    TITLE: ClassVar[str] = "Pulsar"

    def figures(self) -> Figures | None:
        brokers = self.showing.store.pulsar_brokers()
        if not brokers:
            return None
        answering = [broker for broker in brokers if not broker.stale]
        listed = sum(len(cluster.listed or ()) for cluster in self.showing.store.pulsar)
        known = max(len(brokers), listed)
        clusters = len({broker.cluster for broker in brokers})
        facts = [
            f"{clusters} clusters" if clusters > 1 else "",
            f"{len(answering)} of {known} brokers" if known > 1 else "",
            " ".join(sorted({broker.version for broker in brokers})[:3]),
            f"up {units.duration(max(b.uptime for b in answering))}" if answering else "",
        ]
        return Figures(facts, *self._flows(brokers), self._more())

    def _flows(self, brokers: list[PulsarBrokerRow]) -> tuple[Direction, Direction]:
        tables = [
            (cluster.broker_rates, broker)
            for cluster in self.showing.store.pulsar
            for broker in cluster.brokers
        ]
        into = Direction(
            "in",
            known_sum([b.msg_rate_in for b in brokers]),
            known_sum([b.throughput_in for b in brokers]),
            tables,
            "msg_rate_in",
        )
        out = Direction(
            "out",
            known_sum([b.msg_rate_out for b in brokers]),
            known_sum([b.throughput_out for b in brokers]),
            tables,
            "msg_rate_out",
            self.showing.tailing.rate_of("pulsar"),
        )
        return into, out

    def _more(self) -> list[str]:
        topics = self.showing.store.pulsar_topics()
        offloaded = sum(topic.offloaded_size for topic in topics)
        messages = sum(topic.backlog_messages for topic in topics)
        text = f"≈ {units.count(messages)} msgs" if messages == messages else "– msgs"
        waits = any(topic.backlog_entries for topic in topics)
        return [
            f"topics {units.whole(len(topics))}",
            f"subs {units.whole(sum(len(topic.subscriptions) for topic in topics))}",
            f"stored {units.size(sum(topic.storage_size for topic in topics))}",
            *([f"offloaded {units.size(offloaded)}"] if offloaded else []),
            f"backlog {text if waits else '0'}",
            *self._twice(),
            *self._cost(),
        ]

    def _twice(self) -> list[str]:
        rate = self.showing.store.replicated_twice
        return [] if rate is None else [f"{units.rate(rate)}/s replicated, counted twice"]

    def _cost(self) -> list[str]:
        contacts = self.showing.store.contacts.values()
        scrapes = [c for c in contacts if c.part == "metrics" and c.answers]
        slowest = max(scrapes, key=lambda c: c.took, default=None)
        return [f"scrape {slowest.took:.2f} s / {units.duration(slowest.every)}"] if slowest else []
