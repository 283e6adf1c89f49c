r"""The text of a message that words and expressions are searched in.

The value is its text: a body of JSON or UTF-8 is searched as it was written, which spares
decoding it, but where JSON has ``\u…`` in it.  Of other formats it is their value as JSON, and
of what cannot be decoded the bytes themselves.

A :class:`Prefilter` rejects messages that certainly lack a word, a few hundred at a time; the
filter
(:mod:`arcwatch.filters.filter`) decides on the rest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

import msgspec

from arcwatch.model.message import Decoded, Message

_is_json = msgspec.json.Decoder(msgspec.Raw).decode

_PACKED = (b"x", b"\x04", b"\x1f")
"""First bytes of zlib, LZ4 and gzip; those of Zstandard are no UTF-8."""

_PACKED_INSIDE = tuple(b"\n" + head for head in _PACKED)

_NUMBERS = 16
"""Bytes of the longest of Pulsar's primitive values, and some more."""


def searched_text(message: Message, decoded: Callable[[], Decoded]) -> str:
    """All that is searched, a line for each part."""
    value = _plain(message)
    if value is None:
        value = _read(decoded()).decode("utf-8", "replace")
    if not message.headers:
        return f"{message.key or ''}\n{message.subject or ''}\n{value}"
    headers = "\n".join(f"{name}: {each}" for name, each in message.headers)
    return f"{message.key or ''}\n{message.subject or ''}\n{headers}\n{value}"


def searched_parts(message: Message, decoded: Callable[[], Decoded]) -> Iterator[bytes]:
    """The parts one by one as UTF-8, the value first: the others are seldom what one looks for."""
    yield message.body if _plain(message) is not None else _read(decoded())
    if message.subject:
        yield _utf8(message.subject)
    if message.key:
        yield _utf8(message.key)
    yield from (_utf8(f"{name}: {value}") for name, value in message.headers)


def _plain(message: Message) -> str | None:
    r"""The body as text if its value is certainly that; None if it has to be decoded."""
    body = message.body
    if body.startswith(_PACKED) or b"\\u" in body:
        return None
    try:
        text = body.decode()
        if message.schema_version is not None:
            # the schema may be a number's, or a moment's, whose bytes are text by chance
            if len(body) <= _NUMBERS or not body.startswith((b"{", b"[")):
                return None
            _is_json(body)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    return text


def _read(decoded: Decoded) -> bytes:
    from arcwatch.decode.record import field_json, value_as_written

    if decoded.encoding == "null":
        return b""
    if decoded.encoding in ("text", "base64"):
        return decoded.body
    if decoded.encoding == "json" and b"\\u" not in decoded.body:
        return field_json(value_as_written(decoded))
    return field_json(decoded.value)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


class Prefilter:
    """Rejects messages that certainly lack one of these words.

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

        >>> list(Prefilter(["late", "eu"]).passing([b"late", b"LATE", b"\xff"], ["us", "EU", ""]))
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
