"""``arcwatch pulsar``: the tables of view 3 as text or JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.engine.catalog import NameLists
from arcwatch.engine.engine import Engine
from arcwatch.errors import SourceError, UsageError
from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.charted import Charted, of_pulsar
from arcwatch.store.pulsar.listed_topic import with_listed
from arcwatch.store.pulsar.policy_rows import policy_rows
from arcwatch.store.pulsar.topic_rows import TopicRow
from arcwatch.store.pulsar.tree import KINDS, PulsarTreeRow
from arcwatch.store.rows import PulsarTopicRow
from arcwatch.store.store import Store
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .cells import moment
from .chart_output import add_chart_flags, check_chart_flags
from .listing import as_json, as_pairs, as_table, in_json
from .live import add_watch_flag, watch
from .looking import (
    add_internal_flag,
    add_looking_flags,
    answered,
    lines_of,
    places_of,
    print_rows,
    sample,
    with_cause,
    with_cluster,
)
from .paint import Page, page
from .place_flags import settings_of
from .sampling import MOST, add_span_flag, sampled, write_charts
from .schemas import print_policies, print_schemas
from .status import notes

_TABLES = {
    "brokers": "broker version healthy topics msg_rate_in msg_rate_out throughput_in"
    " throughput_out heap_used heap_max uptime",
    "bookies": "bookie cluster rack read_only free total used underreplicated why",
    "topics": "topic backlog_messages backlog_entries msg_rate_in msg_rate_out storage_size"
    " producers consumers partitions throughput_in throughput_out offloaded_size",
    "tree": "name topics not_loaded backlog_messages backlog_entries msg_rate_in msg_rate_out"
    " storage_size subscriptions producers consumers partitions throughput_in throughput_out"
    " offloaded_size",
    "functions": "kind name running instances in_rate out_rate failed_rate latency restarts inputs"
    " output why",
    "resource-groups": "group used msg_rate_in in_limit throughput_in in_bytes_limit msg_rate_out"
    " out_limit throughput_out out_bytes_limit namespaces not_asked",
    "replicators": "topic remote connected since backlog_entries delay msg_rate_in msg_rate_out"
    " throughput_in throughput_out",
    "offloading": "topic storage_size offloaded_size offload_rate read_rate read_bytes read_latency"
    " errors read_errors last_offloaded failed_at",
    "transactions": "id since open_for times_out_in hides topics subscriptions",
    "coordinators": "coordinator broker open begun committed aborted timed_out",
    "subscriptions": "topic name type backlog_entries backlog_messages backlog_size msg_rate_out"
    " unacked_messages consumers blocked",
}
"""What can be listed, and the fields that are shown of it as text."""

_FIRST = {
    "brokers": "msg_rate_in msg_rate_out",
    "topics": "backlog_entries msg_rate_in",
    "subscriptions": "backlog_entries msg_rate_out",
    "replicators": "backlog_entries delay",
    "offloading": "offloaded_size",
    "functions": "failed_rate in_rate",
}
"""By what their rows matter, largest first."""

ASKED = 50
"""Topics that are read one by one with the rows, for their messages per entry."""

_PARTS = {
    "bookies": "bookies",
    "tree": "tenants names metrics",
    "transactions": "metrics transactions",
    "functions": "metrics functions",
    "resource-groups": "resource-groups",
}
"""What is asked for some of them; the others are on the metrics pages."""

_EPILOG = """\
examples:
  arcwatch pulsar topics --sort in/s --limit 10
  arcwatch pulsar subscriptions --watch     every 2 s, until ctrl-c
  arcwatch pulsar tree --filter arc/agents
  arcwatch pulsar subscriptions --filter task-events
  arcwatch pulsar topic arc/agents/task-events
  arcwatch pulsar transactions --sort hides
  arcwatch pulsar schema arc/agents/task-events --diff 0 1
  arcwatch pulsar policies arc/agents       rates, deduplication, compaction, and who set each
  arcwatch pulsar topic arc/agents/task-events --chart -o topic.html
  arcwatch pulsar subscriptions --json | jq '.[] | select(.consumers == 0 and .backlog_entries > 0)'

backlog_messages is an estimate: Pulsar counts entries, each of which may be a batch.  The tree also
lists topics that no broker has loaded, by name and without figures; listing them loads nothing.
In each of its topics an open transaction hides all entries from its first on: no consumer receives
them until it ends.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    what = (*_TABLES, "topic", "schema", "policies")
    parser.add_argument("what", choices=what, metavar="WHAT", help=", ".join(what))
    parser.add_argument(
        "name", nargs="?", help="TENANT/NAMESPACE/TOPIC; for policies also TENANT/NAMESPACE"
    )
    parser.add_argument(
        "--diff",
        nargs=2,
        type=int,
        metavar=("V1", "V2"),
        help="with schema, only the fields that differ between two versions",
    )
    add_looking_flags(parser)
    add_watch_flag(parser)
    add_internal_flag(parser)
    add_chart_flags(parser, "sample a topic, and draw its rates and backlogs over time")
    add_span_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Look twice, and list."""
    check_chart_flags(args)
    if args.chart and args.what != "topic":
        hint = "arcwatch pulsar topic TENANT/NAMESPACE/TOPIC --chart"
        raise UsageError(f"--chart draws one row, not {args.what}", hint=hint)
    if args.what == "topic":
        return _chart_topic(args) if args.chart else _print_topic(args)
    if args.diff and args.what != "schema":
        hint = "arcwatch pulsar schema TENANT/NAMESPACE/TOPIC --diff 0 1"
        raise UsageError(f"--diff compares schemas, not {args.what}", hint=hint)
    if args.what == "schema":
        topic = _topic(args)
        return print_schemas(args, places_of(args, nats=False), topic)
    if args.what == "policies":
        name = args.name if (args.name or "").count("/") == 1 else _topic(args)
        return print_policies(args, places_of(args, nats=False), name)
    if args.name:
        hint = f"`--filter {printable(args.name, 60)}` filters them"
        raise UsageError(f"`{args.what}` takes no name", where="arcwatch pulsar", hint=hint)
    if args.watch:
        return watch(args, places_of(args, nats=False), partial(_lines, args), _aim(args))
    store = sample(args, nats=False, names=args.what == "tree", parts=[args.what])
    for note in _notes(args, store):
        print(f"arcwatch: {note}", file=sys.stderr)
    parts = _PARTS.get(args.what, "metrics").split()
    if not any(contact.part in parts for contact in store.contacts.values()):
        # the metrics say that there is nothing to ask for
        parts = ["metrics"]
    fields, first = _TABLES[args.what].split(), _FIRST.get(args.what, "").split()
    rows = _rows(store, args)
    columns = with_cluster(with_cause(fields, rows), store, rows)
    return print_rows(args, store, rows, columns, parts, first)


def _notes(args: argparse.Namespace, store: Store) -> Iterable[str]:
    """Notes about what a table does not show."""
    what = args.what
    if what == "functions" and not any(cluster.has_functions for cluster in store.pulsar):
        places = settings_of(args)
        if any(one.pulsar_credentials.functions_worker for one in (places, *places.clusters)):
            return ()
        return (
            "no broker reports a function, source or sink; for a functions worker outside the"
            ' brokers, set functions_worker = "http://HOST:6750" in [context.NAME.pulsar]',
        )
    if what == "functions" and (more := sum(one.functions_not_asked for one in store.pulsar)):
        kinds = ("more function, source or sink", "more functions, sources and sinks")
        return (f"not asked whether they run: {units.things(more, *kinds)}",)
    if what == "tree":
        return (*notes(store), *NameLists.left_out(store))
    return notes(store) if what in ("topics", "subscriptions") else ()


def _lines(args: argparse.Namespace, store: Store, on: Page) -> list[str]:
    fields, first = _TABLES[args.what].split(), _FIRST.get(args.what, "").split()
    rows = _rows(store, args)
    return lines_of(args, rows, with_cluster(with_cause(fields, rows), store, rows), on, first)


def _aim(args: argparse.Namespace) -> Callable[[Engine], None]:
    def aim(engine: Engine) -> None:
        engine.show_parts([args.what])
        if args.what == "tree":
            places = engine.store.pulsar_tree(internal=args.internal)
            engine.list_names([*(row.name for row in places if row.kind == "namespace"), ""])
        elif args.what in ("topics", "subscriptions"):
            worst = sorted(engine.store.pulsar_topics(), key=_waiting, reverse=True)
            engine.focus(row.topic for row in worst[:ASKED] if row.backlog_entries)

    return aim


def _waiting(row: PulsarTopicRow) -> float:
    return row.backlog_entries if row.backlog_entries == row.backlog_entries else 0.0


def _topic(args: argparse.Namespace) -> str:
    if not args.name or full_name(args.name).count("/") < 4:
        raise UsageError("which topic?", hint="arcwatch pulsar topic TENANT/NAMESPACE/TOPIC")
    context, _, name = args.name.rpartition("::")
    if context:
        args.context = context
    return full_name(name)


def _no_topic(topic: str) -> SourceError:
    hint = "`arcwatch pulsar topics` lists the loaded topics"
    return SourceError("there is no such topic", where=printable(topic, 200), hint=hint)


def _print_topic(args: argparse.Namespace) -> int:
    topic = _topic(args)
    settings_of(args).check_one("pulsar")
    if args.watch:
        return watch(
            args,
            places_of(args, nats=False),
            partial(_watched_topic, args, topic),
            lambda engine: engine.open_topic(topic),
        )
    store = sample(args, nats=False, topic=topic)
    listed = (row for row in store.pulsar_topics(internal=True) if row.topic == topic)
    row = (opened := store.opened_topic(topic)) and with_listed(opened, next(listed, None))
    if row is None or row.gone:
        answered(store, ["opened"])
        raise _no_topic(topic)
    print(as_json(row) if args.json else "\n".join(_topic_lines(row, page())))
    return answered(store, ["opened"])


def _watched_topic(args: argparse.Namespace, topic: str, store: Store, on: Page) -> Sequence[str]:
    row = store.opened_topic(topic)
    if row is None or row.gone:
        return [f"{printable(topic, 200)}: {'there is no such topic' if row else 'not read yet'}"]
    return [escaped_json(in_json(row).decode())] if args.json else list(_topic_lines(row, on))


def _chart_topic(args: argparse.Namespace) -> int:
    topic = _topic(args)

    def find(store: Store) -> list[Charted]:
        rows = [row for row in store.pulsar_topics(internal=True) if row.topic == topic]
        every = [*rows, *(sub for row in rows for sub in row.subscriptions)]
        return [found for row in every if (found := of_pulsar(store.pulsar, row))][:MOST]

    store = sampled(places_of(args, nats=False), args.span, find)
    code, found = answered(store, ["metrics"]), find(store)
    if not found:
        raise _no_topic(topic)
    write_charts(args, found, args.span)
    return code


def _topic_lines(row: TopicRow, on: Page) -> Iterator[str]:
    yield printable(row.topic)
    backlog = units.things(row.backlog_entries, "entry")
    yield (
        f"in {units.rate(row.msg_rate_in)} msg/s  out {units.rate(row.msg_rate_out)} msg/s  "
        f"stored {units.size(row.storage_size)}  backlog {backlog}"
    )
    yield (
        f"deduplication {printable(row.deduplication, limit=40) or units.UNKNOWN}  "
        f"transactions {row.open_transactions:,} open, {row.committed_transactions:,} committed, "
        f"{row.aborted_transactions:,} aborted"
    )
    if row.created:
        published = moment(row.last_published) if row.last_published else units.UNKNOWN
        yield f"created {moment(row.created)}  last published {published}"
    yield from (f"needs Pulsar ≥ {least}: {', '.join(what)}" for least, what in row.lacks.items())
    if row.layout:
        failed = f", failed: {row.layout.failed}" if row.layout.failed else ""
        yield f"segments {row.layout.active:,} active, {row.layout.sealed:,} sealed{failed}"
    if row.about:
        yield from ("", *as_pairs(row.about))
    lists: dict[str, Sequence[Struct]] = {
        "QUOTAS": row.about.quotas if row.about else (),
        "LEDGERS": [row.about.ledgers] if row.about and row.about.ledgers else (),
        "COMPACTION": [row.compaction] if row.compaction else (),
        "POLICIES": list(policy_rows(row.about.policies)) if row.about else (),
        "OFFLOADING": [row.about.offloading] if row.about and row.about.offloading else (),
        "SUBSCRIPTIONS": row.subscriptions,
        "CONSUMERS": row.consumers,
        "PRODUCERS": row.producers,
        "PARTITIONS": row.parts,
        "REPLICATION": row.replication,
        "SPLITS AND MERGES": row.layout.changes if row.layout else (),
    }
    for title, rows in lists.items():
        if rows:
            left_out = ("cluster", "topic", "stale", "cause")
            known = [field for field in rows[0].__struct_fields__ if field not in left_out]
            yield from ("", title, *as_table(rows, with_cause(known, rows), on))


def full_name(topic: str) -> str:
    """A topic's name with its scheme, ``persistent`` where it has none.

    >>> full_name("a/b/c"), full_name("pulsar:a/b/c"), full_name("non-persistent://a/b/c")
    ('persistent://a/b/c', 'persistent://a/b/c', 'non-persistent://a/b/c')
    """
    return topic if "://" in topic else f"persistent://{topic.removeprefix('pulsar:')}"


def _rows(store: Store, args: argparse.Namespace) -> Sequence[object]:
    if args.what == "brokers":
        return store.caused(store.pulsar_brokers())
    if args.what == "bookies":
        return store.pulsar_bookies()
    if args.what == "tree":
        return _tree(store, internal=args.internal, indented=not (args.json or args.sort))
    if args.what == "resource-groups":
        return store.pulsar_resource_groups()
    if args.what == "functions":
        return store.pulsar_functions()
    if args.what == "replicators":
        return store.pulsar_replicators(internal=args.internal)
    if args.what == "offloading":
        return store.pulsar_offloads()
    if args.what == "transactions":
        return store.pulsar_transactions()
    if args.what == "coordinators":
        return store.pulsar_coordinators()
    topics = store.pulsar_topics(internal=args.internal)
    if args.what == "topics":
        return store.caused(topics)
    return store.caused(sub for topic in topics for sub in topic.subscriptions)


def _tree(store: Store, *, internal: bool, indented: bool) -> list[PulsarTreeRow]:
    """Tenants, namespaces, topics and all partitions, each after what it is in."""
    folded = store.pulsar_tree(internal=internal)
    topics = {row.name for row in folded if row.kind == "topic" and row.partitions}
    rows = store.caused(store.pulsar_tree(internal=internal, opened=topics))
    if not indented:
        return rows
    depths = {kind: 2 * depth * " " for depth, kind in enumerate(KINDS)}
    return [replace(row, name=depths[row.kind] + short_topic(row.name)) for row in rows]
