"""The first two frames of Pulsar's binary protocol: our login, and the broker's answer.

``PulsarApi.proto``, ``CommandConnect``, ``CommandConnected`` and ``CommandError``.
"""

from __future__ import annotations

from arcwatch.errors import WireError

from .pulsar_frames import fields_of, frame, octets, varint

LARGEST = 64 * 1024
"""Bytes of an answer; a usual one has some 30."""

_CONNECT, _CONNECTED, _ERROR = 2, 3, 14
_PROTOCOL = 19


def connect_frame(method: str, secret: bytes) -> bytes:
    """A ``CommandConnect`` (``method``: ``token``, ``basic``, ``tls``, or nothing for nobody)."""
    body = octets(1, b"arcwatch") + varint(4, _PROTOCOL)
    if method:
        body += octets(3, secret) + octets(5, method.encode())
    return frame(_CONNECT, body)


def parse_connected(command: bytes, where: str = "") -> tuple[bool, str]:
    """Whether we were let in, and the server's version, or why not.

    Args:
        command: The answer, without its two sizes.

    Raises:
        WireError: It is neither of the two.
    """
    try:
        fields = dict(fields_of(command))
        if _CONNECTED in fields:
            report = dict(fields_of(_message(fields[_CONNECTED])))
            return True, _message(report.get(1, b"")).decode("utf-8", "replace")
        if _ERROR in fields:
            report = dict(fields_of(_message(fields[_ERROR])))
            return False, _message(report.get(3, b"")).decode("utf-8", "replace")
    except IndexError:
        pass
    hint = "is this its binary port? 6650 is usual"
    raise WireError("not an answer of a Pulsar broker", where=where, hint=hint)


def _message(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""
