"""The first two frames of Pulsar's binary protocol: our login, and the broker's answer.

``PulsarApi.proto``, ``CommandConnect``, ``CommandConnected`` and ``CommandError``; a frame is its
size, the command's size, and the command, each size a big-endian ``uint32``.
"""

from __future__ import annotations

from collections.abc import Iterator

from arcwatch.errors import WireError

LARGEST = 64 * 1024
"""Bytes of an answer; a usual one has some 30."""

_CONNECT, _CONNECTED, _ERROR = 2, 3, 14
_PROTOCOL = 19


def connect_frame(method: str, secret: bytes) -> bytes:
    """A ``CommandConnect``.

    Args:
        method: ``token``, ``basic``, ``tls``, or nothing for nobody.
    """
    body = _bytes(1, b"arcwatch") + _number(4, _PROTOCOL)
    if method:
        body += _bytes(3, secret) + _bytes(5, method.encode())
    command = _number(1, _CONNECT) + _bytes(_CONNECT, body)
    return (len(command) + 4).to_bytes(4, "big") + len(command).to_bytes(4, "big") + command


def parse_connected(command: bytes, where: str = "") -> tuple[bool, str]:
    """Whether we were let in, and the server's version, or why not.

    Args:
        command: The answer, without its two sizes.

    Raises:
        WireError: It is neither of the two.
    """
    try:
        fields = dict(_fields(command))
        if _CONNECTED in fields:
            report = dict(_fields(_message(fields[_CONNECTED])))
            return True, _message(report.get(1, b"")).decode("utf-8", "replace")
        if _ERROR in fields:
            report = dict(_fields(_message(fields[_ERROR])))
            return False, _message(report.get(3, b"")).decode("utf-8", "replace")
    except IndexError:
        pass
    hint = "is this its binary port? 6650 is usual"
    raise WireError("not an answer of a Pulsar broker", where=where, hint=hint)


def _message(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""


def _fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and bytes by the numbers of their fields (protobuf wire format)."""
    at = 0
    while at < len(body):
        key, at = _varint(body, at)
        if key & 7 == 0:
            value, at = _varint(body, at)
            yield key >> 3, value
        elif key & 7 == 2:
            size, at = _varint(body, at)
            yield key >> 3, body[at : at + size]
            at += size
        else:
            raise IndexError


def _varint(body: bytes, at: int) -> tuple[int, int]:
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


def _number(field: int, value: int) -> bytes:
    return _encoded(field << 3) + _encoded(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _encoded(field << 3 | 2) + _encoded(len(value)) + value
