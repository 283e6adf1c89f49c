"""Finding anything by any part of its name, among 100,000 names within a key's time.

Names are looked for in one text, a line each, so that the work is the regular expression engine's
and not Python's.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Generic, Protocol, TypeVar

HITS = 1_000
"""Names that are ranked among each other; there may be more that match."""
SHOWN = 200
"""The best of them."""
ENOUGH = 50
"""Names that have the words themselves, from which on those with their letters are left out."""
LETTERED = 200
"""Names that have but the letters, at most."""
LONGEST = 200
"""Characters of a query that count."""
LETTERS = 2
"""How well a name fits that has the letters of a query, but not its words."""


class Named(Protocol):
    """What can be found."""

    @property
    def kind(self) -> str:
        """Its kind in a word, by which it can be found too."""

    @property
    def text(self) -> str:
        """What it is called."""

    @property
    def address(self) -> str:
        """What identifies it within its kind."""


T = TypeVar("T", bound=Named)


class Index(Generic[T]):
    """Names, prepared for finding.

    Args:
        names: In the order in which equally good ones are offered.
    """

    def __init__(self, names: Iterable[T]) -> None:
        self.names: Sequence[T] = tuple(names)
        lines = [f"{name.text} {name.kind}".casefold().replace("\n", " ") for name in self.names]
        self._text = "\n".join((*lines, ""))
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._at = {(name.kind, name.address): nth for nth, name in enumerate(self.names)}

    def named(self, kind: str, address: str) -> T | None:
        """The name of a kind with an address."""
        nth = self._at.get((kind, address))
        return None if nth is None else self.names[nth]

    def find(self, query: str) -> list[T]:
        """Names that have each word of the query, or else its letters in this order."""
        words = query.casefold()[:LONGEST].split()
        if not words:
            return []
        found = dict.fromkeys(self._with_words(words))
        if len(found) < ENOUGH:
            found |= dict.fromkeys(self._with_letters("".join(words), LETTERED))
        return [self.names[nth] for nth in found]

    def _with_words(self, words: Sequence[str]) -> list[int]:
        # the rarest word leads to the fewest lines that the others are missing from
        rarest, *others = sorted(words, key=self._text.count)
        found: list[int] = []
        at = self._text.find(rarest)
        while at >= 0 and len(found) < HITS:
            nth = bisect_right(self._starts, at) - 1
            start, end = self._starts[nth], self._starts[nth + 1]
            if all(self._text.find(word, start, end) >= 0 for word in others):
                found.append(nth)
            at = self._text.find(rarest, end)
        return found

    def _with_letters(self, letters: str, most: int) -> list[int]:
        # possessive, so that a line without the last letter is not tried again from every start
        steps = [f"[^\n{re.escape(letter)}]*+{re.escape(letter)}" for letter in letters[1:]]
        pattern = re.compile(f"{re.escape(letters[0])}{''.join(steps)}[^\n]*+")
        found: list[int] = []
        for match in pattern.finditer(self._text):
            found.append(bisect_right(self._starts, match.start()) - 1)
            if len(found) >= most:
                break
        return found


def places_in(query: str, text: str) -> list[int]:
    """Where the words of a query are in a text, or else its letters in this order.

    >>> places_in("as ev", "task-events"), places_in("tkv", "task-events"), places_in("x", "task")
    ([1, 2, 5, 6], [0, 3, 6], [])
    """
    lower, words = text.casefold(), query.casefold()[:LONGEST].split()
    if len(lower) != len(text):
        # of letters that become longer in lower case the places are others
        return []
    starts = [lower.find(word) for word in words]
    if all(start >= 0 for start in starts):
        spans = zip(starts, words, strict=True)
        return sorted({at for start, word in spans for at in range(start, start + len(word))})
    places, at = [], -1
    for letter in "".join(words):
        at = lower.find(letter, at + 1)
        if at < 0:
            return []
        places.append(at)
    return places


def fit_of(query: str, name: Named) -> tuple[int, int, int]:
    """How well a name fits, the least being the best: all words, at the beginning of words, early.

    >>> from types import SimpleNamespace
    >>> topic = SimpleNamespace(kind="topic", text="task-events")
    >>> fit_of("events", topic) < fit_of("vents", topic)
    True
    """
    text = f"{name.text} {name.kind}".casefold()
    starts = [text.find(word) for word in query.casefold().split()]
    if not starts or min(starts) < 0:
        return LETTERS, 0, len(text)
    within = sum(start > 0 and text[start - 1].isalnum() for start in starts)
    return int(within > 0), starts[0], len(text)


class Ranking:
    """Orders what was found: things before commands, trouble before calm, then use, then fit.

    Args:
        trouble: How bad what is known of an address is: 2 critical, 1 a warning.
    """

    def __init__(self, trouble: Mapping[str, int], uses: Mapping[tuple[str, str], int]) -> None:
        self._trouble, self._uses = trouble, uses

    def best(self, query: str, things: Index[T], commands: Index[T]) -> tuple[list[T], int]:
        """The best that fit a query, and how many there are, at least."""
        exact = [each for each in commands.names if each.text.casefold() == query.casefold()]
        if query.split():
            candidates = dict.fromkeys((*things.find(query), *self._likely(things, query)))
            close, far = self._ranked(query, candidates)
            near, other = self._ranked(query, commands.find(query))
            found = [*exact, *close, *near, *far, *other]
        else:
            found = [*self._likely(things, ""), *commands.names]
        found = list(dict.fromkeys(found))
        return found[:SHOWN], len(found)

    def _ranked(self, query: str, names: Iterable[T]) -> tuple[list[T], list[T]]:
        """The best first: those that have the words, and those that have but the letters."""
        keyed = sorted(((self._key(query, name), name) for name in names), key=itemgetter(0))
        close = [name for key, name in keyed if key[2] < LETTERS]
        return close, [name for key, name in keyed if key[2] == LETTERS]

    def _likely(self, things: Index[T], query: str) -> list[T]:
        """What is in trouble, or was used: it must not fall short of those that are ranked."""
        troubled = [(kind, address) for address in self._trouble for kind in _KINDS]
        named = (things.named(*key) for key in (*troubled, *self._uses))
        found = [name for name in dict.fromkeys(named) if name is not None]
        if query:
            found = [name for name in found if fit_of(query, name)[0] < LETTERS]
        return sorted(found, key=lambda name: self._key(query, name))

    def _key(self, query: str, name: Named) -> tuple[int, ...]:
        trouble = self._trouble.get(name.address, 0)
        return -trouble, -self._uses.get((name.kind, name.address), 0), *fit_of(query, name)


_KINDS = ("subscription", "consumer", "topic", "stream", "connection", "account", "server")
"""Of what alerts are about."""
