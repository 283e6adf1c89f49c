"""Counters as rates per second."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

K = TypeVar("K", bound=Hashable)


class Counted(Struct, Generic[K], frozen=True):
    """Every counter of one kind in one answer of one server."""

    epoch: str
    """What changes when the server starts anew, and its counters with it."""
    at: float
    """When they were counted, in seconds of whichever clock is the best known."""
    totals: Mapping[K, Sequence[float]]
    """Counters by key; as many for every key, and ``nan`` for one that is not known."""


def rates_between(
    before: Counted[K] | None, after: Counted[K], *, fresh: Callable[[K], bool] = lambda key: False
) -> dict[K, tuple[float, ...]]:
    """The increase of each counter of ``after`` per second since ``before``.

    Args:
        before: The previous answer of the same server, or None.
        fresh: Whether a key that ``before`` lacks began to count after it, from zero.

    Returns:
        Unit per second for each counter.  ``nan`` where no rate can be known: the first answer,
        a restart, a repeated answer, or a counter that fell.  A gap is never reported as zero.

    Example:
        >>> first, then = Counted("a", 10.0, {"x": (5,)}), Counted("a", 12.0, {"x": (105,)})
        >>> rates_between(first, then)
        {'x': (50.0,)}
    """
    known = before is not None and before.epoch == after.epoch
    elapsed = after.at - before.at if before is not None and known else 0.0
    if before is None or not known or elapsed <= 0:
        return {key: (math.nan,) * len(totals) for key, totals in after.totals.items()}
    old = before.totals
    rates: dict[K, tuple[float, ...]] = {}
    for key, totals in after.totals.items():
        earlier = old.get(key)
        if earlier is None and fresh(key):
            earlier = (0,) * len(totals)
        rates[key] = _rates(earlier, totals, elapsed)
    return rates


def _rates(
    earlier: Sequence[float] | None, totals: Sequence[float], elapsed: float
) -> tuple[float, ...]:
    if earlier is None:
        return (math.nan,) * len(totals)
    if earlier == totals and sum(totals) == sum(totals):
        # most of thousands do nothing: a third of the time for those
        return (0.0,) * len(totals)
    grown = [now - then for now, then in zip(totals, earlier, strict=True)]
    if any(growth < 0 for growth in grown):
        # one counter that fell means that all of them began anew
        return (math.nan,) * len(totals)
    return tuple([growth / elapsed for growth in grown])


def known_sum(values: Sequence[float]) -> float:
    """The sum of the known values; ``nan`` if none is known.

    >>> known_sum([1.0, math.nan, 2.0])
    3.0
    """
    known = [value for value in values if value == value]
    return sum(known) if known else math.nan
