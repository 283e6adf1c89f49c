"""The tables that replace a tail's messages: figures computed from them."""

from __future__ import annotations

from typing import Any

from arcwatch.session.tail import Tailing
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.row_table import RowTable

from . import analysis_tables


class HeardTables:
    """The analysis tables of a tail, at most one of them visible."""

    def __init__(self, showing: ViewContext) -> None:
        self._showing, self._tailing = showing, showing.tailing
        self.subjects = analysis_tables.subjects(showing, self._tailing.values.remembered)
        self.requests = analysis_tables.requests(showing)
        self.members = analysis_tables.members(showing)

    @property
    def tables(self) -> tuple[RowTable[Any], ...]:
        """All tables."""
        return (self.subjects, self.requests, self.members)

    @property
    def tabs(self) -> tuple[RowTable[Any] | None, ...]:
        """What `H` and `L` go to, the messages first; what costs most, the requests, is last."""
        known = (self.members,) if self._tailing.heard.pattern else ()
        return (None, self.subjects, *known, self.requests)

    def name(self, tab: RowTable[Any] | None) -> str:
        """The name of a tab."""
        names = {self.subjects: "Subjects", self.members: "Presence", self.requests: "Requests"}
        return names[tab] if tab is not None else "Messages"

    def draw(self, part: RowTable[Any] | None) -> None:
        """Draw the visible table, if any."""
        for table in self.tables:
            table.display = table is part
        tailing, heard = self._tailing, self._tailing.heard
        look = (heard.version, self._showing.utc, tailing.values.version, tailing.groups.version)
        if part is self.subjects:
            part.show(heard.subjects(), version=look)
        elif part is self.requests:
            part.show(heard.exchanges(), version=look)
        elif part is self.members:
            part.show(heard.members(), version=look)

    def caption(self, part: RowTable[Any]) -> str:
        """The caption of a table."""
        heard = self._tailing.heard
        if part is self.requests:
            told = requests_told(self._tailing)
        elif part is self.members:
            told = f"presence by {heard.pattern}"
        else:
            told = f"subjects, {heard.missed:,} not counted" if heard.missed else "subjects"
        if heard.trouble:
            told += f", {heard.unread:,} messages could not be read: {heard.trouble.why}"
        return told


def requests_told(tailing: Tailing) -> str:
    """How many requests had a reply, and why none can be paired, if so."""
    requests = tailing.heard.requests
    if any(counts.mode == "sampled" for counts in tailing.counts):
        return "requests are paired in full mode only: M"
    told = [f"requests  {requests.answered:,} answered", f"{len(requests.open()):,} waiting"]
    if requests.unanswered:
        told.append(f"{requests.unanswered:,} unanswered")
    return ", ".join(told)
