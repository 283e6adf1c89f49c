"""What every NATS monitoring answer has in common: JSON, typed, or a sentence why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from arcwatch.errors import WireError
from arcwatch.model.nats import NatsConnections, NatsJetStream
from arcwatch.model.nats_links import NatsLinks
from arcwatch.text.control_characters import printable

from .documents import LONGEST_REASON, decoded
from .go_text import unix
from .numbers import known_or_none

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
