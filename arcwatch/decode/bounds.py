"""Bounds on decoding foreign bytes, and the result when they cannot be decoded."""

from __future__ import annotations

from typing import Any, NamedTuple

from arcwatch.model.message import Encoding

MAX_BODY = 16 * 1024 * 1024
"""Bytes, unpacked.  Pulsar's largest unchunked message is 5 MiB, NATS's usual one 1 MiB."""
MAX_DEPTH = 100
"""Levels of lists and objects, which is also where Protobuf stops.

What encodes a value again, filters it or draws it as a tree needs a stack for it as well.
"""
MAX_VALUES = 500_000
"""Lists, objects, and values that take no bytes, in one message.

Numbers and text need no count: there are no more of them than bytes.
"""
MAX_SCHEMA = 1024 * 1024
"""Bytes of a schema's definition; a broker keeps it in one ledger entry, so at most 5 MiB."""
MAX_REASON = 200
"""Characters of a reason: some quote what they could not read."""

MALFORMED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What readers raise that were written for bytes from friends."""


class Unreadable(ValueError):
    """The bytes are not what they claim to be, or past a bound; its text is the reason."""


class Beyond(Unreadable):
    """They may well be what they claim, but hold more than is read."""


class Content(NamedTuple):
    """The decoded content of bytes, as :class:`arcwatch.model.message.Decoded` has it."""

    encoding: Encoding
    value: Any
    error: str | None = None


def nested_deeper(value: Any, levels: int = MAX_DEPTH) -> bool:
    """Whether ``value`` has more than ``levels`` of lists and objects in each other.

    Level by level, so that it needs no stack itself.

    >>> nested_deeper([[1], {"a": 2}], levels=2), nested_deeper([[[]]], levels=2)
    (False, True)
    """
    level = [value] if isinstance(value, (list, dict)) else []
    while level and levels:
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (list, dict))
        ]
        levels -= 1
    return bool(level)


def reason(error: BaseException) -> str:
    """The first line of an error's message, or its type if it has none."""
    if isinstance(error, EOFError):
        return "cut short"
    text = str(error).strip() or type(error).__name__
    line = text.splitlines()[0][:MAX_REASON]
    return f"no {line}" if isinstance(error, KeyError) else line
