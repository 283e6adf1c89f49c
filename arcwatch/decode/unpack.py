"""Unpack compressed bodies: gzip, zlib, Zstandard, LZ4 frames.

Known by their first bytes: RFC 1952 §2.3.1, RFC 1950 §2.2, RFC 8878 §3.1.1, and the LZ4 frame
format 1.6.  Bounded: a few kilobytes may claim to be gigabytes, and each layer to hold another.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

from .bounds import MAX_BODY, Beyond, Unreadable, reason

ALWAYS = 1024 * 1024
"""Bytes that any body may become, however small it is."""
RATIO = 200
"""How many times its size a body may become beyond that; logs and JSON reach about 20."""
MAX_LAYERS = 4
"""Packings inside each other."""
MAX_MEMBERS = 100
"""Packed pieces one after the other, which gzip, Zstandard and LZ4 allow."""


class Unpacked(NamedTuple):
    """A body without its packings.

    Attributes:
        body: What was inside, or the bytes as they came where that could not be had.
        packings: Names of what was taken off, outermost first.
        error: Why there is a packing that could not be taken off.
    """

    body: bytes
    packings: tuple[str, ...] = ()
    error: str | None = None


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def unpack(body: bytes) -> Unpacked:
    """``body`` without everything that it is packed with; never raises."""
    allowed = min(MAX_BODY, max(ALWAYS, RATIO * len(body)))
    packings: list[str] = []
    while (name := _packing(body)) and len(packings) < MAX_LAYERS:
        try:
            body = _members(body, _UNPACKERS[name], allowed)
        except Unreadable as error:
            # two bytes of text may look like zlib's header
            doubtful = name == "zlib" and not isinstance(error, Beyond)
            failure = None if doubtful else f"{name}: {error}"
            return Unpacked(body, tuple(packings), failure)
        packings.append(name)
    failure = f"packed more than {MAX_LAYERS} times" if name else None
    return Unpacked(body, tuple(packings), failure)


def _packing(body: bytes) -> str:
    r"""The name of what ``body`` seems to be packed with, or nothing.

    >>> _packing(b"\x1f\x8b\x08..."), _packing(b"x^2"), _packing(b"{}")
    ('gzip', 'zlib', '')
    """
    if body[:1] not in _FIRST:
        return ""
    return next((name for start, name in _STARTS if body.startswith(start)), "")


_STARTS = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    *((bytes([0x78, flags]), "zlib") for flags in (0x01, 0x5E, 0x9C, 0xDA)),
)
_FIRST = frozenset(start[:1] for start, _ in _STARTS)


def _members(body: bytes, new: Callable[[], _Unpacker], allowed: int) -> bytes:
    """Everything in ``body``, one packed piece after the other; zeroes at its end are padding."""
    out = bytearray()
    for _ in range(MAX_MEMBERS):
        unpacker = new()
        try:
            out += unpacker.decompress(body, allowed + 1 - len(out))
        except _broken() as error:
            raise Unreadable(reason(error)) from error
        if len(out) > allowed:
            raise Beyond(f"becomes more than {allowed // 1024:,} KiB")
        if not unpacker.eof:
            raise Unreadable("cut short")
        body = unpacker.unused_data or b""
        if not body.strip(b"\0"):
            return bytes(out)
    raise Unreadable(f"more than {MAX_MEMBERS} pieces")


def _broken() -> tuple[type[Exception], ...]:
    """What the libraries raise that are loaded; importing them costs what unpacking does not."""
    backport = "backports.zstd" if sys.version_info < (3, 14) else "compression.zstd"
    zstd = sys.modules.get(backport)
    return (zlib.error, RuntimeError, EOFError, *((zstd.ZstdError,) if zstd else ()))


def _zstd() -> _Unpacker:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.ZstdDecompressor()


def _lz4() -> _Unpacker:
    from lz4.frame import LZ4FrameDecompressor

    unpacker: _Unpacker = LZ4FrameDecompressor()
    return unpacker


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "zlib": lambda: zlib.decompressobj(),
    "zstd": _zstd,
    "lz4": _lz4,
}
