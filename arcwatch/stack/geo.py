"""Replicate a namespace between the two local Pulsars."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

HERE, THERE = "standalone", "remote"
"""The names of the two clusters."""

TENANT, NAMESPACE = "arc", "arc/agents"
"""What is replicated in both directions."""

_CONFLICT = 409
_PAUSE = 0.5


async def replicate(urls: dict[str, tuple[str, str]]) -> None:
    """Register each cluster with the other, until both have accepted it."""
    # imported when the brokers are on their way already: that takes longer than it
    import httpx

    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=10.0) as http:
        for name, other in ((HERE, THERE), (THERE, HERE)):
            done = False
            while not done:
                with contextlib.suppress(httpx.HTTPError):
                    await _announce(http, f"{urls[name][1]}/admin/v2", other, *urls[other])
                    done = True
                await asyncio.sleep(0 if done else _PAUSE)


async def _announce(
    http: httpx.AsyncClient, admin: str, other: str, service: str, other_admin: str
) -> None:
    both = [HERE, THERE]
    about = {"serviceUrl": other_admin, "brokerServiceUrl": service}
    tenant = {"allowedClusters": both, "adminRoles": []}
    for path, body in (
        (f"clusters/{other}", about),
        (f"tenants/{TENANT}", tenant),
        (f"namespaces/{NAMESPACE}", {"replication_clusters": both}),
    ):
        answer = await http.put(f"{admin}/{path}", json=body)
        if answer.status_code != _CONFLICT:
            answer.raise_for_status()
    # what was there already, the traffic's for one, knows of one cluster alone
    answer = await http.post(f"{admin}/tenants/{TENANT}", json=tenant)
    answer.raise_for_status()
    answer = await http.post(f"{admin}/namespaces/{NAMESPACE}/replication", json=both)
    answer.raise_for_status()
