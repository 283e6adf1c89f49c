"""The tables that replace a tail's messages: figures computed from them."""

from __future__ import annotations

from typing import Any

from arcwatch.session.tail import Tailing
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.row_table import RowTable

from . import analysis_tables


class AnalysisTables:
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
        known = (self.members,) if self._tailing.analysis.pattern else ()
        return (None, self.subjects, *known, self.requests)

    def name(self, tab: RowTable[Any] | None) -> str:
        """The name of a tab."""
        names = {self.subjects: "Subjects", self.members: "Presence", self.requests: "Requests"}
        return names[tab] if tab is not None else "Messages"

    def draw(self, part: RowTable[Any] | None) -> None:
        """Draw the visible table, if any."""
        for table in self.tables:
            table.display = table is part
        tailing, analysis = self._tailing, self._tailing.analysis
        look = (analysis.version, self._showing.utc, tailing.values.version, tailing.groups.version)
        if part is self.subjects:
            part.show(analysis.subjects(), version=look)
        elif part is self.requests:
            part.show(analysis.exchanges(), version=look)
        elif part is self.members:
            part.show(analysis.members(), version=look)

    def caption(self, part: RowTable[Any]) -> str:
        """The caption of a table."""
        analysis = self._tailing.analysis
        if part is self.requests:
            text = requests_caption(self._tailing)
        elif part is self.members:
            text = f"presence by {analysis.pattern}"
        else:
            text = f"subjects, {analysis.missed:,} not counted" if analysis.missed else "subjects"
        if analysis.trouble:
            text += f", {analysis.unread:,} messages could not be read: {analysis.trouble.why}"
        return text


def requests_caption(tailing: Tailing) -> str:
    """How many requests had a reply, and why none can be paired, if so."""
    requests = tailing.analysis.requests
    if any(counts.mode == "sampled" for counts in tailing.counts):
        return "requests are paired in full mode only: M"
    parts = [f"requests  {requests.answered:,} answered", f"{len(requests.open()):,} waiting"]
    if requests.unanswered:
        parts.append(f"{requests.unanswered:,} unanswered")
    return ", ".join(parts)
