"""A history made by hand, and a reader of it that waits, fails or goes on as it is told to."""

import asyncio
import json
import math
from bisect import bisect_left
from functools import partial
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from arcwatch.errors import NotThereError
from arcwatch.filters.filter import parse_filters
from arcwatch.history.decoding import ValueDecoder
from arcwatch.history.key_state import State
from arcwatch.history.message_file import MessageFile
from arcwatch.model.history import Extent, Opened, Page, ScanUpdate, Stretch
from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.notation.times import Earliest, Instant, Latest, PulsarPosition, parse_time
from arcwatch.processes.history_protocol import (
    CheckDates,
    Find,
    FindExtent,
    FindState,
    Locate,
    LookUp,
    ReadPage,
    RenewNotes,
    Write,
)

NOW = 1_763_200_200 * 10**9
TOPIC = "pulsar:arc/agents/task-events"
BEAT = 7_000_000
"""Nanoseconds between two messages."""


def stored(number, body=None, **more):
    """What one of nine agents did, in one of four partitions; event times run backwards."""
    state = ("started", "done", "failed")[number % 7 % 3]
    said = {"seq": number, "state": state, "agent": {"tools": ["search", "browse"]}}
    body = json.dumps(said).encode() if body is None else body
    at = NOW + number * BEAT
    fields = {
        "partition": number % 4,
        "key": f"agent-{number % 9:02}",
        "id": f"12:{number}:{number % 4}",
        "publish_time": at,
        "event_time": NOW - number * BEAT,
        "producer": "arc-1-22",
    } | more
    address = f"{TOPIC}-partition-{number % 4}"
    return Message("pulsar", address, at, len(body), body, **fields)


class Shelf:
    """Messages whose positions are their numbers.

    Attributes:
        asked: Every page that was asked for: the way, where, and how many.
        tasks: Every search, file or state that was asked for.
        error: Raised in place of every answer, if it is set.
        gate: Answers wait until it is set, as it is at first.
        tiered: So many messages lie in tiered storage.
        doubts: What is said of the dates next to every time.
        due_at: When every message is due.
        origin: The cluster that every message was replicated from.
        notes: What is said of everything now.
        odd_dates: What is said of those that a timeline is made of.
        steps: So many steps of a search, or of a file, are done before it waits.
    """

    def __init__(self, messages):
        self.messages, self.asked, self.error = list(messages), [], None
        self.gate, self.steps = asyncio.Event(), asyncio.Semaphore(1_000_000)
        self.gate.set()
        self.is_closed, self.tiered, self.doubts, self.tasks = False, 0, "", []
        self.odd_dates, self.due_at, self.origin, self.notes = "", None, "", ()

    async def answer(self):
        await self.gate.wait()
        if self.error:
            raise self.error

    async def open(self, address):
        self.asked.append(("open", address))
        await self.answer()
        return Opened(tuple(f"{address}-partition-{n}" for n in range(4)))

    async def ask(self, request):
        match request:
            case CheckDates():
                return self.doubts
            case RenewNotes():
                return self.notes
            case LookUp(messages):
                return tuple((self.due_at, self.origin) for _ in messages)
            case Locate(at, after):
                return await self._locate(at, after)
            case ReadPage():
                return await self._page(request)
            case FindExtent(window):
                return await self.extent(window)
        raise AssertionError(request)

    async def _locate(self, at, after):
        self.asked.append(("locate", at))
        await self.answer()
        match parse_time(at, now=0):
            case Earliest():
                return ((0,),)
            case Latest():
                return ((len(self.messages),),)
            case Instant(ns):
                times = [message.publish_time for message in self.messages]
                return ((bisect_left(times, ns),),)
            case PulsarPosition(ledger, entry):
                if ledger != 12:
                    raise NotThereError("no such message", where=at, why="its ledger is gone")
                return ((entry + after,),)

    async def _page(self, asked):
        ((at,),), limit, until, back = asked.positions, asked.limit, asked.until, asked.back
        self.asked.append(("back" if back else "on", at, limit))
        await self.answer()
        least = until[0][0] if until and back else 0
        most = until[0][0] if until and not back else len(self.messages)
        start, end = (max(at - limit, least), at) if back else (at, min(at + limit, most))
        start = min(start, end)
        found = tuple(self.messages[start:end])
        first = start == 0 if back else at == 0
        last = not back and end == len(self.messages)
        return Page(found, ((start,),), ((max(start, end),),), first, last)

    def task(self, request):
        self.tasks.append(self._begun(request))
        return self.tasks[-1]

    def _begun(self, request):
        match request:
            case Find():
                return self._find(request.start, request.end, request.filters, request.limit)
            case Write():
                start, end = request.start[0][0], request.end[0][0]
                return Writing(self, start, end, Path(request.path), request.replace)
            case FindState(at, since, filters, _, path):
                self.asked.append(("state", since, at, filters))
                path = Path(path) if path else None
                return Folding(self, at[0][0], since and since[0][0], parse_filters(filters), path)
        raise AssertionError(request)

    def _find(self, start, end, filters, limit):
        self.asked.append(("find", start, end, filters))
        first = start[0][0] if start else 0
        last = end[0][0] if end else len(self.messages)
        return Scan(self, first, last, parse_filters(filters), limit)

    async def extent(self, window):
        self.asked.append(("extent", window))
        await self.answer()
        times = [message.publish_time for message in self.messages]
        some = times[:: max(len(times) // 48, 1)]
        stretches = [
            Stretch(one, other, bisect_left(times, other) - bisect_left(times, one))
            for one, other in pairwise([*some, times[-1] + 1])
        ]
        first, last = times[0], times[-1]
        tiered = times[min(self.tiered, len(times) - 1)] if self.tiered else 0
        stretches = [replace(each, offloaded=each.end <= tiered) for each in stretches]
        edge = "retention 7d 00h"
        extent = Extent(tuple(stretches), len(times), 44_000, False, first, last, edge, 48)
        return replace(extent, doubt=self.odd_dates)

    async def close(self):
        self.is_closed = True


class Scan:
    """Looks at a hundred messages at a time."""

    def __init__(self, shelf, first, last, wanted, limit):
        self.shelf, self.first, self.last, self.wanted = shelf, first, last, wanted
        self.limit, self.held = limit or math.inf, []

    def hold(self, held):
        self.held.append(held)

    async def steps(self):
        found = 0
        for at in range(self.first, self.last, 100):
            await self.shelf.steps.acquire()
            await self.shelf.answer()
            some = self.shelf.messages[at : min(at + 100, self.last)]
            verdicts = self.wanted.sift([(m, partial(ValueDecoder().read, m)) for m in some])
            kept = [m for m, verdict in zip(some, verdicts, strict=True) if verdict is True]
            kept = kept[: int(min(self.limit - found, len(kept)))]
            found += len(kept)
            done = (at + len(some) - self.first) / (self.last - self.first)
            limited = found >= self.limit
            yield ScanUpdate(
                encode_messages(kept),
                len(kept),
                scanned=at + len(some) - self.first,
                found=found,
                rate=150_000.0,
                left=12.0,
                done=done,
                is_limited=limited,
                is_over=limited or done >= 1,
            )
            if limited:
                return


class Folding:
    """Folds a hundred messages at a time."""

    def __init__(self, shelf, end, start, wanted, path):
        self.shelf, self.end, self.start, self.wanted = shelf, end, start, wanted
        self.path, self.held = path, []

    def hold(self, held):
        self.held.append(held)

    async def steps(self):
        before, after = State(), State()
        for at in range(0, self.end, 100):
            await self.shelf.steps.acquire()
            await self.shelf.answer()
            for number in range(at, min(at + 100, self.end)):
                if number == self.start:
                    before = after.copy()
                after.update((self.shelf.messages[number],))
            yield ScanUpdate(scanned=at, rate=150_000.0, left=12.0, done=at / self.end)
        found = list(self._rows(before, after))
        kept = [each for each in found if self.wanted.sift([_read(each[1][-1])]) == [True]]
        messages = [message for _, some in kept for message in some]
        if self.path:
            self.path.write_text("".join(f"{kind}\n" for kind, _ in kept))
        kinds, scanned = tuple(kind for kind, _ in kept), self.end
        yield ScanUpdate(encode_messages(messages), len(messages), scanned=scanned, kinds=kinds)
        note = "a stream keeps 1 of a subject"
        yield ScanUpdate(scanned=scanned, found=len(kept), is_over=True, keyless=2, note=note)

    def _rows(self, before, after):
        for identity in sorted(after.last.keys() | before.last.keys()):
            old, new = before.last.get(identity), after.last.get(identity)
            pair = [each for each in (old, new) if each]
            if self.start is None or old is None:
                yield "added", [new]
            elif old.id != new.id:
                yield ("removed", [old]) if not new.body else ("changed", pair)


def _read(message):
    return message, partial(ValueDecoder().read, message)


class Writing:
    """Writes a hundred messages at a time."""

    def __init__(self, shelf, first, last, path, replace):
        self.shelf, self.first, self.last = shelf, first, last
        self.path, self.replace = path, replace

    def hold(self, held):
        raise AssertionError("nobody pauses this")

    async def steps(self):
        values = ValueDecoder()
        with MessageFile(self.path, replace=self.replace) as file:
            for at in range(self.first, self.last, 100):
                await self.shelf.steps.acquire()
                for message in self.shelf.messages[at : min(at + 100, self.last)]:
                    file.write(message, values.read(message))
                done = (file.written) / (self.last - self.first)
                yield ScanUpdate(scanned=file.written, rate=90_000.0, left=3.0, done=done)
        yield ScanUpdate(scanned=file.written, found=file.written, done=1.0, is_over=True)


def number_of(message):
    return json.loads(message.body)["seq"]
