"""``arcwatch status``: every figure once, from the same core as the screen."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from arcwatch import __version__
from arcwatch.config import alert_settings
from arcwatch.config.credentials import NatsCredentials, PulsarCredentials
from arcwatch.config.settings import PLACES, Settings
from arcwatch.engine.alert_evaluator import judge_now
from arcwatch.engine.engine import Engine
from arcwatch.engine.schedule import Clock
from arcwatch.notation.server_url import shown
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.contact import Contact
from arcwatch.store.rows import NatsServerRow, Problem, PulsarBrokerRow
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import elide_middle, printable

from .cells import cell
from .flag_values import interval
from .listing import as_json
from .looking import add_internal_flag, has_answered, print_unanswered
from .place_flags import settings_of

MORE = "name a port with --nats-monitor, or log in as a user of the system account"
"""How to see all of NATS where only an account's share is seen."""

_EPILOG = """\
examples:
  arcwatch status
  arcwatch status --json | jq '.pulsar.topics[] | select(.backlog_entries > 0)'
  arcwatch status --json --interval 5s | jq '.nats.connections | sort_by(-.in_msgs_rate)[:10]'

Rates are per second, over the interval; sizes are bytes, durations seconds; null is unknown, and
drains_in and lost_in may be never.  Only the 200 topics with the largest backlogs are read
one by one: not_asked counts the others, whose types and backlog_messages are null.
Exits with 1 when no server answered.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("--json", action="store_true", help="one JSON document")
    add_internal_flag(parser)
    parser.add_argument(
        "--interval",
        metavar="TIME",
        type=interval,
        default=1.0,
        help="time between the two samples that rates are computed from (1s)",
    )


def run(args: argparse.Namespace) -> int:
    """Look twice and print what was seen."""
    settings, rules = settings_of(args), alert_settings.load().rules
    store = Store()
    asyncio.run(Engine(settings, store).sample_twice(args.interval))
    judge_now(store, rules, Clock())
    document = status(store, settings, Clock().now(), internal=args.internal)
    if args.json:
        print(as_json(document))
    else:
        print("\n".join([*text(store, internal=args.internal), *_of_folder(settings)]))
    return ended(store, is_told=not args.json)


def ended(store: Store, *, is_told: bool) -> int:
    """The exit code.  Who does not answer while others do is told on stderr too.

    Args:
        store: After looking.
        is_told: Whether what is on stdout says so in words; a terminal shows that beside.
    """
    if not has_answered(store):
        return 1
    if not (is_told and sys.stdout.isatty()):
        print_unanswered(store)
    return 0


def status(
    store: Store, settings: Settings, now: float, *, internal: bool = False
) -> dict[str, Any]:
    """The whole document; ``nan`` becomes null."""
    return {
        "version": __version__,
        "context": settings.context,
        "time": units.rfc3339(now),
        "settings": places(settings),
        "logins": logins(settings),
        "tls_warning": settings.tls_warning or None,
        **folder(settings),
        "nats": {
            "servers": store.nats_servers(),
            "connections": store.nats_connections(),
            "streams": store.nats_streams(),
            "consumers": store.nats_consumers(),
            "accounts": store.nats_accounts(),
            "links": store.nats_links(),
        },
        "pulsar": {
            "brokers": store.pulsar_brokers(),
            "topics": store.pulsar_topics(internal=internal),
            "not_asked": not_asked(store),
        },
        "backlogs": store.backlogs(internal=internal),
        "expiries": store.endings(),
        "asked": [_asked(contact) for contact in store.contacts.values()],
        "problems": store.problems(),
    }


def text(store: Store, *, internal: bool = False) -> list[str]:
    """The same for people: a line each for servers, brokers, the worst backlogs, problems."""
    lines = [_server_line(server) for server in store.nats_servers()]
    lines += [_broker_line(broker) for broker in store.pulsar_brokers()]
    if backlogs := store.backlogs(internal=internal)[:20]:
        heads = f"{'waiting':>14} {'oldest':>8} {'in/s':>8} {'out/s':>8}  cause"
        lines += ["", f"{'BACKLOG':60} {heads}"]
        lines += [_backlog_line(row) for row in backlogs]
    lines += [f"({note})" for note in notes(store)]
    for problem in store.problems():
        lines += ["", *_problem_lines(problem)]
    return lines or ["NATS and Pulsar are both off"]


def notes(store: Store) -> list[str]:
    """The limitations of a single sample."""
    left_out = not_asked(store)
    told = f"{left_out:,} more topics and partitions were not read one by one"
    shares = sorted({server.seen_as for server in store.nats_servers()} - {""})
    return [
        *[f"{told}; `arcwatch pulsar topic NAME` reads one"] * bool(left_out),
        *(f"NATS as account {printable(name)} sees it; {MORE}" for name in shares),
    ]


def not_asked(store: Store) -> int:
    """Topics and partitions whose types of subscription and messages per entry were left open."""
    return sum(cluster.not_asked() for cluster in store.pulsar)


def _asked(contact: Contact) -> dict[str, object]:
    """One question, and what it costs: seconds that an answer takes."""
    return {
        "system": contact.system,
        "source": contact.source,
        "part": contact.part,
        "took": contact.took,
        "answers": not contact.failing,
    }


def _server_line(server: NatsServerRow) -> str:
    return "  ".join(
        (
            f"NATS    {_name(server.server_name, 28)}  {_name(server.version, 8)}",
            f"in {units.rate(server.in_msgs_rate):>6} msg/s",
            f"{units.size(server.in_bytes_rate):>9}/s",
            f"out {units.rate(server.out_msgs_rate):>6} msg/s",
            f"conns {units.whole(server.connections)}",
            f"slow {units.whole(server.slow_consumers)}",
        )
    )


def _broker_line(broker: PulsarBrokerRow) -> str:
    return "  ".join(
        (
            f"Pulsar  {_name(broker.broker, 28)}  {_name(broker.version, 8)}",
            f"in {units.rate(broker.msg_rate_in):>6} msg/s",
            f"{units.size(broker.throughput_in):>9}/s",
            f"out {units.rate(broker.msg_rate_out):>6} msg/s",
            f"topics and partitions {units.whole(broker.topics)}",
        )
    )


def _backlog_line(row: BacklogRow) -> str:
    if row.messages == row.messages:
        waiting = cell(row, "messages")
    else:
        waiting = cell(row, "entries") + " entries" * (row.entries is not None)
    rates = f"{cell(row, 'in_rate'):>8} {cell(row, 'out_rate'):>8}"
    later = f"{units.whole(row.delayed)} delayed" if row.delayed else ""
    cause = row.cause.text if row.cause and row.cause.kind != "delayed" else ""
    notes = "; ".join(filter(None, (cause, later)))
    line = f"{_name(row.address, 60)} {waiting:>14} {cell(row, 'age'):>8} {rates}  {notes}"
    return printable(line.rstrip(), limit=400)


def _problem_lines(problem: Problem) -> list[str]:
    where = f" ({problem.where})" if problem.where else ""
    why = f": {problem.why}" if problem.why else ""
    hint = [f"  try: {problem.hint}"] if problem.hint else []
    return [printable(line, limit=400) for line in (f"! {problem.title}{where}{why}", *hint)]


def _name(name: str, width: int) -> str:
    return f"{elide_middle(printable(name), width):{width}}"


def places(settings: Settings) -> dict[str, dict[str, str | None]]:
    """Each address without its secrets, and who said so."""
    return {place: _setting(settings, place) for place in PLACES}


def logins(settings: Settings) -> dict[str, dict[str, str]]:
    """Who we are to each system, without secrets, and who said so."""
    return {
        "nats": _login(settings.nats_credentials),
        "pulsar": _login(settings.pulsar_credentials),
    }


def _of_folder(settings: Settings) -> list[str]:
    named = {settings.origins[place].removeprefix("beside ") for place in settings.from_folder}
    return [f"(addresses from the working directory: {', '.join(sorted(named))})"] if named else []


def folder(settings: Settings) -> dict[str, object]:
    """What the working directory has to do with it, and what was written somewhere in vain."""
    return {"from_folder": list(settings.from_folder), "notes": list(settings.notes)}


def _setting(settings: Settings, place: str) -> dict[str, str | None]:
    value = (
        ",".join(settings.nats_monitors) or None
        if place == "nats_monitor"
        else getattr(settings, place)
    )
    return {"value": value and shown(value), "from": settings.origins[place]}


def _login(who: NatsCredentials | PulsarCredentials) -> dict[str, str]:
    return {"value": printable(who.method, limit=400), "from": who.origin or "default"}
