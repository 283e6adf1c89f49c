"""The process that rewinds and replays: questions come in on stdin, answers go out on stdout.

Run by :class:`~arcwatch.processes.changes_client.ChangesProcess` alone.  It ends when its stdin
does, which is also what the death of its parent looks like.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from msgspec.structs import replace

from arcwatch.changes.replay import Replay, Wanted
from arcwatch.changes.replay_rate import parse_pace
from arcwatch.changes.replay_target import parse_onto
from arcwatch.changes.rewind import Rewinding, open_rewinding
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.filters.filter import parse_filters
from arcwatch.history.decoding import Decoding
from arcwatch.history.open import open_history
from arcwatch.history.search import Looking
from arcwatch.model.browse import Looked
from arcwatch.model.history import Positions
from arcwatch.model.replay import ReplayWish
from arcwatch.model.rewind import Moved, PartRewind, Rewind
from arcwatch.notation.address import parse_address
from arcwatch.notation.times import parse_time
from arcwatch.sources.history import History

from .changes_protocol import (
    Answer,
    Command,
    Count,
    Leave,
    Move,
    Prepare,
    Preview,
    Publish,
    Question,
    Use,
    decode_command,
)
from .history_protocol import Failed, Hold, Stop
from .pipes import Answers, Commands, run, stdout

BEAT = 0.1
"""Seconds between two words on how far something is."""


class Changing:
    """One subscription to be moved, or one replay, at a time.

    Args:
        use: Where, and whether anything may be changed there.
        answers: Takes answers.
    """

    def __init__(self, use: Use, answers: Answers) -> None:
        self._settings, self._allowed = use.settings, use.allowed and not use.settings.read_only
        self._answers = answers
        self._held = AsyncExitStack()
        self._rewinding: Rewinding | None = None
        self._previewed: Rewind | None = None
        self._replay: Replay | None = None
        self._left: set[int] = set()

    def obey(self, command: Command) -> None:
        """Begin to answer a question, or do with one that is being answered what is wanted."""
        match command:
            case Hold(held=held):
                if self._replay:
                    self._replay.pause() if held else self._replay.resume()
            case Leave(number):
                self._left.add(number)
                self._answers.stop(number)
            case Stop(number):
                self._answers.stop(number)
            case Use():
                pass
            case _:
                self._answers.begin(command.number, self._answer(command))

    async def close(self) -> None:
        """End all connections."""
        await self._held.aclose()

    async def _answer(self, question: Question) -> None:
        number = question.number
        match question:
            case Preview():
                answer = Answer(number, rewind=await self._preview(question))
            case Count():
                answer = Answer(number, rewind=await self._count(question))
            case Move():
                self._ensure_allowed()
                moved = await self._move(question.parts)
                answer = Answer(number, moved=moved)
            case Prepare():
                answer = await self._prepare(question)
            case Publish():
                self._ensure_allowed()
                answer = await self._publish(question)
        await self._answers.say(answer)

    def _ensure_allowed(self) -> None:
        if not self._allowed:
            raise UsageError("nothing may be changed here", hint="start with --allow-changes")

    async def _anew(self) -> None:
        held, self._held = self._held, AsyncExitStack()
        self._rewinding = self._previewed = self._replay = None
        await held.aclose()

    # -- rewinding ----------------------------------------------------------------------------

    async def _preview(self, asked: Preview) -> Rewind:
        await self._anew()
        opened = open_rewinding(self._settings, asked.address)
        rewinding = self._rewinding = await self._held.enter_async_context(opened)
        self._previewed = await rewinding.preview(parse_time(asked.at, now=0))
        return self._previewed

    async def _count(self, asked: Count) -> Rewind:
        if self._rewinding is None or self._previewed is None:
            raise UsageError("nothing was previewed")
        looking, counting = Looking(), self._rewinding.count(self._previewed)
        beat = _Beat()
        async with aclosing(counting.steps()) as steps:
            async for step in steps:
                await looking.note(step)
                if beat.is_due():
                    await self._answers.say(Answer(asked.number, looked=_looked(looking)))
        return counting.rewind

    async def _move(self, parts: tuple[PartRewind, ...]) -> tuple[Moved, ...]:
        if self._rewinding is None or self._previewed is None:
            raise UsageError("nothing was previewed")
        rewind = replace(self._previewed, parts=parts)
        moved: list[Moved] = []
        # once begun it goes on to its end: half a rewind is none that anybody asked for
        await asyncio.shield(self._rewinding.carry_out(rewind, moved))
        return tuple(moved)

    # -- replaying ----------------------------------------------------------------------------

    async def _prepare(self, asked: Prepare) -> Answer:
        await self._anew()
        wish = asked.wish
        onto, pace, keeps = (
            parse_onto(wish.onto),
            parse_pace(wish.pace),
            parse_filters(wish.filters),
        )
        held, settings = self._held, self._settings
        history = await held.enter_async_context(open_history(settings, wish.address, wish.places))
        decoding = await held.enter_async_context(Decoding(settings))
        start, end = await _stretch(history, wish)
        moments = (parse_time(at, now=0) for at in (wish.start, wish.end) if isinstance(at, str))
        doubts = tuple(filter(None, dict.fromkeys(map(history.doubt, moments))))
        context = parse_address(wish.address).context or settings.context
        wanted = Wanted(start, end, keeps, wish.limit, onto, pace, context, doubts=doubts)
        self._replay = replay = Replay(settings, history, decoding.reader, wanted)
        await self._told(asked.number, replay, replay.planned())
        return Answer(asked.number, replayed=replay.told(is_over=True))

    async def _publish(self, asked: Publish) -> Answer:
        replay, interrupted = self._replay, False
        if replay is None or replay.plan is None:
            raise UsageError("nothing was prepared")
        try:
            await self._told(asked.number, replay, replay.carried_out())
        except asyncio.CancelledError:
            if asked.number not in self._left:
                raise
            interrupted = True
            if task := asyncio.current_task():
                task.uncancel()
        return Answer(asked.number, replayed=replay.told(interrupted=interrupted, is_over=True))

    async def _told(self, number: int, replay: Replay, steps: AsyncGenerator[None, None]) -> None:
        beat = _Beat()
        async with aclosing(steps):
            async for _ in steps:
                if beat.is_due():
                    await self._answers.say(Answer(number, replayed=replay.told()))


class _Beat:
    """Whether it is time to say something again."""

    def __init__(self) -> None:
        self._said = asyncio.get_running_loop().time()

    def is_due(self) -> bool:
        """Whether it is, which it then is not again for a while."""
        now = asyncio.get_running_loop().time()
        if now - self._said < BEAT:
            return False
        self._said = now
        return True


async def _stretch(history: History, wish: ReplayWish) -> tuple[Positions, Positions]:
    """Where a replay begins and ends."""
    start, end = wish.start, wish.end
    if isinstance(start, str):
        start = await history.at(parse_time(start, now=0))
    if isinstance(end, str):
        end = await history.at(parse_time(end, now=0))
    if wish.ends_with:
        end = (await history.page_after(end, 1)).end
    return start, end


def _looked(looking: Looking) -> Looked:
    return Looked(
        scanned=looking.scanned,
        size=looking.size,
        rate=looking.rate,
        left=looking.left,
        done=looking.done,
        time=looking.time,
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
    changing = Changing(first, answers)
    Commands[Command](decode_command, changing.obey).start()
    # what the first question needs, and takes half a second to import
    await asyncio.to_thread(_import_sources)
    try:
        # ended by the end of the commands
        await asyncio.Event().wait()
    finally:
        await answers.close()
        await changing.close()


def _import_sources() -> None:
    import arcwatch.sources.pulsar.history  # noqa: F401 - for its modules, which stay loaded


if __name__ == "__main__":
    run(answer)
