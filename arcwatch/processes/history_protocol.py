"""Requests to the process that reads histories, and the types of their responses."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from arcwatch.config.settings import Settings
from arcwatch.model.history import Extent, Opened, Page, Positions, ScanUpdate
from arcwatch.model.message import Message
from arcwatch.model.tail import decode_messages
from arcwatch.sources.encodable import encoded

from .requests import Ask, Finish, Hold, Request, Stop


class Use(msgspec.Struct, frozen=True, tag="use"):
    """The first command: where to look."""

    settings: Settings


class Open(Request[Opened], frozen=True, tag="open"):
    """Open the history of an address, and close the one that is open.

    Attributes:
        address: As people write it.
        places: The topics or partitions that it stood for when it was opened before; see
            :func:`arcwatch.history.open.open_history`.
    """

    address: str
    places: tuple[str, ...] = ()


class Locate(Request[Positions], frozen=True, tag="locate"):
    """Find the positions of a time.

    Attributes:
        at: As :func:`arcwatch.notation.times.moment_text` writes it.
        after: Return the position after the message that is there.
    """

    at: str
    after: bool = False


class CheckDates(Request[str], frozen=True, tag="dates"):
    """Describe messages next to a located time that are dated otherwise; mostly empty.

    Attributes:
        at: As :func:`arcwatch.notation.times.moment_text` writes it.
    """

    at: str


class LookUp(Request[tuple[tuple[int | None, str | None], ...]], frozen=True, tag="look up"):
    """Find when messages are due, and from where they were replicated.

    See :attr:`arcwatch.model.message.Message.deliver_at` and ``replicated_from``.

    Attributes:
        messages: Which; their bodies are not needed.
    """

    messages: tuple[Message, ...]


class RenewNotes(Request[tuple[str, ...]], frozen=True, tag="notes"):
    """Find what a user should know of the history now; see :class:`.model.browse.Opened`."""


class EncodedPage(msgspec.Struct, frozen=True):
    """A :class:`~arcwatch.model.history.Page`, its messages still encoded."""

    messages: bytes
    start: Positions
    end: Positions
    first: bool
    last: bool


class ReadPage(Request[Page], frozen=True, tag="page"):
    """Read the page after, or before, some positions.

    See :meth:`arcwatch.sources.history.History.page_after`.  It has fewer messages than
    ``limit`` where they are large.
    """

    positions: Positions
    limit: int
    until: Positions | None = None
    back: bool = False

    def pack(self, response: Page) -> msgspec.Raw:
        """Encode a page; messages that cannot be encoded are replaced by their places."""
        page = response
        body = EncodedPage(encoded(page.messages), page.start, page.end, page.first, page.last)
        return msgspec.Raw(msgspec.msgpack.encode(body))

    def unpack(self, body: msgspec.Raw) -> Page:
        """Decode a page and its messages."""
        page = msgspec.msgpack.decode(body, type=EncodedPage)
        messages = tuple(decode_messages(page.messages))
        return Page(messages, page.start, page.end, page.first, page.last)


class Find(Request[ScanUpdate], frozen=True, tag="find"):
    """Search for messages between two positions.

    Attributes:
        start: Where to begin; None is the earliest.
        end: Where to end; None is the latest.
        filters: As people write them; all must hold.
        limit: Messages to find at most.
    """

    start: Positions | None
    end: Positions | None
    filters: tuple[str, ...]
    limit: int | None = None


class Write(Request[ScanUpdate], frozen=True, tag="write"):
    """Write the messages between two positions to a file.

    Attributes:
        start: Where to begin.
        end: Where to end.
        path: Absolute, ending in ``.csv`` or anything else.
        replace: Whether it may replace another file.
    """

    start: Positions
    end: Positions
    path: str
    replace: bool = False


class FindState(Request[ScanUpdate], frozen=True, tag="state"):
    """Find the last message of each key, or what changed of each between two positions.

    Attributes:
        at: The state is that of the messages before it.
        since: Where the earlier state is that it is compared with; None compares nothing.
        filters: As people write them; all must hold.
        limit: Keys to find at most.
        path: The file to write all of them to, absolute; empty sends them.
        replace: Whether it may replace another file.
    """

    at: Positions
    since: Positions | None = None
    filters: tuple[str, ...] = ()
    limit: int | None = None
    path: str = ""
    replace: bool = False


class FindExtent(Request[Extent], frozen=True, tag="extent"):
    """Find how much is stored when; see :meth:`arcwatch.sources.history.History.extent`."""

    window: tuple[int, int] | None = None


HistoryRequest: TypeAlias = (
    Open
    | Locate
    | CheckDates
    | LookUp
    | RenewNotes
    | ReadPage
    | Find
    | Write
    | FindState
    | FindExtent
)
Command: TypeAlias = Use | Ask[HistoryRequest] | Hold | Finish | Stop

decode_command = msgspec.msgpack.Decoder[Command](Command).decode
"""Decodes a command, without its length."""
