"""Versions as servers and clients write them."""

from __future__ import annotations

import re

_SERIES = re.compile(r"v?(\d{1,4})\.(\d{1,4})")


def series(version: str) -> tuple[int, int] | None:
    """Major and minor of a version; None where it has none.

    >>> series("2.10.25"), series("v4.2.0"), series("main")
    ((2, 10), (4, 2), None)
    """
    found = _SERIES.match(version)
    return (int(found[1]), int(found[2])) if found else None
