"""Look up which queue groups serve a subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import httpx

from arcwatch.errors import SourceError
from arcwatch.sources.net.http import get
from arcwatch.sources.net.http_errors import place
from arcwatch.wire.nats_json import HINT
from arcwatch.wire.nats_subsz import parse_queue_groups, parse_subscription_count

MOST_WALKED = 50_000
"""Subscriptions of a server that is asked: it walks through all of them for one answer."""
LISTED = 1_024
"""Subscriptions of a subject that are counted, the server's own default."""


async def queue_groups(
    client: httpx.AsyncClient, monitors: Sequence[str], subject: str
) -> Mapping[str, int]:
    """The queue groups that would receive a message of this subject, with their members.

    A server of a cluster lists its own clients' subscriptions one by one, and another
    server's as one for each group: the largest number reported is at most what there are.

    Raises:
        SourceError: A server does not answer, or has too many subscriptions to be asked.
    """
    found: Counter[str] = Counter()
    for url in monitors:
        found |= Counter(await _of_server(client, url.rstrip("/") + "/subsz", subject))
    return found


async def _of_server(client: httpx.AsyncClient, url: str, subject: str) -> Mapping[str, int]:
    where = place(url)
    _, body = await get(client, url, hint=HINT)
    if (count := parse_subscription_count(body, where)) > MOST_WALKED:
        raise SourceError(f"not asked for one of its {count:,} subscriptions", where=where)
    query = httpx.QueryParams({"subs": 1, "limit": LISTED, "test": subject})
    _, body = await get(client, f"{url}?{query}", hint=HINT)
    return parse_queue_groups(body, where)
