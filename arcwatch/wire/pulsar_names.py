"""Lists of names from a broker's admin API (``/admin/v2`` of Pulsar 4.0) -> model."""

from __future__ import annotations

import msgspec

from arcwatch.model.pulsar import (
    PulsarNames,
    PulsarNamespaces,
    PulsarTenants,
)

from .pulsar_admin import decode

MOST = 20_000
"""Names of one list that are kept; the rest is counted."""

_names = msgspec.json.Decoder(list[str])


def parse_tenants(body: bytes, where: str) -> PulsarTenants:
    """The answer of ``tenants``: ``["public","pulsar"]``."""
    found = decode(_names, body, where)
    # a slash would make a tenant's name a path of its own
    return PulsarTenants(tuple(sorted(name for name in found if name and "/" not in name)))


def parse_namespaces(tenant: str, body: bytes, where: str) -> PulsarNamespaces:
    """The answer of ``namespaces/{tenant}``: ``["public/default"]``."""
    found = decode(_names, body, where)
    return PulsarNamespaces(tenant, tuple(sorted(_under(f"{tenant}/", found))))


def parse_names(
    namespace: str, topics: bytes, partitioned: bytes, where: str, scalable: bytes = b"[]"
) -> PulsarNames:
    """The answers of ``persistent/{namespace}`` and of its ``/partitioned``.

    Args:
        namespace: ``tenant/namespace``; a name that is not in it is left out.
        partitioned: The partitioned topics, without numbers.
        scalable: The answer of ``scalable/{namespace}``, of Pulsar 5.0.
    """
    prefix = f"persistent://{namespace}/"
    plain = _under(prefix, decode(_names, topics, where))
    plain += _under(f"topic://{namespace}/", decode(_names, scalable, f"{where} (scalable)"))
    bases = _under(prefix, decode(_names, partitioned, f"{where}/partitioned"))
    left_out = max(0, len(plain) - MOST) + max(0, len(bases) - MOST)
    return PulsarNames(namespace, tuple(plain[:MOST]), tuple(bases[:MOST]), left_out)


def _under(prefix: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(prefix) and len(name) > len(prefix)]
