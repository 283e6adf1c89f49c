"""Check every address of a context, step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError
from arcwatch.model.examined import Step
from arcwatch.model.nats import NatsGreetings
from arcwatch.sources.nats.greeting import greetings

from .nats import examine_monitor, examine_nats
from .pulsar import examine_admin, examine_broker


async def examine(settings: Settings) -> AsyncIterator[Step]:
    """Yield each step of checking a context as it is completed.

    Nothing is published, subscribed to beyond our own answers, created or moved.
    """
    for one in settings.clusters:
        async for step in examine(one):
            yield step
    for url in (settings.nats or "").split(","):
        async for step in examine_nats(url, settings.nats_credentials):
            yield step
    greeted = NatsGreetings(())
    # where none answers, the steps of each have said why
    with suppress(ArcwatchError):
        greeted = await greetings(settings) if settings.nats_monitors else greeted
    for url in settings.nats_monitors:
        async for step in examine_monitor(url, settings.nats_credentials, greeted):
            yield step
    for url in (settings.pulsar or "").split(","):
        async for step in examine_broker(url, settings.pulsar_credentials):
            yield step
    if settings.pulsar_admin:
        async for step in examine_admin(settings.pulsar_admin, settings.pulsar_credentials):
            yield step
