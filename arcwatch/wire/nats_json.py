"""What every NATS monitoring answer has in common: JSON, typed, or a sentence why not.

Two writers of durations share one grammar here: ``time.Duration.String`` (``1.2ms``, ``386µs``,
``1h2m3.5s``) and ``myUptime`` of ``server/monitor.go`` (``1y2d3h4m5s``: whole seconds, years of
365 days).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import msgspec

from arcwatch.errors import WireError
from arcwatch.model.nats import NatsConnections, NatsJetStream
from arcwatch.model.nats_links import NatsLinks
from arcwatch.text.control_characters import printable

from .documents import LONGEST_REASON, decoded, known_or_none

_DURATION = re.compile(
    r"(?P<sign>-?)"
    r"(?:(?P<y>\d{1,9})y)?(?:(?P<d>\d{1,9})d)?(?:(?P<h>\d{1,9})h)?(?:(?P<m>\d{1,9})m)?"
    r"(?:(?P<rest>\d{1,9}(?:\.\d{1,9})?)(?P<unit>s|ms|µs|μs|us|ns))?",
    re.ASCII,
)
_UNIT = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "μs": 1e-6, "us": 1e-6, "ns": 1e-9}

_FIRST, _BEYOND = -62_135_596_800.0, 253_402_300_800.0
"""The years 1 to 9999, in Unix seconds."""

_ZERO_TIME = "0001-01-01T00:00:00"
"""How Go writes a moment that was never set."""


def seconds(text: str) -> float | None:
    """The length of ``text`` in seconds; None for an empty text, which Go omits.

    A ``0s`` is 0.0, also where the server means "not measured": only the caller knows.

    >>> seconds("1d2h3m4s"), seconds("1.5ms"), seconds("")
    (93784.0, 0.0015, None)
    """
    if not text:
        return None
    match = _DURATION.fullmatch(text)
    if match is None or text == "-":
        raise _unreadable("duration", text)
    sign, years, days, hours, minutes, rest, unit = match.groups()
    days_in_all = int(years or 0) * 365 + int(days or 0)
    whole = (days_in_all * 24 + int(hours or 0)) * 3600 + int(minutes or 0) * 60
    length = whole + float(rest or 0) * _UNIT.get(unit, 0.0)
    return -length if sign else length


def unix(text: str) -> float | None:
    """The moment ``text``, RFC 3339, in Unix seconds; None for Go's zero time.

    Digits beyond the microsecond are rounded: a float of this size holds no more.

    Raises:
        WireError: Not a moment, or one without a zone.

    >>> unix("2026-11-23T17:17:53.5+01:00"), unix("0001-01-01T00:00:00Z")
    (1795450673.5, None)
    """
    if text.startswith(_ZERO_TIME):
        return None
    try:
        moment = msgspec.convert(text, datetime)
    except (msgspec.ValidationError, ValueError) as error:
        raise _unreadable("moment", text) from error
    if moment.tzinfo is None:
        raise _unreadable("moment", text)
    at = moment.timestamp()
    # an offset, or rounding, takes it out of what a calendar has
    if not _FIRST <= at < _BEYOND:
        raise _unreadable("moment", text)
    return at


def _unreadable(kind: str, text: str) -> WireError:
    return WireError(f"not a {kind}", why=printable(text, limit=60))


WHAT = "not an answer from NATS monitoring"
HINT = "is this NATS's monitoring port? `nats-server -m 8222` opens it, and 8222 is usual"
"""What to try when something answers that is not NATS monitoring."""

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], body: bytes, where: str) -> T:
    """``body`` as the decoder's type."""
    return decoded(decoder, body, WHAT, where, HINT)


@contextmanager
def placed(where: str, path: str) -> Iterator[None]:
    """Add to an error the place in the answer of the text that could not be read."""
    try:
        yield
    except WireError as error:
        raise unreadable(where, f"{error.headline} - at `{path}`") from error


def unreadable(where: str, why: str) -> WireError:
    """The error for an answer that is not what NATS monitoring gives."""
    return WireError(WHAT, where=where, why=printable(why, limit=LONGEST_REASON), hint=HINT)


def moment(text: str) -> float:
    """A moment that must be set, Unix seconds."""
    at = unix(text)
    if at is None:
        raise WireError("not a moment", why="never set")
    return at


def of_one_server(pages: Iterable[NatsConnections | NatsJetStream | NatsLinks]) -> None:
    """Refuses pages of different servers, whose ids do not mean the same things."""
    if len({page.server_id for page in pages}) > 1:
        raise WireError(
            "pages of two servers in one answer",
            why="it restarted in between, or several share this address",
            hint="name every server by its own address",
        )


def limit(value: int) -> int | None:
    """A limit as the model has it: None is unlimited, which is -1, also without a sign.

    >>> limit(-1), limit(2**64 - 1), limit(1024)
    (None, None, 1024)
    """
    return known_or_none(value)
