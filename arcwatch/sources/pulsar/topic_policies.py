"""Read the rates and settings in effect for a topic, and who set them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from arcwatch.errors import LackingError, SourceError
from arcwatch.model.pulsar_opened import TopicPolicy
from arcwatch.notation.topic_names import namespace_of
from arcwatch.wire.pulsar_settings import parse_broker_settings
from arcwatch.wire.pulsar_topic_policies import (
    PLAIN,
    RATES,
    of_broker,
    parse_of_namespace,
    parse_own,
)

from .cluster import PulsarCluster, namespace_path, topic_path


async def policies(cluster: PulsarCluster, name: str) -> tuple[TopicPolicy, ...]:
    """Each policy as the topic sets it, else its namespace, else the broker; or of a namespace.

    Without ``applied=true``, which does not say who set it.  A policy is unknown if a place that
    may set it could not be asked.
    """
    defaults, calls_itself = await _broker(cluster)
    layers = {**RATES, **PLAIN}
    is_topic = "://" in name
    inherited, *asked = await asyncio.gather(
        _namespace(cluster, namespace_of(name) if is_topic else name, calls_itself),
        *(_own(cluster, name, each, one.topic * is_topic) for each, one in layers.items()),
    )
    own = dict(zip(layers, asked, strict=True))
    decided = (_decided(each, [own[each], inherited, defaults]) for each in layers)
    return tuple(one for one in decided if one)


_Layer = dict[str, TopicPolicy] | None
"""What one place sets; None where it could not be asked."""


def _decided(name: str, layers: Sequence[_Layer]) -> TopicPolicy | None:
    for layer in layers:
        if layer is None:
            return TopicPolicy(name, "")
        if name in layer:
            return layer[name]
    return None


async def _own(cluster: PulsarCluster, topic: str, name: str, part: str) -> _Layer:
    if not part:
        return {}
    path = f"{topic_path(topic)}/{part}"
    try:
        body = await cluster.ask(path, about=topic, nothing=b"")
    except LackingError:
        # topics have no policies of their own, in this version or by its settings
        return {}
    except SourceError:
        return None
    own = parse_own(name, body, cluster.place(path))
    return {name: own} if own else {}


async def _namespace(cluster: PulsarCluster, namespace: str, calls_itself: str) -> _Layer:
    path = f"namespaces/{namespace_path(namespace)}"
    try:
        body = await cluster.ask(path, about=namespace)
    except SourceError:
        return None
    return parse_of_namespace(body, calls_itself, cluster.place(path))


async def _broker(cluster: PulsarCluster) -> tuple[_Layer, str]:
    """The broker's defaults, and what it calls its cluster."""
    path = "brokers/configuration/runtime"
    try:
        body = await cluster.ask(path, about="settings")
    except SourceError:
        return None, ""
    settings = parse_broker_settings(body, cluster.place(path))
    return of_broker(settings), settings.get("clusterName", "")
