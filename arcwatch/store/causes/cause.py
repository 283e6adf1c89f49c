"""The cause of a backlog, the figures that it rests on, and the whole answer to "why"."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from arcwatch.text import units

Severity: TypeAlias = Literal["critical", "warning", "info"]


class Cause(Struct, frozen=True, gc=False):
    """Why something waits, in words that stay the same while the facts do."""

    kind: str
    """A name of :data:`~arcwatch.store.causes.kinds.KINDS`; scripts compare it."""
    text: str
    """For people.  Its only figure is a number of members."""
    severity: Severity
    """``info`` explains a backlog that needs nobody."""
    since: float | None = None
    """Unix seconds; None where it is not known."""
    since_at_least: bool = False
    """Whether it may have begun earlier, because nothing was known before ``since``."""

    def sentence(self, now: float) -> str:
        """The text, with how long it has lasted where that is known."""
        if self.since is None or self.since_at_least:
            return self.text
        return f"{self.text} for {units.duration(max(0.0, now - self.since))}"


class Evidence(Struct, frozen=True, gc=False):
    """One figure that speaks for a cause, or belongs to the whole picture."""

    figure: str
    """What it is: ``unacked``."""
    value: str
    """As people read it, with its unit: ``385``."""
    age: float
    """Seconds since it was read; ``nan`` where it never was."""
    source: str
    """Who reported it: ``metrics``, ``topic stats``, ``jsz``; ``arcwatch`` derived it."""


class Why(Struct, frozen=True, gc=False, rename={"try_": "try"}):
    """The whole chain behind one backlog."""

    cluster: str
    address: str
    cause: Cause | None
    """The strongest; None where nothing is wrong."""
    others: tuple[Cause, ...]
    """What else holds, strongest first."""
    evidence: tuple[Evidence, ...]
    """Those of the cause first, then the rest of what is known."""
    try_: tuple[str, ...]
    """What to try."""
    at: float
    """Unix seconds of the newest reading."""


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
