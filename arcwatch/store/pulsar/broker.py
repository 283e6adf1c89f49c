"""State of one Pulsar broker and its loaded topics, with rates."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from arcwatch.model.pulsar import PulsarBroker, PulsarHealth, Topic
from arcwatch.notation.topic_names import is_internal
from arcwatch.store.rows import PulsarBrokerRow
from arcwatch.store.series.rates import Counted, known_sum, rates_between

BROKER = ("msg_rate_in", "msg_rate_out", "throughput_in", "throughput_out")
"""Fields of the series of a broker, and the first ones of a topic's."""

_UNKNOWN = (nan,) * len(BROKER)


class Part(NamedTuple):
    """One topic or partition on one broker, with its rates per second."""

    topic: Topic
    rates: tuple[float, ...]
    """As :data:`BROKER`."""
    out_rates: dict[str, tuple[float, ...]]
    """Messages and bytes dispatched per second, by subscription."""
    stale: bool
    limited: frozenset[tuple[str, str]] = frozenset()
    """Subscriptions and whose dispatch rate has made each wait since the last page; of producers,
    which a publish rate has, the subscription is empty."""


class PulsarBrokerState:
    """One broker and its loaded topics.

    Args:
        broker: ``host:port`` as in the cluster's broker list.
    """

    def __init__(self, broker: str) -> None:
        self.broker = broker
        self.page: PulsarBroker | None = None
        self.health: PulsarHealth | None = None
        self.unready_since: float | None = None
        """Unix seconds; None while it says that it is ready."""
        self.mute_since: float | None = None
        """The same of a broker that reports no topics."""
        self.at = nan
        self.stale = False
        """Whether the broker has not answered since it reported these parts."""
        self.parts: tuple[Part, ...] = ()
        self._waits: dict[str, dict[tuple[str, str], float]] = {}
        self._counted: Counted[str] | None = None
        self._counted_out: Counted[tuple[str, str]] | None = None
        self.function_rates: dict[tuple[str, str, str], tuple[float, ...]] = {}
        """Of functions: received, processed, failed, and of latency the sum and the count."""
        self._counted_functions: Counted[tuple[str, str, str]] | None = None

    def update_page(self, page: PulsarBroker, at: float, steady: float) -> None:
        """Apply one metrics page, whose middle was at ``at`` (shown) and ``steady`` (divided by).

        The broker's own clock is divided by instead, where the page has it.
        """
        epoch = f"{page.started} {page.clock is None}"
        counted_at = steady if page.clock is None else page.clock
        counted = Counted(
            epoch, counted_at, {t.name: (t.in_messages, t.in_bytes) for t in page.topics}
        )
        counted_out = Counted(
            epoch,
            counted_at,
            {
                (topic.name, sub.name): (sub.out_messages, sub.out_bytes)
                for topic in page.topics
                for sub in topic.subscriptions
            },
        )
        # a topic that this broker had not loaded when it was asked before counts from zero
        rates = rates_between(self._counted, counted, fresh=lambda key: True)
        out = rates_between(self._counted_out, counted_out, fresh=lambda key: True)
        self._counted, self._counted_out = counted, counted_out
        before, self._waits = self._waits, {t.name: w for t in page.topics if (w := _waits(t))}
        is_new = self.page is None or self.page.started != page.started
        self._count_functions(page, counted)
        self.page, self.at, self.stale = page, at, False
        self.mute_since = None if page.topic_metrics else self.mute_since or at
        self.parts = tuple([_part(topic, rates[topic.name], out) for topic in page.topics])
        if self._waits and not is_new:
            self.parts = tuple(_limited(part, before, self._waits) for part in self.parts)

    def _count_functions(self, page: PulsarBroker, counted: Counted[str]) -> None:
        totals = {
            (one.kind, one.name, one.instance): (
                *(one.received, one.processed, one.failed),
                *(one.latency, one.latency_count),
            )
            for one in page.functions
        }
        after = Counted(counted.epoch, counted.at, totals)
        self.function_rates = rates_between(self._counted_functions, after, fresh=lambda key: True)
        self._counted_functions = after

    def update_health(self, health: PulsarHealth, at: float) -> None:
        """Apply its readiness, reported at ``at``, Unix seconds."""
        self.health = health
        self.unready_since = (self.unready_since or at) if health.healthy is False else None

    def paused(self) -> None:
        """Discard the previous counters, so that no rate spans a pause."""
        self._counted = self._counted_out = self._counted_functions = None

    def missed(self) -> None:
        """Mark the broker's figures as stale and its rates as unknown."""
        self.stale, self.function_rates = True, {}
        self.parts = tuple(
            part._replace(
                rates=_UNKNOWN, out_rates=dict.fromkeys(part.out_rates, (nan, nan)), stale=True
            )
            for part in self.parts
        )

    def totals(self) -> tuple[float, ...]:
        """:data:`BROKER`, summed over the topics whose rate is known."""
        if self.page is None or not self.page.topic_metrics:
            return _UNKNOWN
        if not self.parts:
            return _UNKNOWN if self.stale else (0.0,) * len(BROKER)
        return tuple(
            known_sum(column) for column in zip(*(p.rates for p in self.parts), strict=True)
        )

    def _topics(self) -> int:
        return sum(not is_internal(part.topic.name) for part in self.parts)

    def row(self, *, stale: bool, until: float | None = None) -> PulsarBrokerRow | None:
        """The broker's own row; None before its first page.

        Args:
            until: When its certificate ends, Unix seconds.
        """
        page = self.page
        if page is None:
            return None
        rate_in, rate_out, throughput_in, throughput_out = self.totals()
        healthy = self.health.healthy if self.health else None
        return PulsarBrokerRow(
            cluster=page.cluster,
            broker=self.broker,
            version=page.version,
            healthy=None if healthy is None else healthy and not stale,
            topics=self._topics() if page.topic_metrics else None,
            msg_rate_in=rate_in,
            msg_rate_out=rate_out,
            throughput_in=throughput_in,
            throughput_out=throughput_out,
            uptime=self.at - page.started if page.started else nan,
            heap_used=page.heap_used,
            heap_max=page.heap_max,
            direct_used=page.direct_used,
            direct_max=page.direct_max,
            tls_cert_not_after=until,
            stale=stale,
        )


def _waits(topic: Topic) -> dict[tuple[str, str], float]:
    """How often a limit throttled a client, by subscription and owner of the limit."""
    found = {(sub.name, whose): n for sub in topic.subscriptions for whose, n in sub.throttled if n}
    return found | ({("", "publish"): topic.publish_limited} if topic.publish_limited else {})


def _limited(
    part: Part,
    before: dict[str, dict[tuple[str, str], float]],
    now: dict[str, dict[tuple[str, str], float]],
) -> Part:
    name = part.topic.name
    old = before.get(name, {})
    grown = [key for key, count in now.get(name, {}).items() if count > old.get(key, 0.0)]
    return part._replace(limited=frozenset(grown)) if grown else part


def _part(
    topic: Topic, rates: tuple[float, ...], out: dict[tuple[str, str], tuple[float, ...]]
) -> Part:
    """A part whose outgoing rate is the sum over its subscriptions.

    Their sum is no counter: it falls when a reader, which is one of them, goes away.
    """
    out_rates = {sub.name: out[topic.name, sub.name] for sub in topic.subscriptions}
    if len(out_rates) == 1:
        messages, size = next(iter(out_rates.values()))
    elif out_rates:
        messages, size = (sum(column) for column in zip(*out_rates.values(), strict=True))
    else:
        # 0, or not known where nothing is
        messages, size = (0.0 * rate for rate in rates)
    return Part(topic, (rates[0], messages, rates[1], size), out_rates, False)
