"""Client of one of our processes: it sends typed requests and receives their responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Generic, TypeVar

import msgspec

from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.memory_bound import EXIT_CODE as OUTGROWN
from arcwatch.runtime.memory_bound import why_ended

from .child import Child
from .frames import encode
from .requests import Ask, Failed, Finish, Hold, Request, Response, Stop, decode_response

R = TypeVar("R")


class ProcessClient:
    """Sends requests to one :class:`Child`.

    The child is started for the first request; one that has ended is started again for the next.
    When a request is cancelled here, the child stops working on it.

    Args:
        name: Whose process it is, for the error once it has ended.
    """

    def __init__(self, module: str, name: str, first: msgspec.Struct) -> None:
        self._module, self._name, self._first = module, name, first
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None
        self._responses: dict[int, asyncio.Queue[Response | Failed | SourceError]] = {}
        self._number = 0

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Start the child early, so that the first response is faster."""
        async with self._starting:
            if self._child is None:
                await self._started()

    async def restore(self, request: Request[Any]) -> None:
        """Bring a child that was just started to where the last one was, before a request."""

    async def close(self) -> None:
        """End the child."""
        if self._listener:
            self._listener.cancel()
            # two cannot read the same pipe
            await asyncio.gather(self._listener, return_exceptions=True)
        if self._child:
            await self._child.end()
        self._child = None

    async def ask(self, request: Request[R]) -> R:
        """Send a request and return its only response."""
        async with aclosing(self.task(request).steps()) as steps:
            return await anext(steps)

    def task(self, request: Request[R]) -> Task[R]:
        """Prepare a request that takes a while; it is sent when its steps are first read."""
        self._number += 1
        return Task(self, self._number, request)

    async def responses(self, number: int, request: Request[R]) -> AsyncGenerator[R, None]:
        """Send a numbered request, and receive its responses to the last."""
        await self._ensure(request)
        queue = self._responses[number] = asyncio.Queue[Response | Failed | SourceError]()
        self.send(Ask(number, request))
        try:
            while True:
                response = await queue.get()
                if isinstance(response, SourceError):
                    raise response
                if isinstance(response, Failed):
                    raise response.error
                with boundary(f"the answer of the {self._name} process could not be read"):
                    body = request.unpack(response.body)
                yield body
                if response.is_last:
                    return
        finally:
            self._responses.pop(number, None)
            self.send(Stop(number))

    def send(self, command: msgspec.Struct) -> None:
        """Send a command, if there is a child."""
        if self._child:
            self._child.send(encode(command))

    async def _ensure(self, request: Request[Any]) -> None:
        async with self._starting:
            if self._child is not None:
                return
            await self._started()
        await self.restore(request)

    async def _started(self) -> None:
        child = Child(self._module)
        await child.start()
        self._child = child
        self.send(self._first)
        self._listener = asyncio.create_task(self._listen(child))

    async def _next(self, child: Child) -> Response | Failed | None:
        """The next response; None once the child has ended, or cannot be understood."""
        try:
            with boundary(f"the answer of the {self._name} process could not be read"):
                part = await child.receive()
                return decode_response(part) if part else None
        except ArcwatchError:
            await child.end()
            return None

    async def _listen(self, child: Child) -> None:
        while response := await self._next(child):
            if queue := self._responses.get(response.number):
                queue.put_nowait(response)
        self._child = None
        code = await child.code()
        why, hint = why_ended(code)
        if code != OUTGROWN:
            hint = "press r to retry"
        for queue in self._responses.values():
            queue.put_nowait(SourceError(f"the {self._name} process has ended", why=why, hint=hint))


class Task(Generic[R]):
    """A request that takes a while: it has many responses, and can be paused."""

    def __init__(self, process: ProcessClient, number: int, request: Request[R]) -> None:
        self._process, self._number, self._request = process, number, request

    def steps(self) -> AsyncGenerator[R, None]:
        """Send it, and receive its responses to the last."""
        return self._process.responses(self._number, self._request)

    def hold(self, held: bool) -> None:
        """Pause it, or continue it."""
        self._process.send(Hold(self._number, held))

    def finish(self) -> None:
        """End it early: the next response is the last, with what was done until then."""
        self._process.send(Finish(self._number))
