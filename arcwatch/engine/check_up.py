"""What a check-up asks beyond what is polled, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arcwatch.config.settings import Settings
from arcwatch.model.pulsar_settings import PulsarSettings
from arcwatch.notation.places import topic_address
from arcwatch.store.known import Known

from .questions import open_sources


async def ask_settings(
    settings: Settings, store: Known, report: Callable[[int, int], None], about: str = ""
) -> PulsarSettings | None:
    """How the Pulsar cluster is set up; None where there is none, or none that answers.

    Args:
        about: Only topics whose address contains this.
    """
    settings.check_one("nats")
    settings.check_one("pulsar")
    if not settings.pulsar_admin or store.half("pulsar") == "down":
        return None
    # imported here because it costs more than the first paint
    from arcwatch.sources.pulsar.settings import read_settings

    async with open_sources(settings) as (_, cluster):
        if cluster is None:
            return None
        return await read_settings(cluster, _topics(store, about), report)


def _topics(store: Known, about: str) -> Sequence[str]:
    """Loaded topics by what waits in them, then by how busy they are."""
    rows = [row for row in store.pulsar_topics() if about in topic_address(row.topic)]
    rows.sort(key=lambda row: (-_known(row.backlog_entries), -_known(row.msg_rate_in), row.topic))
    return [row.topic for row in rows]


def _known(value: float) -> float:
    """The figure, and 0 of one that is not known, which has no order."""
    return value if value == value else 0.0
