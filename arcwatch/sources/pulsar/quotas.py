"""The backlog quotas that hold for a topic."""

from __future__ import annotations

from contextlib import suppress

from arcwatch.errors import LackingError
from arcwatch.model.pulsar_opened import Quota
from arcwatch.model.pulsar_settings import default_quotas
from arcwatch.notation.topic_names import namespace_of
from arcwatch.wire.pulsar_policies import parse_quotas
from arcwatch.wire.pulsar_settings import parse_broker_settings

from .cluster import PulsarCluster, topic_path

_KINDS = 2
"""Quotas are of storage and of age."""


async def quotas(cluster: PulsarCluster, name: str) -> tuple[Quota, ...]:
    """Those with a limit: of each kind the topic's own, else its namespace's, else the broker's.

    Not with ``applied=true``: Pulsar 4.0.8 then puts the broker's defaults into the policies of the
    namespace that it holds in memory, where they look as if they had been set there
    (``PersistentTopicsBase.internalGetBacklogQuota``).
    """
    found: dict[str, Quota] = {}
    for path in (f"namespaces/{namespace_of(name)}", topic_path(name)):
        url = f"{path}/backlogQuotaMap"
        # brokers refuse the second where topics have no policies of their own
        with suppress(LackingError):
            found |= parse_quotas(
                await cluster.ask(url, about=name, nothing=b""), cluster.place(url)
            )
    if len(found) < _KINDS:
        url = "brokers/configuration/runtime"
        body = await cluster.ask(url, about="settings")
        found = default_quotas(parse_broker_settings(body, cluster.place(url))) | found
    return tuple(quota for _, quota in sorted(found.items()) if quota.is_limited)
