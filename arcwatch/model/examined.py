"""What looking into a context found, step by step."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from .reading import System

Verdict = Literal["ok", "warning", "failed", "skipped"]


class Step(Struct, frozen=True):
    """One thing that was tried."""

    system: System
    place: str
    """The address it was tried at, without secrets."""
    name: str
    """``DNS``, ``TCP``, ``TLS``, ``login``, ``permissions``, ``version``, ``features``."""
    verdict: Verdict
    result: str = field(name="told")
    """What was found; why, where it failed."""
    hint: str = ""
    """What to try."""
    took: float | None = None
    """Seconds; None where nothing was waited for."""
    expires: float | None = None
    """Unix seconds of the end of a certificate or a token."""
