"""The process that reads histories: requests come in on stdin, responses go out on stdout.

Run by :class:`~arcwatch.processes.history_client.HistoryProcess` alone.  It ends when its stdin
does, which is also what the death of its parent looks like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from arcwatch.config.settings import Settings
from arcwatch.errors import UsageError
from arcwatch.filters.filter import Filter, parse_filters
from arcwatch.history.decoding import Decoding
from arcwatch.history.key_state_query import KeyStateCache, rows_in_batches, write_state
from arcwatch.history.message_file import MessageFile
from arcwatch.history.open import open_history
from arcwatch.history.search import ScanProgress, Search
from arcwatch.model.history import Opened, Page, Positions, ScanUpdate
from arcwatch.model.message import Message
from arcwatch.model.tail import MOST_BYTES, MOST_MESSAGES
from arcwatch.notation.times import parse_time
from arcwatch.sources.encodable import encoded

from .history_protocol import (
    CheckDates,
    Command,
    Find,
    FindExtent,
    FindState,
    HistoryRequest,
    Locate,
    LookUp,
    Open,
    ReadPage,
    RenewNotes,
    Use,
    Write,
    decode_command,
)
from .pipes import CommandReader, Responder, run, stdout
from .requests import Ask, Finish, Hold, Request, Stop

if TYPE_CHECKING:
    from arcwatch.sources.history import History

PAGE_BYTES = 16 << 20
"""Bytes of a page's bodies: one of larger messages has fewer of them."""
BEAT = 0.1
"""Seconds between two words on how far a search is."""


class HistoryServer:
    """Carries out requests about one history at a time."""

    def __init__(self, settings: Settings, responder: Responder) -> None:
        self._settings, self._responder = settings, responder
        self._decoding = Decoding(settings)
        self._history: History | None = None
        self._held = AsyncExitStack()
        self._searches: dict[int, ScanProgress] = {}
        self._states = KeyStateCache()

    def handle(self, command: Command) -> None:
        """Begin a request, or pause, continue or cancel one."""
        match command:
            case Ask(number, request):
                self._responder.begin(number, self._carry_out(number, request))
            case Hold(number, held):
                if search := self._searches.get(number):
                    search.pause() if held else search.resume()
            case Stop(number):
                self._responder.stop(number)
            case Use() | Finish():
                pass

    async def close(self) -> None:
        """Close the history that is open."""
        await self._held.aclose()

    async def _carry_out(self, number: int, request: HistoryRequest) -> None:
        try:
            body = await self._response(number, request)
        finally:
            self._searches.pop(number, None)
        await self._responder.send(number, body)

    async def _response(self, number: int, request: HistoryRequest) -> msgspec.Raw:
        """The only, or the last, response to a request."""
        match request:
            case Open():
                return request.pack(await self._open(request))
            case Locate():
                return request.pack(await self._locate(request))
            case CheckDates(at):
                return request.pack(self._opened.doubt(parse_time(at, now=0)))
            case LookUp(messages):
                dated = await self._opened.with_due_times(messages)
                return request.pack(tuple((one.deliver_at, one.replicated_from) for one in dated))
            case RenewNotes():
                await self._opened.renew_notes()
                return request.pack(tuple(self._opened.notes))
            case ReadPage():
                return request.pack(await self._page(request))
            case Find():
                return request.pack(await self._find(number, request))
            case Write():
                return request.pack(await self._write(number, request))
            case FindExtent(window):
                return request.pack(await self._opened.extent(window))
            case FindState():
                return request.pack(await self._find_state(number, request))

    async def _send(self, number: int, request: Request[ScanUpdate], progress: ScanUpdate) -> None:
        await self._responder.send(number, request.pack(progress), is_last=False)

    async def _open(self, asked: Open) -> Opened:
        held, self._held = self._held, AsyncExitStack()
        self._history = None
        self._states = KeyStateCache()
        await held.aclose()
        opened = open_history(self._settings, asked.address, asked.places)
        self._decoding = await self._held.enter_async_context(Decoding(self._settings))
        self._history = await self._held.enter_async_context(opened)
        return Opened(self._history.places, tuple(self._history.notes))

    @property
    def _opened(self) -> History:
        if self._history is None:
            raise UsageError("no history is open")
        return self._history

    async def _locate(self, asked: Locate) -> Positions:
        positions = await self._opened.at(parse_time(asked.at, now=0))
        return (await self._opened.page_after(positions, 1)).end if asked.after else positions

    async def _page(self, asked: ReadPage) -> Page:
        read = self._opened.page_before if asked.back else self._opened.page_after
        limit = asked.limit
        while True:
            page = await read(asked.positions, limit, asked.until)
            size = sum(message.size for message in page.messages)
            if size <= PAGE_BYTES or len(page.messages) <= 1:
                return page
            limit = max(1, min(limit // 2, limit * PAGE_BYTES // size))

    async def _find(self, number: int, asked: Find) -> ScanUpdate:
        start, end = asked.start, asked.end
        if start is None:
            start = await self._opened.earliest()
        if end is None:
            end = await self._opened.latest()
        filters = await asyncio.to_thread(parse_filters, asked.filters)
        read = self._decoding.reader
        search = Search(self._opened, filters, read, start, end, limit=asked.limit)
        self._searches[number] = search
        loop = asyncio.get_running_loop()
        kept, sent_at = list[Message](), loop.time()
        async with aclosing(search.hits()) as hits:
            async for found in hits:
                kept += [message for message, _ in found]
                if loop.time() - sent_at >= BEAT or _is_much(kept):
                    await self._send(number, asked, _update(search, kept))
                    kept, sent_at = [], loop.time()
        return replace(_update(search, kept), is_over=True)

    async def _write(self, number: int, asked: Write) -> ScanUpdate:
        search = Search(self._opened, Filter(), self._decoding.reader, asked.start, asked.end)
        self._searches[number] = search
        loop = asyncio.get_running_loop()
        sent_at = loop.time()
        with MessageFile(Path(asked.path), replace=asked.replace) as file:
            async with aclosing(search.hits()) as hits:
                async for found in hits:
                    # on this thread: nobody else waits for it but who asked
                    for message, decoded in found:
                        file.write(message, decoded())
                    if loop.time() - sent_at >= BEAT:
                        await self._send(number, asked, _update(search, ()))
                        sent_at = loop.time()
        return replace(_update(search, ()), is_over=True)

    async def _find_state(self, number: int, asked: FindState) -> ScanUpdate:
        """Find a state; the last one found is filtered again without reading anything."""
        fold = self._states.query(self._opened, asked.at, asked.since)
        self._searches[number] = fold
        filters = await asyncio.to_thread(parse_filters, asked.filters)
        loop = asyncio.get_running_loop()
        sent_at = loop.time()
        async for _ in self._states.steps(fold):
            if loop.time() - sent_at >= BEAT:
                await self._send(number, asked, _update(fold, ()))
                sent_at = loop.time()
        found = 0
        path = Path(asked.path) if asked.path else None
        rows = rows_in_batches(fold, filters, self._decoding.reader, asked.limit)
        if path is not None:
            found = await write_state(fold, rows, path, replace=asked.replace)
        else:
            async for some in rows:
                found += len(some.kinds)
                update = _update(fold, some.messages)
                await self._send(number, asked, replace(update, kinds=some.kinds))
        last = replace(_update(fold, ()), found=found, is_over=True)
        note = "; ".join(filter(None, (fold.lacks, fold.aside)))
        return replace(last, keyless=fold.keyless, note=note)


def _is_much(messages: Sequence[Message]) -> bool:
    return len(messages) >= MOST_MESSAGES or sum(each.size for each in messages) >= MOST_BYTES


def _update(search: ScanProgress, kept: Sequence[Message]) -> ScanUpdate:
    return ScanUpdate(
        encoded(kept),
        len(kept),
        search.scanned,
        search.size,
        search.found,
        search.failed,
        search.failure,
        search.rate,
        search.left,
        search.done,
        search.time,
        search.is_limited,
    )


async def serve(command: bytes) -> None:
    """Carry out requests until there are no more.

    Args:
        command: The first: :class:`.history_protocol.Use`.
    """
    first = decode_command(command)
    if not isinstance(first, Use):
        return
    responder = Responder(await stdout())
    server = HistoryServer(first.settings, responder)
    CommandReader[Command](decode_command, server.handle).start()
    try:
        # ended by the end of the commands
        await asyncio.Event().wait()
    finally:
        await responder.close()
        await server.close()


if __name__ == "__main__":
    run(serve)
