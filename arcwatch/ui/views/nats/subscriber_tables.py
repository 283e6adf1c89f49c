"""The tables of an opened subject: its queue group's members, and who else subscribes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from arcwatch.charts.figure import Glyphs
from arcwatch.store.rows import NatsConnectionRow, NatsSubscriberRow
from arcwatch.text import units
from arcwatch.ui.views.fields import Field, figure, table_of, word
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable

BAR = 16
"""Cells of a whole share."""

EIGHTHS = " ▏▎▍▌▋▊▉"

ConnectionOf: TypeAlias = Callable[[NatsSubscriberRow], NatsConnectionRow | None]


def members(
    connection: ConnectionOf, share: Callable[[NatsSubscriberRow], float], glyphs: Glyphs
) -> RowTable[NatsSubscriberRow]:
    """One row a member of the queue group, with its part of the work."""
    fields: list[Field[NatsSubscriberRow]] = [
        word("member", "MEMBER", 16, lambda r: _name(connection(r)), flex=1),
        Field(Column("cid", "CID", 7, "right", drop=2), lambda r: str(r.cid), lambda r: r.cid),
        Field(Column("share", "SHARE", 6 + BAR), lambda r: bar(share(r), glyphs), share),
        figure("rate", "MSG/S", 8, lambda r: r.msgs_rate, units.rate),
        figure("total", "TOTAL", 9, lambda r: r.msgs, units.whole, drop=3),
        figure("pending", "PENDING", 9, lambda r: _pending(connection(r)), units.size, drop=1),
        figure("up", "UP", 8, lambda r: _up(connection(r)), units.duration, drop=1),
        word("server", "SERVER", 8, lambda r: r.server_name, drop=4),
    ]
    return table_of(
        "subject-members",
        fields,
        key=_key,
        haystack=lambda r: f"{_name(connection(r))} {r.cid}",
        sort=Sort("share", reverse=True),
    )


def others(connection: ConnectionOf) -> RowTable[NatsSubscriberRow]:
    """One row a subscription outside the queue group."""
    fields: list[Field[NatsSubscriberRow]] = [
        word("name", "NAME", 16, lambda r: _name(connection(r)), flex=1),
        word("subject", "SUBJECT", 20, lambda r: r.subject, flex=2, elide="middle"),
        word("queue", "QUEUE GROUP", 12, lambda r: r.queue, drop=1),
        Field(Column("cid", "CID", 7, "right", drop=2), lambda r: str(r.cid), lambda r: r.cid),
        figure("rate", "MSG/S", 8, lambda r: r.msgs_rate, units.rate),
        figure("total", "TOTAL", 9, lambda r: r.msgs, units.whole, drop=1),
        word("account", "ACCOUNT", 8, lambda r: r.account, drop=3),
        word("server", "SERVER", 8, lambda r: r.server_name, drop=4),
    ]
    return table_of(
        "subject-others",
        fields,
        key=_key,
        haystack=lambda r: f"{_name(connection(r))} {r.subject} {r.queue} {r.cid}",
        sort=Sort("rate", reverse=True),
    )


def bar(share: float, glyphs: Glyphs) -> str:
    """A share of the work in words and as a bar of blocks.

    >>> bar(0.45, "braille"), bar(0.5, "ascii"), bar(float("nan"), "braille")
    (' 45 % ███████▎', ' 50 % ########', '–')
    """
    if share != share:
        return units.UNKNOWN
    eighths = round(share * BAR * 8)
    blocks = "#" * round(share * BAR)
    if glyphs != "ascii":
        blocks = ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()
    return f"{share * 100:3.0f} % {blocks}"


def _key(row: NatsSubscriberRow) -> str:
    return f"{row.server_name} {row.cid} {row.sid}"


def _name(row: NatsConnectionRow | None) -> str:
    return (row.name or "(no name)") if row else "(another server, or arcwatch)"


def _pending(row: NatsConnectionRow | None) -> float | None:
    return row.pending_bytes if row else None


def _up(row: NatsConnectionRow | None) -> float | None:
    return row.uptime if row else None
