"""``arcwatch history --chart``: message counts over time."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from arcwatch.charts import canvas, counts
from arcwatch.charts.counts import Counts
from arcwatch.charts.figure import Picture
from arcwatch.charts.reduce import slots
from arcwatch.decode.record import field_json
from arcwatch.filters.filter import Filter
from arcwatch.history.decoding import Decoding
from arcwatch.history.search import Search
from arcwatch.history.time_buckets import Bucket, buckets
from arcwatch.model.history import Extent, Stretch
from arcwatch.notation.times import Earliest, Instant, Latest, Moment, format_message_time
from arcwatch.text import units
from arcwatch.text.control_characters import escaped_json, printable

from .chart_output import Room, put_chart, room
from .progress import Progress
from .tailing import print_note

if TYPE_CHECKING:
    from arcwatch.sources.history import History

WIDEST, NARROWEST = 120, 40
"""Columns of what the buckets of ``--json`` are one each of."""

SCALE = 8
"""Columns beside them."""
APART = 22
"""Columns from one written time to the next."""


async def write_chart(
    history: History,
    decoding: Decoding,
    window: tuple[Moment, Moment],
    keeps: Filter,
    progress: Progress,
    args: argparse.Namespace,
) -> None:
    """Write the timeline of a window, or of everything that is stored.

    With a filter all of the window is read, and what it keeps is counted; without one the counts
    come from what the servers know.

    Args:
        args: What the flags say of where it goes.
    """
    extent = await history.extent()
    start, end = await _edges(history, extent, window)
    stretches: Sequence[Stretch] = extent.stretches
    if not keeps.keeps_all:
        stretches = await _kept(history, decoding, window, keeps, progress)
    space = room(args)
    plot = counts.plot_width(space.width, space.height)
    width = slots(plot, "ascii" if space.glyphs == "ascii" else "braille")
    if args.json:
        width = max(min(shutil.get_terminal_size().columns, WIDEST), NARROWEST) - SCALE
    found: list[Bucket] = []
    if start is not None and end is not None:
        end = max(end, start + width)
        found = buckets(stretches, start, end, width)
    doubts = await _doubts(history, extent, window)
    for doubt in doubts:
        print_note(doubt)
    if args.json:
        notes = [*history.notes, *doubts]
        sys.stdout.write(_document(history.places, extent, found, end, notes))
        return
    title = summary(history.places, extent)
    lines: Picture = drawn(found, end or 0, space) if found else []
    put_chart(args, [*lines, [(title, "")]], title)


async def _doubts(history: History, extent: Extent, window: tuple[Moment, Moment]) -> Sequence[str]:
    found = [extent.doubt]
    for moment in window:
        if isinstance(moment, Instant):
            await history.at(moment)
            found.append(history.doubt(moment))
    return [each for each in dict.fromkeys(found) if each and each not in history.notes]


def summary(places: Sequence[str], extent: Extent) -> str:
    """The stored extent in a line: size, start, and why not longer."""
    place = printable(places[0], limit=100) + (f" and {len(places) - 1} more" * (len(places) > 1))
    if not extent.messages:
        return f"{place}  nothing is stored  {extent.edge}"
    about = "" if extent.exact else "≈ "
    parts = [place, f"{about}{extent.messages:,.0f} messages"]
    if extent.size is not None:
        parts.append(units.size(extent.size))
    if extent.first_time is not None:
        when = "" if extent.is_first_read else "not later than "
        first = _second(extent.first_time)
        parts.append(f"{extent.edge}; the first stored message is {when}{first}")
    if any(stretch.offloaded for stretch in extent.stretches):
        parts.append("░ in tiered storage")
    return "  ".join(parts)


def drawn(found: Sequence[Bucket], end: int, space: Room) -> Picture:
    """Bars, with the number of messages that the highest means, and times below.

    Args:
        end: When the last of them ends, nanoseconds since the epoch.
    """
    width, height, glyphs = space
    shown = Counts([each.messages for each in found], [each.offloaded for each in found])
    times = _times(found, end, counts.plot_width(width, height))
    figure = counts.figure(shown, width, height, units.count, glyphs, times)
    return canvas.drawn(figure, width, height, glyphs)


def _times(found: Sequence[Bucket], end: int, plot: int) -> list[tuple[int, str]]:
    # a time is as exact as a bar is wide
    digits = 3 if (end - found[0].start) < 60 * 1_000_000_000 else 0
    return [
        (column, f"└{_second(found[column * len(found) // plot].start, digits)}")
        for column in range(0, plot - APART // 2, APART + digits)
    ]


def _document(
    places: Sequence[str],
    extent: Extent,
    found: Sequence[Bucket],
    end: int | None,
    notes: Sequence[str] = (),
) -> str:
    """The timeline as JSON: times as in records, unknown is null."""
    document = {
        "addresses": places,
        "messages": round(extent.messages),
        "exact": extent.exact,
        "size": extent.size,
        "first_time": _record_time(extent.first_time),
        "last_time": _record_time(extent.last_time),
        "edge": extent.edge,
        "buckets": [
            {
                "start": _record_time(bucket.start),
                "messages": round(bucket.messages, 1),
                "offloaded": bucket.offloaded,
            }
            for bucket in found
        ],
        "end": _record_time(end),
        "notes": notes,
    }
    return escaped_json(field_json(document).decode()) + "\n"


def _record_time(ns: int | None) -> Any:
    return None if ns is None else format_message_time(ns, 3)


async def _edges(
    history: History, extent: Extent, window: tuple[Moment, Moment]
) -> tuple[int | None, int | None]:
    first, last = extent.first_time, extent.last_time
    # an end lies behind what is in it
    last = None if last is None else last + 1
    if isinstance(window[0], Instant):
        first = window[0].ns
    elif not isinstance(window[0], Earliest):
        page = await history.page_at(window[0], 1)
        first = page.messages[0].publish_time if page.messages else first
    if isinstance(window[1], Instant):
        last = window[1].ns
    elif not isinstance(window[1], Latest):
        page = await history.page_at(window[1], 1)
        last = page.messages[0].publish_time if page.messages else last
    return first, last


async def _kept(
    history: History,
    decoding: Decoding,
    window: tuple[Moment, Moment],
    keeps: Filter,
    progress: Progress,
) -> list[Stretch]:
    start, end = await history.at(window[0]), await history.at(window[1])
    search = Search(history, keeps, decoding.reader, start, end)
    progress.watch(search)
    found = []
    async with aclosing(search.hits()) as hits:
        async for some in hits:
            for message, _ in some:
                time = message.publish_time or 0
                found.append(Stretch(time, time, 1, exact=True))
            progress.beat()
    progress.clear()
    return found


def _second(ns: int, digits: int = 0) -> str:
    return format_message_time(ns, digits).replace("T", " ")
