"""What is read of a certificate (RFC 5280, DER): whose it is, and when it ends.

``ssl`` tells this only of a peer that it has verified, and never of a certificate of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

_COMMON_NAME = bytes.fromhex("550403")
"""The object identifier 2.5.4.3."""
_UTC_TIME, _VERSION, _SET = 0x17, 0xA0, 0x31


class Certificate(NamedTuple):
    """What is read of one; nothing of it is verified."""

    common_name: str
    """Of its subject, which is Pulsar's role; empty where it has none."""
    expires: float
    """Unix seconds."""


class _Value(NamedTuple):
    tag: int
    body: bytes


def read_certificate(der: bytes) -> Certificate | None:
    """Whose a certificate is and when it ends; None where it is none.

    >>> read_certificate(b"no certificate") is None
    True
    """
    try:
        (whole,) = _values(der)
        signed = next(_values(whole.body))
        parts = [part for part in _values(signed.body) if part.tag != _VERSION]
        _serial, _algorithm, _issuer, validity, subject, *_ = parts
        _begins, ends = _values(validity.body)
        return Certificate(_name(subject.body), _moment(ends))
    except (ValueError, IndexError, StopIteration, RuntimeError):
        return None


def _values(data: bytes) -> Iterator[_Value]:
    at = 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(data[at : at + more], "big"), at + more
        if at + size > len(data):
            raise ValueError("cut short")
        yield _Value(tag, data[at : at + size])
        at += size


def _name(subject: bytes) -> str:
    for part in _values(subject):
        for pair in _values(part.body) if part.tag == _SET else ():
            kind, value = _values(pair.body)
            if kind.body == _COMMON_NAME:
                return value.body.decode("utf-8", "replace")
    return ""


def _moment(value: _Value) -> float:
    text = value.body.decode("ascii")
    if value.tag == _UTC_TIME:
        # of two digits, those from 50 on are of the last century (RFC 5280, 4.1.2.5.1)
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
