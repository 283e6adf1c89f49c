"""Look up the queue groups of subjects over the configured monitoring addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from arcwatch.config.settings import Settings

Ask = Callable[[str], Awaitable[Mapping[str, int]]]
"""Finds the queue groups of a subject, each with its members."""


def groups_of(settings: Settings) -> Callable[[], AbstractAsyncContextManager[Ask]] | None:
    """A lookup over the configured NATS servers; None without a monitoring address."""
    monitors = settings.nats_monitors
    if not monitors:
        return None

    @asynccontextmanager
    async def opened() -> AsyncIterator[Ask]:
        # imported here because the first paint does not wait for them
        from arcwatch.sources.nats.queue_groups import queue_groups
        from arcwatch.sources.net.http import new_client

        async with new_client(settings.nats_credentials.tls) as client:
            yield lambda subject: queue_groups(client, monitors, subject)

    return opened
