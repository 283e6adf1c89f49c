"""What passes between the process that changes things and its parent: numbered questions, answers.

Framed as what the tail's process says is; see :mod:`.tail_wire`.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from arcwatch.config.settings import Settings
from arcwatch.model.browse import Looked
from arcwatch.model.replay import Replayed, ReplayWish
from arcwatch.model.rewind import Moved, PartRewind, Rewind

from .history_protocol import Failed, Hold, Stop


class Use(msgspec.Struct, frozen=True, tag="use"):
    """The first command: where, and whether anything may be changed there."""

    settings: Settings
    allowed: bool


class Preview(msgspec.Struct, frozen=True, tag="preview"):
    """Find out what moving a subscription does.

    Attributes:
        number: Of the question.
        address: The topic's, with the subscription.
        at: As :func:`arcwatch.notation.times.moment_text` writes it.
    """

    number: int
    address: str
    at: str


class Count(msgspec.Struct, frozen=True, tag="count"):
    """Count the messages of the preview by reading them."""

    number: int


class Move(msgspec.Struct, frozen=True, tag="move"):
    """Move the parts of the previewed subscription."""

    number: int
    parts: tuple[PartRewind, ...]


class Prepare(msgspec.Struct, frozen=True, tag="prepare"):
    """Find out what a replay does."""

    number: int
    wish: ReplayWish


class Publish(msgspec.Struct, frozen=True, tag="publish"):
    """Carry out the replay that was prepared."""

    number: int


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """Publish no more, and tell what was."""

    number: int


Question: TypeAlias = Preview | Count | Move | Prepare | Publish
Command: TypeAlias = Use | Question | Hold | Stop | Leave


class Answer(msgspec.Struct, frozen=True):
    """An answer to one question; a count and a replay have many.

    Attributes:
        number: The question's.
        rewind: To :class:`Preview`, and last to :class:`Count`.
        looked: To :class:`Count`.
        moved: To :class:`Move`.
        replayed: To :class:`Prepare` and :class:`Publish`.
        failed: To any.
    """

    number: int
    rewind: Rewind | None = None
    looked: Looked | None = None
    moved: tuple[Moved, ...] | None = None
    replayed: Replayed | None = None
    failed: Failed | None = None


_commands: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
_answers = msgspec.msgpack.Decoder(Answer)


def decode_command(body: bytes) -> Command:
    """A command, without its length."""
    return _commands.decode(body)


def decode_answer(body: bytes) -> Answer:
    """An answer, without its length."""
    return _answers.decode(body)
