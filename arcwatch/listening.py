"""Listens to what JetStream gives up on, from when it is first wanted until the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from arcwatch.config import Settings
from arcwatch.model.nats_advisories import JsAdvisories
from arcwatch.model.reading import Failure


async def listen(
    settings: Settings,
    wanted: asyncio.Event,
    tell: Callable[[JsAdvisories | Failure], None],
) -> None:
    """Tell what is heard, until cancelled.

    Args:
        settings: Where NATS is, and who we are there.
        wanted: Set once somebody wants to know; before, nothing is connected to.
        tell: Takes it.
    """
    await wanted.wait()
    # a client library that a screen without these tables does without
    from arcwatch.sources.nats_advisories import advisories

    async with aclosing(advisories(settings)) as heard:
        async for told in heard:
            tell(told)
