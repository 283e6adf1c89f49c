"""The process that reads histories: questions come in on stdin, answers go out on stdout.

Run by :class:`~arcwatch.processes.history_client.HistoryProcess` alone.  It ends when its stdin
does, which is also what the death of its parent looks like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.filters.filter import Filter, parse_filters
from arcwatch.history.decoding import Decoding
from arcwatch.history.key_state_query import Rebuilding, rows_of, written
from arcwatch.history.message_file import MessageFile
from arcwatch.history.open import open_history
from arcwatch.history.search import Looking, Search
from arcwatch.model.browse import Looked, Opened
from arcwatch.model.history import Page, Positions
from arcwatch.model.message import Message
from arcwatch.model.tail import MOST_BYTES, MOST_MESSAGES
from arcwatch.notation.times import parse_time
from arcwatch.sources.encodable import encoded

from .history_protocol import (
    Answer,
    Command,
    Doubt,
    Due,
    Failed,
    Find,
    Hold,
    Open,
    Paged,
    Question,
    Rebuild,
    Stand,
    Stop,
    Survey,
    Turn,
    Use,
    Write,
    decode_command,
)
from .pipes import Answers, Commands, run, stdout

if TYPE_CHECKING:
    from arcwatch.sources.history import History

PAGE_BYTES = 16 << 20
"""Bytes of a page's bodies: one of larger messages has fewer of them."""

BEAT = 0.1
"""Seconds between two words on how far a search is."""


class Reading:
    """Answers questions about one history at a time.

    Args:
        settings: Where to look.
        answers: Takes answers.
    """

    def __init__(self, settings: Settings, answers: Answers) -> None:
        self._settings, self._answers = settings, answers
        self._decoding = Decoding(settings)
        self._history: History | None = None
        self._held = AsyncExitStack()
        self._searches: dict[int, Looking] = {}
        self._rebuilding = Rebuilding()

    def obey(self, command: Command) -> None:
        """Begin to answer a question, or do with one that is being answered what is wanted."""
        match command:
            case Hold(number, held):
                if search := self._searches.get(number):
                    search.pause() if held else search.resume()
            case Stop(number):
                self._answers.stop(number)
            case Use():
                pass
            case _:
                self._answers.begin(command.number, self._answer(command))

    async def close(self) -> None:
        """Close the history that is open."""
        await self._held.aclose()

    async def _answer(self, question: Question) -> None:
        try:
            match question:
                case Open():
                    answer = Answer(question.number, opened=await self._open(question))
                case Stand():
                    answer = Answer(question.number, positions=await self._stand(question))
                case Doubt(_, at):
                    doubt = self._opened.doubt(parse_time(at, now=0))
                    answer = Answer(question.number, doubt=doubt)
                case Due(_, message):
                    (dated,) = await self._opened.with_due_times([message])
                    answer = Answer(question.number, due=dated.deliver_at)
                case Turn():
                    page = await self._turn(question)
                    answer = Answer(question.number, paged=Paged.of(page))
                case Find():
                    answer = Answer(question.number, looked=await self._find(question))
                case Write():
                    answer = Answer(question.number, looked=await self._write(question))
                case Survey():
                    extent = await self._opened.extent(question.window)
                    answer = Answer(question.number, extent=extent)
                case Rebuild():
                    answer = Answer(question.number, looked=await self._rebuild(question))
        finally:
            self._searches.pop(question.number, None)
        await self._answers.say(answer)

    async def _open(self, asked: Open) -> Opened:
        held, self._held = self._held, AsyncExitStack()
        self._history = None
        self._rebuilding = Rebuilding()
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

    async def _stand(self, asked: Stand) -> Positions:
        positions = await self._opened.at(parse_time(asked.at, now=0))
        if asked.after:
            return (await self._opened.page_after(positions, 1)).end
        return positions

    async def _turn(self, asked: Turn) -> Page:
        """A page, of fewer messages where they are large."""
        turn = self._opened.page_before if asked.back else self._opened.page_after
        limit = asked.limit
        while True:
            page = await turn(asked.positions, limit, asked.until)
            size = sum(message.size for message in page.messages)
            if size <= PAGE_BYTES or len(page.messages) <= 1:
                return page
            limit = max(1, min(limit // 2, limit * PAGE_BYTES // size))

    async def _find(self, asked: Find) -> Looked:
        start, end = asked.start, asked.end
        if start is None:
            start = await self._opened.earliest()
        if end is None:
            end = await self._opened.latest()
        wanted = await asyncio.to_thread(parse_filters, asked.filters)
        read = self._decoding.reader
        search = Search(self._opened, wanted, read, start, end, limit=asked.limit)
        self._searches[asked.number] = search
        loop = asyncio.get_running_loop()
        kept, said = list[Message](), loop.time()
        async with aclosing(search.hits()) as hits:
            async for found in hits:
                kept += [message for message, _ in found]
                if loop.time() - said >= BEAT or _is_much(kept):
                    await self._answers.say(Answer(asked.number, looked=_looked(search, kept)))
                    kept, said = [], loop.time()
        return replace(_looked(search, kept), is_over=True)

    async def _write(self, asked: Write) -> Looked:
        read = self._decoding.reader
        search = Search(self._opened, Filter(), read, asked.start, asked.end)
        self._searches[asked.number] = search
        loop = asyncio.get_running_loop()
        said = loop.time()
        with MessageFile(Path(asked.path), replace=asked.replace) as file:
            async with aclosing(search.hits()) as hits:
                async for found in hits:
                    # on this thread: nobody else waits for it but who asked
                    for message, decoded in found:
                        file.write(message, decoded())
                    if loop.time() - said >= BEAT:
                        await self._answers.say(Answer(asked.number, looked=_looked(search, ())))
                        said = loop.time()
        return replace(_looked(search, ()), is_over=True)

    async def _rebuild(self, asked: Rebuild) -> Looked:
        """See :class:`.rebuilding.Rebuilding`; the last state found is looked at again for free."""
        fold = self._rebuilding.fold(self._opened, asked.at, asked.since)
        self._searches[asked.number] = fold
        wanted = await asyncio.to_thread(parse_filters, asked.filters)
        loop = asyncio.get_running_loop()
        said = loop.time()
        async for _ in self._rebuilding.steps(fold):
            if loop.time() - said >= BEAT:
                await self._answers.say(Answer(asked.number, looked=_looked(fold, ())))
                said = loop.time()
        found = 0
        path = Path(asked.path) if asked.path else None
        rows = rows_of(fold, wanted, self._decoding.reader, asked.limit)
        if path is not None:
            found = await written(rows, path, is_state=fold.before is None, replace=asked.replace)
        else:
            async for some in rows:
                found += len(some.kinds)
                told = _looked(fold, some.messages)
                await self._answers.say(
                    Answer(asked.number, looked=replace(told, kinds=some.kinds))
                )
        last = replace(_looked(fold, ()), found=found, is_over=True)
        note = "; ".join(filter(None, (fold.lacks, fold.aside)))
        return replace(last, keyless=fold.keyless, note=note)


def _is_much(messages: Sequence[Message]) -> bool:
    return len(messages) >= MOST_MESSAGES or sum(each.size for each in messages) >= MOST_BYTES


def _looked(search: Looking, kept: Sequence[Message]) -> Looked:
    return Looked(
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


def _failed(number: int, error: ArcwatchError) -> Answer:
    return Answer(number, failed=Failed.of(error))


async def answer(said: bytes) -> None:
    """Answer questions until there are no more.

    Args:
        said: Of whom they are asked.
    """
    first = decode_command(said)
    if not isinstance(first, Use):
        return
    answers = Answers(await stdout(), _failed)
    reading = Reading(first.settings, answers)
    Commands[Command](decode_command, reading.obey).start()
    try:
        # ended by the end of the commands
        await asyncio.Event().wait()
    finally:
        await answers.close()
        await reading.close()


if __name__ == "__main__":
    run(answer)
