"""What the verbs that list rows have in common: look, narrow, sort, cut, print."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Collection, Sequence

from arcwatch.cli import settings_of
from arcwatch.config_files import nearest
from arcwatch.engine import Engine
from arcwatch.errors import SourceError, UsageError
from arcwatch.store.store import Store
from arcwatch.text import printable

from .listing import as_json, as_table
from .status import interval


def add_looking_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a verb that lists rows."""
    parser.add_argument("--json", action="store_true", help="a JSON array of all fields")
    parser.add_argument("--sort", metavar="FIELD", help="by this field, largest first")
    parser.add_argument("--filter", metavar="WORDS", default="", help="rows with all these words")
    parser.add_argument("--limit", metavar="N", type=int, default=0, help="at most so many rows")
    parser.add_argument(
        "--interval",
        metavar="TIME",
        type=interval,
        default=1.0,
        help="time between the two looks that rates come from (1s)",
    )


def looked(
    args: argparse.Namespace,
    *,
    nats: bool = True,
    pulsar: bool = True,
    topic: str = "",
    names: bool = False,
    closely: Collection[int | None] = (),
) -> Store:
    """A store after two looks at one system, or both; see :meth:`Engine.look`."""
    from msgspec.structs import replace

    settings = settings_of(args)
    if not nats:
        settings = replace(settings, nats_monitors=())
    if not pulsar:
        settings = replace(settings, pulsar_admin=None)
    store = Store()
    engine = Engine(settings, store)
    asyncio.run(engine.look(args.interval, topic=topic, names=names, closely=closely))
    return store


def tell(
    args: argparse.Namespace, store: Store, rows: Sequence[object], fields: Sequence[str]
) -> int:
    """Print rows as the flags want them.

    Returns:
        The exit code: 1 when nothing answered.

    Raises:
        UsageError: ``--sort`` names no field.
    """
    rows = _sorted(narrowed(rows, args.filter), args.sort)
    rows = rows[: args.limit] if args.limit > 0 else rows
    print(as_json(rows) if args.json else "\n".join(as_table(rows, fields)))
    return answered(store)


def answered(store: Store) -> int:
    """The exit code 0.

    Raises:
        SourceError: Nothing answered; the first reason.
    """
    if any(contact.answers for contact in store.contacts.values()):
        return 0
    for problem in store.problems():
        raise SourceError(problem.what, where=problem.where, why=problem.why, hint=problem.hint)
    return 1


def narrowed(rows: Sequence[object], words: str) -> list[object]:
    """The rows that have all these words in them, any case."""
    wanted = words.casefold().split()
    return [row for row in rows if all(word in _haystack(row) for word in wanted)]


def _haystack(row: object) -> str:
    values = (getattr(row, field) for field in row.__struct_fields__)  # type: ignore[attr-defined]
    return " ".join(str(value) for value in values if isinstance(value, str | tuple)).casefold()


def _sorted(rows: list[object], field: str | None) -> list[object]:
    if not field or not rows:
        return rows
    known = list(rows[0].__struct_fields__)  # type: ignore[attr-defined]
    if field not in known:
        what = f"no field is called {printable(field, limit=40)!r}"
        raise UsageError(what, where="--sort", hint=nearest(field, known))
    told = [row for row in rows if (v := getattr(row, field)) is not None and v == v]
    untold = [row for row in rows if row not in told]
    text = any(isinstance(getattr(row, field), str) for row in told)
    return sorted(told, key=lambda row: getattr(row, field), reverse=not text) + untold
