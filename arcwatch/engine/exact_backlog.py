"""Count one backlog exactly, over its own connection."""

from __future__ import annotations

from msgspec.structs import replace

from arcwatch.config.settings import Settings, load
from arcwatch.errors import UsageError
from arcwatch.model.pulsar import ExactBacklog
from arcwatch.notation.address import Topic, parse_address
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .questions import open_sources


async def count_exactly(settings: Settings, address: str) -> ExactBacklog:
    """Count the backlog of one Pulsar subscription; JetStream's own figures are exact already.

    Raises:
        UsageError: It is none, or Pulsar is disabled.
    """
    place = parse_address(address)
    if not isinstance(place, Topic) or not place.subscription:
        why = f"{printable(address, 60)} is not one"
        hint = "write pulsar:TENANT/NAMESPACE/TOPIC#SUBSCRIPTION"
        raise UsageError("only Pulsar subscriptions can be counted", why=why, hint=hint)
    place.check_readable()
    from arcwatch.sources.pulsar.exact_backlog import exact_backlog

    settings = load({}, context=place.context) if place.context else settings
    settings.check_one("pulsar")
    async with open_sources(settings) as (_, cluster):
        if cluster is None:
            raise UsageError("Pulsar is disabled", hint="name it with --pulsar-admin")
        found = await exact_backlog(cluster, place.full_name, place.subscription)
        return replace(found, address=str(place))


def summary(found: ExactBacklog, now: float) -> str:
    """Format an exact backlog as one line."""
    oldest = (
        "" if found.oldest is None else f", the oldest {units.duration(now - found.oldest)} old"
    )
    counts = f"{units.things(found.messages, 'message')} in {units.things(found.entries, 'entry')}"
    return f"{printable(found.address)}: {counts}{oldest}"
