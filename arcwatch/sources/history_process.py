"""Histories in a process of their own, so that no scan reaches whoever draws the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from arcwatch.config import Settings
from arcwatch.errors import SourceError
from arcwatch.model.browse import Looked, Opened
from arcwatch.model.history import Page, Positions

from .child import Child
from .history_wire import (
    Answer,
    Command,
    Find,
    Hold,
    Open,
    Question,
    Stand,
    Stop,
    Turn,
    Use,
    Write,
    decode_answer,
)
from .tail_wire import encode


class HistoryProcess:
    """Answers questions about one history at a time, by one :class:`Child`.

    The child is started at the first question; one that has ended is started again at the next,
    and opens what was open.  Whoever cancels a question is answered no more, and the child stops
    working on it.

    Args:
        settings: Where to look.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Queue[Answer | SourceError]] = {}
        self._number = 0
        self._address = ""

    async def open(self, address: str) -> Opened:
        """Open the history of an address, and close the one that was open.

        Raises:
            ArcwatchError: It cannot be opened.
        """
        self._address = address
        answer = await self._ask(Open(self._next(), address))
        assert answer.opened is not None, "what was asked for"
        return answer.opened

    async def stand(self, at: str, *, after: bool = False) -> Positions:
        """Where a time is; see :class:`.history_wire.Stand`.

        Raises:
            ArcwatchError: It names what is not stored, or the server is lost.
        """
        answer = await self._ask(Stand(self._next(), at, after))
        assert answer.positions is not None, "what was asked for"
        return answer.positions

    async def turn(
        self,
        positions: Positions,
        limit: int,
        *,
        until: Positions | None = None,
        back: bool = False,
    ) -> Page:
        """The next page after, or before, some positions; see :class:`.history.History`.

        It may have fewer messages where they are large.

        Raises:
            ArcwatchError: The server does not answer.
        """
        answer = await self._ask(Turn(self._next(), positions, limit, until, back))
        assert answer.paged is not None, "what was asked for"
        return answer.paged.page

    def find(
        self,
        start: Positions | None,
        end: Positions | None,
        filters: tuple[str, ...],
        limit: int | None,
    ) -> Task:
        """Look for messages; see :class:`.history_wire.Find`."""
        return Task(self, Find(self._next(), start, end, filters, limit))

    def write(self, start: Positions, end: Positions, path: Path, *, replace: bool = False) -> Task:
        """Write messages to a file; see :class:`.history_wire.Write`."""
        return Task(self, Write(self._next(), start, end, str(path.absolute()), replace))

    async def close(self) -> None:
        """End the child."""
        if self._listener:
            self._listener.cancel()
            # two cannot read the same pipe
            await asyncio.gather(self._listener, return_exceptions=True)
        if self._child:
            await self._child.end()
        self._child = None

    # -- questions and answers ----------------------------------------------------------------

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _ask(self, question: Question) -> Answer:
        """The only answer to a question."""
        async with aclosing(self.answers(question)) as answers:
            return await anext(answers)

    async def answers(self, question: Question) -> AsyncGenerator[Answer, None]:
        """The answers to a question, for as long as they are wanted.

        Raises:
            ArcwatchError: What went wrong.
        """
        await self._ensure(question)
        queue = self._answers[question.number] = asyncio.Queue[Answer | SourceError]()
        self.tell(question)
        try:
            while True:
                answer = await queue.get()
                if isinstance(answer, SourceError):
                    raise answer
                if answer.failed:
                    raise answer.failed.error
                yield answer
        finally:
            self._answers.pop(question.number, None)
            self.tell(Stop(question.number))

    def tell(self, command: Command) -> None:
        """Tell the child something."""
        if self._child:
            self._child.tell(encode(command))

    async def _ensure(self, question: Question) -> None:
        """See to it that there is a child, and that it has opened what is to be asked about."""
        async with self._starting:
            if self._child is not None:
                return
            child = Child("arcwatch.history_child")
            await child.start()
            self._child = child
            self.tell(Use(self._settings))
            self._listener = asyncio.create_task(self._listen(child))
        if self._address and not isinstance(question, Open):
            await self._ask(Open(self._next(), self._address))

    async def _listen(self, child: Child) -> None:
        while part := await child.part():
            answer = decode_answer(part)
            if queue := self._answers.get(answer.number):
                queue.put_nowait(answer)
        self._child = None
        why = f"exit code {await child.code()}"
        for queue in self._answers.values():
            hint = "r tries again"
            queue.put_nowait(SourceError("the history's process has ended", why=why, hint=hint))


class Task:
    """A search, or the writing of a file, which takes a while.

    Args:
        process: Where it is done.
        question: What is done.
    """

    def __init__(self, process: HistoryProcess, question: Find | Write) -> None:
        self._process, self._question = process, question

    async def steps(self) -> AsyncGenerator[Looked, None]:
        """How far it is, and what was found, until it is over.

        Raises:
            ArcwatchError: It cannot be done, or not any more.
        """
        async with aclosing(self._process.answers(self._question)) as answers:
            async for answer in answers:
                assert answer.looked is not None, "what was asked for"
                yield answer.looked
                if answer.looked.is_over:
                    return

    def hold(self, held: bool) -> None:
        """Let it pause, or go on."""
        self._process.tell(Hold(self._question.number, held))
