"""Two functions of Pulsar's own examples that read the agents' notes; one of them fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

import httpx

from .pulsar_topics import NOTES, TENANT
from .report import Report

FUNCTIONS = {"shout": "ExclamationFunction", "broken": "UserExceptionFunction"}
"""Classes by name, in ``arc/agents``."""

_PACKAGE = "org.apache.pulsar.functions.api.examples"
_PAUSE = 1.0


async def create(admin: str, jar: Path) -> None:
    """Create them as soon as a worker accepts them.

    Args:
        admin: ``http://127.0.0.1:8080``.
        jar: ``examples/api-examples.jar`` of the distribution.
    """
    left = set(FUNCTIONS)
    async with httpx.AsyncClient(trust_env=False, timeout=30.0) as http:
        while left:
            await asyncio.sleep(_PAUSE)
            left = {
                name for name in left if not await _is_there(http, f"{admin}/admin/v3", name, jar)
            }
    Report("functions")("created")


def _config(name: str) -> dict[str, object]:
    return {
        "tenant": TENANT,
        "namespace": "agents",
        "name": name,
        "runtime": "JAVA",
        "className": f"{_PACKAGE}.{FUNCTIONS[name]}",
        "inputs": [NOTES.url],
        "output": f"{NOTES.url}-{name}",
    }


async def _is_there(http: httpx.AsyncClient, admin: str, name: str, jar: Path) -> bool:
    url = f"{admin}/functions/{TENANT}/agents/{name}"
    with contextlib.suppress(httpx.HTTPError, OSError):
        known = await http.get(url)
        if known.status_code != httpx.codes.NOT_FOUND:
            return known.is_success
        files = {
            "data": (jar.name, await asyncio.to_thread(jar.read_bytes), "application/octet-stream"),
            "functionConfig": ("", json.dumps(_config(name)).encode(), "application/json"),
        }
        if (await http.post(url, files=files)).is_success:
            return True
        # a worker that is asked too early keeps the package, and would refuse it from then on
        await http.delete(f"{admin}/packages/function/{TENANT}/agents/{name}/0")
    return False
