"""Verbs on a Pulsar broker that dies, freezes or restarts, held against what it stores.

A broker takes long to start: everything that can run at the time of one fault does.
"""

import asyncio
import json
import re
import threading
import time
from collections import Counter

import pulsar
import pytest

from arcwatch.notation.times import parse_time

from .conftest import BOUND, ended_totals

pytestmark = pytest.mark.slow

COUNT = 4_000
LONG = 38.0
"""Seconds of a freeze in which clients miss the answers to their pings, which go every 30 s."""


class Flow(threading.Thread):
    """Numbers sent to a topic at 200 a second, whatever happens, until it is stopped."""

    def __init__(self, client, topic):
        super().__init__(daemon=True)
        self.sent, self.last, self._over = {}, -1, threading.Event()
        self._producer = client.create_producer(topic, send_timeout_millis=60_000)

    def run(self):
        while not self._over.wait(0.005):
            self.last += 1
            self.sent[self.last] = time.time()
            self._producer.send_async(b"%d" % self.last, lambda *_: None)

    async def passes(self, number):
        async with asyncio.timeout(BOUND):
            while self.last < number:  # noqa: ASYNC110 - a thread sends
                await asyncio.sleep(0.02)

    def end(self):
        """Send no more; when all are stored, the last number."""
        self._over.set()
        self.join()
        self._producer.flush()
        return self.last


def fill(client, topic):
    producer = client.create_producer(topic, block_if_queue_full=True)
    for number in range(COUNT):
        producer.send_async(json.dumps({"n": number}).encode(), lambda *_: None)
    producer.flush()
    producer.close()


def stored(client, topic):
    """The bodies and ids of all that a topic stores, in its order."""
    reader = client.create_reader(topic, pulsar.MessageId.earliest)
    found = []
    while reader.has_message_available():
        message = reader.read_next(20_000)
        place = message.message_id()
        found.append((message.data(), (place.ledger_id(), place.entry_id(), place.batch_index())))
    reader.close()
    return found


def numbers(text):
    return [json.loads(line)["value"]["n"] for line in text.splitlines()]


def place(record):
    """Ledger, entry and index within the batch, of ``LEDGER:ENTRY:PARTITION[:BATCH]``."""
    ledger, entry, _, *batch = map(int, record["id"].split(":"))
    return (ledger, entry, batch[0] if batch else -1)


@pytest.mark.parametrize("fault", ["killed", "frozen", "restarted"])
async def test_every_verb_accounts_for_what_a_fault_did(fault, broker, client, verb):
    topic, kept, copies, plain = (
        f"{domain}://public/default/{fault}-{what}"
        for domain, what in [
            ("persistent", "flow"),
            ("persistent", "kept"),
            ("persistent", "copies"),
            ("non-persistent", "flow"),
        ]
    )
    await asyncio.to_thread(fill, client, kept)
    for each in (topic, copies, plain):
        await asyncio.to_thread(lambda name=each: client.create_producer(name).close())
    flow, light = (Flow(client, each) for each in (topic, plain))
    kept_address = f"pulsar:public/default/{fault}-kept"

    tail = await verb("tail", topic, "--json", *broker.flags)
    plain_tail = await verb("tail", plain, "--json", *broker.flags)
    flow.start()
    light.start()
    seen, light_seen = [json.loads(await tail.line())], [json.loads(await plain_tail.line())]
    export = await verb("history", kept_address, "--json", "--from", "earliest", *broker.flags)
    pages = await verb(
        "history", kept_address, "--json", "--reverse", "--to", "latest", *broker.flags
    )
    search = await verb(
        *("history", kept_address, "--json", "--from", "earliest"),
        *("--filter", ".value.n >= 0", *broker.flags),
    )
    first = [await each.line() for each in (export, pages, search)]
    argv = [
        *("replay", kept_address, "--from", "earliest", "--onto", copies),
        *("--pace", "500/s", "--allow-changes", "--yes", *broker.flags),
    ]
    replay = await verb(*argv)
    async with asyncio.timeout(BOUND):
        while (  # noqa: ASYNC110 - a topic tells nobody how many it has
            len(await asyncio.to_thread(stored, client, copies)) < 200
        ):
            await asyncio.sleep(0.1)

    await broker.suffer(fault)

    ends = {}
    for name, one in [("export", export), ("pages", pages), ("search", search), ("replay", replay)]:
        ends[name] = await one.end()
    if fault != "frozen":
        gap = await plain_tail.says("may be missing")
    for each in (flow, light):
        await each.passes(each.last + 100)
    await asyncio.to_thread(flow.end)
    truth = await asyncio.to_thread(stored, client, topic)
    while len(seen) < len(truth) and seen[-1]["value"] < int(truth[-1][0]):
        seen.append(json.loads(await tail.line()))
    await asyncio.to_thread(light.end)
    code, rest = await tail.interrupt()
    seen += map(json.loads, rest.splitlines())
    # a non-persistent topic stores nothing: what comes is what came
    light_code, light_rest = await plain_tail.interrupt()
    light_seen += map(json.loads, light_rest.splitlines())

    # the tail: every message of the topic once, in order, from the first seen on
    assert (code, light_code) == (0, 0)
    places = [place(record) for record in seen]
    assert places == [at for _, at in truth if at >= places[0]]
    # what is not stored: only what was sent within the gap
    light_numbers = [record["value"] for record in light_seen]
    assert light_numbers == sorted(set(light_numbers))
    missing = [n for n in range(light_numbers[0], light_numbers[-1]) if n not in set(light_numbers)]
    assert "the broker may drop messages" in plain_tail.said[0]
    if fault != "frozen":
        begin, end = moments(gap)
        # afterwards producers send at once what they held back, and the broker drops some of it
        assert begin < end
        assert all(begin - 1 <= light.sent[n] for n in missing)
    # histories: complete, or a beginning that says where it stopped
    for (name, one), line in zip(
        [("export", export), ("pages", pages), ("search", search)], first, strict=True
    ):
        code, rest = ends[name]
        found = numbers("\n".join([line, rest]))
        wanted = [*range(COUNT)][:: -1 if name == "pages" else 1]
        assert found == wanted[: len(found)]
        assert (code == 0) == (len(found) == COUNT)
        assert code == 0 or "the rest was not read" in " ".join(one.said)
        assert (name, code) in [("export", 0), ("search", 0), ("pages", code)]
    # the replay
    totals = ended_totals(replay.said)
    there = Counter(body for body, _ in await asyncio.to_thread(stored, client, copies))
    assert totals["published"] == totals["acknowledged"] + totals["failed"] + totals["unknown"]
    assert totals["acknowledged"] <= there.total() <= totals["acknowledged"] + totals["unknown"]
    assert max(there.values()) == 1
    assert ends["replay"][0] == (0 if totals["acknowledged"] == COUNT else 1)
    again = await verb(*argv)
    code, printed = await again.end()
    if ends["replay"][0] == 1:
        assert code == 0
        assert f"{there.total():,} messages are skipped, already in the target" in printed
        there = Counter(body for body, _ in await asyncio.to_thread(stored, client, copies))
        assert (len(there), set(there.values())) == (COUNT, {1})


async def test_a_tail_of_a_broker_that_is_frozen_for_longer_than_its_pings(broker, client, verb):
    name = "public/default/long-frozen"
    topic, plain = f"persistent://{name}", f"non-persistent://{name}"
    for each in (topic, plain):
        await asyncio.to_thread(lambda name=each: client.create_producer(name).close())
    flow, light = (Flow(client, each) for each in (topic, plain))
    tail = await verb("tail", topic, "--json", *broker.flags)
    plain_tail = await verb("tail", plain, "--json", *broker.flags)
    flow.start()
    light.start()
    seen, light_seen = [json.loads(await tail.line())], [json.loads(await plain_tail.line())]
    broker.freeze()
    frozen = time.time()
    try:
        await asyncio.sleep(LONG)
    finally:
        broker.thaw()
    for each in (flow, light):
        await each.passes(each.last + 100)
    await asyncio.to_thread(flow.end)
    truth = await asyncio.to_thread(stored, client, topic)
    while len(seen) < len(truth) and seen[-1]["value"] < int(truth[-1][0]):
        seen.append(json.loads(await tail.line()))
    await asyncio.to_thread(light.end)
    (code, rest), (light_code, light_rest) = await tail.interrupt(), await plain_tail.interrupt()
    seen += map(json.loads, rest.splitlines())
    light_seen += map(json.loads, light_rest.splitlines())

    assert (code, light_code) == (0, 0)
    places = [place(record) for record in seen]
    assert places == [at for _, at in truth if at >= places[0]]
    # what is not stored: whatever is missing was sent in the freeze that is told of, or held back
    # (the producer lost its connection, too, and sent once more what the broker then had already)
    came = {record["value"] for record in light_seen}
    missing = [n for n in range(min(came), max(came)) if n not in came]
    assert all(light.sent[n] >= frozen - 1 for n in missing)
    assert "the broker may drop messages" in plain_tail.said[0]


def moments(text):
    found = re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", text)
    return [parse_time(each, time.time_ns()).ns / 1e9 for each in found]
