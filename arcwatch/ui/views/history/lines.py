"""The status lines of the history view: position, activity and errors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from arcwatch.errors import ArcwatchError
from arcwatch.model.history import Extent, ScanUpdate, Stretch
from arcwatch.session.history import HistorySession
from arcwatch.session.history_search import MOST, HistorySearch
from arcwatch.session.history_state import StateQuery
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.views.message_rows import moment
from arcwatch.ui.widgets.panel import Line, PanelTone

from . import cells

TIERED = "this reads tiered storage, which is slow and may be billed"
"""Shown until that is done."""


_STATES = {"looking": "searching", "paused": "paused"}
"""A search that is not over, in a word."""


def head(browsing: HistorySession, width: int, *, utc: bool) -> Line:
    """What is open, of how many places, and between which times: as much as fits in ``width``."""
    parts: list[Line] = [[(browsing.address, "strong")]]
    if browsing.opened and len(browsing.opened.places) > 1:
        parts.append([(f"  {len(browsing.opened.places):,} {_places(browsing)}", "label")])
    if browsing.window:
        parts.append([("  window ", "label"), (browsing.window.words, "accent")])
    if browsing.mark:
        parts.append([("  marked ", "label"), (browsing.mark.id or "", "accent")])
    if extent := browsing.timeline_query.extent:
        parts += _stored(extent, utc=utc)
    while len(parts) > 1 and sum(cell_len(text) for each in parts for text, _ in each) > width:
        parts.pop()
    return [piece for each in parts for piece in each]


def _stored(extent: Extent, *, utc: bool) -> Iterator[Line]:
    about = "" if extent.exact else "≈ "
    yield [(f"  {about}{extent.messages:,.0f}", ""), (" msgs", "label")]
    if extent.size is not None:
        yield [(f"  {units.size(extent.size)}", "")]
    if extent.first_time is not None and extent.is_first_read:
        yield [("  stored since ", "label"), (moment(extent.first_time, utc=utc)[:19], "")]


def notes(browsing: HistorySession) -> list[Line]:
    """What went wrong, in two lines: what, and what to try; and what one should know."""
    lines: list[Line] = []
    state = browsing.state_query
    for failure in filter(None, (browsing.failure, browsing.search.failure, state.failure)):
        lines += two_lines(failure)
    if browsing.opened:
        lines += [[(note, "warn")] for note in browsing.opened.notes]
    if state.progress.note:
        lines.append([(state.progress.note, "warn")])
    if state.progress.keyless:
        words = f"{state.progress.keyless:,} without a key are not part of the state"
        lines.append([(words, "warn")])
    extent = browsing.timeline_query.extent
    doubts = (browsing.notice, extent.doubt if extent else "")
    lines += [[(doubt, "warn")] for doubt in dict.fromkeys(doubts) if doubt]
    return lines


def two_lines(failure: ArcwatchError) -> list[Line]:
    """What failed, and what to try."""
    hint = failure.hint or "press r to retry"
    return [[(printable(failure.headline, 400), "bad")], [(f"  {printable(hint, 400)}", "dim")]]


def doing(browsing: HistorySession) -> Line:
    """What is being done, if anything is."""
    if browsing.loading:
        return [(f"{browsing.loading} …", "warn"), ("  esc cancels", "dim")]
    if browsing.is_cancelled:
        return [("cancelled", "warn"), ("  r: retry", "dim")]
    return []


def state(browsing: HistorySession, shown: range, *, utc: bool) -> Line:
    """How far a search is, or from when to when the rows on screen are; and what is being done."""
    text = rebuilt(browsing.state_query) or search_line(browsing.search)
    return [*(text or span(browsing, shown, utc=utc)), *doing(browsing)]


def span(browsing: HistorySession, shown: range, *, utc: bool) -> Line:
    """From when to when what is on screen was, and whether that is an end."""
    rows = browsing.rows
    if not shown or shown.stop > rows.end or shown.start < rows.start:
        return []
    first, last = rows.message(shown.start), rows.message(shown.stop - 1)
    line: list[tuple[str, PanelTone]] = [(f"{cells.span(first, last, utc=utc)}  ", "")]
    if rows.first and shown.start == rows.start:
        line.append(("the first stored  ", "good"))
    if rows.last and shown.stop == rows.end:
        line.append(("the last stored  ", "good"))
    return line


def tiered(ledgers: Sequence[Stretch]) -> str:
    """What reading these costs."""
    sizes = [each.size for each in ledgers]
    size = sum(known for known in sizes if known is not None)
    stored = f" ({units.size(size)})" if size and None not in sizes else ""
    many = f"{len(ledgers):,} offloaded ledgers" if len(ledgers) > 1 else "1 offloaded ledger"
    return f"reads up to {many}{stored}: slow and may be billed"


def search_line(search: HistorySearch) -> Line:
    """How far a search is, and what it may yet take; or how it ended."""
    looked = search.progress
    found = matches(search)
    match search.state:
        case "announced":
            return [
                (f"{TIERED}: ", "warn"),
                ("p: search anyway; a window narrows it", "dim"),
            ]
        case "waiting":
            return [("starting …", "warn")]
        case "looking" | "paused":
            line: list[tuple[str, PanelTone]] = [
                (_STATES[search.state], "warn"),
                (f"  {found}", "strong"),
            ]
            return [*line, *_progress(search)]
        case "limited":
            return [
                (f"the first {found}", "warn"),
                (f"  at most {MOST:,} are listed; narrow it with a window", "label"),
            ]
        case "stopped":
            return [
                ("stopped", "warn"),
                (f"  {found} in {units.things(looked.scanned, 'message')}", "label"),
            ]
        case "failed":
            return [("search failed", "bad"), (f"  {found}", "label")]
        case "done":
            ended: list[tuple[str, PanelTone]] = [(found, "good")]
            rate = f"{units.rate(looked.rate)}/s"
            ended.append((f" in {units.things(looked.scanned, 'message')} ({rate})", "label"))
            return ended + _failures(search)
    return []


def why_empty(browsing: HistorySession) -> str:
    """Why nothing is listed."""
    if browsing.state_query.rows is not None:
        return why_no_keys(browsing.state_query)
    if browsing.search.hits is not None:
        return why_no_hits(browsing.search)
    if browsing.loading:
        return "Reading …"
    if browsing.failure:
        return "Reading failed; the reason is shown above."
    return "No messages are stored here." if browsing.opened else ""


def why_no_keys(state: StateQuery) -> str:
    """Why no key is listed."""
    if state.is_running:
        return "Reading …"
    if state.failure:
        return "Reading failed; the reason is shown above."
    if state.text:
        return f"No key matches {state.text!r}."
    return "No key has changed." if state.rows and state.rows.is_compared else "No keys."


def why_no_hits(search: HistorySearch) -> str:
    """Why nothing that was found is listed."""
    if search.is_running:
        return "Searching …"
    if search.failure:
        return "The search failed; the reason is shown above."
    return (
        f"No matches for {search.text!r}."
        if search.text
        else "No messages are stored in the window."
    )


def rebuilt(state: StateQuery) -> Line:
    """Which state is listed, and how far finding it is."""
    looked, rows = state.progress, state.rows
    if state.asked is None or rows is None:
        return []
    what = "changes" if rows.is_compared else "state at"
    line: list[tuple[str, PanelTone]] = [(f"{what} {printable(state.asked.words, 80)}", "strong")]
    match state.state:
        case "waiting":
            return [*line, ("  starting …", "warn")]
        case "looking" | "paused":
            doing = "paused" if state.state == "paused" else "reading"
            line.append((f"  {doing}", "warn"))
            if state.silence:
                return [*line, (f"  {looked.scanned:,}", "strong"), *_silent(state.silence)]
            return [*line, *_far(looked, state.state)]
        case "failed":
            return [*line, ("  failed", "bad")]
    count = f"  {rows.end:,} keys"
    if state.state == "limited":
        line.append((f"  the first{count}", "warn"))
        line.append(("; w writes them all", "label"))
    else:
        line.append((count, "good"))
    if rows.is_compared:
        counts = [f"{rows.count(kind):,} {kind}" for kind in ("added", "changed", "removed")]
        if unknown := rows.count("unknown"):
            counts.append(f"{unknown:,} added or changed")
        line.append((f": {', '.join(counts)}", ""))
    return [
        *line,
        (f"  of {units.things(looked.scanned, 'message')}", "label"),
        ("  esc goes back", "dim"),
    ]


def _silent(seconds: int) -> Line:
    return [
        (f"  no data for {units.duration(seconds)}", "warn"),
        ("  resumes when the server answers  esc cancels", "dim"),
    ]


def _far(looked: ScanUpdate, stage: str) -> Line:
    left = "" if math.isnan(looked.left) else f"  ≈ {units.duration(max(looked.left, 1.0))} left"
    pause = "p resumes" if stage == "paused" else "p pauses"
    return [
        (f"  {looked.scanned:,}  {part(looked.done)}", "strong"),
        (f"  {units.rate(looked.rate)}/s{left}", "label"),
        (f"  {pause}  esc cancels", "dim"),
    ]


def whole(state: StateQuery) -> str:
    """What is written of a state, in words; nothing before it is known."""
    if state.state not in ("done", "limited") or state.rows is None:
        return ""
    if not state.rows.end:
        return ""
    what = "what changed" if state.rows.is_compared else "the state"
    return what if state.state == "limited" else f"{what}, {state.rows.end:,} keys,"


def filter_result(browsing: HistorySession) -> str:
    """The result of the filter, to show beside it."""
    search, state = browsing.search, browsing.state_query
    if state.rows is not None:
        if state.failure:
            return printable(state.failure.why or state.failure.what, 120)
        return f"{state.rows.end:,} keys"
    if search.failure:
        return printable(search.failure.why or search.failure.what, 120)
    return matches(search) if search.hits else ""


def writing(name: str, looked: ScanUpdate) -> str:
    """How far the writing of a file is.

    >>> writing("x.csv", ScanUpdate(scanned=1_200, rate=90_000.0, left=3.0, done=0.25))
    'writing x.csv: 1,200  25%  90.0k/s  ≈ 3.0s left'
    """
    left = "" if math.isnan(looked.left) else f"  ≈ {units.duration(looked.left)} left"
    done, rate = part(looked.done), units.rate(looked.rate)
    return f"writing {name}: {looked.scanned:,}  {done}  {rate}/s{left}"


def part(done: float) -> str:
    """A part as a percentage; unknown is ``–``.

    >>> part(0.256), part(float("nan"))
    ('25%', '–')
    """
    return units.UNKNOWN if math.isnan(done) else f"{int(100 * done)}%"


def _progress(search: HistorySearch) -> list[tuple[str, PanelTone]]:
    looked = search.progress
    line: list[tuple[str, PanelTone]] = [
        ("  of ", "label"),
        (f"{looked.scanned:,}", ""),
        (f"  {part(looked.done)}", "strong"),
    ]
    if search.silence:
        return [*line, *_silent(search.silence)]
    line.append((f"  {units.rate(looked.rate)}/s", "label"))
    if search.state == "looking" and not math.isnan(looked.left):
        line.append((f"  ≈ {units.duration(max(looked.left, 1.0))} left", "label"))
    line += _failures(search)
    pause = "p resumes" if search.state == "paused" else "p pauses"
    return [*line, (f"  {pause}  esc stops", "dim")]


def _failures(search: HistorySearch) -> list[tuple[str, PanelTone]]:
    looked = search.progress
    if not looked.failed:
        return []
    return [(f"  {looked.failed:,} failed: {printable(looked.failure, 60)}", "warn")]


def matches(search: HistorySearch) -> str:
    """``3 matches``: how many messages a search has found."""
    count = search.hits.end if search.hits else 0
    return f"{count:,} match{'es' * (count != 1)}"


def _places(browsing: HistorySession) -> str:
    return "topics" if "*" in browsing.address else "partitions"
