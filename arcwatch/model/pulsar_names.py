"""What there is in a Pulsar cluster by name, loaded by a broker or not: from the admin API.

Listing names loads nothing.  Pulsar's own topics are in no list.
"""

from __future__ import annotations

from msgspec import Struct


class PulsarTenants(Struct, frozen=True, tag="pulsar.tenants"):
    """Every tenant: ``GET /admin/v2/tenants``."""

    tenants: tuple[str, ...]


class PulsarNamespaces(Struct, frozen=True, tag="pulsar.namespaces"):
    """The namespaces of one tenant: ``GET /admin/v2/namespaces/{tenant}``."""

    tenant: str
    namespaces: tuple[str, ...]
    """``tenant/namespace``."""


class PulsarNames(Struct, frozen=True, tag="pulsar.names"):
    """The topics of one namespace: ``GET /admin/v2/persistent/{namespace}``, ``/partitioned``."""

    namespace: str
    topics: tuple[str, ...]
    """Full names; of a partitioned topic each partition that was ever used."""
    partitioned: tuple[str, ...]
    """Full names of the partitioned topics, without a number."""
    left_out: int = 0
    """Names that were listed beyond what is kept."""
