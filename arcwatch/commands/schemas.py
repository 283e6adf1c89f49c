"""``arcwatch pulsar schema`` and ``policies``: the schemas of a topic, and its settings."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from arcwatch.config.settings import Settings
from arcwatch.decode.schema_fields import changes, schema_rows
from arcwatch.engine.questions import open_sources
from arcwatch.errors import SourceError, UsageError
from arcwatch.model.message import Schema
from arcwatch.store.pulsar.policy_rows import policy_rows
from arcwatch.text.control_characters import printable

from .listing import as_json, as_table
from .paint import page

if TYPE_CHECKING:
    from arcwatch.sources.pulsar.cluster import PulsarCluster

T = TypeVar("T")


def print_schemas(args: argparse.Namespace, settings: Settings, topic: str) -> int:
    """Print the versions, or the fields that differ between two of them."""
    from arcwatch.sources.pulsar.schemas import versions  # imports httpx, slow to load

    found = asyncio.run(_asked(settings, lambda cluster: versions(cluster, topic)))
    if args.diff:
        return _print_difference(args, topic, found)
    rows = schema_rows(found)
    if args.json:
        print(as_json(rows))
    elif rows:
        print("\n".join(as_table(rows, ("version", "type", "created", "fields", "says"), page())))
    else:
        print(f"{printable(topic, 200)} has no schema: its messages are bytes")
    return 0


def print_policies(args: argparse.Namespace, settings: Settings, name: str) -> int:
    """Print the rates and settings in effect for a topic or a namespace, and who set them."""
    from arcwatch.sources.pulsar.topic_policies import policies  # imports httpx

    found = asyncio.run(_asked(settings, lambda cluster: policies(cluster, name)))
    if not any(one.set_by for one in found):
        why = "there is no such namespace, or this login may not read its policies"
        raise SourceError("no policies", where=printable(name, 200), why=why)
    table = as_table(list(policy_rows(found)), ("name", "limit", "set_by"), page())
    print(as_json(found) if args.json else "\n".join(table))
    return 0


async def _asked(settings: Settings, ask: Callable[[PulsarCluster], Awaitable[T]]) -> T:
    settings.check_one("pulsar")
    async with open_sources(settings) as (_, cluster):
        if cluster is None:
            raise UsageError("no Pulsar cluster to ask", hint="name one with --pulsar-admin")
        return await ask(cluster)


def _print_difference(args: argparse.Namespace, topic: str, found: Sequence[Schema]) -> int:
    by_version = {schema.version: schema for schema in found}
    before, after = args.diff
    for one in args.diff:
        if one not in by_version:
            known = ", ".join(str(schema.version) for schema in found)
            why = f"its versions are {known}" if known else "it has no schema"
            where = printable(topic, 200)
            raise SourceError(f"there is no version {one} of the schema", where=where, why=why)
    differing = changes(by_version[before], by_version[after])
    if args.json:
        print(as_json({"topic": topic, "before": before, "after": after, "changes": differing}))
        return 0
    print("\n".join(printable(str(one), 500) for one in differing) or "no field differs")
    return 0
