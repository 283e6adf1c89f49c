r"""What of a message words and expressions are looked for in.

The value is its text: a body of JSON or UTF-8 is searched as it was written, which spares
decoding it, but where JSON has ``\u…`` in it.  Of other formats it is their value as JSON, and
of what nobody can read the bytes themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from arcwatch.model.decoded import Decoded
from arcwatch.model.message import Message

_is_json = msgspec.json.Decoder(msgspec.Raw).decode
_PACKED = (b"x", b"\x04", b"\x1f")
"""First bytes of zlib, LZ4 and gzip; those of Zstandard are no UTF-8."""

_NUMBERS = 16
"""Bytes of the longest of Pulsar's primitive values, and some more."""


def searched_text(message: Message, decoded: Callable[[], Decoded]) -> str:
    """All that is searched, a line for each part."""
    value = _plain(message)
    if value is None:
        value = _read(decoded()).decode("utf-8", "replace")
    if not message.headers:
        return f"{message.key or ''}\n{message.subject or ''}\n{value}"
    headers = "\n".join(f"{name}: {each}" for name, each in message.headers)
    return f"{message.key or ''}\n{message.subject or ''}\n{headers}\n{value}"


def searched_parts(message: Message, decoded: Callable[[], Decoded]) -> Iterator[bytes]:
    """The parts one by one as UTF-8, the value first: the others are seldom what one looks for."""
    yield message.body if _plain(message) is not None else _read(decoded())
    if message.subject:
        yield _utf8(message.subject)
    if message.key:
        yield _utf8(message.key)
    for name, value in message.headers:
        yield _utf8(f"{name}: {value}")


def _plain(message: Message) -> str | None:
    r"""The body as text if that is certainly what its value is; None where decoding must tell."""
    body = message.body
    if body.startswith(_PACKED) or b"\\u" in body:
        return None
    try:
        text = body.decode()
        if message.schema_version is not None:
            # the schema may be a number's, or a moment's, whose bytes are text by chance
            if len(body) <= _NUMBERS or not body.startswith((b"{", b"[")):
                return None
            _is_json(body)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    return text


def _read(decoded: Decoded) -> bytes:
    """The text of a value that had to be decoded."""
    from arcwatch.decode.record import field_json, value_as_written

    if decoded.encoding == "null":
        return b""
    if decoded.encoding in ("text", "base64"):
        return decoded.body
    if decoded.encoding == "json" and b"\\u" not in decoded.body:
        return field_json(value_as_written(decoded))
    return field_json(decoded.value)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
