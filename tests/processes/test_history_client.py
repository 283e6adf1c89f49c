"""The process that reads histories, asked over its pipes, on a real server."""

import asyncio
import csv
import json
import os
import signal
import uuid

import nats
import pytest
from nats.js.api import StreamConfig

from arcwatch.config.settings import load
from arcwatch.errors import ArcwatchError
from arcwatch.model.tail import decode_messages
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import Find, FindExtent, FindState, Locate, ReadPage, Write
from arcwatch.processes.requests import Ask, Hold, Stop

COUNT = 3_000


@pytest.fixture
async def stream(stack):
    """A stream of numbered orders; every tenth is late."""
    client = await nats.connect(stack.nats)
    name = f"PROC{uuid.uuid4().hex[:8]}"
    config = StreamConfig(name=name, subjects=[f"{name}.>"], allow_direct=True)
    await client.jetstream().add_stream(config)
    for number in range(1, COUNT):
        order = {"n": number, "state": "late" if number % 10 == 0 else "done"}
        await client.publish(f"{name}.{number % 3}", json.dumps(order).encode())
    await client.jetstream().publish(f"{name}.0", b"{}")
    yield f"js:{name}"
    await client.close()


@pytest.fixture
async def process(stack):
    nowhere = {"ARCWATCH_CONFIG": os.devnull}
    process = HistoryProcess(load({"nats": stack.nats, "pulsar": "off"}, environ=nowhere))
    yield process
    await process.close()


async def looked(task):
    return [step async for step in task.steps()]


def found(steps):
    return [message for step in steps for message in decode_messages(step.messages)]


async def test_it_opens_pages_finds_and_writes(process, stream, tmp_path):
    assert (await process.open(stream)).places == (stream,)
    start, end = await process.ask(Locate("earliest")), await process.ask(Locate("latest"))
    page = await process.ask(ReadPage(await process.ask(Locate("#1000")), 100))
    assert [message.id for message in page.messages] == [f"#{n}" for n in range(1000, 1100)]
    assert (await process.ask(ReadPage(page.end, 100, back=True))).messages[0].id == "#1000"
    assert await process.ask(Locate("#7", after=True)) == ((8,),)
    extent = await process.ask(FindExtent())
    assert (extent.messages, extent.edge) == (COUNT, "no limits")
    times = (page.messages[0].publish_time, page.messages[-1].publish_time)
    assert 0 < (await process.ask(FindExtent(times))).messages < COUNT
    # words, an expression in a window, and no more than are wanted
    steps = await looked(process.task(Find(None, None, ("late",), None)))
    assert [message.id for message in found(steps)] == [f"#{n}" for n in range(10, COUNT, 10)]
    assert (steps[-1].is_over, steps[-1].scanned, steps[-1].found) == (True, COUNT, 299)
    steps = await looked(process.task(Find(page.start, page.end, (".value.n % 10 == 0",), None)))
    assert len(found(steps)) == 10
    steps = await looked(process.task(Find(start, end, (), 1_500)))
    assert (len(found(steps)), steps[-1].is_limited) == (1_500, True)
    steps = await looked(process.task(Write(start, end, str(tmp_path / "all.csv"))))
    assert steps[-1].found == COUNT
    rows = csv.DictReader((tmp_path / "all.csv").read_text().splitlines())
    assert [row["id"] for row in rows] == [f"#{n + 1}" for n in range(COUNT)]


async def test_a_state_and_what_changed_are_found_filtered_and_written(process, stream, tmp_path):
    name = stream.removeprefix("js:")
    await process.open(stream)
    at, since = await process.ask(Locate("#1000")), await process.ask(Locate("#900"))
    steps = await looked(process.task(FindState(at, None, (), 10)))
    assert [message.id for message in found(steps)] == ["#999", "#997", "#998"]
    assert [kind for step in steps for kind in step.kinds] == ["added"] * 3
    assert (steps[-1].is_over, steps[-1].is_limited, steps[-1].found) == (True, False, 3)
    # each of the three has another number, and one another state
    steps = await looked(process.task(FindState(at, since, (".value.n % 3 == 1",), 10)))
    assert [message.id for message in found(steps)] == ["#898", "#997"]
    assert [kind for step in steps for kind in step.kinds] == ["changed"]
    steps = await looked(process.task(FindState(at, since, (), 2)))
    assert (steps[-1].found, steps[-1].is_limited) == (2, True)
    path = tmp_path / "changes.ndjson"
    steps = await looked(process.task(FindState(at, since, (), None, str(path))))
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert steps[-1].found == len(told) == 3
    assert (told[0]["key"], told[0]["change"]) == (f"{name}.0", "changed")
    assert {"path": "n", "before": 897, "after": 999} in told[0]["differences"]
    await looked(process.task(FindState(at, None, (), None, str(tmp_path / "state.csv"))))
    rows = list(csv.DictReader((tmp_path / "state.csv").read_text().splitlines()))
    assert [row["id"] for row in rows] == ["#999", "#997", "#998"]
    with pytest.raises(ArcwatchError, match="second time is before the first"):
        await looked(process.task(FindState(since, at, (), 10)))


async def test_what_a_state_lacks_is_in_its_file(process, stack, stream, tmp_path):
    client = await nats.connect(stack.nats)
    name = stream.removeprefix("js:")
    await client.jetstream().purge_stream(name, keep=2)
    await client.close()
    await process.open(stream)
    at, since = await process.ask(Locate("latest")), await process.ask(Locate("#2900"))
    note = "earlier messages are no longer stored"
    for before in (None, since):
        path = tmp_path / f"{before}.ndjson"
        await looked(process.task(FindState(at, before, (), None, str(path))))
        told = [json.loads(line) for line in path.read_text().splitlines()]
        assert len(told) == 2
        assert all((note in record.get("note", "")) == bool(before) for record in told)


async def test_what_goes_wrong_is_told_and_ends_nothing_else(process, stream, tmp_path):
    await process.open(stream)
    with pytest.raises(ArcwatchError, match="not a filter"):
        await looked(process.task(Find(None, None, (".[",), None)))
    with pytest.raises(ArcwatchError, match="not a place in a stream"):
        await process.ask(Locate("id:1:2"))
    (tmp_path / "there").touch()
    start, end = await process.ask(Locate("earliest")), await process.ask(Locate("latest"))
    with pytest.raises(ArcwatchError, match="this file already exists"):
        await looked(process.task(Write(start, end, str(tmp_path / "there"))))
    with pytest.raises(ArcwatchError, match="no such stream"):
        await process.open("js:NOWHERE")
    await process.open(stream)
    assert len((await process.ask(ReadPage(start, 10))).messages) == 10


async def test_one_that_has_died_is_started_again_where_it_was(process, stream):
    await process.open(stream)
    page = await process.ask(ReadPage(await process.ask(Locate("#100")), 10))
    asking = asyncio.create_task(looked(process.task(Find(None, None, ("nothing like it",), None))))
    await asyncio.sleep(0)
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ArcwatchError, match="process has ended"):
        await asking
    assert (await process.ask(ReadPage(page.end, 10))).messages[0].id == "#110"


async def test_a_paused_search_goes_on_and_one_that_is_not_wanted_ends(
    process, stream, monkeypatch
):
    await process.open(stream)
    sent, send = [], process.send
    monkeypatch.setattr(process, "send", lambda command: (sent.append(command), send(command)))
    task = process.task(Find(None, None, ("late",), None))
    finding = asyncio.create_task(looked(task))
    await asyncio.sleep(0)
    task.hold(True)
    task.hold(False)
    assert len(found(await finding)) == 299
    left = asyncio.create_task(looked(process.task(Find(None, None, ("late",), None))))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    assert [type(command) for command in sent] == [Ask, Hold, Hold, Stop, Ask, Stop]
