"""Ask for the resource groups of a cluster, and which namespaces are in them."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from arcwatch.errors import LackingError, NotThereError, RefusedError
from arcwatch.model.pulsar import PulsarResourceGroups, ResourceGroup
from arcwatch.model.pulsar_settings import NamespaceSettings
from arcwatch.wire.pulsar_admin import parse_resource_group, parse_resource_groups

from .cluster import PulsarCluster
from .settings import AT_ONCE, known, namespaces, policies

MOST = 100
MOST_SPACES = 1_000
"""Most groups, and namespaces, that are asked about one by one."""


async def resource_groups(cluster: PulsarCluster, *, members: bool) -> PulsarResourceGroups:
    """The groups, if permitted.

    Args:
        members: Whether to ask for their limits, and each namespace for its group.
    """
    path = "resourcegroups"
    try:
        body = await cluster.ask(path, about="resource groups")
    except (RefusedError, LackingError, NotThereError):
        return PulsarResourceGroups(())
    names = parse_resource_groups(body, cluster.place(path))
    if not members or not names:
        return PulsarResourceGroups(names)
    groups = [await _group(cluster, name) for name in names[:MOST]]
    spaces = await namespaces(cluster, MOST_SPACES)
    few = asyncio.Semaphore(AT_ONCE)

    async def one(namespace: str) -> object:
        async with few:
            return await known(policies(cluster, namespace))

    asked = await asyncio.gather(*map(one, spaces[:MOST_SPACES]))
    found = [each for each in asked if isinstance(each, NamespaceSettings)]
    member_of = {each.name: each.resource_group for each in found if each.resource_group}
    return PulsarResourceGroups(names, tuple(groups), member_of, len(spaces) - len(found))


async def _group(cluster: PulsarCluster, name: str) -> ResourceGroup:
    path = f"resourcegroups/{quote(name, safe='')}"
    body = await cluster.ask(path, about="resource groups", nothing=b"{}")
    return parse_resource_group(name, body, cluster.place(path))
