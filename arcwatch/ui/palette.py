"""The palette (ctrl+p): the same entries as the command line, found by any letters of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from arcwatch.text import printable

from .entries import Entry, entries

if TYPE_CHECKING:
    from .app import Arcwatch

SHOWN = 30
"""Entries offered before anything is typed."""


class Entries(Provider):
    """Everything that can be done now."""

    async def startup(self) -> None:
        """Make the list once, when the palette opens."""
        self._entries: list[Entry] = list(entries(cast("Arcwatch", self.app)))

    async def discover(self) -> Hits:
        """The likeliest, while nothing is typed."""
        for entry in self._entries[:SHOWN]:
            yield DiscoveryHit(printable(entry.words), entry.run, help=printable(entry.meaning))

    async def search(self, query: str) -> Hits:
        """The entries that have these letters, in this order."""
        matcher = self.matcher(query)
        for entry in self._entries:
            if (score := matcher.match(entry.words)) > 0:
                yield Hit(
                    score,
                    matcher.highlight(printable(entry.words)),
                    entry.run,
                    help=printable(entry.meaning),
                )
