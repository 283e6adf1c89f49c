"""List a Pulsar cluster's names, which loads nothing."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from arcwatch.errors import LackingError, NotThereError, RefusedError
from arcwatch.model.pulsar import PulsarNames, PulsarNamespaces, PulsarTenants
from arcwatch.wire.pulsar_names import parse_names, parse_namespaces, parse_tenants

from .cluster import PulsarCluster


async def tenants(cluster: PulsarCluster) -> PulsarTenants:
    """Every tenant; with authorization enabled, for superusers only."""
    return parse_tenants(await cluster.ask("tenants", about="tenants"), cluster.place("tenants"))


async def namespaces(cluster: PulsarCluster, tenant: str) -> PulsarNamespaces:
    """The namespaces of a tenant; empty if it was deleted."""
    path = f"namespaces/{quote(tenant, safe='')}"
    body = await cluster.ask(path, about=tenant, nothing=b"[]")
    return parse_namespaces(tenant, body, cluster.place(path))


async def names(cluster: PulsarCluster, namespace: str) -> PulsarNames:
    """The topics of a namespace, loaded or not; empty if it was deleted."""
    place = "/".join(quote(part, safe="") for part in namespace.split("/"))
    path, scalable = f"persistent/{place}", b"[]"
    # brokers before Pulsar 5.0 know no such topics
    with suppress(NotThereError, LackingError, RefusedError):
        scalable = await cluster.ask(f"scalable/{place}", about=namespace)
    try:
        topics = await cluster.ask(path, about=namespace)
        partitioned = await cluster.ask(f"{path}/partitioned", about=namespace)
    except NotThereError:
        return PulsarNames(namespace, (), ())
    return parse_names(namespace, topics, partitioned, cluster.place(path), scalable)
