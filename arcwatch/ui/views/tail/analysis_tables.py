"""The analysis tables of a tail: subjects as a tree, requests, and heartbeats."""

from __future__ import annotations

from collections.abc import Callable

from arcwatch.model.message import Decoded, Message
from arcwatch.session.queue_groups import named
from arcwatch.store.messages.presence import Member
from arcwatch.store.messages.requests import Exchange
from arcwatch.store.messages.subject_tree import SubjectRow
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.message_rows import value
from arcwatch.ui.widgets.cells import Cell, Tone
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable
from arcwatch.ui.widgets.tree_table import TreeTable

UNFOLDED = 2
"""Parts of a subject whose inside is shown at first."""

STATES: dict[str, Tone] = {"lost": "bad", "late": "warn", "new": "dim", "alive": "good"}

_SUBJECTS = (
    Column("subject", "SUBJECT", 24, flex=2, elide="middle"),
    Column("subjects", "SUBJECTS", 8, "right", drop=3),
    Column("messages", "MESSAGES", 10, "right"),
    Column("rate", "MSG/S", 7, "right"),
    Column("bytes", "BYTES", 9, "right", drop=2),
    Column("last", "LAST VALUE", 16, flex=3, drop=1),
)
_REQUESTS = (
    Column("state", "STATE", 8),
    Column("time", "SENT", 12),
    Column("subject", "SUBJECT", 20, flex=1, elide="middle"),
    Column("latency", "REPLY IN", 9, "right"),
    Column("groups", "QUEUE GROUPS", 14, flex=1, drop=2),
    Column("request", "REQUEST", 14, flex=2, drop=3),
    Column("reply", "REPLY", 14, flex=2, drop=1),
)
_MEMBERS = (
    Column("state", "STATE", 6),
    Column("name", "MEMBER", 20, flex=1, elide="middle"),
    Column("since", "SINCE", 8),
    Column("last", "LAST", 8),
    Column("interval", "INTERVAL", 8, "right"),
    Column("beats", "RECEIVED", 9, "right", drop=1),
    Column("gaps", "MISSED", 8, "right", drop=2),
)


def subjects(showing: ViewContext, decoded: Callable[[Message], Decoded]) -> TreeTable[SubjectRow]:
    """A row for each part of a subject that was seen."""

    def cells(row: SubjectRow) -> list[Cell]:
        return [
            table.label(row, row.name),
            units.whole(row.subjects) if row.children else "",
            units.whole(row.messages),
            units.rate(row.rate),
            units.size(row.bytes),
            value(row.last, decoded) if row.last else "",
        ]

    table: TreeTable[SubjectRow] = TreeTable(
        _SUBJECTS,
        key=lambda row: row.path,
        cells=cells,
        parent=parent,
        foldable=lambda row: row.children,
        folded=lambda row: row.depth >= UNFOLDED,
        glyphs=showing.glyphs,
        sort_values={
            "subject": lambda row: row.name,
            "subjects": lambda row: row.subjects,
            "messages": lambda row: row.messages,
            "rate": lambda row: row.rate,
            "bytes": lambda row: row.bytes,
        },
        haystack=lambda row: printable(row.path),
        sort=Sort("subject"),
        id="tail-subjects",
    )
    return table


def parent(row: SubjectRow) -> str:
    """The path of the row that a row is in; empty for one that is in none."""
    return row.path[: -len(row.name) - 1] if row.depth else ""


def requests(showing: ViewContext) -> RowTable[Exchange]:
    """A row for each request that was seen, with the reply to it."""
    tailing = showing.tailing
    decoded = tailing.values.remembered

    def cells(row: Exchange) -> list[Cell]:
        subject = row.request.subject or ""
        state, tone = _state(row)
        return [
            (state, tone),
            units.clock(row.request.received_time / 1e9, utc=showing.utc),
            subject,
            units.duration(row.latency) if row.latency is not None else "",
            named(tailing.groups.of(subject)),
            value(row.request, decoded),
            value(row.reply, decoded) if row.reply else "",
        ]

    return RowTable(
        _REQUESTS,
        key=lambda row: row.request.reply or "",
        cells=cells,
        sort_values={
            "state": lambda row: _state(row)[0],
            "time": lambda row: row.request.received_time,
            "subject": lambda row: row.request.subject or "",
            "latency": lambda row: row.latency or 0.0,
        },
        haystack=lambda row: printable(f"{_state(row)[0]} {row.request.subject}"),
        sort=Sort("time", reverse=True),
        empty="No requests yet: a request is a message with a reply subject.",
        id="tail-requests",
    )


def _state(row: Exchange) -> tuple[str, Tone]:
    if row.reply:
        return "answered", "good"
    return ("waiting", "dim") if row.waits else ("no reply", "bad")


def members(showing: ViewContext) -> RowTable[Member]:
    """A row for each sender of heartbeats."""

    def cells(row: Member) -> list[Cell]:
        return [
            (row.state, STATES[row.state]),
            row.name,
            units.clock(row.since, utc=showing.utc),
            units.clock(row.last, utc=showing.utc),
            units.duration(row.interval),
            units.whole(row.beats),
            units.whole(row.gaps),
        ]

    order = {state: nth for nth, state in enumerate(STATES)}
    return RowTable(
        _MEMBERS,
        key=lambda row: row.name,
        cells=cells,
        sort_values={
            "state": lambda row: f"{order[row.state]} {row.name}",
            "name": lambda row: row.name,
            "since": lambda row: row.since,
            "last": lambda row: row.last,
            "interval": lambda row: row.interval,
            "beats": lambda row: row.beats,
            "gaps": lambda row: row.gaps,
        },
        haystack=lambda row: printable(f"{row.state} {row.name}"),
        sort=Sort("state"),
        empty="No heartbeats received yet.",
        id="tail-members",
    )
