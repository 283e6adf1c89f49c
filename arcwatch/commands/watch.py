"""``arcwatch watch``: what begins to fire and what is over, for running without a screen."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from arcwatch.config import alert_settings
from arcwatch.config.settings import Settings
from arcwatch.engine.alert_evaluator import BEAT, AlertEvaluator
from arcwatch.engine.engine import Engine
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.problems import unanswered
from arcwatch.store.rows import Problem
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .flag_values import add_for_flag, add_rule_flag
from .listing import in_json
from .looking import has_answered, silence
from .message_lines import put
from .paint import TONES, Paint, page
from .place_flags import settings_of
from .tailing import print_note, run_until_ended

_EPILOG = """\
examples:
  arcwatch watch                                      a line for each change
  arcwatch watch --json | jq 'select(.state == "firing") | .address'
  arcwatch watch --on-alert 'logger -t arcwatch'      JSON on the command's standard input
  arcwatch watch --webhook https://alerts.example/hook
  arcwatch watch --rule no-leader --rule not-answering --for 8h

Commands and webhooks receive the JSON of Alertmanager's webhook.  Failed deliveries are retried for
minutes in the background; redirects to other hosts are refused.  An alert is one line when it fires
and one when it resolves.  `arcwatch check --help` lists the metrics for rules.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("--json", action="store_true", help="NDJSON instead of text")
    add_rule_flag(parser)
    add_for_flag(parser, "stop after this long: 30s, 8h")
    parser.add_argument("--on-alert", metavar="CMD", help="run this command for each change")
    parser.add_argument("--webhook", metavar="URL", help="post each change to this URL")


def run(args: argparse.Namespace) -> int:
    """Watch until the end that the flags set, or ctrl-c."""
    settings = settings_of(args)
    alerts = alert_settings.load()
    alerts = replace(
        alerts,
        rules=alert_settings.chosen(alerts.rules, args.rule),
        on_alert=args.on_alert or alerts.on_alert,
        webhook=args.webhook or alerts.webhook,
    )
    alert_settings.check_webhook(alerts.webhook)
    store = Store()
    work = _watch(store, settings, alerts, as_json=args.json, seconds=args.seconds)
    if run_until_ended(work) and not has_answered(store):
        raise silence(store)
    return 0


async def _watch(
    store: Store,
    settings: Settings,
    alerts: alert_settings.AlertSettings,
    *,
    as_json: bool,
    seconds: float | None,
) -> None:
    paint = page().paint

    def write(rows: Sequence[AlertRow]) -> None:
        put([_json(row) if as_json else _text(row, paint) for row in rows])

    evaluator = AlertEvaluator(store, alerts, settings.context, on_change=write)
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            group.create_task(Engine(settings, store, heartbeats=alerts.heartbeats).run())
            group.create_task(evaluator.run())
            group.create_task(_print_problems(store))
    except TimeoutError:
        # as long as it was asked for
        return


async def _print_problems(store: Store) -> None:
    printed: set[tuple[str, str, str]] = set()
    while True:
        troubles = [*store.alerts.troubles, *unanswered(store)]
        now = {(p.what, p.where, p.why): p for p in troubles}
        for key, problem in now.items():
            if key not in printed:
                print_note(_trouble(problem))
        printed = set(now)
        await asyncio.sleep(BEAT)


def _trouble(problem: Problem) -> str:
    where = f" ({problem.where})" if problem.where else ""
    why = f": {problem.why}" if problem.why else ""
    return f"{problem.what}{where}{why}" + (f"; {problem.hint}" if problem.hint else "")


def _json(row: AlertRow) -> str:
    return escaped_json(in_json(row).decode())


def _text(row: AlertRow, paint: Paint) -> str:
    at = row.fired if row.state == "firing" else row.ended
    lasted = ""
    if row.state == "resolved" and row.fired and row.ended:
        lasted = f"  after {units.duration(row.ended - row.fired)}"
    when = units.clock(at or row.since, utc=False)
    line = printable(f"{row.rule}  {row.address}  {row.when}: {row.shown}{lasted}", limit=500)
    severity = paint(f"{row.severity:8}", TONES[row.severity] if row.state == "firing" else "")
    return f"{when}  {row.state:8}  {severity}  {line}"
