"""A rewind whose broker is lost while it moves the cursor, or that is interrupted meanwhile.

What stands between it and the broker loses the question, or its answer.
"""

import asyncio
import json
import re
import uuid

import httpx
import pytest

from .conftest import at_prompt

COUNT = 10


class Between:
    """Hands everything on to the broker and back, but for the move of a cursor.

    Args:
        url: The broker's admin address.
        loses: ``question``, ``answer``, or ``nothing``, which only comes late.
    """

    def __init__(self, url, loses):
        self._host, _, port = url.removeprefix("http://").partition(":")
        self._port, self._loses = int(port), loses
        self.was_told = asyncio.Event()

    async def handle(self, reader, writer):
        ours, theirs = await asyncio.open_connection(self._host, self._port)
        back = asyncio.create_task(self._back(ours, writer))
        try:
            while data := await reader.read(1 << 16):
                if b"resetcursor" in data:
                    self.was_told.set()
                    if self._loses == "nothing":
                        await reader.read()
                        return
                    back.cancel()
                    await asyncio.gather(back, return_exceptions=True)
                    if self._loses == "answer":
                        theirs.write(data)
                        # the body may come after the head
                        rest = asyncio.create_task(self._back(reader, theirs))
                        await ours.readuntil(b"\r\n\r\n")
                        rest.cancel()
                    return
                theirs.write(data)
        finally:
            back.cancel()
            theirs.close()

    async def _back(self, ours, writer):
        while data := await ours.read(1 << 16):
            writer.write(data)


@pytest.fixture
def subscribed(stack, pulsar_client):
    """A topic all of whose messages are acknowledged by a subscription called ``s``."""
    topic = f"persistent://public/default/moved-{uuid.uuid4().hex[:8]}"
    consumer = pulsar_client.subscribe(topic, "s")
    producer = pulsar_client.create_producer(topic)
    for number in range(COUNT):
        producer.send(b"%d" % number)
    for _ in range(COUNT):
        consumer.acknowledge(consumer.receive(20_000))
    consumer.close()
    producer.close()
    return topic


def backlog(stack, topic):
    path = f"persistent/{topic.removeprefix('persistent://')}/stats?getPreciseBacklog=true"
    stats = httpx.get(f"{stack.pulsar_admin}/admin/v2/{path}", timeout=30).json()
    return stats["subscriptions"]["s"]["msgBacklog"]


async def rewind(stack, serve, verb, topic, between):
    port = await serve(between.handle)
    flags = ["--nats", "off", "--pulsar", stack.pulsar]
    flags += ["--pulsar-admin", f"http://127.0.0.1:{port}"]
    argv = ["--to", "earliest", "--allow-changes", "--yes"]
    return await verb("rewind", f"{topic}#s", *argv, *flags)


async def test_a_move_whose_answer_is_lost_is_looked_up(stack, serve, verb, subscribed):
    between = Between(stack.pulsar_admin, "answer")
    running = await rewind(stack, serve, verb, subscribed, between)
    code, printed = await running.end()
    assert (code, await asyncio.to_thread(backlog, stack, subscribed)) == (0, COUNT)
    assert f"backlog {COUNT} entries" in printed
    assert "undo: arcwatch rewind" in printed


async def test_a_move_that_nobody_knows_of_says_so_and_how_to_go_back(
    stack, serve, verb, subscribed
):
    between = Between(stack.pulsar_admin, "question")
    running = await rewind(stack, serve, verb, subscribed, between)
    code, printed = await running.end()
    assert (code, await asyncio.to_thread(backlog, stack, subscribed)) == (1, 0)
    assert "it is not known whether the cursor was moved" in " ".join(running.said)
    assert "moved to" not in printed
    back = re.search(r"undo, if it was moved: arcwatch (rewind .*)", printed)[1]
    flags = ["--nats", "off", "--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]
    again = await verb(*back.replace("'", "").split(), "--json", *flags)
    code, printed = await again.end()
    assert (code, json.loads(printed)["parts"][0]["direction"]) == (0, "none")
    assert await asyncio.to_thread(backlog, stack, subscribed) == 0


async def test_ctrl_c_during_a_move_tells_the_way_back(stack, serve, verb, subscribed):
    between = Between(stack.pulsar_admin, "nothing")
    running = await rewind(stack, serve, verb, subscribed, between)
    async with asyncio.timeout(60):
        await between.was_told.wait()
    code, _ = await running.interrupt()
    assert code == 130
    said = " ".join(running.said)
    assert "undo, if it was moved: arcwatch rewind" in said
    assert "nothing was changed" not in said


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("\x03", 130, "interrupted: nothing was changed"),
        ("\x04", 1, "confirmation did not match; nothing was changed"),
        ("S\n", 1, "confirmation did not match; nothing was changed"),
        ("s\n", 0, f"backlog {COUNT} entries"),
    ],
    ids=["ctrl-c", "ctrl-d", "another name", "its name"],
)
async def test_the_cursor_stays_unless_its_name_is_typed(keys, code, said, stack, subscribed):
    flags = ["--nats", "off", "--pulsar", stack.pulsar, "--pulsar-admin", stack.pulsar_admin]
    argv = ["rewind", f"{subscribed}#s", "--to", "earliest", "--allow-changes", *flags]
    ended, written = await at_prompt("type s to move it: ", lambda: keys, *argv)
    assert (ended, written.count("type s to move it: ")) == (code, 1)
    # not behind what was typed
    assert any(said in line and "type s" not in line for line in written.splitlines())
    moved = COUNT if code == 0 else 0
    assert await asyncio.to_thread(backlog, stack, subscribed) == moved
