"""How a search is doing, on stderr, once it takes longer than a second."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING

from arcwatch.history.search import ScanProgress
from arcwatch.model.message import Message
from arcwatch.notation.times import Moment, format_message_time
from arcwatch.text import units

from .tailing import print_note

if TYPE_CHECKING:
    from arcwatch.sources.history import History

SOON = 1.0
"""Seconds before anything is said."""
EVERY = 0.5
"""Seconds between two lines on a terminal."""
SELDOM = 10.0
"""Seconds between two lines where they stay."""


class Progress:
    """Shows the progress of one search.

    Attributes:
        notes: Lines to print at the end.
        last: The last message written.
    """

    def __init__(self) -> None:
        self._search: ScanProgress | None = None
        self._next = time.monotonic() + SOON
        self._on_terminal = sys.stderr.isatty()
        self._is_open = False
        self.notes: list[str] = []
        self.last: Message | None = None

    def watch(self, search: ScanProgress) -> None:
        """Show the progress of this search."""
        self._search = search

    @property
    def could_judge_none(self) -> bool:
        """Whether there were messages, and the filter could judge none of them."""
        return self._search is not None and self._search.could_judge_none

    def beat(self) -> None:
        """Write a line of progress if one is due."""
        now = time.monotonic()
        if self._search is None or now < self._next:
            return
        self._next = now + (EVERY if self._on_terminal else SELDOM)
        line = progress_line(self._search)
        if self._on_terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            self._is_open = True
        else:
            sys.stderr.write(f"arcwatch: {line}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Leave nothing of it on the terminal."""
        if self._is_open:
            sys.stderr.write("\r\x1b[K")
            self._is_open = False

    def note_doubts(self, history: History, *moments: Moment) -> str:
        """Note which dates next to some moments are wrong, and return it: a line, mostly empty."""
        found = (history.doubt(moment) for moment in dict.fromkeys(moments))
        doubts = [doubt for doubt in found if doubt]
        self.notes += [doubt for doubt in doubts if doubt not in history.notes]
        return "; ".join(doubts)

    def print_totals(self, early: str = "") -> None:
        """Print the totals, unless they are obvious.

        Args:
            early: How it ended early, ``interrupted`` or ``stopped``; empty when all was read.
        """
        self.clear()
        search = self._search
        if search is None:
            if early == "interrupted":
                print_note("interrupted before anything was read")
            return
        parts = [f"read {units.things(search.scanned, 'message')} ({units.size(search.size)})"]
        parts.append(f"wrote {search.found:,}")
        parts += self.notes
        if search.failed:
            parts.append(unfiltered(search))
        if early:
            behind = f" after {self.last.address} {self.last.id}" if self.last else ""
            parts.append(f"{early}{behind}: the rest was not read")
        elif search.is_limited:
            parts.append("limit reached; there may be more")
        if (
            early
            or self.notes
            or search.failed
            or search.scanned != search.found
            or search.elapsed > SOON
        ):
            print_note(", ".join(parts))


def unfiltered(search: ScanProgress) -> str:
    """How many messages a filter failed on, and why it failed on the first."""
    return f"{search.failed:,} could not be filtered: {search.failure}"


def progress_line(search: ScanProgress) -> str:
    """One line: how far it is, how fast, and how long it will take.

    ``42 %  1,234,567 messages  180,000/s  3 matches  at 2025-11-09T10:00:00Z  12s left``
    """
    parts = [] if math.isnan(search.done) else [f"{search.done:4.0%}"]
    parts.append(units.things(search.scanned, "message"))
    parts.append(f"{search.rate:,.0f}/s")
    parts.append(f"{search.found:,} match{'es' * (search.found != 1)}")
    if search.time:
        parts.append(f"at {format_message_time(search.time, 0)}")
    if not math.isnan(search.left):
        parts.append(f"{units.duration(search.left)} left")
    return "  ".join(parts)
