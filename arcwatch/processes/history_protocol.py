"""What passes between the process that reads histories and its parent: numbered questions, answers.

Framed as what the tail's process says is; see :mod:`.tail_wire`.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError
from arcwatch.model.browse import Looked, Opened
from arcwatch.model.history import Extent, Page, Positions
from arcwatch.model.message import Message
from arcwatch.model.tail import decode_messages
from arcwatch.sources.encodable import encoded


class Use(msgspec.Struct, frozen=True, tag="use"):
    """The first command: where to look."""

    settings: Settings


class Open(msgspec.Struct, frozen=True, tag="open"):
    """Open the history of an address, and close the one that is open.

    Attributes:
        number: Of the question.
        address: As people write it.
        places: What it stood for when it was opened before; see
            :func:`arcwatch.history.open.open_history`.
    """

    number: int
    address: str
    places: tuple[str, ...] = ()


class Stand(msgspec.Struct, frozen=True, tag="stand"):
    """Find where a time is.

    Attributes:
        number: Of the question.
        at: As :func:`arcwatch.notation.times.moment_text` writes it.
        after: Whether the place behind the message that is there is wanted.
    """

    number: int
    at: str
    after: bool = False


class Doubt(msgspec.Struct, frozen=True, tag="doubt"):
    """Say which messages next to a time are dated otherwise, once :class:`Stand` has found it.

    Attributes:
        number: Of the question.
        at: As :func:`arcwatch.notation.times.moment_text` writes it.
    """

    number: int
    at: str


class Due(msgspec.Struct, frozen=True, tag="due"):
    """Ask when a message is due, which may be a delayed one."""

    number: int
    message: Message


class Turn(msgspec.Struct, frozen=True, tag="turn"):
    """Read a page; see :class:`.history.History`."""

    number: int
    positions: Positions
    limit: int
    until: Positions | None = None
    back: bool = False


class Find(msgspec.Struct, frozen=True, tag="find"):
    """Look for messages between two positions.

    Attributes:
        number: Of the question.
        start: Where to begin; None is the earliest.
        end: Where to end; None is the latest.
        filters: As people write them; all must hold.
        limit: Messages wanted at most.
    """

    number: int
    start: Positions | None
    end: Positions | None
    filters: tuple[str, ...]
    limit: int | None = None


class Write(msgspec.Struct, frozen=True, tag="write"):
    """Write the messages between two positions to a file.

    Attributes:
        number: Of the question.
        start: Where to begin.
        end: Where to end.
        path: Absolute, ending in ``.csv`` or anything else.
        replace: Whether it may take another file's place.
    """

    number: int
    start: Positions
    end: Positions
    path: str
    replace: bool = False


class Rebuild(msgspec.Struct, frozen=True, tag="rebuild"):
    """Find the last message of each key, or what became of each from one position to another.

    Attributes:
        number: Of the question.
        at: Before what the state is.
        since: Before what the earlier one is, with which it is compared; None compares nothing.
        filters: As people write them; all must hold.
        limit: Keys wanted at most.
        path: The file to write all of them to, absolute; empty sends them.
        replace: Whether it may take another file's place.
    """

    number: int
    at: Positions
    since: Positions | None = None
    filters: tuple[str, ...] = ()
    limit: int | None = None
    path: str = ""
    replace: bool = False


class Survey(msgspec.Struct, frozen=True, tag="survey"):
    """Find how much is stored when; see :meth:`.history.History.extent`."""

    number: int
    window: tuple[int, int] | None = None


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    """Let a search pause, or go on."""

    number: int
    held: bool


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """The answer is not wanted any more."""

    number: int


Question: TypeAlias = Open | Stand | Doubt | Due | Turn | Find | Write | Survey | Rebuild
Command: TypeAlias = Use | Question | Hold | Stop


class Paged(msgspec.Struct, frozen=True):
    """A :class:`~arcwatch.model.history.Page`, its messages still encoded."""

    messages: bytes
    start: Positions
    end: Positions
    first: bool = False
    last: bool = False

    @classmethod
    def of(cls, page: Page) -> Paged:
        """A page as it travels."""
        return cls(encoded(page.messages), page.start, page.end, page.first, page.last)

    @property
    def page(self) -> Page:
        """The page."""
        messages = tuple(decode_messages(self.messages))
        return Page(messages, self.start, self.end, self.first, self.last)


class Failed(msgspec.Struct, frozen=True):
    """Why there is no answer."""

    what: str
    where: str
    why: str
    hint: str

    @classmethod
    def of(cls, error: ArcwatchError) -> Failed:
        """An error as it travels."""
        return cls(error.what, error.where, error.why, error.hint)

    @property
    def error(self) -> ArcwatchError:
        """The error."""
        return ArcwatchError(self.what, where=self.where, why=self.why, hint=self.hint)


class Answer(msgspec.Struct, frozen=True):
    """An answer to one question; a search has many.

    Attributes:
        number: The question's.
        opened: To :class:`Open`.
        positions: To :class:`Stand`.
        doubt: To :class:`Doubt`.
        due: To :class:`Due`, nanoseconds since the epoch; None where it is due at once.
        paged: To :class:`Turn`.
        looked: To :class:`Find`, :class:`Write` and :class:`Rebuild`.
        extent: To :class:`Survey`.
        failed: To any.
    """

    number: int
    opened: Opened | None = None
    positions: Positions | None = None
    doubt: str | None = None
    due: int | None = None
    paged: Paged | None = None
    looked: Looked | None = None
    extent: Extent | None = None
    failed: Failed | None = None


_commands: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
_answers = msgspec.msgpack.Decoder(Answer)


def decode_command(body: bytes) -> Command:
    """A command, without its length."""
    return _commands.decode(body)


def decode_answer(body: bytes) -> Answer:
    """An answer, without its length."""
    return _answers.decode(body)
