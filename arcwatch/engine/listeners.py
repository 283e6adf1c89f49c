"""Follow what NATS publishes by itself: JetStream advisories and heartbeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

from arcwatch.config.settings import Settings
from arcwatch.model.nats import Heartbeats
from arcwatch.model.nats_advisories import JsAdvisories
from arcwatch.model.nats_reports import NatsReports
from arcwatch.model.reading import Failure

T = TypeVar("T")


async def follow_advisories(
    settings: Settings, requested: asyncio.Event, report: Callable[[JsAdvisories | Failure], None]
) -> None:
    """Report JetStream's advisories about undeliverable messages until cancelled.

    Args:
        requested: Set once the figures are needed; before, nothing is connected to.
    """
    await requested.wait()
    # a client library that a screen without these tables does without
    from arcwatch.sources.nats.advisories import advisories

    await _follow(advisories(settings), report)


async def follow_reports(
    settings: Settings, requested: asyncio.Event, report: Callable[[NatsReports | Failure], None]
) -> None:
    """Report what NATS servers publish of themselves and their clients until cancelled.

    Args:
        requested: Set once the figures are needed; before, nothing is connected to.
    """
    await requested.wait()
    from arcwatch.sources.nats.reports import reports

    await _follow(reports(settings), report)


async def follow_heartbeats(
    settings: Settings, subjects: Sequence[str], report: Callable[[Heartbeats | Failure], None]
) -> None:
    """Report heartbeats until cancelled; return at once if no subject is configured."""
    if not subjects:
        return
    from arcwatch.sources.nats.heartbeats import heartbeats

    await _follow(heartbeats(settings, subjects), report)


async def _follow(answers: AsyncGenerator[T, None], report: Callable[[T], None]) -> None:
    async with aclosing(answers):
        async for answer in answers:
            report(answer)
