"""Frames of Pulsar's binary protocol, and as much of protobuf as they need.

A frame is its size, the command's size, the command, and what belongs to it; each size is a
big-endian ``uint32``.  A command (``BaseCommand`` of ``PulsarApi.proto``) has its type as field 1,
and its body as the field whose number is that type.
"""

from __future__ import annotations

from collections.abc import Iterator


def frame(command: int, body: bytes, payload: bytes = b"") -> bytes:
    """One command with its body, and what follows it: metadata and message of a ``SEND``."""
    message = varint(1, command) + octets(command, body)
    sizes = (len(message) + 4 + len(payload), len(message))
    return b"".join(size.to_bytes(4, "big") for size in sizes) + message + payload


def fields_of(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and bytes by the numbers of their fields (protobuf wire format).

    Raises:
        IndexError: It ends too early, or has fields of another kind.
    """
    at = 0
    while at < len(body):
        key, at = _read_varint(body, at)
        if key & 7 == 0:
            value, at = _read_varint(body, at)
            yield key >> 3, value
        elif key & 7 == 2:
            size, at = _read_varint(body, at)
            if size > len(body) - at:
                raise IndexError
            yield key >> 3, body[at : at + size]
            at += size
        else:
            raise IndexError


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise IndexError


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def varint(field: int, value: int) -> bytes:
    """A field that holds a number of 0 or more."""
    return _encoded(field << 3) + _encoded(value)


def octets(field: int, value: bytes) -> bytes:
    """A field that holds bytes, text in UTF-8, or a message."""
    return _encoded(field << 3 | 2) + _encoded(len(value)) + value
