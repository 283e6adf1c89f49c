"""``arcwatch nats bucket``: the keys of a key-value store, or the objects of an object store."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.config.settings import Settings
from arcwatch.errors import NotThereError, UsageError
from arcwatch.model.nats_buckets import NatsBucket
from arcwatch.store.nats.buckets import NatsBucketRow, NatsKeyRow, NatsObjectRow, rows_of
from arcwatch.text.control_characters import printable

from .listing import as_json, as_pairs, as_table
from .looking import answered, chosen, narrowed, sample
from .paint import Page, page
from .place_flags import settings_of
from .tailing import print_note

_KEYS = "key revision time operation size ttl value"
_OBJECTS = "name size chunks time deleted link digest"


class OneBucket(Struct, frozen=True):
    """A bucket and what it holds.  A key-value and an object store may share a name."""

    bucket: NatsBucketRow
    keys: tuple[NatsKeyRow, ...]
    objects: tuple[NatsObjectRow, ...]


def print_bucket(args: argparse.Namespace) -> int:
    """Print the buckets called ``args.name`` with their keys or objects.

    Returns:
        0, or 1 where an object is not what was stored, or one of all could not be checked.

    Raises:
        UsageError: A flag that is for lists of other things.
        NotThereError: There is none.
        SourceError: Nothing answered.
    """
    if args.watch or args.chart:
        hint = "to watch it: arcwatch tail kv:NAME; its past: arcwatch history kv:NAME/KEY"
        raise UsageError("--watch and --chart do not apply to a bucket", hint=hint)
    store = sample(args, pulsar=False)
    rows = [row for row in store.nats_buckets() if row.bucket == args.name]
    if not rows:
        answered(store, ["jsz"])
        what = f"no such bucket: {printable(args.name, limit=60)}"
        raise NotThereError(what, hint="`arcwatch nats buckets` lists them")
    found = asyncio.run(_read(settings_of(args), rows, verify=args.verify))
    ones = [_one(args, row, bucket) for row, bucket in zip(rows, found, strict=True)]
    print(as_json(ones) if args.json else "\n".join(_lines(ones, page(), verify=args.verify)))
    for one, bucket in zip(ones, found, strict=True):
        _note(bucket)
        if args.verify and not one.objects and not bucket.unread:
            whose = printable(one.bucket.bucket, limit=60)
            print_note(f"nothing to verify in {whose}: only objects have a digest")
    return 0 if not args.verify or all(_holds(args, bucket) for bucket in found) else 1


def _holds(args: argparse.Namespace, bucket: NatsBucket) -> bool:
    """Whether all objects that the flags ask for hold, those beyond ``--limit``, too."""
    read = bucket.is_whole and not bucket.unread
    objects = narrowed(bucket.objects, args.filter)
    return read and all(one.check in ("", "holds") for one in objects)


async def _read(
    settings: Settings, rows: Sequence[NatsBucketRow], *, verify: bool
) -> list[NatsBucket]:
    # a client library that the other tables do without
    from arcwatch.sources.connections import Servers
    from arcwatch.sources.jetstream.buckets import checked, read_bucket

    found: list[NatsBucket] = []
    for row in rows:
        servers = Servers(settings.of("nats", row.cluster))
        try:
            bucket = await read_bucket(servers, row.stream)
            if verify:
                whole = await checked(servers, bucket.stream, bucket.objects)
                bucket = replace(bucket, objects=whole)
        finally:
            await servers.close()
        found.append(bucket)
    return found


def _one(args: argparse.Namespace, row: NatsBucketRow, bucket: NatsBucket) -> OneBucket:
    keys, objects = rows_of(bucket, row.cluster)
    return OneBucket(row, tuple(chosen(args, keys)), tuple(chosen(args, objects)))


def _lines(found: Sequence[OneBucket], on: Page, *, verify: bool) -> Iterator[str]:
    for one in found:
        yield from as_pairs(one.bucket)
        is_objects = bool(one.objects) or one.bucket.keys_at_most is None
        fields = f"{_OBJECTS} check".split() if verify else _OBJECTS.split()
        rows = as_table(one.objects, fields, on) if is_objects else ()
        yield from ("", *(rows or as_table(one.keys, _KEYS.split(), on)))


def _note(bucket: NatsBucket) -> None:
    if not bucket.is_whole:
        print_note(f"only {len(bucket.keys) + len(bucket.objects):,} of {bucket.stream} were read")
    if bucket.unread:
        print_note(
            f"{bucket.unread:,} objects in {bucket.stream} have metadata that could not be read"
        )
