"""The palette (ctrl+p): the command line's entries, by fuzzy search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from arcwatch.text.control_characters import printable

from .entries import Commanded, entries
from .entry import Entry

SHOWN = 30
"""Entries offered before anything is typed."""

LONGEST = 200
"""Characters of an entry that are looked in, and shown."""


class Entries(Provider):
    """Everything that can be done now."""

    async def startup(self) -> None:
        """Make the list once, when the palette opens."""
        self._entries: list[Entry] = list(entries(cast("Commanded", self.app)))

    async def discover(self) -> Hits:
        """The likeliest, while nothing is typed."""
        for entry in self._entries[:SHOWN]:
            yield DiscoveryHit(Content(_text(entry)), entry.run, help=entry.meaning)

    async def search(self, query: str) -> Hits:
        """The entries that have these letters, in this order."""
        letters = query.lower()
        for entry in self._entries:
            text = _text(entry)
            if places := places_of(letters, text.lower()):
                yield Hit(_score(places), self._marked(text, places), entry.run, help=entry.meaning)

    def _marked(self, text: str, places: Sequence[int]) -> Content:
        # not Textual's own matcher: it reads names as markup, and tries every way to choose letters
        content = Content(text)
        for place in places:
            content = content.stylize(self.match_style or "underline", place, place + 1)
        return content


def places_of(letters: str, text: str) -> Sequence[int]:
    """Where ``letters`` are in ``text``, in this order; together if they are so anywhere.

    >>> places_of("task", "stream tasks"), places_of("sts", "streams"), places_of("x", "streams")
    (range(7, 11), [0, 1, 6], [])
    """
    start = text.find(letters)
    if start >= 0:
        return range(start, start + len(letters))
    places, place = [], -1
    for letter in letters:
        place = text.find(letter, place + 1)
        if place < 0:
            return []
        places.append(place)
    return places


def _score(places: Sequence[int]) -> float:
    """Consecutive letters rank first, and among them the earliest."""
    between = places[-1] - places[0] + 1 - len(places)
    return 0.5 / (1 + between) if between else 0.5 + 0.5 / (1 + places[0])


def _text(entry: Entry) -> str:
    return printable(entry.words, LONGEST)
