"""A value on one line, for a list: as much of it as a reader sees, and no more work than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from arcwatch.model.message import Decoded, Message

LONGEST = 400
"""Characters, unless more are asked for: wider than any column."""
HEX = 64
"""Bytes shown of what nobody can read."""


def one_line(decoded: Decoded, limit: int = LONGEST) -> str:
    r"""A message's content with white space collapsed.

    JSON and text are shown as they were written, everything else as JSON; control characters
    are still in it.

    >>> one_line(Decoded("json", {"a": 1}, body=b'{"a":\n  1}'))
    '{"a": 1}'
    >>> one_line(Decoded("base64", "AP8=", body=b"\x00\xff"))
    '00 ff'
    """
    match decoded.encoding:
        case "null":
            return "null"
        case "base64":
            return hexadecimal(decoded.body, limit)
        case "json" | "text" if decoded.body:
            return _squeezed(decoded.body[: 4 * limit].decode("utf-8", "replace"), limit)
    return compact(decoded.value, limit)


_MARKERS = {
    "DEL": "(deleted)",
    "Remove": "(deleted)",
    "PURGE": "(purged)",
    "Purge": "(purged)",
    "MaxAge": "(expired)",
}
"""What a message without a body did to its subject, by ADR-8 and ADR-43 of NATS."""


def gist(message: Message, decoded: Decoded, limit: int = LONGEST) -> str:
    """A message's content; without a body the server's status, or that it is empty.

    A NATS server answers with a status line and no body where it cannot serve a request (see
    :attr:`arcwatch.wire.nats_protocol.Headers.named`); a Pulsar message without one is a null.

    >>> empty, status = Decoded("null", None), (("Status", "404"), ("Description", "No Messages"))
    >>> gist(Message("nats", "nats:a", 0, 0, b"", headers=status), empty)
    '404 No Messages'
    >>> gist(Message("js", "js:A", 0, 0, b""), empty), gist(Message("pulsar", "", 0, 0, b""), empty)
    ('(empty)', 'null')
    >>> gist(Message("js", "js:A", 0, 0, b"", headers=(("KV-Operation", "DEL"),)), empty)
    '(deleted)'
    """
    if decoded.encoding != "null" or message.source == "pulsar":
        return one_line(decoded, limit)
    if message.source == "js":
        headers = dict(message.headers)
        mark = headers.get("KV-Operation") or headers.get("Nats-Marker-Reason", "")
        return _MARKERS.get(mark, "(empty)")
    # the rest of the headers is the sender's
    headers = dict(message.headers[:2])
    words = (headers.get("Status", ""), headers.get("Description", ""))
    return " ".join(filter(None, words))[:limit] or "(empty)"


def part_of(message: Message) -> Iterator[tuple[str, str]]:
    """What a message of JetStream is part of, by its headers: a batch, a counter, a schedule.

    ADR-50, ADR-49 and ADR-51 of NATS.  When it is due, once, says
    :attr:`~arcwatch.model.message.Message.deliver_at`.

    >>> batch = (("Nats-Batch-Id", "b"), ("Nats-Batch-Sequence", "3"), ("Nats-Batch-Commit", "1"))
    >>> list(part_of(Message("js", "js:A", 0, 0, b"", headers=batch)))
    [('batch', 'b 3, the last')]
    >>> list(part_of(Message("js", "js:A", 0, 0, b"", headers=(("Nats-Incr", "+2"),))))
    [('increment', '+2')]
    >>> list(part_of(Message("js", "", 0, 0, b"", headers=(("Nats-Schedule", "@daily"),))))
    [('schedule', '@daily')]
    """
    headers = dict(message.headers) if message.source == "js" else {}
    if "Nats-Batch-Id" in headers:
        place = f"{headers['Nats-Batch-Id']} {headers.get('Nats-Batch-Sequence', '?')}"
        yield "batch", f"{place}, the last" if "Nats-Batch-Commit" in headers else place
    if "Nats-Incr" in headers:
        yield "increment", headers["Nats-Incr"]
    if not (schedule := headers.get("Nats-Schedule", "@at ")).startswith("@at "):
        yield "schedule", schedule
    if following := headers.get("Nats-Schedule-Next"):
        yield "next run", following


def preview(message: Message, limit: int = LONGEST) -> str:
    r"""The beginning of a body that is too large to be read for one line of a list.

    >>> preview(Message("nats", "nats:a", 0, 3, b"abc")), preview(Message("nats", "", 0, 1, b"\0"))
    ('abc', '00')
    """
    head = message.body[:limit]
    # a character that the cut went through is not what makes bytes unreadable
    text = head.decode("utf-8", "ignore" if len(message.body) > limit else "replace")
    if "\0" in text or len(text.encode()) < len(head) - 3:
        return hexadecimal(head, limit)
    return _squeezed(text, limit)


def hexadecimal(body: bytes, limit: int = LONGEST) -> str:
    """The first bytes in hexadecimal."""
    shown = body[: min(HEX, limit // 3 or 1)]
    return shown.hex(" ") + (" …" if len(body) > len(shown) else "")


def compact(value: Any, limit: int = LONGEST) -> str:
    """The first characters of a value as JSON, however deep or large it is.

    >>> compact({"a": [1, None, "x"]}), compact([[1, 2, 3]], limit=6)
    ('{"a":[1,null,"x"]}', '[[1,2…')
    """
    parts, length = [], 0
    for part in _parts(value, limit):
        parts.append(part)
        length += len(part)
        if length > limit:
            return "".join(parts)[: limit - 1] + "…"
    return "".join(parts)


def scalar(value: Any, limit: int = LONGEST) -> str:
    """A string, number, truth value or null as JSON, cut without being encoded whole."""
    if isinstance(value, str) and len(value) > limit:
        value = value[:limit]
    if isinstance(value, bytes | bytearray | memoryview):
        return f'"{hexadecimal(bytes(value[:HEX]))}"'
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        # a type that JSON has not: a decoder that is more faithful than JSON can be
        return f'"{str(value)[:limit]}"'


def _parts(value: Any, limit: int) -> Iterator[str]:
    """Pieces of JSON.  A stack rather than recursion: depth is the sender's choice."""
    stack: list[Iterator[str | tuple[Any]]] = [iter([(value,)])]
    while stack:
        part = next(stack[-1], None)
        if part is None:
            stack.pop()
        elif isinstance(part, str):
            yield part
        elif isinstance(part[0], Mapping):
            stack.append(_mapping(part[0], limit))
        elif isinstance(part[0], list | tuple):
            stack.append(_sequence(part[0]))
        else:
            yield scalar(part[0], limit)


def _mapping(value: Mapping[Any, Any], limit: int) -> Iterator[str | tuple[Any]]:
    comma = "{"
    for key, inner in value.items():
        yield comma + scalar(str(key), limit) + ":"
        yield (inner,)
        comma = ","
    yield "{}" if comma == "{" else "}"


def _sequence(value: Sequence[Any]) -> Iterator[str | tuple[Any]]:
    comma = "["
    for inner in value:
        yield comma
        yield (inner,)
        comma = ","
    yield "[]" if comma == "[" else "]"


def _squeezed(text: str, limit: int) -> str:
    text = " ".join(text.split()) if "\n" in text or "\t" in text or "  " in text else text
    return text if len(text) <= limit else text[: limit - 1] + "…"
