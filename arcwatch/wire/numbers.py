"""Which numbers a document may hold, and which of them can be figures.

Go and Java count in 64 bits.  An integer beyond that is refused where it stands, with its path.
A count below zero, or from 2⁶³ on, is no count but "not set" or a counter that was taken below
zero (``uint64(-1)``): such a figure is unknown, and the rest of the answer is read.
"""

from __future__ import annotations

from math import nan
from typing import Annotated, TypeAlias

from msgspec import Meta

from arcwatch.text.units import LATEST_NS

BEYOND = 2**63
"""What no count reaches."""
LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999, since 1970."""

Int64: TypeAlias = Annotated[int, Meta(ge=-BEYOND, le=BEYOND - 1)]
"""An integer that must be one of 64 bits: a port, an id, a duration, a time."""

Int32: TypeAlias = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""The same of 32 bits: what is multiplied into seconds."""

Count: TypeAlias = Annotated[int, Meta(title="any integer; read it with known()")]
"""An integer that means a count, and may say that it is not set."""

Real: TypeAlias = Annotated[float, Meta(ge=-1e18, le=1e18)]
"""A fraction that sums of thousands stay finite with."""


def known(value: int) -> float:
    """A count; ``nan`` where it is none.

    >>> known(7), known(-1), known(2**64 - 2)
    (7, nan, nan)
    """
    return value if 0 <= value < BEYOND else nan


def known_or_none(value: int | None) -> int | None:
    """A count that may be left out; None, too, where it is none.

    >>> known_or_none(7), known_or_none(-1), known_or_none(None)
    (7, None, None)
    """
    return value if value is not None and 0 <= value < BEYOND else None


def seconds_of(milliseconds: float) -> float | None:
    """Unix seconds; None of what was never set (0, or less), or lies beyond the year 9999.

    >>> seconds_of(1_500), seconds_of(0), seconds_of(2**62)
    (1.5, None, None)
    """
    return milliseconds / 1000 if 0 < milliseconds <= LAST_MS else None


def nanoseconds_of(milliseconds: int) -> int | None:
    """Nanoseconds since 1970, :data:`~.units.LATEST_NS` at most; None of what was never set.

    >>> nanoseconds_of(1_500), nanoseconds_of(-1), nanoseconds_of(2**62)
    (1500000000, None, 9223372036854000000)
    """
    return min(milliseconds * 1_000_000, LATEST_NS) if 0 < milliseconds < BEYOND else None
