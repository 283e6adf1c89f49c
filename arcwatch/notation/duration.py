"""Spans of time as people write them."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "": 1.0}


def timespan(text: str) -> float | None:
    """Seconds of a span such as ``1s``, ``500ms`` or ``2m``; None when it is none.

    >>> timespan("1s"), timespan("500ms"), timespan("1.5h"), timespan("3"), timespan("soon")
    (1.0, 0.5, 5400.0, 3.0, None)
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h|d|)", text.strip(), re.ASCII)
    return float(found[1]) * _SECONDS[found[2]] if found else None
