"""Read how a Pulsar cluster is set up: at most a few hundred cheap requests, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from arcwatch.errors import LackingError, NotThereError, SourceError
from arcwatch.model.pulsar_opened import TopicGone
from arcwatch.model.pulsar_settings import (
    BrokerSettings,
    NamespaceSettings,
    NotAsked,
    PulsarSettings,
    TopicLimits,
    TopicSettings,
)
from arcwatch.notation.topic_names import namespace_of
from arcwatch.wire.pulsar_policies import parse_quotas, parse_schema, parse_ttl
from arcwatch.wire.pulsar_settings import parse_broker_settings, parse_policies

from . import names
from .cluster import PulsarCluster, namespace_path, topic_path
from .open_topic import opened

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 4
"""Requests that a broker answers at the same time."""

MOST_NAMESPACES = 200
MOST_TOPICS = 50
"""Of each at most so many are asked about."""

Report = Callable[[int, int], None]
"""Takes how many questions were answered, of how many."""


async def read_settings(
    cluster: PulsarCluster, topics: Sequence[str], report: Report
) -> PulsarSettings:
    """Read settings, policies and connections; an answer that is refused gives its reason."""
    broker = await known(_broker_settings(cluster))
    listed = await known(namespaces(cluster))
    # who may not list namespaces may still read those that are in use
    questions = (
        list(dict.fromkeys(map(namespace_of, topics))) if isinstance(listed, NotAsked) else listed
    )
    spaces, places = questions[:MOST_NAMESPACES], topics[:MOST_TOPICS]
    progress = _Progress(len(spaces) + len(places), report)
    asked = await progress.each(spaces, lambda one: policies(cluster, one))
    opened_topics = await progress.each(places, lambda one: _topic(cluster, one))
    return PulsarSettings(
        broker,
        asked if spaces or not isinstance(listed, NotAsked) else listed,
        opened_topics,
        namespaces_left_out=len(questions) - len(spaces),
        topics_left_out=len(topics) - len(places),
    )


async def known(asking: Awaitable[T]) -> T | NotAsked:
    """The answer, or why there is none."""
    try:
        return await asking
    except SourceError as error:
        return NotAsked(error.headline)


class _Progress:
    """Asks the same of many, a few at a time, and counts."""

    def __init__(self, total: int, report: Report) -> None:
        self._done, self._total, self._report = 0, total, report

    async def each(
        self, about: Iterable[str], ask: Callable[[str], Awaitable[R | None]]
    ) -> tuple[R, ...] | NotAsked:
        """The answers, without those of what is gone; the first reason where there is none."""
        few = asyncio.Semaphore(AT_ONCE)

        async def one(name: str) -> R | NotAsked | None:
            async with few:
                answer = await known(ask(name))
            self._done += 1
            self._report(self._done, self._total)
            return answer

        answers = await asyncio.gather(*map(one, about))
        refused = [answer for answer in answers if isinstance(answer, NotAsked)]
        found = tuple(a for a in answers if a is not None and not isinstance(a, NotAsked))
        return refused[0] if refused and not found else found


async def _broker_settings(cluster: PulsarCluster) -> BrokerSettings:
    path = "brokers/configuration/runtime"
    return parse_broker_settings(await cluster.ask(path, about="settings"), cluster.place(path))


async def namespaces(cluster: PulsarCluster, most: int = MOST_NAMESPACES) -> list[str]:
    """Namespaces of users; perhaps not all if there are more than ``most``."""
    # Pulsar's own tenant has no traffic of users
    tenants = [one for one in (await names.tenants(cluster)).tenants if one != "pulsar"]
    found: list[str] = []
    for tenant in tenants:
        found += (await names.namespaces(cluster, tenant)).namespaces
        if len(found) > most:
            break
    return found


async def policies(cluster: PulsarCluster, namespace: str) -> NamespaceSettings | None:
    """A namespace's own policies; None where it is gone."""
    path = f"namespaces/{namespace_path(namespace)}"
    try:
        body = await cluster.ask(path, about=namespace)
    except NotThereError:
        return None
    return parse_policies(namespace, body, cluster.place(path))


async def _topic(cluster: PulsarCluster, topic: str) -> TopicSettings | None:
    found = await opened(cluster, topic)
    if isinstance(found, TopicGone):
        return None
    schema, limits = await known(_schema(cluster, topic)), await known(_limits(cluster, topic))
    return TopicSettings(found, schema, limits)


async def _limits(cluster: PulsarCluster, topic: str) -> TopicLimits:
    path = topic_path(topic)
    ttl, own = f"{path}/messageTTL?applied=true", f"{path}/backlogQuotaMap"
    try:
        seconds = parse_ttl(await cluster.ask(ttl, about=topic), cluster.place(ttl)) or 0
        body = await cluster.ask(own, about=topic, nothing=b"")
    except LackingError:
        # brokers refuse both where topics have no policies of their own
        return TopicLimits()
    return TopicLimits(seconds, tuple(parse_quotas(body, cluster.place(own)).values()))


async def _schema(cluster: PulsarCluster, topic: str) -> str | None:
    path = f"schemas/{topic_path(topic).partition('/')[2]}/schema"
    # a topic without a schema is not there either
    found = parse_schema(await cluster.ask(path, about=topic, nothing=b""), cluster.place(path))
    return found[0] if found else None
