"""Questions that one of our own processes answers, each as often as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.memory_bound import EXIT_CODE as OUTGROWN
from arcwatch.runtime.memory_bound import why_ended

from .child import Child
from .frames import encode
from .history_protocol import Failed, Stop


class Asking(Protocol):
    """A question, by which its answers are known."""

    @property
    def number(self) -> int:
        """No other question's."""


class Answering(Protocol):
    """One answer of one or more."""

    @property
    def number(self) -> int:
        """The question's."""

    @property
    def failed(self) -> Failed | None:
        """Why there is none."""


A = TypeVar("A", bound=Answering)


class AskedChild(Generic[A]):
    """Answers questions by one :class:`Child`.

    The child is started at the first question; one that has ended is started again at the next.
    Whoever cancels a question is answered no more, and the child stops working on it.

    Args:
        module: The child's.
        name: Whose process it is, for the error once it has ended.
        first: What it is told first.
        decode: Makes an answer of what it says.
    """

    def __init__(
        self, module: str, name: str, first: msgspec.Struct, decode: Callable[[bytes], A]
    ) -> None:
        self._module, self._name = module, name
        self._first, self._decode = first, decode
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Queue[A | SourceError]] = {}
        self._number = 0

    async def start(self) -> None:
        """See to it that there is a child: what is asked then is answered sooner."""
        async with self._starting:
            if self._child is None:
                await self._started()

    async def begun(self, question: Asking) -> None:
        """Tell a child that was just started what it should know before a question."""

    async def close(self) -> None:
        """End the child."""
        if self._listener:
            self._listener.cancel()
            # two cannot read the same pipe
            await asyncio.gather(self._listener, return_exceptions=True)
        if self._child:
            await self._child.end()
        self._child = None

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _ask(self, question: Asking) -> A:
        """The only answer to a question."""
        async with aclosing(self.answers(question)) as answers:
            return await anext(answers)

    async def answers(self, question: Asking) -> AsyncGenerator[A, None]:
        """The answers to a question, for as long as they are wanted.

        Raises:
            ArcwatchError: What went wrong.
        """
        await self._ensure(question)
        queue = self._answers[question.number] = asyncio.Queue[A | SourceError]()
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

    def tell(self, command: Any) -> None:
        """Tell the child something."""
        if self._child:
            self._child.tell(encode(command))

    async def _ensure(self, question: Asking) -> None:
        """See to it that there is a child, which knows what it should."""
        async with self._starting:
            if self._child is not None:
                return
            await self._started()
        await self.begun(question)

    async def _started(self) -> None:
        child = Child(self._module)
        await child.start()
        self._child = child
        self.tell(self._first)
        self._listener = asyncio.create_task(self._listen(child))

    async def _answer_of(self, child: Child) -> A | None:
        """The next answer; None once the child has ended, or cannot be understood."""
        try:
            with boundary(f"the answer of the {self._name} process could not be read"):
                part = await child.part()
                return self._decode(part) if part else None
        except ArcwatchError:
            await child.end()
            return None

    async def _listen(self, child: Child) -> None:
        while answer := await self._answer_of(child):
            if queue := self._answers.get(answer.number):
                queue.put_nowait(answer)
        self._child = None
        code = await child.code()
        why, hint = why_ended(code)
        if code != OUTGROWN:
            hint = "r tries again"
        for queue in self._answers.values():
            queue.put_nowait(SourceError(f"the {self._name} process has ended", why=why, hint=hint))
