"""Rates and settings in effect for a topic: its own, its namespace's, its broker's -> model.

A topic's own are answers each (``…/{topic}/dispatchRate``), a namespace's one document
(``Policies``), a broker's among its settings (``broker.conf``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from arcwatch.model.pulsar_opened import TopicPolicy
from arcwatch.model.pulsar_settings import BrokerSettings, number_of
from arcwatch.text.control_characters import printable

from .numbers import Int64
from .pulsar_admin import decode


class Layers(NamedTuple):
    """What one policy is called in each of the three places."""

    topic: str
    """The last part of the topic's path; empty where topics have none of their own."""
    namespace: str
    broker: tuple[str, ...]
    """The messages, bytes and seconds of a rate."""


_THROTTLING = "dispatchThrottlingRatePer"
RATES: Mapping[str, Layers] = {
    "publish_rate": Layers(
        "publishRate",
        "publishMaxMessageRate",
        ("maxPublishRatePerTopicInMessages", "maxPublishRatePerTopicInBytes"),
    ),
    **{
        f"{name}dispatch_rate": Layers(
            topic, space, (f"{_THROTTLING}{whose}InMsg", f"{_THROTTLING}{whose}InByte")
        )
        for name, topic, space, whose in (
            ("", "dispatchRate", "topicDispatchRate", "Topic"),
            ("subscription_", *["subscriptionDispatchRate"] * 2, "Subscription"),
            ("replicator_", *["replicatorDispatchRate"] * 2, "Replicator"),
        )
    },
    "subscribe_rate": Layers(
        "subscribeRate",
        "clusterSubscribeRate",
        ("subscribeThrottlingRatePerConsumer", "", "subscribeRatePeriodPerConsumerInSecond"),
    ),
}

PLAIN: Mapping[str, Layers] = {
    "deduplication": Layers(
        "deduplicationEnabled", "deduplicationEnabled", ("brokerDeduplicationEnabled",)
    ),
    "deduplication_snapshot": Layers(
        "deduplicationSnapshotInterval",
        "deduplicationSnapshotIntervalSeconds",
        ("brokerDeduplicationSnapshotIntervalSeconds",),
    ),
    "compaction_threshold": Layers(
        "compactionThreshold", "compaction_threshold", ("brokerServiceCompactionThresholdInBytes",)
    ),
    "schema_compatibility": Layers(
        "schemaCompatibilityStrategy",
        "schema_compatibility_strategy",
        ("schemaCompatibilityStrategy",),
    ),
    "resource_group": Layers("", "resource_group_name", ()),
}

BROKER_SETTINGS = frozenset(
    {"clusterName", *(key for one in (*RATES.values(), *PLAIN.values()) for key in one.broker)}
    - {""}
)


class _Rate(Struct, frozen=True):
    """``DispatchRateImpl``, ``PublishRate`` or ``SubscribeRate``; 0 and less is no limit."""

    dispatchThrottlingRateInMsg: Int64 = 0
    dispatchThrottlingRateInByte: Int64 = 0
    publishThrottlingRateInMsg: Int64 = 0
    publishThrottlingRateInByte: Int64 = 0
    subscribeThrottlingRatePerConsumer: Int64 = 0
    ratePeriodInSecond: Int64 = 1
    relativeToPublishRate: bool = False


_Plain = bool | Int64 | str | None
_rate = msgspec.json.Decoder(_Rate | None)
_plain = msgspec.json.Decoder(_Plain)
_policies = msgspec.json.Decoder(dict[str, msgspec.Raw])
_of_clusters = msgspec.json.Decoder(dict[str, _Rate] | None)


def parse_own(name: str, body: bytes, where: str) -> TopicPolicy | None:
    """One of a topic's own policies; None if it has none."""
    if not body.strip():
        return None
    if name in RATES:
        return _of_rate(name, "topic", decode(_rate, body, where))
    return _of_plain(name, "topic", decode(_plain, body, where))


def parse_of_namespace(body: bytes, cluster: str, where: str) -> dict[str, TopicPolicy]:
    """The policies that a namespace sets, by name.

    Args:
        cluster: The one whose rates they are; empty where it is not known.
    """
    report = decode(_policies, body, where)
    found = []
    for name, layers in RATES.items():
        if layers.namespace in report:
            rates = decode(_of_clusters, bytes(report[layers.namespace]), where) or {}
            only = next(iter(rates.values()), None) if len(rates) == 1 and not cluster else None
            found.append(_of_rate(name, "namespace", rates.get(cluster, only)))
    for name, layers in PLAIN.items():
        if layers.namespace in report:
            value = decode(_plain, bytes(report[layers.namespace]), where)
            found.append(_of_plain(name, "namespace", value))
    return {one.name: one for one in found if one}


def of_broker(settings: BrokerSettings) -> dict[str, TopicPolicy]:
    """The defaults of a broker, by name; without those its version lacks."""
    return {one.name: one for one in _defaults(settings)}


def _defaults(settings: BrokerSettings) -> Iterator[TopicPolicy]:
    for name, layers in RATES.items():
        numbers: Sequence[int | None] = [number_of(settings, key) for key in layers.broker]
        if numbers[0] is not None:
            period = numbers[2] if len(numbers) > 2 else 1
            size = _limit(numbers[1])
            yield TopicPolicy(name, "broker", _limit(numbers[0]), size, period)
    for name, layers in PLAIN.items():
        if layers.broker and (text := settings.get(layers.broker[0])):
            value = {"true": True, "false": False}.get(text, number_of(settings, layers.broker[0]))
            if one := _of_plain(name, "broker", text if value is None else value):
                yield one


def _limit(value: int | None) -> int | None:
    return value if value is not None and value > 0 else None


def _of_rate(name: str, set_by: str, rate: _Rate | None) -> TopicPolicy | None:
    if rate is None:
        return None
    messages = (
        rate.dispatchThrottlingRateInMsg,
        rate.publishThrottlingRateInMsg,
        rate.subscribeThrottlingRatePerConsumer,
    )
    size = (rate.dispatchThrottlingRateInByte, rate.publishThrottlingRateInByte)
    relative = "above the publish rate" if rate.relativeToPublishRate else ""
    most = (_limit(max(messages)), _limit(max(size)))
    return TopicPolicy(name, set_by, *most, rate.ratePeriodInSecond, relative)


def _of_plain(name: str, set_by: str, value: _Plain) -> TopicPolicy | None:
    """``UNDEFINED`` is how a namespace says that it leaves it to the broker."""
    match value:
        case None | "" | "UNDEFINED":
            return None
        case bool():
            return TopicPolicy(name, set_by, value="on" if value else "off")
        case str():
            return TopicPolicy(name, set_by, value=printable(value, limit=200))
    if name == "compaction_threshold":
        return TopicPolicy(name, set_by, size=_limit(value))
    return TopicPolicy(name, set_by, seconds=_limit(value))
