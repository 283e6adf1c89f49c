"""``arcwatch latency``: latencies as reported by servers, or measured on a tail."""

from __future__ import annotations

import argparse
import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from functools import partial
from itertools import zip_longest
from pathlib import Path

import msgspec

from arcwatch.charts import canvas, heat
from arcwatch.charts.figure import Picture, Run
from arcwatch.charts.heat import micros, of_micros, percentile_bars
from arcwatch.charts.time_chart import logarithmic
from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, SourceError, UsageError
from arcwatch.files.new_file import NewFile
from arcwatch.model.message import Message
from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.notation.address import Subject, parse_address
from arcwatch.runtime.boundary import each
from arcwatch.session.tail_analysis import measure_messages
from arcwatch.store.charted import Charted, of_latency
from arcwatch.store.messages.requests import Requests
from arcwatch.store.series.histogram import Latencies
from arcwatch.store.series.latency_rows import LatencyRow, row_of
from arcwatch.store.series.tail_latency import TailLatency
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .chart_output import add_chart_flags, check_chart_flags, put_chart, room
from .flag_values import add_for_flag
from .listing import as_json, as_table, in_json
from .live import add_watch_flag, watch
from .looking import add_looking_flags, answered, chosen, sample
from .paint import Page
from .percentiles import Document, baseline, save, summary, with_difference
from .place_flags import print_error, settings_of
from .sampling import USUAL, drawn, sampled
from .tailing import Following, opened, print_note, run_until_ended, totals

_EPILOG = """\
examples:
  arcwatch latency                           reported by servers: Pulsar's last minute, NATS RTTs
  arcwatch latency --json | jq '.[] | select(.name == "pulsar publish").p99'
  arcwatch latency --save before.json; arcwatch latency --baseline before.json
  arcwatch latency --tail js:ORDERS --for 30s             from stored to received here
  arcwatch latency --tail pulsar:arc/agents/task-events   from producer to here, by both clocks
  arcwatch latency --tail 'arc.tasks.>' --for 1m          request to reply
  arcwatch latency --tail '$JS.EVENT.METRIC.CONSUMER.ACK.>'   delivery to ack, where sampled
  arcwatch latency --filter publish --chart  also over time: samples for a minute
  arcwatch latency --services                as NATS micro services report them

--services requests $SRV.STATS, which every service answers: averages since each one started.

Figures are in seconds; null is unknown.  Figures from histogram buckets are upper bounds (at_most),
and null beyond the last bucket.  `arcwatch probe` measures with its own messages.
"""


BARS = 100
"""Columns of bars, at most."""

NOTHING_REPORTED = SourceError(
    "no latency was measured",
    why="no NATS client has a round-trip time yet, and no Pulsar broker reports a latency",
    hint="`arcwatch latency --tail ADDRESS` measures live messages, `arcwatch probe` sends its own",
)
"""Where servers answer and report no latency."""

NO_SERVICES = SourceError(
    "no latency was measured",
    where="$SRV.STATS",
    why="no NATS micro service answered",
    hint="check that services run in the account that you are logged in to",
)

_SERVICE = "service endpoint subject instance version requests errors average last_error"


class _ServiceRow(ServiceEndpoint, frozen=True):
    """An endpoint, and the cluster where it is served, if there are several."""

    cluster: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--tail",
        metavar="ADDRESS",
        action="append",
        default=[],
        help="measure the messages sent there",
    )
    add_for_flag(parser, "tail this long (10s); with --chart, sample this long (1m)")
    parser.add_argument(
        "--services", action="store_true", help="request the statistics of NATS micro services"
    )
    parser.add_argument("--save", metavar="FILE", help="save the figures for --baseline")
    parser.add_argument("--baseline", metavar="FILE", help="compare with saved figures")
    parser.add_argument("--hgrm", metavar="FILE", help="write the distribution of one row")
    add_looking_flags(parser)
    add_watch_flag(parser)
    add_chart_flags(parser, "sample latencies (1m, or --for), and draw percentiles, also over time")


def run(args: argparse.Namespace) -> int:
    """Look, or listen, and print."""
    check_chart_flags(args)
    if args.services:
        return _services(args)
    before = baseline(args.baseline, "address") if args.baseline else {}
    if args.watch:
        if args.tail or args.save or args.hgrm:
            raise UsageError(
                "--watch needs figures that servers report", hint="leave out the other flags"
            )
        return watch(args, settings_of(args), partial(_watched, args, before))
    lateness, code = TailLatency(), 0
    if args.tail:
        rows, nothing = _tailed(args, lateness)
    else:
        store = _sampled(args) if args.chart else sample(args)
        rows, code = store.latencies.rows(), answered(store, ("connz", "metrics"))
        nothing = NOTHING_REPORTED
    if not rows:
        return _nothing_answered(args, nothing)
    shown = chosen(args, rows)
    if not shown:
        print_note(f"none of {len(rows):,} rows matches {args.filter!r}")
    if args.chart:
        past = [] if args.tail else [of_latency(store.latencies, row) for row in shown]
        put_chart(args, _pictures(args, shown, past), "latency")
        return code
    documents = _documents(shown, before)
    _print(args, documents, list(map(_line, shown, documents)))
    if args.save:
        save(args.save, documents)
    if args.hgrm:
        _write(args.hgrm, shown, lateness)
    return code


def _documents(rows: Sequence[LatencyRow], before: Mapping[str, Document]) -> list[Document]:
    return [with_difference(_document(row), before.get(row.address)) for row in rows]


def _watched(
    args: argparse.Namespace, before: Mapping[str, Document], store: Store, on: Page
) -> Sequence[str]:
    shown = chosen(args, store.latencies.rows())
    documents = _documents(shown, before)
    if args.json:
        return [escaped_json(in_json(documents).decode())]
    return "\n".join(map(_line, shown, documents)).splitlines()


def _sampled(args: argparse.Namespace) -> Store:
    """A store after watching for a while, for percentiles over time."""

    def find(store: Store) -> list[Charted]:
        rows = store.latencies.rows()
        return [found for row in rows if (found := of_latency(store.latencies, row))]

    return sampled(settings_of(args), args.seconds or USUAL, find)


def _pictures(
    args: argparse.Namespace, rows: Sequence[LatencyRow], past: Sequence[Charted | None]
) -> Picture:
    """Of each row its percentiles, and how they were over time, which no tail keeps."""
    space, lines = room(args), list[list[Run]]()
    for row, charted in zip_longest(rows, past):
        bars = percentile_bars(row.quantiles, partial(_figure, at_most=row.at_most))
        lines += [[]] if lines else []
        if charted:
            lines += drawn(charted, args.seconds or USUAL, space, micros, of_micros, logarithmic)
        title = printable(f"{row.name} {row.place}", limit=200)
        lines.append([(title, "title"), (f"  log scale from 1 µs; {printable(row.note)}", "axis")])
        lines += canvas.drawn(heat.bars(bars), min(space.width, BARS), len(bars), space.glyphs)
    return lines


def _figure(value: float, *, at_most: bool) -> str:
    return f"{'≤ ' if at_most else ''}{units.duration(value)}"


def _services(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    several = settings.several("nats")
    asked = asyncio.run(_asked(several or (settings,)))
    failures = [told for _, told in asked if isinstance(told, ArcwatchError)]
    if len(failures) == len(asked):
        raise failures[0]
    for failure in failures:
        print_error(failure)
    answered = [(name, told) for name, told in asked if isinstance(told, ServiceAnswers)]
    unread = [why for _, answers in answered for why in answers.unread]
    rows = [
        _ServiceRow(**msgspec.structs.asdict(endpoint), cluster=cluster)
        for cluster, answers in answered
        for endpoint in answers.endpoints
    ]
    if not rows and not unread:
        return _nothing_answered(args, NO_SERVICES)
    rows = chosen(args, rows)
    fields = [*["cluster"] * bool(several), *_SERVICE.split()]
    print(as_json(rows) if args.json else "\n".join(as_table(rows, fields)))
    if unread:
        print_note(
            f"{units.things(len(unread), 'answer')} could not be read, the first: {unread[0]}"
        )
    return 0


async def _asked(
    clusters: Sequence[Settings],
) -> list[tuple[str, ServiceAnswers | ArcwatchError]]:
    """What services answered in each cluster, by its name, or why they could not be asked."""
    from arcwatch.sources.nats.services import open_services

    async def ask_in(settings: Settings) -> tuple[str, ServiceAnswers | ArcwatchError]:
        try:
            async with open_services(settings) as ask:
                return settings.cluster, await ask()
        except ArcwatchError as error:
            return settings.cluster, error

    return await asyncio.gather(*map(ask_in, clusters))


def _nothing_answered(args: argparse.Namespace, why: SourceError) -> int:
    """The exit code when nothing was measured; JSON still gets its document."""
    if args.json:
        print(as_json([]))
    print_error(why)
    return 1


def _print(args: argparse.Namespace, documents: list[Document], lines: list[str]) -> None:
    if args.json:
        print(as_json(documents))
    elif lines:
        print("\n".join(lines))


def _tailed(
    args: argparse.Namespace, lateness: TailLatency
) -> tuple[list[LatencyRow], SourceError]:
    """What was measured of the tailed addresses, and the error where that is nothing."""
    requests = any(isinstance(parse_address(text), Subject) for text in args.tail)
    args.mode, args.max_rate = "full" if requests else "auto", None
    following = opened(args, args.tail, seconds=args.seconds or 10.0, requests=requests)
    run_until_ended(_measure(following, lateness))
    for counts in following.counts:
        print_note(totals(counts, shown=counts.seen - counts.dropped_here, filtered=0))
    context = following.settings.context
    rows = [row_of(system, context, one, stale=False) for system, one in lateness.snapshot()]
    return rows, _nothing_measured(args, following)


def _nothing_measured(args: argparse.Namespace, following: Following) -> SourceError:
    seen = sum(counts.seen for counts in following.counts)
    took = units.duration(following.elapsed)
    why = f"no message was received in {took}"
    if seen:
        why = f"none of {seen:,} messages received in {took} is a reply or has a publish time"
    where = ", ".join(printable(address, limit=200) for address in args.tail)
    return SourceError("no latency was measured", where=where, why=why, hint="use a longer --for")


async def _measure(following: Following, lateness: TailLatency) -> None:
    requests, failures = Requests(), list[ArcwatchError]()

    def pair(message: Message) -> None:
        if message.source == "nats":
            lateness.exchanged(requests.update((message,)))

    async with aclosing(following.messages()) as batches:
        async for messages in batches:
            measure_messages(lateness, messages, failures.append)
            each(messages, pair, failures.append, "the message could not be measured")
            requests.overdue(time.time_ns())
            del failures[1_000_000:]
    if failures:
        print_error(failures[0])
        print_note(f"{len(failures):,} messages could not be measured")


def _document(row: LatencyRow) -> Document:
    document = msgspec.structs.asdict(row)
    known = (one for one in row.quantiles if math.isfinite(one[1]))
    document["quantiles"] = {f"{percentile:g}": value for percentile, value in known}
    for field, value in document.items():
        if isinstance(value, float) and not math.isfinite(value):
            document[field] = None
    return document


def _line(row: LatencyRow, document: Document) -> str:
    count = "" if row.count != row.count else f"{row.count:,.0f}"
    window = "" if row.window != row.window else f" in {row.window:g} s"
    worst = f"; slowest {row.worst}" if row.worst else ""
    head = printable(f"{row.name} {row.place}", limit=200)
    about = printable(f"({count or 'count unknown'}{window}{worst}; {row.note})", limit=600)
    return f"{head}\n  {summary(document)}\n  {about}"


def _write(name: str, rows: list[LatencyRow], lateness: TailLatency) -> None:
    if len(rows) != 1:
        names = ", ".join(sorted({row.name for row in rows})) or "no row was found"
        raise UsageError(
            "--hgrm is for one row", hint=f"use --filter WORDS to select one of: {names}"
        )
    (row,) = rows
    if row.count != row.count:
        why = "the broker reports only percentiles, without counts"
        raise UsageError("this distribution cannot be written", where=row.name, why=why)
    with NewFile(Path(name)) as file:
        file.write((lateness.all_of(row.name, row.place) or _made_of(row)).hgrm())


def _made_of(row: LatencyRow) -> Latencies:
    latencies = Latencies()
    for value, count in row.spread:
        latencies.record(value, count)
    return latencies
