"""A broker's ``/metrics/`` page -> model.  Sans-IO: pieces of the page in, one broker out.

Names and labels are those of Pulsar 4.0 (``TopicStats`` and ``MetricsExports`` of
``pulsar-broker``).  Topics that serve only the broker's own housekeeping are kept.
A count that the page does not give, or that cannot be, is ``nan``, a moment ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from math import nan
from typing import Any, TypeAlias

from msgspec.structs import replace

from arcwatch.errors import WireError
from arcwatch.model.pulsar import Coordinator, PulsarBroker, Replicator, Subscription, Topic
from arcwatch.notation.own_names import is_ours

from .numbers import BEYOND, seconds_of
from .prometheus import Exposition
from .pulsar_functions import KNOWN, METRICS, functions_of
from .pulsar_latency import LATENCIES, latencies_of
from .pulsar_offloads import OFFLOADS, offloads_of

FASTEST = 1e18
"""Per second; sums of thousands of such stay finite."""
_OTHERS = {"consumer_name", "consumer_id", "remote_cluster", "reason"}
"""Labels of what is neither a topic nor a subscription.  With
``exposeConsumerLevelMetricsInPrometheus``, ``pulsar_out_*_total`` also counts by consumer, under
the same name."""

_Samples: TypeAlias = Mapping[str, dict[int, float]]
_Labels: TypeAlias = list[dict[str, str]]
_Places: TypeAlias = dict[str, dict[str | None, int]]


class MetricsPage:
    """One page, fed as it streams in.  Holds a line and the numbers, never the page."""

    def __init__(self) -> None:
        self._page = Exposition(NAMES, sparse=_SPARSE)

    def feed(self, chunk: bytes) -> None:
        """Read the next piece, cut anywhere."""
        self._page.feed(chunk)

    def finish(self, broker: str) -> PulsarBroker:
        """The broker that this page was about.

        Args:
            broker: ``host:port`` as in the cluster's broker list.
        """
        page = self._page
        page.close()
        labels, samples = page.labels, page.samples
        places = _places(labels, samples)
        about = _about(labels, samples)
        if not about and not places:
            proxy = samples["pulsar_proxy_active_connections"]
            raise WireError(
                "not the metrics of a Pulsar broker",
                why="a Pulsar proxy wrote this" if proxy else "pulsar_version_info is missing",
                hint="give a broker's own web service; a proxy passes on all but the metrics",
            )
        heap = [number for number, found in enumerate(labels) if found.get("area") == "heap"]
        return PulsarBroker(
            broker=broker,
            cluster=about.get("cluster", ""),
            version=about.get("version", ""),
            started=_first(samples["process_start_time_seconds"].values()),
            heap_used=_size(_at(samples["jvm_memory_bytes_used"], heap)),
            heap_max=_size(_at(samples["jvm_memory_bytes_max"], heap)),
            direct_used=_size(samples["jvm_memory_direct_bytes_used"].values()),
            direct_max=_size(samples["jvm_memory_direct_bytes_max"].values()),
            topic_metrics=bool(places) or not samples["pulsar_storage_size"],
            topics=tuple(
                _limited(_topics(places, samples, _replicators(labels, samples)), labels, samples)
            ),
            lines=page.lines,
            size=page.size,
            skipped=page.skipped,
            clock=_first(samples["jetty_stats_seconds"].values()),
            latencies=latencies_of(labels, samples, topic_name),
            coordinators=tuple(_coordinators(labels, samples)),
            functions=tuple(functions_of(labels, samples)),
            functions_known=_first(samples[KNOWN].values()) or 0,
            offloads=tuple(offloads_of(labels, samples, topic_name)),
        )


def _about(labels: _Labels, samples: _Samples) -> dict[str, str]:
    """The labels of ``pulsar_version_info``, whose value is always 1."""
    return next((labels[number] for number in samples["pulsar_version_info"]), {})


def _coordinators(labels: _Labels, samples: _Samples) -> Iterator[Coordinator]:
    for number in samples[_COORDINATOR[0]]:
        figures = [_counts([samples[name].get(number, nan)])[0] for name in _COORDINATOR]
        yield Coordinator(labels[number].get("coordinator_id", ""), *figures)


def _places(labels: _Labels, samples: _Samples) -> _Places:
    """Numbers of label sets by topic and subscription; ``None`` is the topic itself.

    Our own readers are left out, and are not among the topic's consumers.
    """
    places: _Places = {}
    ours: list[tuple[dict[str | None, int], int]] = []
    # what a broker has offloaded of a topic it still reports when that is no longer loaded
    kept = {number for name in OFFLOADS for number in samples[name]}
    kept -= samples["pulsar_storage_offloaded_size"].keys()
    for number, found in enumerate(labels):
        if "topic" not in found or number in kept or not _OTHERS.isdisjoint(found):
            continue
        here = places.setdefault(topic_name(found), {})
        subscription = found.get("subscription")
        if subscription is not None and is_ours(subscription):
            ours.append((here, number))
            continue
        first = here.setdefault(subscription, number)
        if first != number:
            _merge(samples, number, first)
    for here, number in ours:
        _leave_out(samples, number, here.get(None, -1))
    return places


def topic_name(labels: dict[str, str]) -> str:
    """With ``splitTopicAndPartitionLabelInPrometheus`` the index has a label, -1 being none."""
    partition, name = labels.get("partition", "-1"), labels["topic"]
    if name.startswith("__transaction_log_") and "namespace" in labels:
        # Pulsar 4.0 gives but the last part of the name of a coordinator's log
        name = f"persistent://{labels['namespace']}/{name}"
    return name if partition == "-1" else f"{name}-partition-{partition}"


def _merge(samples: _Samples, number: int, into: int) -> None:
    for values in samples.values():
        if number in values:
            values[into] = values.pop(number)


def _leave_out(samples: _Samples, number: int, topic: int) -> None:
    """Count a subscription's consumers no longer among the topic's."""
    consumers = samples["pulsar_consumers_count"]
    if consumers.get(topic, -1) >= 0:
        ours = samples["pulsar_subscription_consumers_count"].get(number, 1.0)
        consumers[topic] = max(0.0, consumers[topic] - ours)


def _replicators(labels: _Labels, samples: _Samples) -> dict[str, list[Replicator]]:
    rows = list(samples["pulsar_replication_backlog"])
    columns = [read(_at(samples[name], rows)) for name, read in _REPLICATOR.items()]
    found: dict[str, list[Replicator]] = {}
    for number, *figures in zip(rows, *columns, strict=True):
        about = labels[number]
        # namespaces have metrics of the same names, too
        if "topic" in about and "remote_cluster" in about:
            one = Replicator(about["remote_cluster"], *figures)
            found.setdefault(topic_name(about), []).append(one)
    return found


def _topics(
    places: _Places, samples: _Samples, replicators: Mapping[str, Sequence[Replicator]]
) -> Iterator[Topic]:
    rows = [here.get(None, -1) for here in places.values()]
    columns = [read(_at(samples[name], rows)) for name, read in _TOPIC.items()]
    each = _subscriptions(places, samples)
    groups = [tuple(islice(each, len(here) - (None in here))) for here in places.values()]
    columns[2:2] = (
        [_total([one.out_messages for one in group]) for group in groups],
        [_total([one.out_bytes for one in group]) for group in groups],
    )
    each_remote = [tuple(replicators.get(name, ())) for name in places]
    return (Topic(*row) for row in zip(places, *columns, groups, each_remote, strict=True))


def _subscriptions(places: _Places, samples: _Samples) -> Iterator[Subscription]:
    """All subscriptions of all topics, in the order of ``places``."""
    found = [row for here in places.values() for row in here.items() if row[0] is not None]
    names, rows = [name for name, _ in found], [row for _, row in found]
    columns = [read(_at(samples[name], rows)) for name, read in _SUBSCRIPTION.items()]
    sizes, lost = repeat(None, len(rows)), _rates(map(samples[_LOST].get, rows, repeat(0.0)))
    return (Subscription(*row) for row in zip(names, *columns, sizes, lost, strict=True))


def _limited(topics: Iterable[Topic], labels: _Labels, samples: _Samples) -> Iterator[Topic]:
    """Topics with the limits that were met, which few of them ever do."""
    throttled: dict[str, dict[tuple[str, str], int]] = {}
    for number in {number for name in _THROTTLED for number in samples[name]}:
        found = labels[number]
        if "topic" in found and "reason" in found:
            here = throttled.setdefault(topic_name(found), {})
            here[found.get("subscription", ""), found["reason"]] = number
    limited = samples[_PUBLISHING]
    rows = {topic_name(labels[row]): row for row in limited if "topic" in labels[row]}
    for topic in topics:
        if topic.name in rows or topic.name in throttled:
            yield replace(
                topic,
                publish_limited=limited.get(rows.get(topic.name, -1), 0.0),
                subscriptions=tuple(_throttled(topic, throttled.get(topic.name, {}), samples)),
            )
        else:
            yield topic


def _throttled(
    topic: Topic, found: Mapping[tuple[str, str], int], samples: _Samples
) -> Iterator[Subscription]:
    for sub in topic.subscriptions:
        counts = [
            (reason, sum(_counts(samples[name].get(row, 0.0) for name in _THROTTLED)))
            for (name, reason), row in found.items()
            if name == sub.name
        ]
        yield replace(sub, throttled=tuple(counts)) if counts else sub


def _at(values: dict[int, float], rows: Iterable[int]) -> list[float]:
    """The values of these rows; ``nan`` where the page has none."""
    get = values.get
    return [get(row, nan) for row in rows]


def _counts(values: Iterable[float]) -> list[float]:
    return [int(value) if 0 <= value < BEYOND else nan for value in values]


def _total(values: list[float]) -> float:
    total = sum(values)
    # one object for all that is not known: what has not changed is then known by comparing
    return total if total == total else nan


def _rates(values: Iterable[float]) -> list[float]:
    return [value if 0 <= value < FASTEST else nan for value in values]


def _flags(values: Iterable[float]) -> list[bool]:
    return [value > 0 for value in values]


def _moments(values: Iterable[float]) -> list[float | None]:
    return [seconds_of(value) for value in values]


def _first(values: Iterable[float]) -> float | None:
    return next((value for value in values if 0 <= value < BEYOND), None)


def _size(values: Iterable[float]) -> int | None:
    """Bytes; a JVM writes -1 for no limit."""
    first = _first(values)
    return None if first is None else int(first)


_Read: TypeAlias = Callable[[list[float]], list[Any]]

_TOPIC: dict[str, _Read] = {
    "pulsar_in_messages_total": _counts,
    "pulsar_in_bytes_total": _counts,
    "pulsar_storage_size": _counts,
    "pulsar_storage_offloaded_size": _counts,
    "pulsar_storage_backlog_size": _counts,
    "pulsar_producers_count": _counts,
    "pulsar_consumers_count": _counts,
}
"""Where a topic's fields come from, in the order of the model, and how they are read.  Between the
second and the third stand the sums over its subscriptions."""

_SUBSCRIPTION: dict[str, _Read] = {
    "pulsar_subscription_back_log": _counts,
    "pulsar_out_messages_total": _counts,
    "pulsar_out_bytes_total": _counts,
    "pulsar_subscription_unacked_messages": _counts,
    "pulsar_subscription_consumers_count": _counts,
    "pulsar_subscription_delayed": _counts,
    "pulsar_subscription_blocked_on_unacked_messages": _flags,
    "pulsar_subscription_msg_rate_redeliver": _rates,
    "pulsar_subscription_last_consumed_timestamp": _moments,
    "pulsar_subscription_last_acked_timestamp": _moments,
}
"""Likewise for a subscription.  No metric of 4.0 has the last field, ``backlog_size``: what
``exposeSubscriptionBacklogSizeInPrometheus`` makes the broker compute is not on the page."""

_REPLICATOR: dict[str, _Read] = {
    "pulsar_replication_connected_count": _flags,
    "pulsar_replication_backlog": _counts,
    "pulsar_replication_delay_in_seconds": _counts,
    "pulsar_replication_rate_in": _rates,
    "pulsar_replication_rate_out": _rates,
    "pulsar_replication_throughput_in": _rates,
    "pulsar_replication_throughput_out": _rates,
}
"""Likewise for a replicator."""

_COORDINATOR = (
    "pulsar_txn_active_count",
    "pulsar_txn_created_total",
    "pulsar_txn_committed_total",
    "pulsar_txn_aborted_total",
    "pulsar_txn_timeout_total",
)
"""Likewise for a transaction coordinator."""

_LOST = "pulsar_subscription_msg_drop_rate"
_PUBLISHING = "pulsar_publish_rate_limit_times"

_THROTTLED = (
    "pulsar_subscription_dispatch_throttled_msg_events",
    "pulsar_subscription_dispatch_throttled_bytes_events",
)
"""By reason: whose rate it was.  Of 4.0 on."""

_SPARSE = (*_THROTTLED, _PUBLISHING, _LOST, *OFFLOADS)

_BROKER = (
    "pulsar_version_info",
    "process_start_time_seconds",
    "jvm_memory_bytes_used",
    "jvm_memory_bytes_max",
    "jvm_memory_direct_bytes_used",
    "jvm_memory_direct_bytes_max",
    "pulsar_proxy_active_connections",
    "jetty_stats_seconds",
)
"""Of the process.  The last but one is a proxy's, which no broker has.  The last is how long the
web server has been counting requests, in milliseconds' steps: the only clock on the page, and it is
read just before the topics are."""
NAMES = (
    *_TOPIC,
    *_SUBSCRIPTION,
    *_REPLICATOR,
    *_COORDINATOR,
    *_BROKER,
    *METRICS,
    *LATENCIES,
    *_SPARSE,
)
"""Every metric that is read from a page."""
