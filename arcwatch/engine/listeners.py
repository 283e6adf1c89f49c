"""Follow what NATS publishes by itself: JetStream advisories and heartbeats."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from arcwatch.config.settings import Settings
from arcwatch.model.nats import Heartbeats
from arcwatch.model.nats_advisories import JsAdvisories
from arcwatch.model.nats_reports import NatsReports
from arcwatch.model.reading import Failure


async def follow_advisories(
    settings: Settings,
    requested: asyncio.Event,
    report: Callable[[JsAdvisories | Failure], None],
) -> None:
    """Report JetStream's advisories about undeliverable messages until cancelled.

    Args:
        requested: Set once somebody wants to know; before, nothing is connected to.
    """
    await requested.wait()
    # a client library that a screen without these tables does without
    from arcwatch.sources.nats.advisories import advisories

    async with aclosing(advisories(settings)) as events:
        async for reading in events:
            report(reading)


async def follow_reports(
    settings: Settings,
    requested: asyncio.Event,
    report: Callable[[NatsReports | Failure], None],
) -> None:
    """Report what NATS servers publish of themselves and their clients until cancelled.

    Args:
        requested: Set once somebody wants to know; before, nothing is connected to.
    """
    await requested.wait()
    from arcwatch.sources.nats.reports import reports

    async with aclosing(reports(settings)) as answers:
        async for answer in answers:
            report(answer)


async def follow_heartbeats(
    settings: Settings,
    subjects: Sequence[str],
    report: Callable[[Heartbeats | Failure], None],
) -> None:
    """Report heartbeats until cancelled; return at once if no subject is configured."""
    if not subjects:
        return
    from arcwatch.sources.nats.heartbeats import heartbeats

    async with aclosing(heartbeats(settings, subjects)) as events:
        async for reading in events:
            report(reading)
