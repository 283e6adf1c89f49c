"""``arcwatch probe``: how long a message takes through the servers, measured with our own."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec

from arcwatch import units
from arcwatch.cli import settings_of
from arcwatch.config import Settings
from arcwatch.errors import UsageError
from arcwatch.new_file import NewFile
from arcwatch.probing import HEAD, Measured, Probe, measure
from arcwatch.store.latencies import Summary, compared

from .listing import as_json
from .tailing import run_until_ended, seconds, tell

MOST_RATE, MOST_SIZE, MOST_SENT = 5_000, 1_000_000, 1_000_000

_EPILOG = """\
examples:
  arcwatch probe                                     NATS and Pulsar, 100 msg/s for 10 s each
  arcwatch probe nats-request --rate 500 --size 1000 --for 1m
  arcwatch probe --json > before.json; arcwatch probe --baseline before.json
  arcwatch probe nats-publish --hgrm publish.hgrm    for HdrHistogram's plotters

Messages go to an inbox subject and to a topic of our own that is not persistent, never to one of
yours.  pulsar-persistent makes a persistent topic, and needs --allow-changes.  A message that could
not be sent when it was due counts from when it was due.  Sender and receiver are one process: its
clock is the only one.
"""

PATHS = ("nats-publish", "nats-request", "pulsar", "pulsar-persistent")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="*", metavar="|".join(PATHS), help="which ways to go")
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second (100)")
    parser.add_argument("--size", type=int, default=100, help="bytes of a message (100)")
    parser.add_argument(
        "--for", dest="seconds", metavar="TIME", type=seconds, default=10.0, help="each way (10s)"
    )
    parser.add_argument(
        "--namespace", default="public/default", help="of the topic on Pulsar (public/default)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--hgrm", metavar="FILE", help="write the distribution of one way there")
    parser.add_argument("--baseline", metavar="FILE", help="compare with an earlier --json")
    parser.add_argument("--allow-changes", action="store_true", help="make a persistent topic")


def run(args: argparse.Namespace) -> int:
    """Measure, and print."""
    settings = settings_of(args)
    _check(args)
    paths = args.paths or _usual(settings)
    if args.hgrm and len(paths) != 1:
        raise UsageError("--hgrm is for one way", hint=f"name it: {', '.join(PATHS)}")
    before = _baseline(args.baseline) if args.baseline else {}
    found: list[Measured] = []
    if not run_until_ended(_measure(settings, args, paths, found)):
        tell("interrupted")
        return 130
    rows = [_row(one, before.get(one.path)) for one in found]
    print(as_json(rows) if args.json else "\n".join(map(_line, rows)))
    if args.hgrm:
        with NewFile(Path(args.hgrm)) as file:
            file.write(found[0].latencies.hgrm())
    return 1 if all(one.lost == one.sent for one in found) else 0


async def _measure(
    settings: Settings, args: argparse.Namespace, paths: list[str], found: list[Measured]
) -> None:
    async for probe in _probes(settings, paths, args.namespace):
        how = {"rate": args.rate, "size": args.size, "seconds": args.seconds}
        found.append(await measure(probe, **how))


async def _probes(settings: Settings, paths: list[str], namespace: str) -> AsyncIterator[Probe]:
    from arcwatch.sources.tail_servers import Servers

    servers = Servers(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(servers.close)
        for path in paths:
            if path.startswith("nats"):
                from arcwatch.actions.probe_nats import NatsProbe
                from arcwatch.sources.jetstream_history import connected

                connection = servers.nats()
                if not connection.is_connected:
                    await connected(connection)
                yield NatsProbe(connection, "request" if "request" in path else "publish")
            else:
                from arcwatch.actions.probe_pulsar import PulsarProbe

                domain = "persistent" if "persistent" in path else "non-persistent"
                topic = f"{domain}://{namespace}/arcwatch-probe-{uuid.uuid4().hex[:12]}"
                yield PulsarProbe(servers.pulsar()[0], topic)


def _check(args: argparse.Namespace) -> None:
    for path in args.paths:
        if path not in PATHS:
            raise UsageError(f"no way is called {path!r}", hint=f"there is {', '.join(PATHS)}")
    if "pulsar-persistent" in args.paths and not args.allow_changes:
        raise UsageError("a persistent topic would be made", hint="add --allow-changes")
    if not 0 < args.rate <= MOST_RATE:
        raise UsageError("cannot use that --rate", hint=f"at most {MOST_RATE:,} a second")
    if not HEAD <= args.size <= MOST_SIZE:
        raise UsageError("cannot use that --size", hint=f"from {HEAD} to {MOST_SIZE:,} bytes")
    if args.rate * args.seconds > MOST_SENT:
        raise UsageError("too many messages", hint=f"at most {MOST_SENT:,}: less --rate or --for")
    if args.namespace.count("/") != 1:
        raise UsageError("not a namespace", hint="write TENANT/NAMESPACE")


def _usual(settings: Settings) -> list[str]:
    """All ways that need no leave, of the systems that are not left out."""
    paths = ["nats-publish", "nats-request"] if settings.nats else []
    return paths + (["pulsar"] if settings.pulsar else [])


def _row(one: Measured, before: Summary | None) -> dict[str, Any]:
    summary = one.latencies.summary()
    row = {"path": one.path, "sent": one.sent, "lost": one.lost, "late": one.late}
    row |= msgspec.structs.asdict(summary)
    return row | ({"times_baseline": compared(summary, before)} if before else {})


def _baseline(name: str) -> dict[str, Summary]:
    """The figures of an earlier run, by path.

    Raises:
        UsageError: The file holds none.
    """
    try:
        rows = msgspec.json.decode(Path(name).read_bytes(), type=list[dict[str, Any]])
        return {str(row["path"]): msgspec.convert(row, Summary) for row in rows}
    except (OSError, KeyError, msgspec.MsgspecError) as error:
        hint = "write one with `arcwatch probe --json`"
        raise UsageError(
            "cannot read the baseline", where=name, why=str(error), hint=hint
        ) from None


def _line(row: dict[str, Any]) -> str:
    names = (("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p999", "p99.9"), ("max", "max"))
    against = row.get("times_baseline", {})
    told = []
    for key, name in names:
        times = against.get(key)
        told.append(f"{name} {units.duration(row[key])}" + (f" (x{times:.2f})" if times else ""))
    counts = f"{row['sent']:,} sent, {row['lost']:,} lost"
    late = f", {row['late']:,} sent late" if row["late"] else ""
    return f"{row['path']:22}  {'  '.join(told)}  ({counts}{late})"
