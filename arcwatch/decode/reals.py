"""Fractions in JSON."""

from __future__ import annotations

import math
import struct

_single = struct.Struct(">f")


def real(number: float) -> float | str:
    """A number that JSON has, or the name of one that it lacks, as Protobuf's JSON has it.

    >>> real(0.5), real(float("-inf")), real(float("nan"))
    (0.5, '-Infinity', 'NaN')
    """
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def single(number: float) -> float | str:
    """A single-precision number with as few digits as identify it, by :func:`real`.

    >>> single(0.10000000149011612), single(16777216.0), single(float("inf"))
    (0.1, 16777216.0, 'Infinity')
    """
    bits = _single.pack(number)
    for digits in (6, 7, 8):
        short = float(f"{number:.{digits}g}")
        if _single.pack(short) == bits:
            return real(short)
    return real(float(f"{number:.9g}"))
