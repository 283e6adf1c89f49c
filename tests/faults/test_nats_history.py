"""Histories of a NATS server that dies, freezes or restarts while they are read."""

import asyncio
import json
import uuid

import pytest
from nats.js.api import StorageType

FAULTS = ("killed", "frozen", "restarted")
COUNT = 6_000
"""Messages: several times what is read ahead, and what fits into a pipe."""


@pytest.fixture
async def stored(bus):
    """Streams of numbered messages, one in three called ``odd``: ``await stored(…)`` is its name.

    Args are those of a stream's configuration.
    """

    async def fill(count=COUNT, name="", **config):
        name = name or f"H{uuid.uuid4().hex[:8]}"
        await bus.jetstream().add_stream(name=name, subjects=[f"{name}.*"], **config)
        for number in range(count):
            kind = "even" if number % 3 else "odd"
            # the stream has all of them when it has acknowledged the last
            publish = bus.publish if number < count - 1 else bus.jetstream().publish
            await publish(f"{name}.{kind}", json.dumps({"n": number, "kind": kind}).encode())
        return name

    return fill


def numbers(lines):
    return [json.loads(line)["value"]["n"] for line in lines]


ODD = range(0, COUNT, 3)
EVERY = {
    "export": (["--from", "earliest"], range(COUNT)),
    "export by a consumer": (["--from", "earliest"], range(COUNT)),
    "pages": (["--reverse", "--to", "latest"], range(COUNT - 1, -1, -1)),
    "search": (["--from", "earliest", "--filter", '.value.kind == "odd"'], ODD),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("what", EVERY)
async def test_a_history_is_complete_or_says_where_it_stopped(what, fault, server, stored, verb):
    argv, wanted = EVERY[what]
    name = await stored(allow_direct="consumer" not in what)
    history = await verb("history", f"js:{name}", "--json", *argv, *server.flags)
    # it waits for its reader, with most of the stream still to be read
    first = await history.line()
    await server.suffer(fault)
    code, rest = await history.end()
    found = numbers([first, *rest.splitlines()])

    assert found == [*wanted][: len(found)]
    if code == 0:
        assert len(found) == len(wanted)
    else:
        assert (code, what) == (1, "pages")
        assert f"after js:{name} #{found[-1] + 1}: the rest was not read" in " ".join(history.said)


async def test_an_export_whose_server_stays_away_says_where_it_stopped(server, stored, verb):
    name = await stored()
    bounds = {"arcwatch.sources.jetstream.history.GIVE_UP": 1.0}
    history = await verb(
        *("history", f"js:{name}", "--json", "--from", "earliest", *server.flags), bounds=bounds
    )
    first = await history.line()
    await asyncio.to_thread(server.kill)
    try:
        code, rest = await history.end()
    finally:
        await asyncio.to_thread(server.start)
    found = numbers([first, *rest.splitlines()])
    assert code == 1
    assert found == [*range(len(found))]
    assert f"after js:{name} #{len(found)}: the rest was not read" in " ".join(history.said)
    assert f"wrote {len(found):,}" in " ".join(history.said)


@pytest.mark.parametrize("again", [0, COUNT])
async def test_an_export_of_a_stream_that_is_made_anew_says_so(again, server, stored, verb):
    name = await stored(storage=StorageType.MEMORY)
    history = await verb("history", f"js:{name}", "--json", "--from", "earliest", *server.flags)
    first = await history.line()
    await server.suffer("restarted")
    # kept in memory, it went with the server
    await stored(again + 7, name=name, storage=StorageType.MEMORY)
    code, rest = await history.end()
    found = numbers([first, *rest.splitlines()])

    assert code == 1
    assert found == [*range(len(found))]
    assert len(found) < COUNT
    assert "the stream was replaced" in " ".join(history.said)


@pytest.mark.parametrize(("again", "is_gone_for_long"), [(5, False), (15, True)])
async def test_a_tail_of_a_stream_that_is_made_anew_sees_the_new_one_and_says_so(
    again, is_gone_for_long, server, stored, verb
):
    name = await stored(10, storage=StorageType.MEMORY)
    tail = await verb("tail", f"js:{name}", "--json", "--since", "earliest", *server.flags)
    seen = [await tail.line() for _ in range(10)]
    await server.suffer("restarted")
    if is_gone_for_long:
        await tail.says("no such stream")
    await stored(again, name=name, storage=StorageType.MEMORY)
    seen += [await tail.line() for _ in range(again)]
    code, rest = await tail.interrupt()
    assert (code, rest, numbers(seen)) == (0, "", [*range(10), *range(again)])
    assert "the stream was recreated, or lost its newest messages after #10" in " ".join(tail.said)
    assert "gaps 1" in tail.said[-1]
