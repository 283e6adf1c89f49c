"""A message ring through a filter, live or frozen, with notices between its messages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from arcwatch.model.message import Message

from .matches import Matches, Sift
from .notices import Notice, Notices
from .ring import MessageRing


class FilteredRing:
    """Rows with indexes that are stable while neither filter nor context changes."""

    def __init__(self, ring: MessageRing) -> None:
        self._live, self._frozen = ring, ring
        self._matches: Matches | None = None
        self._frozen_matches: Matches | None = None
        self.notices = self._shown_notices = Notices()
        """What stands between the messages of the live ring."""
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
        self._shown_notices = self.notices.copy() if held else self.notices
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
    def _settled(self) -> int:
        """The ring's index up to which it is known which messages are rows."""
        rows = self._rows
        return rows.scanned_to if isinstance(rows, Matches) else rows.end

    def _first_from(self, place: int) -> int:
        """How many messages there were among the rows before an index of the ring."""
        rows = self._rows
        return rows.first_from(place) if isinstance(rows, Matches) else max(place, rows.start)

    def _place(self, nth: int) -> int:
        rows = self._rows
        return rows.place(nth) if isinstance(rows, Matches) else nth

    def _at(self, index: int) -> tuple[int, int | None]:
        """How many messages there were before a row, and which notice it is, if it is one."""
        notices = self._shown_notices
        notices.forget(self._frozen.start)
        if notices.is_empty:
            # as nearly always: several times for each row of a picture
            return index - notices.gone, None
        shown = range(notices.to(self._settled))
        nth = bisect_left(shown, index, key=self._notice_row)
        is_notice = nth < len(shown) and self._notice_row(nth) == index
        return index - notices.gone - nth, nth if is_notice else None

    def _notice_row(self, nth: int) -> int:
        notices = self._shown_notices
        return self._first_from(notices.place(nth)) + notices.gone + nth

    def _row(self, nth: int) -> int:
        notices = self._shown_notices
        place = self._place(nth) if nth < self._rows.end else self._settled
        return nth + notices.gone + notices.to(place)

    @property
    def start(self) -> int:
        """Index of the first row."""
        self._shown_notices.forget(self._frozen.start)
        return self._rows.start + self._shown_notices.gone

    @property
    def end(self) -> int:
        """Index after the last row."""
        notices = self._shown_notices
        notices.forget(self._frozen.start)
        return self._rows.end + notices.gone + notices.to(self._settled)

    @property
    def numbering(self) -> object:
        """Changes where rows have got other indexes."""
        return self._frozen, self._frozen_matches, self.context, self._shown_notices.renumbered

    def message(self, index: int) -> Message | Notice:
        """One row."""
        nth, notice = self._at(index)
        return self._rows.message(nth) if notice is None else self._shown_notices.notice(notice)

    def nth(self, index: int) -> tuple[int, int]:
        """Which message a row is of those among the rows, counted from 1, and of how many."""
        rows = self._rows
        return self._at(index)[0] - rows.start + 1, rows.end - rows.start

    def place(self, index: int) -> int:
        """A row's index in the ring; of a notice that of the message after it."""
        nth, notice = self._at(index)
        return self._place(nth) if notice is None else self._shown_notices.place(notice)

    def index_of(self, place: int) -> int:
        """The row at, or first after, an index in the ring."""
        return self._row(self._first_from(place))

    def before(self, index: int) -> Iterator[Message]:
        """Messages of the ring before a row, nearest first, matching or not."""
        ring = self._frozen
        for place in range(self.place(index) - 1, -1, -1):
            if place < ring.start:
                return
            yield ring.message(place)

    def snapshot(self) -> Iterator[Message]:
        """A copy of all messages that are rows, which later ones do not change."""
        matches, ring = self._frozen_matches, self._frozen.freeze()
        rows = ring if matches is None or self.context else matches.on(ring)
        return (rows.message(index) for index in range(rows.start, rows.end))

    def is_match(self, index: int) -> bool:
        """Whether a row matches, where context rows are shown too."""
        matches = self._frozen_matches
        nth, notice = self._at(index)
        if matches is None or not self.context or notice is not None:
            return False
        found = matches.first_from(nth)
        return found < matches.end and matches.place(found) == nth

    def next_match(self, index: int, step: int) -> int | None:
        """The row of the next match, or the previous one if ``step`` is -1."""
        matches = self._frozen_matches
        if matches is None:
            return None
        nth, notice = self._at(index)
        if step > 0 and notice is None:
            nth += 1
        if not self.context:
            nth -= step < 0
            return self._row(nth) if matches.start <= nth < matches.end else None
        nth = matches.first_from(nth) - (step < 0)
        return self._row(matches.place(nth)) if matches.start <= nth < matches.end else None
