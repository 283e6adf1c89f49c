"""``arcwatch check``: evaluate the rules, with an exit code that monitoring understands."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from arcwatch.config import alert_settings
from arcwatch.config.settings import Settings
from arcwatch.engine.alert_evaluator import judge_now
from arcwatch.engine.engine import Engine
from arcwatch.engine.schedule import Clock
from arcwatch.errors import SourceError
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.metrics import METRICS
from arcwatch.store.alerts.rules import Rule
from arcwatch.store.problems import CLIENT_PORTS
from arcwatch.store.store import Store
from arcwatch.text.control_characters import printable

from .check_report import FORMATS, Report, Verdict
from .flag_values import add_for_flag, add_rule_flag, interval
from .looking import has_answered, silence
from .place_flags import print_error, settings_of
from .tailing import STARTING

_EPILOG = """\
examples:
  arcwatch check                                  every rule, from two samples a second apart
  arcwatch check --rule no-leader --rule unhealthy
  arcwatch check --for 2m --format nagios         growth and ages need time
  arcwatch check --format prometheus > /var/lib/node_exporter/arcwatch.prom
  arcwatch check --format json | jq '.rules[] | select(.status != "OK")'

Without --for, a rule is violated as soon as its condition is met.  With --for, the condition must
have been met for the duration in the rule, capped at half of --for.

exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.  UNKNOWN: no server answered, a rule given with
--rule could not be evaluated, a rule in arcwatch.toml matches no address, or the command line or a
setting is invalid.  CRITICAL and WARNING take precedence over UNKNOWN.
"""

_FIGURES = "\nmetrics for rules:\n" + "\n".join(
    f"  {metric.name:20} {metric.dimension.name:12} {metric.meaning}" for metric in METRICS.values()
)

SETTLED = 3.0
"""Seconds that rates need before a figure says anything."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG + _FIGURES
    add_rule_flag(parser)
    add_for_flag(parser, "watch this long first: 30s, 2m", type=interval)
    parser.add_argument(
        "--format", choices=sorted(FORMATS), default="text", help="output format (text)"
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate the rules, print the results, and return the exit code."""
    settings = settings_of(args)
    alerts = alert_settings.load()
    rules = alert_settings.chosen(alerts.rules, args.rule)
    heartbeats = alerts.heartbeats if any(rule.kind == "member" for rule in rules) else ()
    store, unheard = asyncio.run(_judged(settings, rules, args.seconds, heartbeats))
    try:
        report = reported(
            store, rules, unheard, named=bool(args.rule), seconds=args.seconds or SETTLED
        )
    except SourceError as error:
        # whatever reads the output finds the reason there, too
        print_error(error)
        verdicts = [Verdict(rule, (), (), error.headline, must=True) for rule in rules]
        report = Report(verdicts, store.problems(), failure=error.headline)
    for rule, glob, near in store.alerts.unmatched(store.scope.places):
        hint = f"; did you mean {printable(near, limit=200)}?" if near else ""
        warning = f"rule {rule.name} matches no address: {printable(glob, limit=200)}"
        sys.stderr.write(f"arcwatch: {warning}{hint}\n")
    print(FORMATS[args.format](report, settings.context, Clock().now()))
    return report.code


async def _judged(
    settings: Settings, rules: tuple[Rule, ...], seconds: float | None, heartbeats: Sequence[str]
) -> tuple[Store, Collection[str]]:
    store, clock = Store(), Clock()
    if seconds is None:
        looking = Engine(settings, store)
        if any(rule.kind == "function" for rule in rules):
            looking.show_parts(["functions"])
        await looking.sample_twice(1.0)
        judge_now(store, rules, clock)
        return store, ()
    store.alerts = Alerts([replace(r, lasts=min(r.lasts, seconds / 2)) for r in rules])
    asking = Engine(settings, store, heartbeats=heartbeats)
    engine = asyncio.create_task(asking.run())
    try:
        end = clock.steady() + seconds
        while not engine.done() and clock.steady() < end + STARTING * (
            not store.contacts or bool(asking.unheard)
        ):
            # a second is the rules' beat; the first answers may come after the end
            await asyncio.wait([engine], timeout=min(1.0, max(0.1, end - clock.steady())))
            store.judge(clock.now(), clock.steady())
    finally:
        unheard = asking.unheard
        engine.cancel()
        await asyncio.wait([engine])
    if not engine.cancelled() and (error := engine.exception()):
        raise error
    return store, unheard


def reported(
    store: Store, rules: Iterable[Rule], unheard: Iterable[str], *, named: bool, seconds: float
) -> Report:
    """The report on every rule.

    Args:
        unheard: Servers that were asked and have neither answered nor failed.

    Raises:
        SourceError: Nothing answered at all.
    """
    if not has_answered(store):
        raise silence(store)
    firing = store.alerts.firing()
    lost = {rule.name: glob for rule, glob, _ in store.alerts.unmatched(store.scope.places)}
    failing = ((c, c.failure) for c in store.contacts.values() if c.failure)
    silent = {why.where if c.part in CLIENT_PORTS else c.source for c, why in failing}
    names = ", ".join(sorted(silent.union(unheard)))
    doubts = [f"no answer from {names}"] if names else []
    foreign = [f"{p.what} ({p.where}): {p.why}" for p in store.foreign_servers()]
    verdicts = []
    for rule in rules:
        found = [row for row in firing if row.rule == rule.name]
        places = [p for p in store.scope.places(rule.kind) if rule.covers(p.address)]
        known = [(p, v) for p in places if (v := p.read(rule.conditions[0].metric.name)) == v]
        unknown, must = "", named
        if rule.kind == "source":
            # too soon to call it down, and enough to know that not all could be judged
            unknown, must = "; ".join(doubts + foreign), True
        elif rule.watched > seconds:
            unknown = f"needs a longer --for, at least {rule.watched:g}s"
        elif rule.name in lost:
            unknown, must = f"no address matches {lost[rule.name]}", True
        elif named and not known:
            unknown = "no server reports its metric"
        elif named and any(place.system == "nats" for place, _ in known):
            unknown = "; ".join(foreign)
        verdicts.append(Verdict(rule, found, known, unknown, must))
    return Report(verdicts, store.problems())
