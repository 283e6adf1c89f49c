"""Shared by verbs that list rows: sample, filter, sort, limit and print."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar, get_args

from arcwatch.config.files import nearest
from arcwatch.config.settings import Settings
from arcwatch.engine.engine import Engine
from arcwatch.engine.name_cache import MOST, save_names
from arcwatch.errors import SourceError, UsageError
from arcwatch.model.reading import System
from arcwatch.store.known import Known
from arcwatch.store.names import names as known
from arcwatch.store.problems import unanswered
from arcwatch.store.rows import Problem
from arcwatch.store.store import Store
from arcwatch.text.control_characters import escaped_json, printable

from .flag_values import interval, number
from .headings import heading
from .listing import as_json, as_table, in_json
from .paint import Page, page
from .place_flags import print_error, settings_of
from .tailing import STARTING

Row = TypeVar("Row")

SYSTEMS: tuple[System, ...] = get_args(System)

_FIRST = ("varz", "brokers", "metrics")
"""What is asked before all else: without it nothing else is asked, or answers."""
_FIGURES = ("varz", "connz", "jsz", "links", "accounts", "healthz", "metrics", "ready")
"""Questions whose answers are more than the names of servers."""


def add_looking_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a verb that lists rows."""
    parser.add_argument("--json", action="store_true", help="a JSON array with all fields")
    parser.add_argument(
        "--sort", metavar="FIELD", help="sort by this field or heading, largest first"
    )
    parser.add_argument(
        "--filter", metavar="WORDS", default="", help="only rows that contain all these words"
    )
    parser.add_argument("--limit", metavar="N", type=number, help="at most N rows")
    add_interval_flag(parser)


def add_interval_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag of a verb that computes rates from two samples."""
    parser.add_argument(
        "--interval",
        metavar="TIME",
        type=interval,
        default=1.0,
        help="time between the two samples that rates are computed from (1s)",
    )


def add_internal_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag of a verb that lists, or sums, what Pulsar's topics hold."""
    parser.add_argument("--internal", action="store_true", help="include Pulsar's internal topics")


def sample(
    args: argparse.Namespace,
    *,
    nats: bool = True,
    pulsar: bool = True,
    topic: str = "",
    names: bool = False,
    details: Collection[int | None] = (),
    parts: Collection[str] = (),
) -> Store:
    """A store after two samples of one system, or both; see :meth:`Engine.sample_twice`.

    Of ``parts`` as much is asked as of those on screen: :meth:`Engine.show_parts`.
    """
    store = Store()
    settings = places_of(args, nats=nats, pulsar=pulsar)
    engine = Engine(settings, store)
    engine.show_parts(parts)
    asyncio.run(engine.sample_twice(args.interval, topic=topic, names=names, details=details))
    save_names(settings.context, islice(known(store), MOST))
    return store


def places_of(args: argparse.Namespace, *, nats: bool = True, pulsar: bool = True) -> Settings:
    """Where to look, one system left out perhaps."""
    settings = settings_of(args)
    settings = settings if nats else settings.without("nats")
    return settings if pulsar else settings.without("pulsar")


async def watched(settings: Settings, span: float, *, listen: bool = False) -> Store:
    """A store after watching both systems for ``span`` seconds, and until one has answered.

    Args:
        span: Seconds.  Where nobody has answered or failed by then, it is at most :data:`STARTING`
            seconds more.
    """
    store = Store()
    end = asyncio.timeout(span + STARTING)

    async def end_in_time() -> None:
        await asyncio.sleep(span)
        while not store.contacts:  # noqa: ASYNC110 - a store has no event for readings
            await asyncio.sleep(0.1)
        end.reschedule(0.0)

    engine = Engine(settings, store, beside={"end": end_in_time})
    if listen:
        engine.watch_advisories()
    with suppress(TimeoutError):
        async with end:
            await engine.run()
    return store


def print_rows(
    args: argparse.Namespace,
    store: Store,
    rows: Sequence[object],
    fields: Sequence[str],
    parts: Sequence[str] = (),
    first: Sequence[str] = (),
) -> int:
    """Print rows in the requested format.

    Returns:
        The exit code 0.

    Raises:
        UsageError: ``--sort`` names no field.
        SourceError: Nothing answered, so that there is nothing to print.
    """
    code = answered(store, parts)
    if args.json:
        print(as_json(chosen(args, rows)))
    else:
        print("\n".join(lines_of(args, rows, fields, page(), first)))
    return code


def with_cause(fields: Sequence[str], rows: Iterable[object]) -> Sequence[str]:
    """These fields, and the cause where a row has one."""
    return [*fields, "cause"] if any(getattr(row, "cause", None) for row in rows) else fields


def with_cluster(fields: Sequence[str], store: Store, rows: Iterable[object]) -> Sequence[str]:
    """These fields, with the cluster after the first if several are watched."""
    is_any = store.called and any(getattr(row, "cluster", "") for row in rows)
    return [fields[0], "cluster", *fields[1:]] if is_any else fields


def lines_of(
    args: argparse.Namespace,
    rows: Sequence[object],
    fields: Sequence[str],
    on: Page,
    first: Sequence[str] = (),
) -> list[str]:
    """Rows as text, or as one line of JSON where :option:`--json` repeats.

    Args:
        first: The fields by which the rows matter, largest first, unless the flags say another.

    Raises:
        UsageError: ``--sort`` names no field.
    """
    if args.json:
        return [escaped_json(in_json(chosen(args, rows)).decode())]
    for field in reversed(first):
        rows = _sorted(list(rows), field)
    return as_table(chosen(args, rows), fields, on)


def answered(store: Store, parts: Sequence[str] = ()) -> int:
    """The exit code 0; servers that do not answer while others do are reported on stderr.

    Args:
        parts: Which questions matter, as :class:`~arcwatch.engine.questions.Question` calls them;
            none is all that have figures.

    Raises:
        SourceError: None of them was answered; the first reason.
    """
    if not has_answered(store, parts):
        raise silence(store, parts)
    print_unanswered(store, parts)
    return 0


def has_answered(store: Known, parts: Sequence[str] = ()) -> bool:
    """Whether any of these questions was answered; see :func:`answered`."""
    questions = parts or _FIGURES
    return any(contact.answers for contact in store.contacts.values() if contact.part in questions)


def silence(store: Known, parts: Sequence[str] = ()) -> SourceError:
    """Why nothing has answered: the first reason."""
    for problem in _unanswered(store, parts):
        return _error(problem)
    if all(store.half(system) == "off" for system in SYSTEMS):
        # a verb about one system leaves the other out
        hint = "give an address: --nats URL or --pulsar-admin URL"
        return SourceError("nothing was asked: NATS, Pulsar or both are off", hint=hint)
    return SourceError(
        "no server has answered yet", hint="give it more time with --interval or --for"
    )


def print_unanswered(store: Store, parts: Sequence[str] = ()) -> None:
    """Report on stderr which servers do not answer, and why."""
    for problem in _unanswered(store, parts):
        print_error(_error(problem))


def _unanswered(store: Known, parts: Sequence[str]) -> list[Problem]:
    return unanswered(store, {*parts, *_FIRST} if parts else None)


def _error(problem: Problem) -> SourceError:
    return SourceError(problem.what, where=problem.where, why=problem.why, hint=problem.hint)


def chosen(args: argparse.Namespace, rows: Sequence[Row]) -> list[Row]:
    """Of rows those that the flags ask for, in the order that they ask for.

    Raises:
        UsageError: ``--sort`` names no field.
    """
    return _sorted(narrowed(rows, args.filter), args.sort)[: args.limit]


def narrowed(rows: Sequence[Row], words: str) -> list[Row]:
    """The rows that have all these words in them, any case."""
    needles = words.casefold().split()
    return [row for row in rows if all(word in _haystack(row) for word in needles)]


def _haystack(row: object) -> str:
    values = (getattr(row, field) for field in row.__struct_fields__)  # type: ignore[attr-defined]
    return " ".join(str(value) for value in values if isinstance(value, str | tuple)).casefold()


def _sorted(rows: list[Row], field: str | None) -> list[Row]:
    if not field or not rows:
        return rows
    known = list(rows[0].__struct_fields__)  # type: ignore[attr-defined]
    if field not in known:
        # as the heading of the text says it
        title = field.casefold()
        of = type(rows[0]).__name__
        field = next((one for one in known if heading(one, of).casefold() == title), field)
    if field not in known:
        what = f"no field is called {printable(field, limit=40)!r}"
        raise UsageError(what, where="--sort", hint=nearest(field, known))
    known_rows = [row for row in rows if _is_known(getattr(row, field))]
    unknown = [row for row in rows if not _is_known(getattr(row, field))]
    text = any(isinstance(getattr(row, field), str) for row in known_rows)
    try:
        return sorted(known_rows, key=lambda row: getattr(row, field), reverse=not text) + unknown
    except TypeError:
        hint = f"`{field}` holds rows of its own"
        raise UsageError(f"cannot sort by {field!r}", where="--sort", hint=hint) from None


def _is_known(value: Any) -> bool:
    return value is not None and bool(value == value)
