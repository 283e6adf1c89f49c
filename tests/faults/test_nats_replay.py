"""Replays onto a NATS server that dies, freezes or restarts, and what a second run makes of it."""

import asyncio
import json
import uuid
from collections import Counter

import pytest

from .conftest import at_prompt, ended_totals

COUNT = 2_000


@pytest.fixture
async def streams(bus):
    """A stream of numbers, and an empty one beside it; their names begin alike."""
    stream, name = bus.jetstream(), f"R{uuid.uuid4().hex[:8]}"
    await stream.add_stream(name=name, subjects=[f"{name}.in"])
    await stream.add_stream(name=f"{name}-OUT", subjects=[f"{name}.out"])
    for number in range(COUNT - 1):
        await bus.publish(f"{name}.in", b"%d" % number)
    await stream.publish(f"{name}.in", b"%d" % (COUNT - 1))
    return name


async def stored(bus, name):
    """How often each number came to the second stream."""
    stream = bus.jetstream(timeout=60)
    last = (await stream.stream_info(f"{name}-OUT")).state.messages
    found = []
    for first in range(1, last + 1, 200):
        numbers = range(first, min(first + 200, last + 1))
        found += await asyncio.gather(*(stream.get_msg(f"{name}-OUT", n) for n in numbers))
    return Counter(int(message.data) for message in found)


async def arrived(bus, name, count):
    """Wait until so many are in the second stream."""
    async with asyncio.timeout(60):
        while (  # noqa: ASYNC110 - a stream tells nobody how many it has
            await bus.jetstream().stream_info(f"{name}-OUT")
        ).state.messages < count:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("fault", ["killed", "frozen", "restarted", "interrupted"])
async def test_a_replay_accounts_for_every_copy_and_goes_on_without_doubling(
    fault, server, bus, streams, verb, tmp_path
):
    argv = [
        *("replay", f"js:{streams}", "--from", "earliest", "--onto", f"nats:{streams}.out"),
        *("--pace", "1000/s", "--allow-changes", "--yes", *server.flags),
    ]
    replay = await verb(*argv)
    await arrived(bus, streams, 200)
    if fault == "interrupted":
        code, _ = await replay.interrupt()
    else:
        await server.suffer(fault)
        code, _ = await replay.end()
    totals = ended_totals(replay.said)
    found = await stored(bus, streams)
    assert totals["published"] == totals["acknowledged"] + totals["failed"] + totals["unknown"]
    assert totals["acknowledged"] <= found.total() <= totals["acknowledged"] + totals["unknown"]
    assert max(found.values()) == 1
    if fault == "frozen":
        assert (code, totals["acknowledged"]) == (0, COUNT)
        return
    assert code == {"interrupted": 130}.get(fault, 1)
    assert "to resume, run it again" in replay.said[-2 if code == 1 else -1]

    again = await verb(*argv)
    code, printed = await again.end()
    assert code == 0
    assert f"{found.total():,} messages are skipped, already in the target" in printed
    assert await stored(bus, streams) == dict.fromkeys(range(COUNT), 1)

    # that one came to its end: whoever runs it once more means it
    dry = await verb(*argv[: -len(server.flags) - 2], *server.flags)
    code, printed = await dry.end()
    assert "there already" not in printed
    assert f"{COUNT:,} messages to" in printed
    assert "were already replayed" in " ".join(dry.said)


@pytest.mark.parametrize("fault", ["killed", "restarted"])
async def test_a_replay_onto_core_nats_names_the_first_that_may_be_missing(
    fault, server, bus, streams, verb
):
    subject = f"plain.{streams}"
    heard, some = [], asyncio.Event()

    async def hear(message):
        heard.append(int(message.data))
        if len(heard) == 300:
            some.set()

    await bus.subscribe(subject, cb=hear)
    await bus.flush()
    replay = await verb(
        *("replay", f"js:{streams}", "--from", "earliest", "--onto", f"nats:{subject}"),
        *("--pace", "1000/s", "--allow-changes", "--yes", *server.flags),
    )
    async with asyncio.timeout(60):
        await some.wait()
    await server.suffer(fault)
    code, _ = await replay.end()
    totals = ended_totals(replay.said)
    assert code == 1
    # a server that ends in good order may have answered for all that it was sent
    assert totals["unknown"] or fault == "restarted"
    first = totals["published"] - totals["unknown"] + 1
    assert not totals["unknown"] or f"--from '#{first}'" in " ".join(replay.said)
    # what is not unknown the server had, and our subscriber was sent it before the loss
    assert set(range(first - 1)) <= {*heard} | {*range(totals["published"] - 500, first - 1)}


async def test_a_server_that_is_away_before_anything_is_published_leaves_nothing_unknown(
    server, bus, streams, verb
):
    await asyncio.to_thread(server.kill)
    try:
        replay = await verb(
            *("replay", f"js:{streams}", "--from", "earliest", "--onto", f"nats:{streams}.out"),
            *("--allow-changes", "--yes", "--json", *server.flags),
        )
        code, printed = await replay.end()
    finally:
        await asyncio.to_thread(server.start)
    assert (code, printed) == (1, "")
    assert json.dumps(replay.said).count("not connected") == 1


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("\x03", 130, "interrupted: nothing was published"),
        ("7\n", 1, "confirmation did not match; nothing was published"),
    ],
    ids=["ctrl-c", "another number"],
)
async def test_nothing_is_published_unless_the_number_is_typed(
    keys, code, said, server, bus, streams
):
    argv = ["replay", f"js:{streams}", "--from", "earliest", "--onto", f"nats:{streams}.out"]
    question = f"type {COUNT} to publish that many messages: "
    ended, written = await at_prompt(
        question, lambda: keys, *argv, "--allow-changes", *server.flags
    )
    assert ended == code
    # not behind what was typed
    assert any(said in line and question not in line for line in written.splitlines())
    assert (await bus.jetstream().stream_info(f"{streams}-OUT")).state.messages == 0
