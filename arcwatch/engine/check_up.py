"""What a check-up asks beyond what is polled, once; of several clusters each by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from arcwatch.config.settings import Settings
from arcwatch.model.pulsar_settings import PulsarSettings
from arcwatch.notation.places import topic_address
from arcwatch.store.known import Known
from arcwatch.store.store import Store

from .engine import Engine
from .questions import open_sources

Report: TypeAlias = Callable[[int, int], None]
"""Called with how many of how many questions were answered."""

APART = 1.0
"""Seconds between two looks at servers that others are polled beside."""


class Looked(NamedTuple):
    """What was read of one cluster."""

    cluster: str
    """Its name; empty where there is only one."""
    prefix: str
    """What its addresses begin with: ``prod.eu::``."""
    store: Known
    settings: PulsarSettings | None
    """How the Pulsar cluster is set up; None where there is none, or none that answers."""


async def look(
    settings: Settings, interval: float, report: Report, about: str = ""
) -> list[Looked]:
    """Ask the servers of every cluster twice, ``interval`` seconds apart, and how they are set up.

    What is compared within a cluster, as versions and clocks are, is never compared across two.

    Args:
        about: Only topics whose address contains this.
    """
    parts = _parts(settings)
    counts = [(0, 0)] * len(parts)

    def reporter(nth: int) -> Report:
        def add(done: int, total: int) -> None:
            counts[nth] = done, total
            report(sum(done for done, _ in counts), sum(total for _, total in counts))

        return add

    asked = (_look(one, interval, reporter(nth), about) for nth, one in enumerate(parts))
    return await asyncio.gather(*asked)


async def look_again(settings: Settings, store: Store, report: Report) -> list[Looked]:
    """The same, of one cluster with the figures that are polled already."""
    if settings.clusters:
        return await look(settings, APART, report)
    asked = await ask_settings(settings, store, report)
    return [Looked("", "", store.freeze(), asked)]


async def ask_settings(
    settings: Settings, store: Known, report: Report, about: str = ""
) -> PulsarSettings | None:
    """How the Pulsar cluster is set up; None where there is none, or none that answers.

    Args:
        about: Only topics whose address contains this.
    """
    if not settings.pulsar_admin or store.half("pulsar") == "down":
        return None
    # imported here because it costs more than the first paint
    from arcwatch.sources.pulsar.settings import read_settings

    async with open_sources(settings) as (_, cluster):
        if cluster is None:
            return None
        return await read_settings(cluster, _topics(store, about), report)


def _parts(settings: Settings) -> list[Settings]:
    """The settings of each cluster; a system of which there is one alone has none of its own."""
    alone = replace(settings, clusters=())
    is_asked = not settings.clusters or alone.addresses("nats") or alone.addresses("pulsar")
    return [alone, *settings.clusters] if is_asked else [*settings.clusters]


async def _look(settings: Settings, interval: float, report: Report, about: str) -> Looked:
    store = Store()
    engine = Engine(settings, store)
    engine.show_parts(["bookies"])
    await engine.unless_it_cannot_begin(engine.sample_twice(interval, details=(None,)))
    prefix = f"{settings.context}::" if settings.cluster else ""
    asked = await ask_settings(settings, store, report, about.removeprefix(prefix))
    return Looked(settings.cluster, prefix, store, asked)


def _topics(store: Known, about: str) -> Sequence[str]:
    """Loaded topics by what waits in them, then by how busy they are."""
    rows = [row for row in store.pulsar_topics() if about in topic_address(row.topic)]
    rows.sort(key=lambda row: (-_known(row.backlog_entries), -_known(row.msg_rate_in), row.topic))
    return [row.topic for row in rows]


def _known(value: float) -> float:
    """The figure, and 0 of one that is not known, which has no order."""
    return value if value == value else 0.0
