"""Client of the brokers of one Pulsar cluster.  The only module that knows their paths.

Every question here is free for the cluster, with one exception that its docstring names: it
loads no topic, creates nothing and moves no cursor.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote

import httpx

from arcwatch.errors import LackingError, MovedError, NotThereError, RefusedError, WireError
from arcwatch.model.pulsar import (
    PulsarBookies,
    PulsarBroker,
    PulsarBrokers,
    PulsarHealth,
    PulsarTopic,
)
from arcwatch.sources.net.http import BODY_LIMIT, get, head, stream
from arcwatch.sources.net.http_errors import place
from arcwatch.text.control_characters import printable
from arcwatch.wire.pulsar_admin import (
    HINT,
    is_lacking,
    parse_brokers,
    parse_clusters,
    parse_owner,
    parse_ready,
    parse_reason,
    parse_topic,
)
from arcwatch.wire.pulsar_bookies import parse_bookies
from arcwatch.wire.pulsar_metrics import MetricsPage
from arcwatch.wire.pulsar_reading import parse_deliver_at

METRICS_TIMEOUT = 30.0
"""Seconds for a whole page, which is also ``metricsServletTimeoutMs``, when the broker gives up."""
METRICS_LIMIT = 1 << 30
"""Bytes of one page, unpacked: about 80,000 topics.  Only names and numbers are held."""
CLUSTERS_LIMIT = 32
"""Clusters of which it is tried whether they are the broker's own."""
STATS_LIMIT = 16 * 1024 * 1024
"""Bytes of ``stats`` or ``internalStats`` of one topic: the latter lists every hole in the acks."""

_TOPIC_QUERY = "subscriptionBacklogSize=true&excludePublishers=true"
_NO_CONSUMERS = "&excludeConsumers=true"


class EntryFacts(NamedTuple):
    """What a broker alone knows of an entry; as the fields of a message."""

    deliver_at: int
    replicated_from: str


class PulsarCluster:
    """One cluster, over the web service of any of its brokers or of its proxy.

    Args:
        url: ``http://HOST:PORT`` of that service, with ``USER:PASSWORD@`` if it asks for them.
        timeout: Seconds for one answer of the admin API.
        metrics_timeout: Seconds for one metrics page.
    """

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        *,
        timeout: float = 10.0,
        metrics_timeout: float = METRICS_TIMEOUT,
    ) -> None:
        self.url = url.rstrip("/")
        self._client = client
        self._timeout, self._metrics_timeout = timeout, metrics_timeout
        self._listed: tuple[str, ...] = ()

    def beside(self, url: str) -> PulsarCluster:
        """Another web service that takes the same login, such as a functions worker."""
        return PulsarCluster(url, self._client, timeout=self._timeout)

    async def brokers(self) -> PulsarBrokers:
        """The live brokers; only the configured one if the list is not permitted.

        Its metrics page may be open to all the same, and shows everything about its topics.
        """
        try:
            found = await self.list_brokers()
        except RefusedError:
            found = PulsarBrokers((httpx.URL(self.url).netloc.decode(),), refused=True)
        self._listed = found.brokers
        return found

    async def list_brokers(self) -> PulsarBrokers:
        """The live brokers, listed by cluster if the version requires it.

        ``GET brokers`` came with Pulsar 2.11; before it there is ``brokers/{cluster}`` alone.

        Raises:
            RefusedError: The list may not be read.
        """
        url = f"{self.url}/admin/v2/brokers"
        status, body = await self._get(url, accept=frozenset({200, 404, 405}))
        return await self._list_by_cluster() if status != 200 else parse_brokers(body, place(url))

    async def _list_by_cluster(self) -> PulsarBrokers:
        url = f"{self.url}/admin/v2/clusters"
        _, body = await self._get(url)
        for cluster in parse_clusters(body, place(url))[:CLUSTERS_LIMIT]:
            url = f"{self.url}/admin/v2/brokers/{quote(cluster, safe='')}"
            # for another cluster than its own, a broker points there or refuses
            with suppress(MovedError):
                status, body = await self._get(url, accept=frozenset({200, 404, 412}))
                if status == 200:
                    return parse_brokers(body, place(url))
        raise LackingError(
            "brokers cannot be listed",
            where=place(url),
            why="it does not list the brokers of any cluster",
            hint="use the web service address of a broker, not of a proxy",
        )

    async def version(self) -> str | None:
        """``4.0.8``; None for a broker too old to report it."""
        url = f"{self.url}/admin/v2/brokers/version"
        status, body = await self._get(url, accept=frozenset({200, 404, 405, 412}))
        report = body[:100].decode("utf-8", "replace").strip()
        # where there is no such endpoint, the broker takes it for the name of a cluster
        return report if status == 200 and not report.startswith("[") else None

    async def bookies(self) -> PulsarBookies:
        """The cluster's bookies, if permitted."""
        try:
            report = await self.ask("bookies/all", about="bookies", nothing=b"")
            racks = await self.ask("bookies/racks-info", about="bookies", nothing=b"")
        except RefusedError:
            return PulsarBookies(None)
        except LackingError:
            # an old broker, unless this place is no broker at all
            await self.brokers()
            return PulsarBookies(None)
        return parse_bookies(report, racks, self.place("bookies"))

    async def ready(self, broker: str) -> PulsarHealth:
        """Whether a broker reports itself ready; writes nothing, unlike ``health``."""
        url = f"{self._service(broker)}/admin/v2/brokers/ready"
        status, body = await self._get(url, accept=frozenset({200, 404, 405, 500, 503}))
        return parse_ready(broker, status, body)

    async def metrics(self, broker: str) -> PulsarBroker:
        """A broker and all its loaded topics.

        The page is parsed piece by piece in a thread, as it arrives: a piece takes about a
        millisecond, and between two of them other threads that wait for the interpreter get it.
        """
        url = f"{self._service(broker)}/metrics/"
        page = MetricsPage()
        async with stream(
            self._client,
            url,
            timeout=self._metrics_timeout,
            deadline=self._metrics_timeout,
            limit=METRICS_LIMIT,
            hint=HINT,
        ) as (_, chunks):
            try:
                async for chunk in chunks:
                    await asyncio.to_thread(page.feed, chunk)
                return await asyncio.to_thread(page.finish, broker)
            except WireError as error:
                raise _placed(error, url) from error

    async def topic(self, name: str, *, consumers: bool = False) -> PulsarTopic:
        """What only the topic's owner reports, without producers.

        This **loads a topic** that no broker has loaded: ask only about topics that a metrics
        page names, or that the user has opened.

        Args:
            name: ``persistent://tenant/namespace/topic``, of a partition with its number.
            consumers: Whether each consumer is among it, about 700 bytes.
        """
        path = f"{self.url}/admin/v2/{topic_path(name)}"
        query = _TOPIC_QUERY if consumers else _TOPIC_QUERY + _NO_CONSUMERS
        try:
            async with asyncio.TaskGroup() as group:
                stats = group.create_task(self._about(name, f"{path}/stats?{query}"))
                internal = group.create_task(self._about(name, f"{path}/internalStats"))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return parse_topic(name, stats.result(), internal.result(), place(path))

    async def ask(
        self,
        path: str,
        *,
        about: str,
        nothing: bytes | None = None,
        method: str = "GET",
        content: bytes | None = None,
        version: str = "v2",
    ) -> bytes:
        """One answer of the admin API about a tenant, namespace or topic.

        Args:
            path: Below ``/admin/``, the version and ``/``, quoted, with its query.
            nothing: What stands for the answer where there is none, instead of an error.
            method: Of the request; see :func:`arcwatch.sources.net.http.get`.
            content: The body of a question that has one, as JSON.
            version: Of the API: transactions are in ``v3`` alone.
        """
        try:
            url = f"{self.url}/admin/{version}/{path}"
            return await self._about(about, url, method=method, content=content)
        except NotThereError:
            if nothing is None:
                raise
            return nothing

    async def ask_owner(self, path: str, *, topic: str) -> bytes:
        """The same from the broker that owns a topic, the only one to report everything.

        Another one of Pulsar 4.0 may neither answer ``internal-info`` nor send us on.
        """
        listed = self._listed or (await self.brokers()).brokers
        base = self.url
        if len(listed) > 1:
            url = f"{self.url}/lookup/v2/topic/{topic_path(topic)}"
            owners = parse_owner(await self._about(topic, url), place(url))
            base = next((self._service(one) for one in owners if one in listed), base)
        return await self._about(topic, f"{base}/admin/v2/{path}")

    async def entry_facts(self, topic: str, ledger: int, entry: int) -> EntryFacts:
        """Facts about the messages of an entry that no client library reports."""
        url = f"{self.url}/admin/v2/{topic_path(topic)}/ledger/{ledger}/entry/{entry}"
        found = await head(self._client, url, timeout=self._timeout, hint=HINT, follow=self._listed)
        return EntryFacts(
            parse_deliver_at(found.get("X-Pulsar-deliver-at-time", "")) or 0,
            found.get("X-Pulsar-replicated-from", ""),
        )

    @property
    def listed(self) -> tuple[str, ...]:
        """``host:port`` of the last listed brokers: the allowed targets of redirects."""
        return self._listed

    def place(self, path: str, version: str = "v2") -> str:
        """The address of :meth:`ask`, for errors."""
        return place(f"{self.url}/admin/{version}/{path}")

    def _service(self, broker: str) -> str:
        """The web service of a broker, for requests about itself.

        A broker may advertise a name that means nothing here: inside a container, behind a
        forwarded port.  The only one of a cluster is therefore asked where the user pointed.
        """
        if self._listed == (broker,):
            return self.url
        given = httpx.URL(self.url)
        secret = f"{given.userinfo.decode()}@" if given.userinfo else ""
        return f"{given.scheme}://{secret}{broker}"

    async def _about(
        self, name: str, url: str, *, method: str = "GET", content: bytes | None = None
    ) -> bytes:
        status, body = await self._get(
            url,
            # a policy that is not set is no content
            accept=frozenset({200, 204, 404, 405}),
            limit=STATS_LIMIT,
            may_move=True,
            method=method,
            content=content,
        )
        if is_lacking(status, body):
            raise LackingError(
                "not in this version of Pulsar",
                where=place(url),
                why=f"HTTP {status}",
                hint="upgrade the broker to see this; everything else works",
            )
        if status not in (200, 204):
            raise NotThereError(
                "no such topic",
                where=printable(name, limit=200),
                why=parse_reason(body) or f"HTTP {status}",
                hint="it was deleted, or is a partitioned topic's base: name one of its partitions",
            )
        return body

    async def _get(
        self,
        url: str,
        *,
        accept: frozenset[int] = frozenset({200}),
        limit: int = BODY_LIMIT,
        may_move: bool = False,
        method: str = "GET",
        content: bytes | None = None,
    ) -> tuple[int, bytes]:
        async def attempt() -> tuple[int, bytes]:
            return await get(
                self._client,
                url,
                timeout=self._timeout,
                deadline=self._timeout,
                limit=limit,
                hint=HINT,
                accept_status=accept,
                follow=self._listed if may_move else (),
                method=method,
                content=content,
            )

        known = self._listed
        try:
            return await attempt()
        except MovedError:
            # to a broker that joined since the list was read, or before it ever was
            if not may_move or set((await self.brokers()).brokers) <= set(known):
                raise
        return await attempt()


def topic_path(name: str) -> str:
    """A topic's name as the path of its admin resource; the local name is one segment.

    >>> topic_path("persistent://arc/agents/50% of/it-partition-3")
    'persistent/arc/agents/50%25%20of%2Fit-partition-3'
    """
    domain, _, rest = name.partition("://")
    return "/".join(quote(part, safe="") for part in (domain, *rest.split("/", 2)))


def namespace_path(name: str) -> str:
    """``tenant/namespace`` as a part of a path."""
    return "/".join(quote(part, safe="") for part in name.split("/"))


def _placed(error: WireError, url: str) -> WireError:
    return WireError(error.what, where=place(url), why=error.why, hint=error.hint or HINT)
