"""A message ring through a filter, live or frozen."""

from __future__ import annotations

from collections.abc import Iterator

from arcwatch.model.message import Message

from .matches import Matches, Sift
from .ring import MessageRing


class FilteredRing:
    """Rows with indexes that are stable while neither filter nor context changes.

    Args:
        ring: Turns on, whatever is shown of it.
    """

    def __init__(self, ring: MessageRing) -> None:
        self._live, self._frozen = ring, ring
        self._matches: Matches | None = None
        self._frozen_matches: Matches | None = None
        self.context = False
        """Whether messages that do not match are shown too, among those that do."""

    @property
    def ring(self) -> MessageRing:
        """The ring behind the rows."""
        return self._frozen

    @property
    def matches(self) -> Matches | None:
        """The matches of the filter in ``ring``; None without a filter."""
        return self._frozen_matches

    @property
    def live(self) -> Matches | None:
        """The matches of the filter in the live ring."""
        return self._matches

    @property
    def held(self) -> bool:
        """Whether the rows are frozen."""
        return self._frozen is not self._live

    def hold(self, held: bool) -> None:
        """Freeze the rows, or resume."""
        if held == self.held:
            return
        self._frozen = self._live.freeze() if held else self._live
        self._frozen_matches = self._matches
        if held and self._matches:
            self._frozen_matches = self._matches.on(self._frozen)

    def narrow(self, sift: Sift | None) -> None:
        """Set or clear the filter; messages stay in the ring."""
        self._matches = Matches(self._live, sift) if sift else None
        self._frozen_matches = self._matches
        if sift and self.held:
            self._frozen_matches = Matches(self._frozen, sift)

    @property
    def behind(self) -> Matches | None:
        """The messages to filter next, those shown before the rest."""
        both = (self._frozen_matches, self._matches)
        return next((matches for matches in both if matches and matches.behind), None)

    def step(self) -> bool:
        """Filter a few more messages; return whether there were any."""
        matches = self.behind
        if matches:
            matches.step()
        return matches is not None

    # -- rows ---------------------------------------------------------------------------------

    @property
    def _rows(self) -> MessageRing | Matches:
        matches = self._frozen_matches
        return self._frozen if matches is None or self.context else matches

    @property
    def start(self) -> int:
        """Index of the first row."""
        return self._rows.start

    @property
    def end(self) -> int:
        """Index after the last row."""
        return self._rows.end

    def message(self, index: int) -> Message:
        """One row.

        Raises:
            IndexError: It is not there, or no longer.
        """
        return self._rows.message(index)

    def place(self, index: int) -> int:
        """A row's index in the ring.

        Raises:
            IndexError: It is not there, or no longer.
        """
        rows = self._rows
        return rows.place(index) if isinstance(rows, Matches) else index

    def index_of(self, place: int) -> int:
        """The row at, or first after, an index in the ring."""
        rows = self._rows
        return rows.first_from(place) if isinstance(rows, Matches) else place

    def before(self, index: int) -> Iterator[Message]:
        """Messages of the ring before a row, nearest first, matching or not."""
        ring = self._frozen
        for place in range(self.place(index) - 1, -1, -1):
            if place < ring.start:
                return
            yield ring.message(place)

    def snapshot(self) -> Iterator[Message]:
        """A copy of all rows that later messages do not change."""
        matches, ring = self._frozen_matches, self._frozen.freeze()
        rows = ring if matches is None or self.context else matches.on(ring)
        return (rows.message(index) for index in range(rows.start, rows.end))

    def is_match(self, index: int) -> bool:
        """Whether a row matches, where context rows are shown too."""
        matches = self._frozen_matches
        if matches is None or not self.context:
            return False
        nth = matches.first_from(index)
        return nth < matches.end and matches.place(nth) == index

    def next_match(self, index: int, step: int) -> int | None:
        """The row of the next match, or the previous one if ``step`` is -1."""
        matches = self._frozen_matches
        if matches is None:
            return None
        if not self.context:
            nth = index + step
            return nth if self.start <= nth < self.end else None
        nth = matches.first_from(index + 1) if step > 0 else matches.first_from(index) - 1
        return matches.place(nth) if matches.start <= nth < matches.end else None
