"""The addresses of a tail: state, errors and cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arcwatch.model.tail import Counts
from arcwatch.session.tail import Tailing
from arcwatch.text import units
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.panel import Line, PanelTone
from arcwatch.ui.widgets.row_table import RowTable

INTEREST = (
    "tailing core NATS adds a subscription: requests nobody serves time out instead of failing"
    ' with "no responders", and gateways and leaf nodes forward the messages'
)
"""What opening a core NATS tail does to others."""

INBOXES = "pairing replies subscribes to _INBOX.> while this tail runs; it needs full mode (M)"
"""What pairing requests with their replies costs."""

HOW = "No tail is open: press `t` on a row of views 1 to 3, or enter `:tail ADDRESS`."
"""What to do where nothing is tailed."""

HOW_LINES: Sequence[Line] = (
    [("Live messages from any mix of addresses; other consumers are not affected.", "")],
    [
        ("t", "strong"),
        (" on a row of views 1 to 3 tails it   ", "label"),
        (":tail ADDRESS", "strong"),
        (" anything else:", "label"),
    ],
    [
        ("  orders.>                      ", "strong"),
        ("core NATS subjects; adds a subscription", "label"),
    ],
    [
        ("  js:ORDERS/orders.eu.*         ", "strong"),
        ("a stream, or some of its subjects", "label"),
    ],
    [
        ("  pulsar:arc/agents/task-events ", "strong"),
        ("a topic; pulsar:arc/agents/* all of them", "label"),
    ],
    [],
)
"""The same where there is room for examples."""

MODE_WORDS = {
    "auto": "auto: every message while that slows no publisher down, samples above that",
    "full": "full: every message, even if that slows publishers down",
    "sampled": "sampled: short windows; the messages between them are estimated",
}

"""What each mode is."""

SAMPLED = "   M: full mode"

_COLUMNS = (
    Column("mark", "", 2),
    Column("address", "TAILED", 20, flex=1, elide="middle"),
    Column("state", "STATE", 12),
    Column("seen", "SEEN", 11, "right"),
    Column("rate", "MSG/S", 6, "right"),
    Column("dropped", "DROPPED", 8, "right", drop=1),
    Column("sampled", "≈ SAMPLED OUT", 13, "right", drop=2),
    Column("mode", "MODE", 9, drop=3),
)


def addresses(tailing: Tailing, mark: Callable[[str], Cell]) -> RowTable[Counts]:
    """A row for each address."""

    def cells(row: Counts) -> list[Cell]:
        dropped = units.whole(row.dropped_here)
        return [
            mark(row.address),
            row.address,
            _state(row),
            units.whole(row.seen),
            units.rate(tailing.rate(row.origin)),
            (dropped, "warn") if row.dropped_here else dropped,
            f"≈ {units.count(row.sampled_away)}" if row.sampled_away else "0",
            _mode(row),
        ]

    return RowTable(
        _COLUMNS,
        key=lambda row: row.address,
        cells=cells,
        sort_values={
            "address": lambda row: row.address,
            "seen": lambda row: row.seen,
            "rate": lambda row: tailing.rate(row.origin),
        },
        quiet=True,
        id="tailed",
    )


def notes(tailing: Tailing) -> list[Line]:
    """What went wrong with an address, in two lines: what, and what to try."""
    lines: list[Line] = []
    if failure := tailing.failure:
        lines += _two_lines("", failure.headline, failure.hint, "bad")
    for row in tailing.counts:
        tone: PanelTone = "bad" if row.state == "failed" else "warn"
        if row.state == "following" and row.mode == "sampled":
            lines.append([(f"{row.address}: ", "label"), (row.text, tone), (SAMPLED, "dim")])
        elif row.text and row.state != "following":
            lines += _two_lines(row.address, row.text, row.hint, tone)
    return lines


def why_empty(tailing: Tailing) -> str:
    """Why no message is listed, where that is no filter's doing."""
    states = {row.state for row in tailing.counts}
    if not states:
        return HOW
    if states == {"failed"}:
        return "None of these can be tailed; the reason is shown above."
    return "Following.  No message has arrived yet." if "following" in states else "Connecting …"


def state_word(tailing: Tailing) -> tuple[str, PanelTone]:
    """The state of all addresses in a word: the best of theirs."""
    states = {row.state for row in tailing.counts}
    if "following" in states or not states:
        return ("following", "good")
    if "reconnecting" in states:
        return ("reconnecting", "warn")
    return ("connecting", "warn") if "connecting" in states else ("failed", "bad")


def _state(row: Counts) -> Cell:
    match row.state:
        case "following":
            return ("following", "good")
        case "failed":
            return ("failed", "bad")
        case state:
            return (state, "warn")


def _mode(row: Counts) -> Cell:
    if row.mode == "full":
        return "full"
    return (f"≈ 1 in {units.count(row.ratio)}" if row.ratio > 1 else "sampled", "warn")


def _two_lines(place: str, text: str, hint: str, tone: PanelTone) -> Sequence[Line]:
    named: Line = [(f"{place}: ", "label")] if place else []
    lines: list[Line] = [[*named, (text, tone)]]
    if hint:
        lines.append([(f"  {hint}", "dim")])
    return lines
