"""Decode a JSON document into a typed value, or raise one error that locates the fault."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from arcwatch.errors import WireError
from arcwatch.text.control_characters import printable

LONGEST_REASON = 160
"""Characters of a reason: it quotes what a server wrote."""

T = TypeVar("T")


def decoded(
    decoder: msgspec.json.Decoder[T], body: bytes, what: str, where: str = "", hint: str = ""
) -> T:
    """``body`` as the decoder's type.

    Args:
        what: What the body is not, where it cannot be read: ``not the statistics of a service``.
    """
    try:
        return decoder.decode(body)
    # the three that msgspec raises of bytes, whatever they are
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = printable(_reason(body, error), limit=LONGEST_REASON)
        raise WireError(what, where=where, why=why, hint=hint) from error


def _reason(body: bytes, error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return str(error)
    start = body[:60].decode("utf-8", "replace").strip()
    if not start:
        return "an empty answer"
    if start.startswith("<"):
        return f"a web page: {start}"
    return "nested too deeply" if isinstance(error, RecursionError) else f"{error}: {start}"
