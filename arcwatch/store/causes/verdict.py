"""What a test for a cause returns, and the patience that all tests share."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

STUCK = 60.0
"""Seconds without an acknowledgement, or a delivery, after which something is stuck."""


WORKING = 5.0
"""Seconds since the last delivery within which a consumer is at work, besides its report's age."""


SLACK = 0.75
"""Of a threshold the share at which a cause still holds that is shown."""


class Finding(NamedTuple):
    """A cause that holds."""

    text: str
    since: float | None = None
    """Unix seconds, where a server reported the moment."""


Verdict: TypeAlias = Finding | None
