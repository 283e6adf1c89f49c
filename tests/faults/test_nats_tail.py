"""Tails of a NATS server that dies, freezes or restarts, held against a ledger of what was sent."""

import asyncio
import json
import os
import re
import time
import uuid
from contextlib import aclosing

import nats.errors
import pytest

from arcwatch.config.settings import load
from arcwatch.model.tail import TailOptions
from arcwatch.notation.times import parse_time
from arcwatch.sources.tail import Tail

from .conftest import BOUND

FAULTS = ("killed", "frozen", "restarted")
RATE = 200


class Ledger:
    """Numbers that are published one after the other, and when each was."""

    def __init__(self):
        self.sent = {}
        self._reached, self._awaited = asyncio.Event(), None

    def add(self, number):
        self.sent[number] = time.time()
        if self._awaited is not None and len(self.sent) >= self._awaited:
            self._reached.set()

    async def grows_by(self, count):
        """Wait until so many more were sent."""
        self._reached.clear()
        self._awaited = len(self.sent) + count
        async with asyncio.timeout(60):
            await self._reached.wait()


async def publish_core(bus, subject, ledger):
    """What there is no connection for is not sent, and not in the ledger."""
    number = 0
    while not bus.ended:
        await asyncio.sleep(1 / RATE)
        if bus.is_connected:
            try:
                await bus.publish(subject, b"%d" % number)
            except nats.errors.Error:
                continue
            ledger.add(number)
            number += 1


async def publish_stored(bus, subject, ledger):
    """Each number until the stream has it; the stream drops what it has already."""
    number, stream = 0, bus.jetstream(timeout=0.5)
    while not bus.ended:
        await asyncio.sleep(1 / RATE)
        try:
            await stream.publish(subject, b"%d" % number, headers={"Nats-Msg-Id": str(number)})
        except (TimeoutError, nats.errors.Error):
            continue
        ledger.add(number)
        number += 1


@pytest.fixture
async def publishing(bus):
    """Starts a publisher beside the test: ``publishing(publish_core, subject)`` is its ledger."""
    tasks, bus.ended = [], False

    def start(how, subject):
        ledger = Ledger()
        tasks.append(asyncio.create_task(how(bus, subject, ledger)))
        return ledger

    yield start
    bus.ended = True
    await asyncio.wait(tasks)


async def numbers_until(tail, wanted):
    """The records of a tail up to the one whose value is ``wanted`` or more."""
    records = []
    while not records or int(records[-1]["value"]) < wanted:
        line = await tail.line()
        assert line, tail.said
        records.append(json.loads(line))
    return records


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_tail_of_core_nats_misses_only_what_it_says(fault, server, bus, verb, publishing):
    subject = f"core.{uuid.uuid4().hex[:8]}"
    ledger = publishing(publish_core, subject)
    tail = await verb("tail", f"nats:{subject}", "--json", "--mode", "full", *server.flags)
    seen = await numbers_until(tail, 0)
    seen += await numbers_until(tail, int(seen[-1]["value"]) + 100)
    await server.suffer(fault)
    if fault != "frozen":
        gap = await tail.says("reconnected")
    await ledger.grows_by(100)
    seen += await numbers_until(tail, max(ledger.sent))
    code, rest = await tail.interrupt()
    seen += map(json.loads, rest.splitlines())
    assert code == 0
    numbers = [int(record["value"]) for record in seen]
    assert numbers == sorted(set(numbers))
    missing = [n for n in range(numbers[0], numbers[-1]) if n not in set(numbers)]
    if fault == "frozen":
        assert missing == []
        assert "gaps" not in tail.said[-1]
        return
    begin, end = moments(gap)
    # the client library sends what it was given a moment later
    assert all(begin - 0.5 <= ledger.sent[n] <= end for n in missing)
    assert "gaps 1" in tail.said[-1]
    # what was sent around the gap bounds it
    assert end - begin < ledger.sent[numbers[-1]] - ledger.sent[numbers[0]]


def moments(text):
    """The first and the last moment that a line names, as seconds since the epoch."""
    now = time.time_ns()
    found = [parse_time(t, now).ns / 1e9 for t in re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", text)]
    return found[0], found[1]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_tail_of_a_stream_sees_every_message_once(fault, server, bus, verb, publishing):
    name = f"S{uuid.uuid4().hex[:8]}"
    await bus.jetstream().add_stream(name=name, subjects=[name])
    ledger = publishing(publish_stored, name)
    tail = await verb("tail", f"js:{name}", "--json", *server.flags, "--since", "earliest")
    seen = await numbers_until(tail, 100)
    await server.suffer(fault)
    await ledger.grows_by(100)
    seen += await numbers_until(tail, max(ledger.sent))
    code, rest = await tail.interrupt()
    seen += map(json.loads, rest.splitlines())
    assert code == 0
    assert [int(record["value"]) for record in seen] == [*range(len(seen))]
    assert [record["id"] for record in seen] == [f"#{n + 1}" for n in range(len(seen))]


async def test_ctrl_c_into_a_full_pipe_cuts_no_line(server, bus, verb):
    name = f"S{uuid.uuid4().hex[:8]}"
    stream = bus.jetstream()
    await stream.add_stream(name=name, subjects=[name])
    # what is read at once does not fit into a pipe
    await asyncio.gather(*(stream.publish(name, b"%d" % n) for n in range(1_000)))
    tail = await verb("tail", f"js:{name}", "--json", "--since", "earliest", *server.flags)
    first = await tail.line()
    code, rest = await tail.interrupt()
    shown = [json.loads(line) for line in [first, *rest.splitlines()]]
    assert code == 0
    assert [record["id"] for record in shown] == [f"#{n + 1}" for n in range(len(shown))]
    assert f"shown {len(shown):,}," in tail.said[-1]


async def test_a_stream_that_was_followed_is_reconnected_though_it_had_no_message(server, bus):
    await bus.jetstream().add_stream(name="EMPTY", subjects=["empty"])
    places = {"nats": server.url, "nats_monitor": server.monitor, "pulsar": "off"}
    settings = load(places, environ={"ARCWATCH_CONFIG": os.devnull})
    options = TailOptions(("js:EMPTY",), since="earliest")
    states = []
    async with Tail(settings, options) as tail, aclosing(tail.frames()) as frames:
        async with asyncio.timeout(BOUND):
            async for frame in frames:
                state = frame.counts[0].state
                if state in states[-1:]:
                    continue
                states.append(state)
                if states == ["connecting", "following"]:
                    await asyncio.to_thread(server.kill)
                elif state == "reconnecting":
                    await asyncio.to_thread(server.start)
                elif states[-1] == "following":
                    break
    assert states == ["connecting", "following", "reconnecting", "following"]
