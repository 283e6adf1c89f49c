"""What the probe does while its broker is away, which a client without one shows."""

import asyncio
import threading

import pulsar
import pytest

from arcwatch.actions import probe_pulsar
from arcwatch.actions.probe_pulsar import PulsarProbe
from arcwatch.errors import SourceError


class Client:
    """Hands each message to the newest consumer, while the broker is there."""

    def __init__(self):
        self.is_up, self.consumers, self.producers = True, [], []

    def subscribe(self, topic, name, kind, *, message_listener):
        self._answer()
        self.consumers.append(Consumer(message_listener))
        return self.consumers[-1]

    def create_producer(self, topic, **how):
        self._answer()
        self.producers.append(Producer(self))
        return self.producers[-1]

    def _answer(self):
        if not self.is_up:
            raise pulsar.Timeout("TimeOut")

    def go_down(self):
        self.is_up = False
        for end in (*self.consumers, *self.producers):
            # what the library would connect again in a minute
            end.connected = False


class End:
    connected, closed = True, False

    def __init__(self):
        self.is_gone = threading.Event()

    def is_connected(self):
        return self.connected

    def close(self):
        # as the library does
        assert not self.closed
        self.closed = True
        self.is_gone.set()


class Consumer(End):
    unsubscribed = False

    def __init__(self, listener):
        super().__init__()
        self.listener = listener

    def acknowledge(self, message):
        pass

    def unsubscribe(self):
        self.unsubscribed = True


class Message:
    def __init__(self, body):
        self._body = body

    def data(self):
        return self._body


class Producer(End):
    def __init__(self, client):
        super().__init__()
        self._client = client

    def send_async(self, body, callback):
        if self.connected:
            callback(pulsar.Result.Ok, None)
            consumer = self._client.consumers[-1]
            consumer.listener(consumer, Message(body))


@pytest.fixture
def client():
    return Client()


async def test_a_broker_that_is_back_is_measured_at_once_with_what_waited(client, monkeypatch):
    monkeypatch.setattr(probe_pulsar, "BEAT", 0.01)
    came, asked = asyncio.Queue(), asyncio.Event()

    async def reach():
        asked.set()
        if not client.is_up:
            raise SourceError("no answer")

    probe = PulsarProbe(client, "persistent://public/default/p", 10, reach)
    await probe.open(came.put_nowait)
    try:
        probe.send(b"before")
        assert await came.get() == b"before"
        client.go_down()
        probe.send(b"waits")
        await asked.wait()
        assert len(client.producers) == 1
        client.is_up = True
        async with asyncio.timeout(10):
            assert await came.get() == b"waits"
        probe.send(b"after")
        assert await came.get() == b"after"
        for end in (client.consumers[0], client.producers[0]):
            assert await asyncio.to_thread(end.is_gone.wait, 10)
    finally:
        await probe.close()
    assert came.empty()
    first, last = client.consumers
    assert (first.closed, first.unsubscribed, last.unsubscribed) == (True, False, True)
    assert all(producer.closed for producer in client.producers)
