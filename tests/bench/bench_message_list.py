"""What looking at a hundred thousand messages costs: a frame, a filter, and the memory."""

import gc
import json
import statistics
import time
from contextlib import contextmanager

import psutil
import pytest

from arcwatch.filters.filter import parse_filters
from arcwatch.history.decoding import ValueDecoder
from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.store.messages.matches import Matches
from arcwatch.store.messages.ring import MessageRing
from tests.bench.painted import painted
from tests.ui.tailed import BEATS, EVENTS, Tailed, mixed

KEPT = 100_000
ROUNDS = 15
STEP = 10_000
"""Messages between two frames of a tail of 100,000 a second."""

FILTERS = ("agent-42 done", "/agent-4[2-4]/", '.value.state == "done"', ".key == null")


def message(number):
    said = {"task": f"t-{number}", "state": ("done", "failed")[number % 2], "ms": number % 977}
    body = json.dumps(said | {"agent": f"agent-{number % 97:02}"}).encode()
    subject = f"arc.agents.a{number % 50}.events"
    return Message("nats", f"nats:{subject}", number, len(body), body, subject=subject)


def filled(ring):
    while ring.end < KEPT:
        ring.append(encode_messages([message(n) for n in range(ring.end, ring.end + 1_000)]), 1_000)
    return ring


@contextmanager
def timed(costs):
    began = time.process_time()
    yield
    costs.append((time.process_time() - began) * 1000)


def frame(tailed, costs):
    """Milliseconds of CPU from a look at what has come to bytes for the terminal."""
    app, view = tailed.app, tailed.view
    with timed(costs):
        app.frame()
        painted(app, view.list)


@pytest.mark.bench
async def test_a_frame_of_a_flood(capsys):
    flood = mixed(STEP)
    async with Tailed(BEATS, EVENTS).running(size=(160, 50)) as tailed:
        changed, same, pure = [], [], []
        for _ in range(ROUNDS):
            tailed.bring(flood)
            frame(tailed, changed)
            await tailed.pilot.pause()
        for _ in range(ROUNDS):
            frame(tailed, same)
        tailed.view.list.show(tailed.view.messages, version="the same")
        for _ in range(ROUNDS):
            with timed(pure):
                tailed.view.list.show(tailed.view.messages, version="the same")
    with capsys.disabled():
        print(f"\n{STEP:,} more messages between two frames, 160x50")  # noqa: T201 - a bench
        print(report("a frame", changed))  # noqa: T201
        print(report("nothing new", same))  # noqa: T201
        print(report("of that the list", pure))  # noqa: T201


@pytest.mark.bench
def test_filters_over_all_that_is_kept(capsys):
    ring, values = filled(MessageRing()), ValueDecoder()
    lines = [f"\nfilters over {KEPT:,} messages of {ring.bytes / KEPT:.0f} B, in steps"]
    for text in FILTERS:
        wanted = parse_filters([text])

        def sift(messages, wanted=wanted):
            return wanted.sift([(m, lambda m=m: values.read(m)) for m in messages])

        matches, steps = Matches(ring, sift), []
        began = time.perf_counter()
        while matches.behind:
            stepped = time.perf_counter()
            matches.step()
            steps.append((time.perf_counter() - stepped) * 1000)
        took = time.perf_counter() - began
        lines.append(
            f"  {text:24} {took:5.2f} s, longest step {max(steps):5.1f} ms,"
            f" {matches.matched:,} match"
        )
    with capsys.disabled():
        print(*lines, sep="\n")  # noqa: T201 - a bench


@pytest.mark.bench
def test_memory_beside_the_bytes(capsys):
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    ring = filled(MessageRing())
    more = process.memory_info().rss - before
    with capsys.disabled():
        print(  # noqa: T201 - a bench
            f"\n{KEPT:,} messages kept: {ring.bytes / 1e6:.1f} MB as they came,"
            f" {more / 1e6:.1f} MB of memory"
        )


def report(what, costs):
    return f"  {what:17} median {statistics.median(costs):6.2f} ms, slowest {max(costs):6.2f} ms"
