"""Ask for the functions, sources and sinks of a cluster, and whether each runs."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from arcwatch.errors import LackingError, NotThereError, RefusedError, SourceError
from arcwatch.model.pulsar import PulsarFunction, PulsarFunctions
from arcwatch.wire.pulsar_functions import parse_assignments, parse_function

from .cluster import PulsarCluster

MOST = 100
"""That are asked for one by one."""
ABREAST = 4
"""Asked for at once."""

KINDS = ("function", "source", "sink")


async def functions(cluster: PulsarCluster, *, named: bool = False) -> PulsarFunctions:
    """All that are assigned to a worker, if permitted.

    Args:
        cluster: Its brokers, or the worker that the user ``named``, which is to answer.
    """
    path = "worker/assignments"
    try:
        body = await cluster.ask(path, about="functions")
    except (RefusedError, LackingError):
        if named:
            raise
        return PulsarFunctions(None)
    names = parse_assignments(body, cluster.place(path))
    free = asyncio.Semaphore(ABREAST)

    async def one(name: str) -> PulsarFunction | SourceError | None:
        async with free:
            return await _one(cluster, name)

    answers = await asyncio.gather(*map(one, names[:MOST]))
    found = tuple(each for each in answers if isinstance(each, PulsarFunction))
    gone = answers.count(None)
    return PulsarFunctions(found, len(names) - len(found) - gone)


async def _one(cluster: PulsarCluster, name: str) -> PulsarFunction | SourceError | None:
    """The function, source or sink of this name, or why it cannot be read; None if it is gone."""
    place = "/".join(quote(part, safe="") for part in name.split("/"))
    for kind in KINDS:
        path = f"{kind}s/{place}"
        try:
            about = await cluster.ask(path, about=name, version="v3")
            status = await cluster.ask(f"{path}/status", about=name, version="v3")
            return parse_function(kind, name, about, status, cluster.place(path, "v3"))
        except NotThereError:
            continue
        except SourceError as error:
            return error
    return None
