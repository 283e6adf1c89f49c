"""List the tenants, namespaces and topics of a Pulsar cluster, a few requests at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from arcwatch.errors import ArcwatchError, RefusedError
from arcwatch.model.pulsar import PulsarNames, PulsarNamespaces, PulsarTenants
from arcwatch.model.reading import Failure
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.cancellation import cancellable
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.store import Store
from arcwatch.text import units

from .questions import failure_of

if TYPE_CHECKING:
    from arcwatch.sources.pulsar.cluster import PulsarCluster

EVERY = 60.0
"""Seconds before the same list is asked for again."""
PACE = 0.3
"""Seconds between two askings: listing is cheap for a broker, and never urgent."""
MOST_TENANTS = 1000
"""Tenants whose namespaces are asked for."""
MOST_NAMESPACES = 1000
"""Namespaces whose topics are asked for at once, of all tenants together."""
MOST_UNSURE = 20
"""Namespaces that are listed while they are off screen: to separate topics from partitions, and
topics that are not loaded from deleted ones."""

Names: TypeAlias = PulsarTenants | PulsarNamespaces | PulsarNames


class NameLists:
    """Lists all tenants and namespaces, and the topics of the namespaces on screen.

    Args:
        context: Of the cluster's readings.
        report: Takes the kind of list, each answer, and the seconds it took.
    """

    def __init__(
        self,
        cluster: PulsarCluster,
        store: Store,
        context: str,
        *,
        report: Callable[[str, Names | Failure, float], object],
        steady: Callable[[], float],
    ) -> None:
        self._cluster, self._store, self._context = cluster, store, context
        self._record, self._steady = report, steady
        self._asked: dict[str, float] = {}

    async def run(self, on_screen: Callable[[], Iterable[str]]) -> None:
        """Poll, including the topics of the namespaces ``on_screen``, until cancelled.

        While nobody looks at a namespace or at the list of them, ``on_screen`` is empty, and only
        those namespaces are listed in which a topic may merely have the name of a partition, or
        has an alert and is not loaded any longer.
        """
        while True:
            await asyncio.sleep(PACE)
            if namespaces := list(on_screen()):
                await self._ask_next(namespaces)
            elif namespace := next(filter(self._due, self._ambiguous()), None):
                await self._ask_names(namespace)

    async def ask_once(self) -> None:
        """Fetch each list once, of the first tenants and namespaces; give up if nothing answers."""
        from arcwatch.sources.pulsar import names

        if not await self._ask("tenants", names.tenants(self._cluster)):
            return
        for tenant in self._tenants()[:MOST_TENANTS]:
            await self._ask("namespaces", names.namespaces(self._cluster, tenant))
        lists = [found for state in self._states for found in state.names.namespaces.values()]
        for namespace in [*chain.from_iterable(lists)][:MOST_NAMESPACES]:
            await self._ask_names(namespace)

    @staticmethod
    def left_out(store: Store) -> Iterator[str]:
        """What :meth:`ask_once` has left out of some cluster."""
        for state in store.pulsar:
            tenants = len(state.tenants()) - MOST_TENANTS
            places = sum(map(len, state.names.namespaces.values())) - MOST_NAMESPACES
            if tenants > 0:
                yield f"not listed: the namespaces of {units.things(tenants, 'more tenant')}"
            if places > 0:
                more = units.things(places, "more namespace")
                yield f"not listed: unloaded topics of {more}"
            if state.names.left_out:
                yield f"left out: {units.things(state.names.left_out, 'more topic')}"

    async def list_ambiguous(self) -> None:
        """List the namespaces where a topic's name does not show whether it is a partition."""
        for namespace in self._ambiguous():
            await self._ask_names(namespace)

    def _ambiguous(self) -> list[str]:
        unsure = {name for state in self._states for name in state.unsure_namespaces()}
        missed = self._store.scope.unloaded.namespaces
        return [*sorted(missed), *sorted(unsure - missed)][:MOST_UNSURE]

    async def _ask_names(self, namespace: str) -> bool:
        from arcwatch.sources.pulsar import names

        return await self._ask("names", names.names(self._cluster, namespace))

    async def _ask_next(self, namespaces: Iterable[str]) -> None:
        """Fetch the next list that is due, if any, those on screen first."""
        from arcwatch.sources.pulsar import names

        if self._due(""):
            now = self._steady()
            self._asked = {name: at for name, at in self._asked.items() if now - at < EVERY}
            await self._ask("tenants", names.tenants(self._cluster))
            return
        namespace = next((name for name in namespaces if "/" in name and self._due(name)), None)
        if namespace is not None:
            await self._ask_names(namespace)
            return
        if (tenant := next(filter(self._due, self._tenants()[:MOST_TENANTS]), None)) is not None:
            await self._ask("namespaces", names.namespaces(self._cluster, tenant))
        elif (namespace := next(filter(self._due, self._ambiguous()), None)) is not None:
            await self._ask_names(namespace)

    def _tenants(self) -> list[str]:
        """Every tenant, or those of loaded topics if listing them is not permitted."""
        return [name for state in self._states for name in state.tenants()]

    @property
    def _states(self) -> list[PulsarClusterState]:
        return self._store.pulsar_of(self._context)

    def _due(self, name: str) -> bool:
        """Whether this list is due now; if so, schedule its next turn."""
        now = self._steady()
        if now - self._asked.get(name, -EVERY) < EVERY:
            return False
        self._asked[name] = now
        return True

    async def _ask(self, part: str, asking: Awaitable[Names]) -> bool:
        """Fetch and report one list; return whether there was an answer, if only "not permitted".

        Few may list everything.  What may not be listed is left open, and is nobody's trouble.
        """
        begun = self._steady()
        try:
            with boundary(f"the list of {part} could not be read"):
                body: Names | Failure = await cancellable(asking)
        except RefusedError:
            return True
        except ArcwatchError as error:
            body = failure_of(error)
        self._record(part, body, self._steady() - begun)
        return not isinstance(body, Failure)
