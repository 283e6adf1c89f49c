"""Why the backlog under the cursor is what it is, and who consumes it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from arcwatch.errors import UsageError
from arcwatch.notation.address import Stream, parse_address
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.causes.cause import Why
from arcwatch.store.pulsar.topic_rows import TopicConsumerRow
from arcwatch.store.rows import NatsConsumerRow
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import fit
from arcwatch.ui.widgets.panel import Line, Panel, PanelTone, listed

from .cells import cause_of, notes_of

LABEL = 11
"""Cells of a label."""

NAMES = 16
"""Cells of a consumer's name."""


class Evidence(Panel, can_focus=True):
    """Lines about the row under the cursor; enter opens that row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", id="why.open"),
    ]

    class Opened(Message):
        """The user wants to see more of what this is about."""

    class Resized(Message):
        """There is another width to wrap sentences into."""

    def __init__(self) -> None:
        super().__init__(id="why-text")

    def on_resize(self) -> None:
        """Ask for lines that fit."""
        self.post_message(self.Resized())

    def action_open(self) -> None:
        """Ask for the row itself."""
        self.post_message(self.Opened())


def why_of(showing: ViewContext, row: BacklogRow) -> Why | None:
    """The whole answer to why it waits."""
    try:
        found = showing.store.why(row.address)
    except UsageError:
        # of a name that no address can be made of
        return None
    return next((why for why in found if why.cluster == row.cluster), None)


def cause_lines(showing: ViewContext, row: BacklogRow, width: int) -> list[Line]:
    """What is wrong with it, and since when, in lines of ``width`` cells."""
    text, tone = cause_of(row)
    lines = _labelled("CAUSE", text or _usual(row), width, tone if text else "")
    if row.cause and row.cause.since is not None:
        at = units.clock(row.cause.since, utc=showing.utc)
        lines += _labelled("since", f"{at}{' or earlier' * row.cause.since_at_least}", width)
    return lines


def fitting(blocks: Iterable[list[Line]], room: int) -> list[Line]:
    """The blocks of lines that fit as a whole, each after an empty line."""
    lines: list[Line] = []
    for block in blocks:
        if block and len(lines) + len(block) < room:
            lines += [(), *block]
    return lines


def evidence_lines(showing: ViewContext, row: BacklogRow, width: int, room: int) -> list[Line]:
    """What shows it, what to try, and the consumers; what to try first where all has no room."""
    why = why_of(showing, row)
    shown_as_cause, _ = cause_of(row)
    also = [note for note in notes_of(row) if note != shown_as_cause]
    also += [cause.text for cause in why.others] if why else ()
    lines = _labelled("ALSO", "; ".join(also), width) if also else []
    if why is None:
        return [*lines, *_consumers(showing, row, width)]
    facts = [printable(f"{each.figure} {each.value}") for each in why.evidence]
    shown = _under("EVIDENCE", listed(facts, width - LABEL))
    advice = _labelled("TRY", " · ".join(why.try_), width) if why.try_ else []
    left = room - len(lines) - len(advice)
    lines += [*advice, *shown] if 0 <= left < len(shown) else [*shown, *advice]
    return [*lines, *_consumers(showing, row, width)]


def _usual(row: BacklogRow) -> str:
    if row.keeps_up:
        return "none: only messages in flight"
    return "none known, and it drains" if row.growth < 0 else "none known"


def _labelled(label: str, text: str, width: int, tone: PanelTone = "") -> list[Line]:
    """A sentence that wraps under itself; nothing of it is cut."""
    wrapped = textwrap.wrap(printable(text), max(20, width - LABEL), break_on_hyphens=False)
    return _under(label, wrapped, tone)


def _under(label: str, lines: Sequence[str], tone: PanelTone = "") -> list[Line]:
    heads = [label, *[""] * len(lines)]
    return [
        [(f"{head:{LABEL}}", "label"), (line, tone)]
        for head, line in zip(heads, lines, strict=False)
    ]


def _consumers(showing: ViewContext, row: BacklogRow, width: int) -> list[Line]:
    if row.system != "pulsar":
        return _of_jetstream(showing, row, width)
    name = row.address.rpartition("#")[2]
    found = [
        one
        for cluster in showing.store.pulsar
        if cluster.name == row.cluster and cluster.opened and cluster.opened.topic == row.place
        for one in cluster.opened.consumers(row.cluster)
        if one.subscription == name
    ]
    if not found:
        return []
    lines: list[Line] = [[(_consumer_line("CONSUMERS", *_HEADS, width), "label")]]
    found.sort(key=lambda one: -one.unacked_messages)
    return lines + [[(_consumer_text(showing, one, width), "")] for one in found]


_HEADS = ("UNACKED", "OUT/S", "LAST ACK", "FROM")


def _consumer_text(showing: ViewContext, one: TopicConsumerRow, width: int) -> str:
    now, acked = showing.store.now, one.last_acked
    last = units.UNKNOWN if acked is None else units.duration(max(0.0, now - acked))
    unacked, out = units.whole(one.unacked_messages), units.rate(one.msg_rate_out)
    return _consumer_line(f"  {printable(one.name)}", unacked, out, last, one.address, width)


def _consumer_line(name: str, unacked: str, out: str, last: str, where: str, width: int) -> str:
    line = f"{fit(name, NAMES + 2)} {unacked:>7} {out:>7} {last:>9}"
    return f"{line}   {printable(where)}" if width > len(line) + 12 else line


def _of_jetstream(showing: ViewContext, row: BacklogRow, width: int) -> list[Line]:
    place = parse_address(row.address)
    assert isinstance(place, Stream), "of JetStream"
    key = row.cluster, place.stream, place.consumer
    consumers = showing.store.nats_consumers()
    one = next((c for c in consumers if (c.cluster, c.stream, c.name) == key), None)
    return _under("CONSUMER", listed(filter(None, _facts(one)), width - LABEL)) if one else []


def _facts(one: NatsConsumerRow) -> Sequence[str]:
    limit = "no limit" if one.max_ack_pending is None else f"{one.max_ack_pending:,}"
    return [
        f"push to {printable(one.deliver_subject)}" if one.deliver_subject else "pull",
        f"ack {one.ack_policy}",
        f"ack pending {units.whole(one.num_ack_pending)} of {limit}",
        f"leader {printable(one.leader)}" if one.leader else "",
        f"filter {', '.join(map(printable, one.filters[:3]))}" if one.filters else "",
        "paused" if one.paused else "",
    ]
