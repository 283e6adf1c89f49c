"""``arcwatch doctor``: a check-up of configuration and state, with a fix for each finding."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time

from msgspec.structs import replace

from arcwatch.config import silences
from arcwatch.config.contexts import context_tables
from arcwatch.config.settings import Settings
from arcwatch.doctor.check import SEVERITIES
from arcwatch.doctor.examine import Report, examine_each
from arcwatch.doctor.picture import Picture
from arcwatch.doctor.table import BY_ID, CHECKS
from arcwatch.engine.check_up import look
from arcwatch.engine.schedule import Clock
from arcwatch.errors import UsageError
from arcwatch.model.silence import Silence
from arcwatch.store.known import Known

from .doctor_report import document, lines
from .listing import as_json
from .looking import add_interval_flag, has_answered, silence
from .paint import page
from .place_flags import print_error, settings_of

_EPILOG = """\
examples:
  arcwatch doctor                                  everything, on both systems
  arcwatch doctor prod                             of the context prod
  arcwatch doctor js:ORDERS                        only places that contain this
  arcwatch doctor --fail-on warning                for a pipeline: exits with 1 or 2
  arcwatch doctor --only js-unbounded --only pulsar-no-quota
  arcwatch doctor --json | jq '.findings[] | select(.severity == "critical") | .mend'
  arcwatch doctor --silence pulsar-single-bookie --reason 'a test cluster' --until 2027-03-01

Each finding has its place, the figures behind it and their source, why it matters, and how to fix
it.  Read a fix before you run it: some discard data, and say so.  A check that could not be made is
`not possible`, with the reason: no data is never ok.  It takes two samples, an --interval apart,
and then sends Pulsar a few hundred cheap requests, a few at a time: for at most 200 namespaces and
the 50 topics with the largest backlogs.  It changes nothing.

Core NATS requests that nobody serves are not among the checks: "no responders" reaches only the
client that asked and is counted nowhere, and servers report who subscribes, not what is published.

A silenced finding is counted and not shown: by [[doctor.silence]] in arcwatch.toml (id, reason, and
optionally at = "places*" and until = 2027-03-01), or by --silence, kept in the state folder.

exit codes, as of `arcwatch check`: 0 nothing at or above --fail-on (critical), 1 warnings or notes,
2 something critical, 3 no server answered, or the command line or a setting is invalid
"""

PROGRESS_AFTER = 1.0
"""Seconds before progress is shown."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "place",
        metavar="ADDRESS|CONTEXT",
        nargs="?",
        default="",
        help="only places that contain this; or a context defined in arcwatch.toml",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--fail-on",
        choices=(*SEVERITIES, "never"),
        default="critical",
        help="least severe finding that the exit code reports (critical)",
    )
    parser.add_argument(
        "--only", metavar="ID", action="append", default=[], help="only this check; can be repeated"
    )
    parser.add_argument("--all", action="store_true", help="also show what is ok or silenced")
    parser.add_argument("--list", action="store_true", help="list the checks, and ask nothing")
    add_interval_flag(parser)
    group = parser.add_argument_group("silences")
    group.add_argument("--silence", metavar="ID", help="hide the findings of this check")
    group.add_argument("--reason", metavar="TEXT", help="why it is silenced")
    group.add_argument(
        "--places", metavar="GLOB", default="*", help="only at these; * matches anything"
    )
    group.add_argument("--until", metavar="DAY", help="only before this day: 2027-03-01")
    group.add_argument("--unsilence", metavar="ID", help="show its findings again")


def run(args: argparse.Namespace) -> int:
    """Check up, print, and return the exit code."""
    for check in args.only:
        silences.check_id(check, tuple(BY_ID), "--only")
    if args.list:
        named = ("id", "system", "severity", "question", "why")
        listed = [{name: getattr(check, name) for name in named} for check in CHECKS]
        text = "\n".join("{id:24}  {severity:8}  {question}".format_map(one) for one in listed)
        print(as_json(listed) if args.json else text)
        return 0
    about = _about(args)
    settings = settings_of(args)
    if args.silence or args.unsilence:
        return _keep(args, settings)
    kept = silences.load(settings.context, tuple(BY_ID))
    begun = time.monotonic()
    stores, report = asyncio.run(_examined(args, settings, kept, about))
    if not any(map(has_answered, stores)):
        print_error(silence(stores[0]))
        return 3
    report = replace(report, took=time.monotonic() - begun)
    now = Clock().now()
    if args.json:
        print(as_json(document(report, settings.context, now)))
    else:
        print("\n".join(lines(report, page(), everything=args.all)))
    return code_of(report, args.fail_on)


def code_of(report: Report, fail_on: str) -> int:
    """The exit code: 2 for what is critical, 1 for what is less, as far as that counts."""
    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on != "never" else ()
    found = {one.severity for one in report.findings} & {*counted}
    return 2 if "critical" in found else 1 if found else 0


def _about(args: argparse.Namespace) -> str:
    """What places have to contain; a context's name selects that instead."""
    _, _, contexts = context_tables(os.environ)
    if args.place not in contexts:
        return str(args.place)
    if getattr(args, "context", args.place) != args.place:
        raise UsageError("two contexts are given", hint=f"leave out --context, or {args.place}")
    args.context = args.place
    return ""


async def _examined(
    args: argparse.Namespace, settings: Settings, kept: list[Silence], about: str
) -> tuple[list[Known], Report]:
    progress, now = _Progress(), Clock().now
    try:
        progress.begin()
        looked = await look(settings, args.interval, progress.update, about)
    finally:
        progress.clear()
    pictures = [Picture(one.store, now(), one.settings, one.cluster, one.prefix) for one in looked]
    checks = [BY_ID[check] for check in dict.fromkeys(args.only)] or CHECKS
    return [one.store for one in looked], examine_each(pictures, checks, kept, about)


def _keep(args: argparse.Namespace, settings: Settings) -> int:
    if args.unsilence:
        silences.check_id(args.unsilence, tuple(BY_ID), "--unsilence")
        dropped = silences.forget(settings.context, args.unsilence)
        print(f"{dropped} silence{'s' * (dropped != 1)} of {args.unsilence} dropped")
        return 0
    silences.check_id(args.silence, tuple(BY_ID), "--silence")
    if not args.reason:
        raise UsageError("a silence needs a reason", hint="--reason 'a test cluster'")
    until = silences.parse_date(args.until) if args.until else None
    silences.keep(settings.context, Silence(args.silence, args.reason, args.places, until))
    undo = f"arcwatch doctor --unsilence {args.silence}"
    print(f"{args.silence} is silenced at {args.places}; to undo: {undo}")
    return 0


class _Progress:
    """How far it is, on a terminal's stderr, once it takes longer than a second."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._is_open = self._is_over = False

    def begin(self) -> None:
        """Say soon what is being done."""
        loop = asyncio.get_running_loop()
        loop.call_later(PROGRESS_AFTER, self._print, "asking every server and topic, twice")

    def update(self, done: int, total: int) -> None:
        """Report how many questions of how many were answered."""
        if time.monotonic() - self._begun >= PROGRESS_AFTER:
            self._print(f"{done:,} of {total:,} questions about settings and clients answered")

    def _print(self, text: str) -> None:
        if sys.stderr.isatty() and not self._is_over:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._is_open = True

    def clear(self) -> None:
        """Leave nothing of it."""
        self._is_over = True
        if self._is_open:
            sys.stderr.write("\r\x1b[K")
