"""A helper process that dies is started again, says so meanwhile, and misses what it must alone."""

import asyncio
import contextlib
import os
import signal
import uuid

import nats
import pytest

from arcwatch.changes.probe_plan import ProbePlan
from arcwatch.errors import SourceError
from arcwatch.model.tail import TailOptions, decode_messages
from arcwatch.processes import child
from arcwatch.processes.changes_client import ChangesProcess
from arcwatch.processes.changes_protocol import PreviewRewind
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import Locate
from arcwatch.processes.probe_client import LiveProbe
from arcwatch.processes.tail_client import TailProcess
from arcwatch.session.tail import Tailing


class Read:
    """What a tail's process brought."""

    def __init__(self):
        self.bodies, self.counts, self.states = {}, {}, []
        self.failure = None

    async def read(self, tail):
        try:
            async for frame in tail.frames():
                for message in decode_messages(frame.messages):
                    self.bodies.setdefault(message.origin, []).append(message.body)
                self.counts = {each.origin: each for each in frame.counts}
                self.states.append({each.state for each in frame.counts})
                assert all(each.waiting == 0 or each.seen for each in frame.counts)
        except SourceError as error:
            self.failure = error


@contextlib.asynccontextmanager
async def reading(settings, *addresses, **options):
    found = Read()
    async with TailProcess(settings, TailOptions(addresses, **options)) as tail:
        task = asyncio.create_task(found.read(tail))
        try:
            yield tail, found
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_tail_goes_on_after_the_last_message_where_the_servers_keep_them(
    settings, pulsar_client, admin, namespace, until
):
    name = uuid.uuid4().hex[:8]
    client = await nats.connect(settings.nats)
    stream = client.jetstream()
    await stream.add_stream(name=f"DIES{name}", subjects=[f"dies.{name}.js"])
    admin.put(f"persistent/{namespace}/{name}/partitions", json=3).raise_for_status()
    producer = pulsar_client.create_producer(f"persistent://{namespace}/{name}")
    addresses = (f"nats:dies.{name}.core", f"js:DIES{name}", f"pulsar:{namespace}/{name}")
    sent = []

    async def send(count):
        for _ in range(count):
            body = b"%d" % len(sent)
            sent.append(body)
            await client.publish(f"dies.{name}.core", body)
            await stream.publish(f"dies.{name}.js", body)
            await asyncio.to_thread(producer.send, body)

    async with reading(settings, *addresses, "js:NONE") as (tail, found):

        def follows():
            states = [found.counts[n].state for n in range(3)] if len(found.counts) == 4 else []
            return states == ["following"] * 3

        def has_all():
            return all(sorted(found.bodies.get(n, ())) == sorted(sent) for n in (1, 2))

        try:
            await until(follows)
            # dies before it has brought anything, too
            for count in (0, 20, 30):
                await send(count)
                await until(has_all)
                os.kill(tail.pid, signal.SIGKILL)
                await send(5)
                await until(lambda: any("reconnecting" in states for states in found.states))
                await until(lambda: follows() and has_all())
                found.states.clear()
            await send(3)
            await until(lambda: has_all() and found.bodies[0][-1] == sent[-1])
            core, kept, topic, failed = (found.counts[n] for n in range(4))
        finally:
            await stream.delete_stream(f"DIES{name}")
            await client.close()
    for number in (1, 2):
        assert len(found.bodies[number]) == len(set(found.bodies[number])) == len(sent)
    assert [kept.seen, topic.seen] == [len(sent)] * 2
    assert [kept.gaps, topic.gaps] == [0, 0]
    assert core.seen - core.dropped_here == len(found.bodies[0]) <= len(sent)
    assert core.gaps == 3
    assert "messages sent between" in core.text
    assert failed.state == "failed"


async def test_rows_say_that_nothing_is_followed_while_the_process_is_away(
    settings, until, monkeypatch
):
    monkeypatch.setattr(child, "WAITS", (1.5,) * 5)
    feeds = []

    def opened(options):
        feeds.append(TailProcess(settings, options))
        return feeds[-1]

    tailing = Tailing(opened)
    running = asyncio.create_task(tailing.run())
    subject = f"dies.{uuid.uuid4().hex[:8]}"
    try:
        tailing.add(f"nats:{subject}")
        await until(lambda: tailing.counts[0].state == "following")
        os.kill(feeds[0].pid, signal.SIGKILL)
        await until(lambda: tailing.counts[0].state == "reconnecting")
        away = tailing.counts[0]
        assert "the tail process ended (killed by SIGKILL" in away.text
        assert tailing.rate(away.origin) != tailing.rate(away.origin)
        # what is wanted meanwhile is followed as well
        tailing.add(f"nats:{subject}.more")
        await until(lambda: [each.state for each in tailing.counts] == ["following"] * 2)
        await until(lambda: tailing.counts[0].gaps == 1)
        assert tailing.counts[1].gaps == 0
        assert tailing.failure is None
        # and that it was away is said among the messages
        rows = [tailing.kept.message(n) for n in range(tailing.kept.start, tailing.kept.end)]
        assert [(row.kind, row.address) for row in rows] == [
            ("lost", f"nats:{subject}"),
            ("back", f"nats:{subject}"),
        ]
        assert "the tail process ended" in rows[0].text
        assert rows[1].text.startswith("back after ")
        assert rows[1].at > rows[0].at
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_process_that_dies_again_and_again_is_given_up(settings, until, monkeypatch):
    monkeypatch.setattr(child, "WAITS", (0.01,) * 3)
    async with reading(settings, "nats:dies.at.once") as (tail, found):
        pids = set()
        while found.failure is None:
            if tail.pid and tail.pid not in pids:
                pids.add(tail.pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(tail.pid, signal.SIGKILL)
            await asyncio.sleep(0.01)
    assert len(pids) == 4
    assert "4 times in a row" in found.failure.why
    assert found.failure.hint


@pytest.mark.parametrize("kind", ["history", "changes"])
async def test_a_question_after_a_death_is_answered(
    settings, pulsar_client, namespace, kind, until
):
    name = f"{namespace}/{uuid.uuid4().hex[:8]}"
    pulsar_client.subscribe(f"persistent://{name}", "s").close()
    pulsar_client.create_producer(f"persistent://{name}").send(b"x")
    process = (
        HistoryProcess(settings) if kind == "history" else ChangesProcess(settings, allowed=False)
    )

    async def ask():
        if kind == "history":
            return await process.ask(Locate("earliest"))
        return await process.ask(PreviewRewind(f"pulsar:{name}#s", "earliest"))

    try:
        if kind == "history":
            await process.open(f"pulsar:{name}")
        first = await ask()
        os.kill(process.pid, signal.SIGKILL)
        await until(lambda: process.pid is None)
        again = await ask()
    finally:
        await process.close()
    if kind == "history":
        assert again == first
    else:
        assert again.parts == first.parts


async def test_a_probe_goes_on_and_says_that_its_figures_begin_anew(settings, until, monkeypatch):
    monkeypatch.setattr(child, "WAITS", (0.05,) * 5)
    started, readings = [], []

    class Noted(child.Child):
        async def start(self):
            await super().start()
            started.append(self.pid)

    monkeypatch.setattr(child, "Child", Noted)
    probe = LiveProbe(settings, readings.append)
    running = asyncio.create_task(probe.run(ProbePlan(("nats",))))
    try:
        await until(lambda: readings)
        os.kill(started[0], signal.SIGKILL)
        await until(lambda: len(started) == 2)
        readings.clear()
        await until(lambda: readings)
        assert probe.plan is not None
        assert "killed by SIGKILL" in probe.failures["probe"]
        assert "start over" in probe.failures["probe"]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert probe.plan is None
