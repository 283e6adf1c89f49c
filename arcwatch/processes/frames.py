"""The framing of all pipes, a length before MessagePack, and the tail process's commands."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import msgspec

from arcwatch.config.settings import Settings
from arcwatch.model.tail import Frame, Mode, TailOptions

LARGEST = 256 << 20
"""Bytes of one part, at most: twice the largest message there can be."""


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The first command."""

    settings: Settings
    options: TailOptions


class Add(msgspec.Struct, frozen=True, tag="add"):
    """Follow one more address."""

    address: str


class Remove(msgspec.Struct, frozen=True, tag="remove"):
    """Follow an address no longer."""

    address: str


class SetMode(msgspec.Struct, frozen=True, tag="mode"):
    """Follow all another way."""

    mode: Mode
    requests: bool


Command: TypeAlias = Start | Add | Remove | SetMode

_encoder = msgspec.msgpack.Encoder()
decode_command = msgspec.msgpack.Decoder[Command](Command).decode
"""Decodes a command, without its length."""
decode_frame = msgspec.msgpack.Decoder(Frame).decode
"""Decodes a frame, without its length."""


def encode(part: msgspec.Struct) -> bytes:
    """One part, its length before it."""
    body = _encoder.encode(part)
    return len(body).to_bytes(4, "big") + body


async def read_part(reader: asyncio.StreamReader) -> bytes:
    """The next part, without its length; empty at the end."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        return await reader.readexactly(length) if length <= LARGEST else b""
    except asyncio.IncompleteReadError:
        return b""
