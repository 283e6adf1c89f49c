"""Figures with units as people write them in rules: ``10m``, ``1.5k/s``, ``90%``, ``2 GiB``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from . import units

_NUMBER = re.compile(r"(\d[\d_]{0,17}(?:\.\d{1,9})?)\s*(\S*)", re.ASCII)
_THOUSANDS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_PER = {"/s": 1.0, "/m": 1 / 60, "/min": 1 / 60, "/h": 1 / 3600}


class Dimension(Struct, frozen=True):
    """What a figure measures, and how that is written."""

    name: str
    """With its article: ``a duration``."""
    units: Mapping[str, float]
    """What each unit is in the one that the store has: seconds, bytes, per second, a share of 1."""
    show: Callable[[float | None], str]
    unit: str
    """The store's unit, as performance data and metrics call it."""
    example: str

    def read(self, text: str) -> float | None:
        """The figure in the store's unit; None where the unit is none of this dimension's.

        >>> DURATION.read("10m"), RATE.read("1.5k/s"), SHARE.read("90%"), SIZE.read("1 KiB")
        (600.0, 1500.0, 0.9, 1024.0)
        >>> DURATION.read("10 MB"), DURATION.read("10"), DURATION.read("0")
        (None, None, 0.0)
        """
        found = _NUMBER.fullmatch(text.strip())
        if found is None:
            return None
        number, unit = float(found[1].replace("_", "")), found[2]
        if unit not in self.units:
            return 0.0 if not unit and number == 0 else None
        # a share of a hundred, rather than times a hundredth, so that 90% is 0.9 exactly
        return number / 100 if unit == "%" else number * self.units[unit]


def _percent(value: float | None) -> str:
    return units.UNKNOWN if value is None or value != value else f"{value:.1%}"


DURATION = Dimension(
    "a duration",
    {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0},
    units.duration,
    "s",
    '"10m"',
)
COUNT = Dimension("a count", _THOUSANDS, units.whole, "", "10k")
RATE = Dimension(
    "a rate",
    {"": 1.0} | {f"{k}{per}": a * b for k, a in _THOUSANDS.items() for per, b in _PER.items()},
    lambda value: f"{units.rate(value)}/s",
    "/s",
    '"100/s"',
)  # fmt: skip - one figure a line
SIZE = Dimension(
    "a size",
    {"": 1.0, "B": 1.0}
    | {f"{k}B": 1000.0 ** (n + 1) for n, k in enumerate("kMGTP")}
    | {f"{k}iB": 1024.0 ** (n + 1) for n, k in enumerate("KMGTP")},
    units.size,
    "B",
    '"2 GB"',
)
SHARE = Dimension("a share", {"": 1.0, "%": 0.01}, _percent, "", '"90%"')
TRUTH = Dimension("yes or no", {}, lambda value: "yes" if value else "no", "", "")
"""What holds or does not: its figure is 1 or 0, and rules name it without comparing."""
