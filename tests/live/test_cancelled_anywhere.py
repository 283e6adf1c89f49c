"""Whatever is cancelled at any step ends soon, and leaves no task, connection or process behind."""

import asyncio
import os
import time
import uuid
from contextlib import aclosing

import nats
import pytest

from arcwatch.changes.probe import measure, probe_for
from arcwatch.commands.dashboard import showing
from arcwatch.config import appearance
from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.filters.filter import parse_filters
from arcwatch.history.decoding import ValueDecoder
from arcwatch.history.open import open_history
from arcwatch.history.search import Search
from arcwatch.model.tail import TailOptions
from arcwatch.notation.times import parse_time
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import Find, Locate, ReadPage
from arcwatch.processes.probe_client import LiveProbe
from arcwatch.processes.tail_client import TailProcess
from arcwatch.sources.connections import Servers
from arcwatch.sources.tail import Tail
from arcwatch.store.store import Store
from arcwatch.ui.app import Arcwatch
from arcwatch.ui.entries import handle
from tests.interrupted import ENDS, at_step, ends_when_cancelled, left, opened

COUNT = 300


@pytest.fixture(scope="module")
def settings(stack):
    places = {"nats": stack.nats, "nats_monitor": stack.nats_monitor, "pulsar": stack.pulsar}
    nobody = {"ARCWATCH_CONFIG": os.devnull}
    return load({**places, "pulsar_admin": stack.pulsar_admin}, environ=nobody)


@pytest.fixture(scope="module")
def topic(namespace, pulsar_client):
    """A topic of some messages."""
    topic = f"{namespace}/{uuid.uuid4().hex[:8]}"
    producer = pulsar_client.create_producer(f"persistent://{topic}")
    for number in range(COUNT):
        producer.send_async(b'{"n": %d}' % number, None)
    producer.flush()
    return f"pulsar:{topic}"


@pytest.fixture(scope="module")
def stream(settings):
    """A stream of some messages."""
    name = f"CANCEL{uuid.uuid4().hex[:8]}"

    async def filled():
        client = await nats.connect(settings.nats)
        await client.jetstream().add_stream(name=name, subjects=[f"{name}.*"], allow_direct=True)
        for number in range(COUNT):
            await client.jetstream().publish(f"{name}.a", b'{"n": %d}' % number)
        await client.close()

    async def deleted():
        client = await nats.connect(settings.nats)
        await client.jetstream().delete_stream(name)
        await client.close()

    asyncio.run(filled())
    yield f"js:{name}"
    asyncio.run(deleted())


def tail(kind):
    async def follow(settings, stream, topic):
        options = TailOptions(("nats:>", stream, topic), since="earliest")
        async with kind(settings, options) as tail:
            async for _ in tail.frames():
                pass

    return follow


def page_by_page(address):
    async def read(settings, **addresses):
        async with open_history(settings, addresses[address]) as history:
            end = await history.latest()
            while True:
                page = await history.page_at(parse_time("earliest", time.time_ns()), 100)
                await history.page_after(page.end, 100)
                await history.page_before(end, 100)
                await history.extent()

    return read


def search(address):
    async def look(settings, **addresses):
        wanted = parse_filters([".n > 100"])
        values = ValueDecoder()

        async def read(message):
            return lambda: values.read(message)

        async with open_history(settings, addresses[address]) as history:
            start, end = await history.earliest(), await history.latest()
            while True:
                async with aclosing(Search(history, wanted, read, start, end).hits()) as hits:
                    async for _ in hits:
                        pass

    return look


async def history_in_a_process(settings, stream, topic):
    process = HistoryProcess(settings)
    try:
        while True:
            for address in (stream, topic):
                await process.open(address)
                start = await process.ask(Locate("earliest"))
                await process.ask(ReadPage(start, 100))
                async for _ in process.task(Find(None, None, (".n > 100",), None)).steps():
                    pass
    finally:
        await process.close()


def probe(path):
    async def send(settings, stream, topic):
        servers = Servers(settings)
        try:
            namespace = topic.removeprefix("pulsar:").rpartition("/")[0]
            way = await probe_for(servers, path, namespace, 64)
            await measure(way, rate=500, size=64, seconds=60, found=[])
        finally:
            await servers.close()

    return send


async def probe_in_a_process(settings, stream, topic):
    live = LiveProbe(settings, lambda reading: None)
    await live.run(live.planned("200 100 nats-request"))


async def engine(settings, stream, topic):
    await Engine(settings, Store(), refresh=0.02).run()


async def quit_at(step, settings, *commands, within=1.5):
    """Quit a dashboard, on which these commands were given, after so many steps."""
    look = appearance.load({}, {})
    app = Arcwatch(lambda: showing(settings, look, None))
    running = asyncio.create_task(app.run_async(headless=True, size=(130, 36)))
    begun = asyncio.Event()

    def leave():
        if not begun.is_set():
            begun.set()
            app.exit()

    with at_step(step, leave):
        for command in commands:
            while not app.is_whole and not running.done():  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            if not begun.is_set():
                handle(command, app)
        asyncio.get_running_loop().call_later(within, leave)
        await begun.wait()
    async with asyncio.timeout(ENDS):
        await running
    assert app.crash is None


HERE = {
    "tail": tail(Tail),
    "pages of a stream": page_by_page("stream"),
    "pages of a topic": page_by_page("topic"),
    "search of a stream": search("stream"),
    "search of a topic": search("topic"),
    "probe of NATS": probe("nats-request"),
    "probe of Pulsar": probe("pulsar"),
    "engine": engine,
}

IN_A_PROCESS = {
    "tail": tail(TailProcess),
    "history": history_in_a_process,
    "probe": probe_in_a_process,
}


async def cancelled_everywhere(work, steps, settings, stream, topic):
    """Cancel it at each of these steps, and see what it leaves."""
    # what stays for as long as Python runs, such as the thread of a log, begins here
    before, about = opened(), {"settings": settings, "stream": stream, "topic": topic}
    assert await ends_when_cancelled(work(**about), 1_000, within=2.0)
    await left(before, 1.0)
    for step in steps:
        before = opened()
        ended = await ends_when_cancelled(work(**about), step, within=1.0)
        assert ended, f"goes on, cancelled at step {step}"
        assert await left(before) == set(), f"left by what was cancelled at step {step}"


@pytest.mark.parametrize("name", HERE)
async def test_it_ends_and_leaves_nothing(name, settings, stream, topic):
    steps = (1, 2, 3, 5, 9, 16, 31, 60, 110, 200)
    await cancelled_everywhere(HERE[name], steps, settings, stream, topic)


@pytest.mark.parametrize("name", IN_A_PROCESS)
async def test_it_ends_with_its_process(name, settings, stream, topic):
    await cancelled_everywhere(IN_A_PROCESS[name], (1, 2, 5, 9, 20), settings, stream, topic)


async def left_by_dashboards(steps, settings, *commands):
    for step in steps:
        before = opened()
        await quit_at(step, settings, *commands)
        assert await left(before) == set(), f"left by a dashboard that was quit at step {step}"


async def test_a_dashboard_that_is_quit_leaves_nothing(settings, stream):
    await quit_at(700, settings)
    await left_by_dashboards((1, 200, 700), settings)
    await left_by_dashboards((2_500,), settings, "tail nats:>", f"history {stream}")


@pytest.mark.slow
async def test_a_dashboard_can_be_quit_at_every_step(settings, stream, topic):
    await quit_at(700, settings)
    await left_by_dashboards(range(1, 5_000, 130), settings)
    for commands in (["tail nats:>", f"tail {topic}"], [f"history {stream}"], [f"history {topic}"]):
        await left_by_dashboards(range(1_500, 6_000, 260), settings, *commands)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*HERE])
async def test_it_ends_at_every_step(name, settings, stream, topic):
    await cancelled_everywhere(HERE[name], range(1, 400, 3), settings, stream, topic)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*IN_A_PROCESS])
async def test_it_ends_with_its_process_at_every_step(name, settings, stream, topic):
    await cancelled_everywhere(IN_A_PROCESS[name], range(1, 60), settings, stream, topic)
