"""``arcwatch probe``: how long a message takes through the servers, measured with our own."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from arcwatch.changes.probe import Measured, measure
from arcwatch.changes.probe_plan import PATHS, ProbePlan, check_may_send, check_plan, usual_paths
from arcwatch.config.settings import Settings
from arcwatch.errors import UsageError
from arcwatch.files.new_file import NewFile

from .flag_values import add_for_flag, number, rate
from .listing import as_json
from .percentiles import Document, baseline, save, summary, with_difference
from .place_flags import settings_of
from .tailing import print_note, run_until_ended

MOST_SENT = 1_000_000

_EPILOG = """\
examples:
  arcwatch probe                                     NATS and Pulsar, 100 msg/s for 10 s each
  arcwatch probe nats-request --rate 500 --size 1000 --for 1m
  arcwatch probe --save before.json; arcwatch probe --baseline before.json
  arcwatch probe nats-publish --hgrm publish.hgrm    for HdrHistogram's plotters

Messages go to an inbox subject and to a new non-persistent topic, never to a topic of yours.
pulsar-persistent creates a persistent topic, and needs --allow-changes.  A message sent late counts
from the time it was due.  Sender and receiver share one process and one clock.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="*", metavar="|".join(PATHS), help="the paths to measure")
    parser.add_argument("--rate", type=rate, default=100.0, help="messages per second (100)")
    parser.add_argument("--size", type=number, default=100, help="bytes per message (100)")
    add_for_flag(parser, "measure each path this long (10s)", default=10.0)
    parser.add_argument(
        "--namespace",
        default="public/default",
        help="namespace of the Pulsar topic (public/default)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--hgrm", metavar="FILE", help="write the distribution of one path")
    parser.add_argument("--save", metavar="FILE", help="save the figures for --baseline")
    parser.add_argument("--baseline", metavar="FILE", help="compare with saved figures")
    parser.add_argument("--allow-changes", action="store_true", help="create a persistent topic")


def run(args: argparse.Namespace) -> int:
    """Measure, and print."""
    settings = settings_of(args)
    check_may_send(settings)
    plan = _plan(args, settings)
    if args.hgrm and len(plan.paths) != 1:
        raise UsageError("--hgrm needs one path", hint=f"name it: {', '.join(PATHS)}")
    before = baseline(args.baseline, "path") if args.baseline else {}
    found: list[Measured] = []
    is_complete = run_until_ended(_measure(settings, plan, args.seconds, found))
    rows = [with_difference(_row(one), before.get(one.path)) for one in found]
    if args.json:
        print(as_json(rows))
    elif rows:
        print("\n".join(map(_line, rows)))
    if not is_complete:
        unsaved = ": no figures were saved" if args.save or args.hgrm else ""
        print_note(f"interrupted{unsaved}")
        return 130
    if args.save:
        save(args.save, rows)
    if args.hgrm:
        with NewFile(Path(args.hgrm)) as file:
            file.write(found[0].latencies.hgrm())
    return 1 if all(one.lost == one.sent for one in found) else 0


async def _measure(settings: Settings, plan: ProbePlan, span: float, found: list[Measured]) -> None:
    from arcwatch.changes.probe import probe_for
    from arcwatch.sources.connections import Servers

    servers = Servers(settings)
    try:
        for path in plan.paths:
            way = await probe_for(servers, path, plan.namespace, plan.size)
            await measure(way, rate=plan.rate, size=plan.size, seconds=span, found=found)
    finally:
        await servers.close()


def _plan(args: argparse.Namespace, settings: Settings) -> ProbePlan:
    paths = tuple(args.paths) or usual_paths(settings)
    plan = ProbePlan(paths, args.rate, args.size, args.namespace)
    check_plan(plan, allow_changes=args.allow_changes)
    if args.rate * args.seconds > MOST_SENT:
        raise UsageError("too many messages", hint=f"at most {MOST_SENT:,}: reduce --rate or --for")
    return plan


def _row(one: Measured) -> Document:
    counts = ("path", "sent", "lost", "late", "waiting")
    row = {count: getattr(one, count) for count in counts}
    return row | msgspec.structs.asdict(one.latencies.summary())


def _line(row: Document) -> str:
    counts = f"{row['sent']:,} sent, {row['lost']:,} lost"
    late = f", {row['late']:,} sent late" if row["late"] else ""
    waiting = f", {row['waiting']:,} in flight" if row["waiting"] else ""
    return f"{row['path']:22}  {summary(row)}  ({counts}{late}{waiting})"
