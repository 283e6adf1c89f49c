"""What is made of the messages that a tail brings."""

import asyncio

from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.session.tail_analysis import TailAnalysis
from arcwatch.store.messages.ring import MessageRing

MS = 1_000_000


async def test_messages_are_measured_from_when_somebody_wants_to_know():
    ring, told = MessageRing(1_000, 1_000_000), asyncio.Queue()
    heard = TailAnalysis(ring)
    running = asyncio.create_task(heard.run())
    batch = [Message("js", "js:X", n * MS, 1, b".", publish_time=0) for n in (1, 2, 3)]
    ring.append(encode_messages(batch), 3)
    heard.measure(lambda system, latency: told.put_nowait((system, latency)))
    async with asyncio.timeout(5):
        system, latency = await told.get()
    running.cancel()
    assert (system, latency.place, latency.count) == ("nats", "js:X", 3)
    assert abs(latency.at(50.0) - 0.002) < 1e-5
