"""The process that rewinds and replays: requests come in on stdin, responses go out on stdout.

Run by :class:`~arcwatch.processes.changes_client.ChangesProcess` alone.  It ends when its stdin
does, which is also what the death of its parent looks like.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

import msgspec
from msgspec.structs import replace

from arcwatch.changes.replay import Replay, ReplayOptions
from arcwatch.changes.replay_rate import parse_pace
from arcwatch.changes.replay_target import parse_target
from arcwatch.changes.rewind import Rewinding, open_rewinding
from arcwatch.errors import UsageError
from arcwatch.filters.filter import parse_filters
from arcwatch.history.decoding import Decoding
from arcwatch.history.open import open_history
from arcwatch.history.search import ScanProgress
from arcwatch.model.history import Positions, ScanUpdate
from arcwatch.model.replay import ReplayRequest, ReplayUpdate
from arcwatch.model.rewind import Moved, PartRewind, Rewind
from arcwatch.notation.address import parse_address
from arcwatch.notation.times import parse_time
from arcwatch.sources.history import History

from .changes_protocol import (
    ChangeRequest,
    Command,
    Counted,
    CountRewind,
    MoveSubscription,
    PlanReplay,
    PreviewRewind,
    PublishReplay,
    Use,
    decode_command,
)
from .pipes import CommandReader, Responder, run, stdout
from .requests import Ask, Finish, Hold, Request, Stop

BEAT = 0.1
"""Seconds between two words on how far something is."""


class ChangesServer:
    """Carries out one rewind, or one replay, at a time.

    Args:
        use: Where, and whether anything may be changed there.
    """

    def __init__(self, use: Use, responder: Responder) -> None:
        self._settings, self._allowed = use.settings, use.allowed and not use.settings.read_only
        self._responder = responder
        self._held = AsyncExitStack()
        self._rewinding: Rewinding | None = None
        self._previewed: Rewind | None = None
        self._replay: Replay | None = None
        self._finished: set[int] = set()

    def handle(self, command: Command) -> None:
        """Begin a request, or pause, continue, finish or cancel one."""
        match command:
            case Ask(number, request):
                self._responder.begin(number, self._carry_out(number, request))
            case Hold(held=held):
                if self._replay:
                    self._replay.pause() if held else self._replay.resume()
            case Finish(number):
                self._finished.add(number)
                self._responder.stop(number)
            case Stop(number):
                self._responder.stop(number)
            case Use():
                pass

    async def close(self) -> None:
        """End all connections."""
        await self._held.aclose()

    async def _carry_out(self, number: int, request: ChangeRequest) -> None:
        await self._responder.send(number, await self._response(number, request))

    async def _response(self, number: int, request: ChangeRequest) -> msgspec.Raw:
        """The only, or the last, response to a request."""
        match request:
            case PreviewRewind():
                return request.pack(await self._preview(request))
            case CountRewind():
                return request.pack(await self._count(number, request))
            case MoveSubscription(parts):
                self._ensure_allowed()
                return request.pack(await self._move(parts))
            case PlanReplay():
                return request.pack(await self._plan(number, request))
            case PublishReplay():
                self._ensure_allowed()
                return request.pack(await self._publish(number, request))

    def _ensure_allowed(self) -> None:
        if not self._allowed:
            raise UsageError("nothing may be changed here", hint="start with --allow-changes")

    async def _reset(self) -> None:
        held, self._held = self._held, AsyncExitStack()
        self._rewinding = self._previewed = self._replay = None
        await held.aclose()

    # -- rewinding ----------------------------------------------------------------------------

    async def _preview(self, asked: PreviewRewind) -> Rewind:
        await self._reset()
        opened = open_rewinding(self._settings, asked.address)
        rewinding = self._rewinding = await self._held.enter_async_context(opened)
        self._previewed = await rewinding.preview(parse_time(asked.at, now=0))
        return self._previewed

    async def _count(self, number: int, asked: CountRewind) -> Counted:
        if self._rewinding is None or self._previewed is None:
            raise UsageError("nothing was previewed")
        looking, counting = ScanProgress(), self._rewinding.count(self._previewed)
        beat = _Beat()
        async with aclosing(counting.steps()) as steps:
            async for step in steps:
                await looking.note(step)
                if beat.is_due():
                    body = asked.pack(Counted(_scan_update(looking)))
                    await self._responder.send(number, body, is_last=False)
        return Counted(_scan_update(looking), counting.rewind)

    async def _move(self, parts: tuple[PartRewind, ...]) -> tuple[Moved, ...]:
        if self._rewinding is None or self._previewed is None:
            raise UsageError("nothing was previewed")
        rewind = replace(self._previewed, parts=parts)
        moved: list[Moved] = []
        # once begun it goes on to its end: half a rewind is none that anybody asked for
        await asyncio.shield(self._rewinding.carry_out(rewind, moved))
        return tuple(moved)

    # -- replaying ----------------------------------------------------------------------------

    async def _plan(self, number: int, asked: PlanReplay) -> ReplayUpdate:
        await self._reset()
        request = asked.request
        onto, pace, keeps = (
            parse_target(request.onto),
            parse_pace(request.pace),
            parse_filters(request.filters),
        )
        held, settings = self._held, self._settings
        history = await held.enter_async_context(
            open_history(settings, request.address, request.places)
        )
        decoding = await held.enter_async_context(Decoding(settings))
        start, end = await _stretch(history, request)
        moments = (
            parse_time(at, now=0) for at in (request.start, request.end) if isinstance(at, str)
        )
        doubts = tuple(filter(None, dict.fromkeys(map(history.doubt, moments))))
        context = parse_address(request.address).context or settings.context
        options = ReplayOptions(
            start, end, keeps, request.limit, onto, pace, context, doubts=doubts
        )
        self._replay = replay = Replay(settings, history, decoding.reader, options)
        await self._carry_on(number, asked, replay, replay.planned())
        return replay.summary(is_over=True)

    async def _publish(self, number: int, asked: PublishReplay) -> ReplayUpdate:
        replay, interrupted = self._replay, False
        if replay is None or replay.plan is None:
            raise UsageError("nothing was prepared")
        try:
            await self._carry_on(number, asked, replay, replay.carried_out())
        except asyncio.CancelledError:
            if number not in self._finished:
                raise
            interrupted = True
            if task := asyncio.current_task():
                task.uncancel()
        return replay.summary(interrupted=interrupted, is_over=True)

    async def _carry_on(
        self,
        number: int,
        asked: Request[ReplayUpdate],
        replay: Replay,
        steps: AsyncGenerator[None, None],
    ) -> None:
        beat = _Beat()
        async with aclosing(steps):
            async for _ in steps:
                if beat.is_due():
                    await self._responder.send(number, asked.pack(replay.summary()), is_last=False)


class _Beat:
    """Whether a report is due."""

    def __init__(self) -> None:
        self._sent_at = asyncio.get_running_loop().time()

    def is_due(self) -> bool:
        """Whether it is, which it then is not again for a while."""
        now = asyncio.get_running_loop().time()
        if now - self._sent_at < BEAT:
            return False
        self._sent_at = now
        return True


async def _stretch(history: History, request: ReplayRequest) -> tuple[Positions, Positions]:
    start, end = request.start, request.end
    if isinstance(start, str):
        start = await history.at(parse_time(start, now=0))
    if isinstance(end, str):
        end = await history.at(parse_time(end, now=0))
    if request.ends_with:
        end = (await history.page_after(end, 1)).end
    return start, end


def _scan_update(looking: ScanProgress) -> ScanUpdate:
    return ScanUpdate(
        scanned=looking.scanned,
        size=looking.size,
        rate=looking.rate,
        left=looking.left,
        done=looking.done,
        time=looking.time,
    )


async def serve(command: bytes) -> None:
    """Carry out requests until there are no more.

    Args:
        command: The first: :class:`.changes_protocol.Use`.
    """
    first = decode_command(command)
    if not isinstance(first, Use):
        return
    responder = Responder(await stdout())
    server = ChangesServer(first, responder)
    CommandReader[Command](decode_command, server.handle).start()
    # what the first question needs, and takes half a second to import
    await asyncio.to_thread(_import_sources)
    try:
        # ended by the end of the commands
        await asyncio.Event().wait()
    finally:
        await responder.close()
        await server.close()


def _import_sources() -> None:
    import arcwatch.sources.pulsar.history  # noqa: F401 - for its modules, which stay loaded


if __name__ == "__main__":
    run(serve)
