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
_commands: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
_frames = msgspec.msgpack.Decoder(Frame)


def encode(part: msgspec.Struct) -> bytes:
    """One part, its length before it."""
    body = _encoder.encode(part)
    return len(body).to_bytes(4, "big") + body


def decode_command(body: bytes) -> Command:
    """A command, without its length."""
    return _commands.decode(body)


def decode_frame(body: bytes) -> Frame:
    """A frame, without its length."""
    return _frames.decode(body)


async def read_part(reader: asyncio.StreamReader) -> bytes:
    """The next part, without its length; empty at the end."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        return await reader.readexactly(length) if length <= LARGEST else b""
    except asyncio.IncompleteReadError:
        return b""
