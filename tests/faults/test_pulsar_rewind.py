"""A rewind whose Pulsar broker really dies, freezes or restarts when told to move a cursor."""

import asyncio
import json
import re
import shlex

import httpx
import pytest

pytestmark = pytest.mark.slow

COUNT = 10


class Cue:
    """Hands everything on to the broker and back, and lets a fault begin with the cursor's move.

    A broker that freezes does so before it has the question, another once it has.
    """

    def __init__(self, broker, fault):
        self._broker, self._fault = broker, fault
        self._is_over = False

    async def handle(self, reader, writer):
        host, _, port = self._broker.admin.removeprefix("http://").partition(":")
        ours, theirs = await asyncio.open_connection(host, int(port))
        ways = [
            asyncio.create_task(self._forth(reader, theirs)),
            asyncio.create_task(self._back(ours, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            theirs.close()

    async def _forth(self, reader, theirs):
        while data := await reader.read(1 << 16):
            is_move = b'"ledgerId"' in data and not self._is_over
            self._is_over |= is_move
            if is_move and self._fault == "frozen":
                self._broker.freeze()
            theirs.write(data)
            if is_move and self._fault != "frozen":
                await theirs.drain()
                fall = self._broker.kill if self._fault == "killed" else self._broker.terminate
                await asyncio.to_thread(fall)

    async def _back(self, ours, writer):
        while data := await ours.read(1 << 16):
            writer.write(data)


def acknowledged(client, topic):
    """A topic all of whose messages are acknowledged by a subscription called ``s``."""
    consumer = client.subscribe(topic, "s")
    producer = client.create_producer(topic)
    for number in range(COUNT):
        producer.send(b"%d" % number)
    for _ in range(COUNT):
        consumer.acknowledge(consumer.receive(20_000))
    consumer.close()
    producer.close()


async def backlog(broker, topic):
    """How many entries wait, as the broker has it; it may just have started."""
    path = f"persistent/{topic.removeprefix('persistent://')}/stats?getPreciseBacklog=true"
    async with asyncio.timeout(90), httpx.AsyncClient(timeout=30) as http:
        while True:
            answer = await http.get(f"{broker.admin}/admin/v2/{path}")
            if answer.is_success:
                return answer.json()["subscriptions"]["s"]["msgBacklog"]
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("fault", ["frozen", "killed", "restarted"])
async def test_what_a_rewind_says_of_a_broker_lost_meanwhile_is_true(
    fault, broker, client, serve, verb
):
    topic = f"persistent://public/default/moved-{fault}"
    await asyncio.to_thread(acknowledged, client, topic)
    port = await serve(Cue(broker, fault).handle)
    flags = ["--nats", "off", "--pulsar", broker.url]
    argv = ["--to", "earliest", "--allow-changes", "--yes", *flags]
    rewind = await verb("rewind", f"{topic}#s", *argv, "--pulsar-admin", f"http://127.0.0.1:{port}")
    code, printed = await rewind.end()
    if fault == "frozen":
        broker.thaw()
    else:
        await asyncio.to_thread(broker.start)
    waiting = await backlog(broker, topic)
    said = " ".join(rewind.said)
    if "the cursor was not moved" in said:
        # a broker that ends answers to the last
        assert (code, waiting) == (1, 0), said
        return
    if code == 0:
        assert waiting == COUNT
        # a broker that ends after the move does not say any more what waits
        assert f"backlog {COUNT} entries" in printed or "backlog not known" in printed
    else:
        assert code == 1
        assert "it is not known whether the cursor was moved" in said
        assert "moved to" not in printed
    found = re.search(r"undo(?:, if it was moved)?: arcwatch (rewind .*)", printed)
    flags += ["--pulsar-admin", broker.admin, "--json"]
    again = await verb(*shlex.split(found[1]), *flags)
    code, printed = await again.end()
    assert code == 0
    assert json.loads(printed)["parts"][0]["backlog_entries_then"] == 0
    assert await backlog(broker, topic) == 0
