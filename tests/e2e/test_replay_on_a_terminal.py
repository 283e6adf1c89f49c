"""A replay that whoever sits at the terminal pauses."""

import asyncio
import uuid

import nats
from nats.js.api import StreamConfig

COUNT = 40


async def test_p_pauses_a_replay_and_lets_it_go_on(arcwatch, stack):
    client, name = await nats.connect(stack.nats), f"PAUSED{uuid.uuid4().hex[:8]}"
    stream = client.jetstream()
    await stream.add_stream(StreamConfig(name=name, subjects=[f"{name}.in"]))
    await stream.add_stream(StreamConfig(name=f"{name}-OUT", subjects=[f"{name}.out"]))
    for number in range(COUNT):
        await stream.publish(f"{name}.in", b"%d" % number)

    async def arrived():
        return (await stream.stream_info(f"{name}-OUT")).state.messages

    argv = (f"js:{name}", "--from", "earliest", "--onto", f"nats:{name}.out", "--pace", "25/s")
    flags = ("--allow-changes", "--yes", f"--nats={stack.nats}", "--pulsar=off")
    with arcwatch("replay", *argv, *flags, ARCWATCH_CONFIG="/dev/null") as terminal:
        await asyncio.to_thread(terminal.until, r"\d+ matches")
        terminal.press("p")
        await asyncio.to_thread(terminal.until, "paused; p resumes, ctrl-c stops")
        held = await arrived()
        assert 0 < held < COUNT
        # what is not the key does nothing
        terminal.press("x", " ")
        done = f"published {COUNT} of {COUNT} messages, {COUNT} acknowledged"
        await asyncio.to_thread(terminal.until, done)
        assert await asyncio.to_thread(terminal.wait) == 0
        assert terminal.is_restored
    assert await arrived() == COUNT
    await client.close()
