"""``arcwatch status``: every figure once, from the same core as the screen."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Any

from msgspec import Struct

from arcwatch import __version__
from arcwatch.config import alert_settings
from arcwatch.config.credentials import NatsCredentials, PulsarCredentials
from arcwatch.config.settings import PLACES, Settings
from arcwatch.engine.alert_evaluator import judge_now
from arcwatch.engine.engine import Engine
from arcwatch.engine.name_cache import MOST, save_names
from arcwatch.engine.schedule import Clock
from arcwatch.notation.server_url import shown
from arcwatch.store.alerts.rules import Rule
from arcwatch.store.contact import Contact
from arcwatch.store.names import names
from arcwatch.store.rows import NatsServerRow, Problem, PulsarBrokerRow
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .listing import as_json, as_table, in_json
from .live import add_watch_flag, watch
from .looking import (
    add_internal_flag,
    add_interval_flag,
    has_answered,
    print_unanswered,
    with_cluster,
)
from .paint import Page, page
from .place_flags import settings_of

_BACKLOG = "address messages age in_rate out_rate drains_in delayed cause"
WORST = 20
"""Backlogs that are listed, at most."""
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
    add_watch_flag(parser)
    add_interval_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Look twice and print what was seen."""
    settings, rules = settings_of(args), alert_settings.load().rules
    store = Store()
    if args.watch:
        return watch(args, settings, partial(_watched, args, settings, rules))
    asyncio.run(Engine(settings, store).sample_twice(args.interval))
    save_names(settings.context, islice(names(store), MOST))
    judge_now(store, rules, Clock())
    document = status(store, settings, Clock().now(), internal=args.internal)
    if args.json:
        print(as_json(document))
    else:
        lines = text(store, internal=args.internal, on=page())
        print("\n".join([*lines, *_of_folder(settings)]))
    return ended(store, is_printed=not args.json)


def _watched(
    args: argparse.Namespace, settings: Settings, rules: Sequence[Rule], store: Store, on: Page
) -> Sequence[str]:
    judge_now(store, rules, Clock(), goes_on=True)
    if args.json:
        found = status(store, settings, Clock().now(), internal=args.internal)
        return [escaped_json(in_json(found).decode())]
    return [*text(store, internal=args.internal, on=on), *_of_folder(settings)]


def ended(store: Store, *, is_printed: bool) -> int:
    """The exit code.  Servers that do not answer while others do are reported on stderr too."""
    if not has_answered(store):
        return 1
    if not (is_printed and sys.stdout.isatty()):
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
        **clusters(settings),
        "tls_warning": settings.tls_warning or None,
        **folder(settings),
        "nats": {
            "servers": store.caused(store.nats_servers()),
            "connections": store.caused(store.nats_connections()),
            "streams": store.caused(store.nats_streams()),
            "consumers": store.caused(store.nats_consumers()),
            "accounts": store.nats_accounts(),
            "links": store.caused(store.nats_links()),
        },
        "pulsar": {
            "brokers": store.caused(store.pulsar_brokers()),
            "topics": store.caused(store.pulsar_topics(internal=internal)),
            "not_asked": not_asked(store),
            "replicated_twice": store.replicated_twice,
        },
        "backlogs": store.backlogs(internal=internal),
        "expiries": store.endings(),
        "asked": [_asked(contact) for contact in store.contacts.values()],
        "problems": store.problems(),
    }


def text(store: Store, *, internal: bool = False, on: Page = Page()) -> list[str]:  # noqa: B008  # immutable
    """The same for people: tables of servers and brokers, and of the worst backlogs; problems."""
    members = [*map(_of_server, store.nats_servers()), *map(_of_broker, store.pulsar_brokers())]
    fields = with_cluster(_MEMBER.split(), store, members)
    lines = as_table(members, fields, on) if members else []
    if backlogs := store.backlogs(internal=internal)[:WORST]:
        lines += ["", *as_table(backlogs, _BACKLOG.split(), on)]
    lines += [f"({note})" for note in notes(store)]
    for problem in store.problems():
        cluster = f"{problem.cluster}: " if store.called and problem.cluster else ""
        lines += ["", *_problem_lines(problem, cluster, on)]
    return lines or ["NATS and Pulsar are both off"]


def notes(store: Store) -> list[str]:
    """The limitations of a single sample."""
    left_out = not_asked(store)
    more = units.things(left_out, "more topic or partition was", "more topics and partitions were")
    unread = f"{more} not read one by one"
    shares = sorted({server.seen_as for server in store.nats_servers()} - {""})
    return [
        *_twice(store),
        *[f"{unread}; `arcwatch pulsar topic NAME` reads one"] * bool(left_out),
        *(f"NATS as account {printable(name)} sees it; {MORE}" for name in shares),
    ]


def _twice(store: Store) -> list[str]:
    rate = store.replicated_twice
    told = f"IN/S counts {units.rate(rate)} msg/s twice: they are replicated between two clusters"
    return [] if rate is None else [told]


def not_asked(store: Store) -> int:
    """Topics and partitions whose types of subscription and messages per entry were left open."""
    return sum(cluster.not_asked() for cluster in store.pulsar)


def _asked(contact: Contact) -> dict[str, object]:
    """One question, and what it costs: seconds that an answer takes."""
    return {
        "system": contact.system,
        "source": contact.source,
        "context": contact.context,
        "part": contact.part,
        "took": contact.took,
        "answers": not contact.failing,
    }


_MEMBER = "server system version in_msgs_rate in_bytes_rate out_msgs_rate out_bytes_rate note"


class _Member(Struct, frozen=True):
    """A server or a broker, with the figures that both systems have."""

    server: str
    cluster: str
    system: str
    version: str
    in_msgs_rate: float
    in_bytes_rate: float
    out_msgs_rate: float
    out_bytes_rate: float
    note: str


def _of_server(row: NatsServerRow) -> _Member:
    rates = (row.in_msgs_rate, row.in_bytes_rate, row.out_msgs_rate, row.out_bytes_rate)
    slow = f", {units.whole(row.slow_consumers)} slow" if row.slow_consumers else ""
    note = f"{units.things(row.connections, 'connection')}{slow}"
    return _Member(row.server_name, row.cluster, "nats", row.version, *rates, note)


def _of_broker(row: PulsarBrokerRow) -> _Member:
    rates = (row.msg_rate_in, row.throughput_in, row.msg_rate_out, row.throughput_out)
    note = units.things(row.topics, "topic or partition", "topics and partitions")
    return _Member(row.broker, row.cluster, "pulsar", row.version, *rates, note)


def _problem_lines(problem: Problem, cluster: str, on: Page) -> list[str]:
    where = f" ({problem.where})" if problem.where else ""
    why = f": {problem.why}" if problem.why else ""
    hint = [f"  try: {problem.hint}"] if problem.hint else []
    first = printable(f"! {cluster}{problem.title}{where}{why}", limit=400)
    return [on.paint(first, "bad"), *(printable(line, limit=400) for line in hint)]


def places(settings: Settings) -> dict[str, dict[str, str | None]]:
    """Each address without its secrets, and its origin."""
    return {place: _setting(settings, place) for place in PLACES}


def clusters(settings: Settings) -> dict[str, object]:
    """The same for each of several clusters, by its context; otherwise empty."""
    every = {
        one.context: {"cluster": one.cluster, **places(one), "logins": logins(one)}
        for one in settings.clusters
    }
    return {"clusters": every} if every else {}


def logins(settings: Settings) -> dict[str, dict[str, str]]:
    """The login to each system, without secrets, and its origin."""
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
