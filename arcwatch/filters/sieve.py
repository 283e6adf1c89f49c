r"""Leaves out, a few hundred at a time, messages that certainly lack a word.

The filter of words (:mod:`arcwatch.filters.filter`) has the last word on what is left; this only
spares it, and whoever makes a message of what was read, those that it cannot keep.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

_PACKED = (b"x", b"\x04", b"\x1f")
"""First bytes of zlib, LZ4 and gzip; those of Zstandard are no UTF-8."""

_PACKED_INSIDE = tuple(b"\n" + head for head in _PACKED)


class Sieve:
    """Holds back messages without these words.

    Args:
        words: Casefolded; none lets everything through.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(words)

    def passing(self, bodies: Sequence[bytes], others: Sequence[str]) -> Sequence[int]:
        r"""The numbers of the messages that may have all words.

        Args:
            bodies: What is certainly searched as text if it is UTF-8: what a schema may read
                otherwise is better asked of the filter at once.
            others: Keys, subjects and headers of each, a line each.

        >>> list(Sieve(["late", "eu"]).passing([b"late", b"LATE", b"\xff"], ["us", "EU", ""]))
        [1, 2]
        """
        if not self._words:
            return range(len(bodies))
        together = b"\n".join(bodies)
        if not self._may_be_packed(together):
            try:
                written = f"{together.decode()}\n{chr(10).join(others)}"
            except UnicodeDecodeError:
                pass
            else:
                text = written.casefold()
                if not all(word in text for word in self._words):
                    return ()
                # of others the case may be folded into more letters
                if written.isascii():
                    return self._found(text, bodies, others)
        return [
            number
            for number, (body, other) in enumerate(zip(bodies, others, strict=True))
            if self._may_have_all(body, other)
        ]

    def _found(self, text: str, bodies: Sequence[bytes], others: Sequence[str]) -> list[int]:
        """Those in whose part of ``text``, a byte a character, the first word is.

        Where one message in fifty has it, this takes a third of the time that looking at each of
        them does (``tests/bench/bench_history.py``).
        """
        starts = [*accumulate((len(part) + 1 for part in (*bodies, *others)), initial=0)]
        numbers, word = set[int](), self._words[0]
        at = text.find(word)
        while at >= 0:
            part = bisect_right(starts, at) - 1
            numbers.add(part % len(bodies))
            at = text.find(word, starts[part + 1])
        found = sorted(numbers)
        if len(self._words) == 1:
            return found
        return [each for each in found if self._may_have_all(bodies[each], others[each])]

    def _may_be_packed(self, together: bytes) -> bool:
        return (
            b"\\u" in together
            or together.startswith(_PACKED)
            or any(head in together for head in _PACKED_INSIDE)
        )

    def _may_have_all(self, body: bytes, other: str) -> bool:
        if b"\\u" in body or body.startswith(_PACKED):
            return True
        try:
            text = f"{body.decode()}\n{other}".casefold()
        except UnicodeDecodeError:
            return True
        return all(word in text for word in self._words)
