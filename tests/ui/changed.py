"""Whoever rewinds and replays, made by hand: it notes what it is asked, and waits as it is told."""

import asyncio

from msgspec.structs import replace

from arcwatch.errors import NotThereError
from arcwatch.model.history import ScanUpdate
from arcwatch.model.pulsar_opened import Consumer
from arcwatch.model.replay import Plan, ReplayUpdate
from arcwatch.model.rewind import Amount, Moved, PartRewind, Rewind
from arcwatch.processes.changes_protocol import (
    Counted,
    CountRewind,
    MoveSubscription,
    PlanReplay,
    PreviewRewind,
    PublishReplay,
)
from tests.session.shelf import TOPIC
from tests.ui.browsed import Browsed
from tests.ui.filled import notes_on, words_on

WORKER = Consumer(
    "worker-1", "10.0.3.7:51200", 0.0, "3.3.0", 1_200, 4_000, 3, 997, False, 0.0, None, None
)


def amount(entries):
    return Amount(entries, 10.0 * entries, 420 * entries)


def part(number, now, then, **more):
    """Partition ``number``, moved within ledger 12; ten messages an entry."""
    entries = abs(now - then)
    way = "back" if then < now else "forward" if then > now else "none"
    beyond = more.pop("out_of_order", 0)
    fields = {
        "direction": way,
        "passed": amount(entries),
        "redelivered": amount((entries if way == "back" else 0) + beyond),
        "skipped": amount(entries if way == "forward" else 0),
        "exact": False,
        "backlog": 500 - now,
        "backlog_then": 500 - then,
        "consumers": (WORKER,),
    } | more
    name = f"persistent://arc/agents/task-events-partition-{number}"
    return PartRewind(f"{TOPIC}-partition-{number}", name, (12, now), (12, then), **fields)


PARTS = (
    part(0, 480, 120),
    part(1, 471, 118, out_of_order=4),
    part(2, 40, 117),
    part(3, 119, 119),
)


def fewer(part):
    """What was counted: a little less than was estimated."""
    name = "skipped" if part.direction == "forward" else "redelivered"
    return {name: replace(part.main, messages=part.main.messages - 7)}


class Hands:
    """Does nothing, and says that it did.

    Attributes:
        asked: What was wanted, in order.
        gate: Answers wait until it is set, as it is at first.
        refused: Partitions that the broker will not move.
        backlog_after: Of a part that was moved.
        acknowledged: Of the first messages that are published; None where nobody says.
        failure: Raised once something was published, or instead of a move.
        doubt: What is odd about the dates next to the moment.
        plan_of: What a replay would do.
    """

    def __init__(self):
        self.asked, self.gate, self.refused = [], asyncio.Event(), ()
        self.doubt = ""
        self.gate.set()
        self.is_closed = False
        self.plan_of = Plan(
            {"nats:replay.orders": 2_500}, {}, 0, 96_000, 1_763_200_200 * 10**9, None, 17.4, ()
        )
        self.left = asyncio.Event()
        self.failure = None
        self.acknowledged = 940
        self.backlog_after = lambda part: part.backlog_then

    async def start(self):
        self.asked.append("start")

    async def ask(self, request):
        match request:
            case PreviewRewind(address, at):
                return await self._preview(address, at)
            case MoveSubscription(parts):
                return await self._move(parts)
        raise AssertionError(request)

    def task(self, request):
        match request:
            case CountRewind():
                return Steps(self, self._count())
            case PlanReplay(wish):
                return Steps(self, self._plan(wish))
            case PublishReplay():
                return Steps(self, self._publish())
        raise AssertionError(request)

    async def _preview(self, address, at):
        self.asked.append(("preview", address, at))
        await self.gate.wait()
        if not address.endswith("#billing"):
            raise NotThereError("no such subscription", where=address, hint="there are billing")
        return Rewind(address, "billing", PARTS, doubt=self.doubt)

    async def _count(self):
        self.asked.append("count")
        looked = ScanUpdate(scanned=1_200, rate=240_000.0, left=4.0, done=0.25)
        yield Counted(looked)
        await self.gate.wait()
        exact = tuple(replace(each, **fewer(each), exact=True) for each in PARTS[:3])
        parts = (*exact, replace(PARTS[3], exact=True))
        yield Counted(looked, Rewind(f"{TOPIC}#billing", "billing", parts))

    async def _move(self, parts):
        self.asked.append(("move", [(each.now, each.then) for each in parts]))
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return tuple(
            Moved(each, None, None, "the cursor was not moved: HTTP 412")
            if number in self.refused
            else Moved(each, each.then, self.backlog_after(each))
            for number, each in enumerate(parts)
        )

    async def _plan(self, wish):
        self.asked.append(wish)
        yield ReplayUpdate(1_000, 0.4, 50_000.0, 2.0)
        await self.gate.wait()
        yield ReplayUpdate(2_500, 1.0, 50_000.0, 0.0, self.plan_of, is_over=True)

    async def _publish(self):
        self.asked.append("publish")
        yield ReplayUpdate(1_000, 0.4, 500.0, 3.0, self.plan_of, 1_000, self.acknowledged)
        if self.failure:
            raise self.failure
        gate, left = (asyncio.create_task(each.wait()) for each in (self.gate, self.left))
        await asyncio.wait((gate, left), return_when=asyncio.FIRST_COMPLETED)
        for each in (gate, left):
            each.cancel()
        done = 1_000 if self.left.is_set() else 2_500
        yield ReplayUpdate(
            done, 1.0, 500.0, 0.0, self.plan_of, done, done, interrupted=done < 2_500, is_over=True
        )

    async def close(self):
        self.is_closed = True


class Steps:
    """One request that takes a while."""

    def __init__(self, hands, steps):
        self._hands, self._steps = hands, steps

    def steps(self):
        return self._steps

    def hold(self, held):
        self._hands.asked.append(("hold", held))

    def finish(self):
        self._hands.left.set()


class Changed(Browsed):
    """A history, and whoever rewinds and replays what it is of."""

    def __init__(self, *, allowed=True):
        self.hands = Hands()
        shown = {"open_changer": lambda: self.hands, "changes_allowed": allowed}
        super().__init__(shown=shown)

    async def answer(self, text):
        self.app.focused.value = text
        await self.pilot.press("enter")
        return await self.shown()

    async def shown(self):
        for worker in [each for each in self.app.workers if each.group == "change"]:
            await worker.wait()
        return await self.now()

    async def now(self):
        await self.pilot.pause()
        self.app.screen.draw()
        await self.pilot.pause()
        return "\n".join(words_on(self.app))

    async def says(self, words):
        """Wait until the screen does."""
        while words not in await self.now():
            pass

    def notices(self):
        return notes_on(self.app)
