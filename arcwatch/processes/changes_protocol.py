"""Requests to the process that rewinds and replays, and the types of their responses."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from arcwatch.config.settings import Settings
from arcwatch.model.history import ScanUpdate
from arcwatch.model.replay import ReplayRequest, ReplayUpdate
from arcwatch.model.rewind import Moved, PartRewind, Rewind

from .requests import Ask, Finish, Hold, Request, Stop


class Use(msgspec.Struct, frozen=True, tag="use"):
    """The first command: where, and whether anything may be changed there."""

    settings: Settings
    allowed: bool


class PreviewRewind(Request[Rewind], frozen=True, tag="preview"):
    """Find out what moving a subscription would do.

    Attributes:
        address: The topic's, with the subscription.
        at: As :func:`arcwatch.notation.times.moment_text` writes it.
    """

    address: str
    at: str


class Counted(msgspec.Struct, frozen=True):
    """How far a count is; at last the preview with the counted figures."""

    progress: ScanUpdate
    rewind: Rewind | None = None


class CountRewind(Request[Counted], frozen=True, tag="count"):
    """Count the messages of the last preview by reading them."""


class MoveSubscription(Request[tuple[Moved, ...]], frozen=True, tag="move"):
    """Move the parts of the previewed subscription."""

    parts: tuple[PartRewind, ...]


class PlanReplay(Request[ReplayUpdate], frozen=True, tag="plan"):
    """Find out what a replay would do; its plan is in the last response."""

    request: ReplayRequest


class PublishReplay(Request[ReplayUpdate], frozen=True, tag="publish"):
    """Carry out the replay that was planned; it can be paused, and finished early."""


ChangeRequest: TypeAlias = (
    PreviewRewind | CountRewind | MoveSubscription | PlanReplay | PublishReplay
)
Command: TypeAlias = Use | Ask[ChangeRequest] | Hold | Finish | Stop

decode_command = msgspec.msgpack.Decoder[Command](Command).decode
"""Decodes a command, without its length."""
