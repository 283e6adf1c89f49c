"""Totals of what is published when the broker is lost, without a broker."""

import asyncio

import pytest

from arcwatch.actions.publish_nats import NatsPublisher
from arcwatch.actions.publish_pulsar import PulsarPublisher
from arcwatch.actions.publishing import WAITING
from arcwatch.actions.replay_copy import Copy
from arcwatch.errors import SourceError

COPY = Copy(b"body", None, (), None)


class Producer:
    """A Pulsar producer whose broker answers nothing, and its client."""

    def __init__(self):
        self.sent, self.connected = 0, True

    def create_producer(self, *_, **__):
        return self

    def is_connected(self):
        return self.connected

    def send_async(self, *_, **__):
        self.sent += 1

    def close(self):
        pass


class Connection:
    """A connection to NATS over which no answer comes, and its client."""

    is_connected = True

    def __init__(self):
        self.client, self.sent, self.listeners = self, 0, []

    def subscribe(self, subject, deliver):
        return b"1"

    def unsubscribe(self, sid):
        pass

    def new_inbox(self):
        return "_INBOX.x"

    def add(self, listener):
        self.listeners.append(listener)

    def remove(self, listener):
        self.listeners.remove(listener)

    async def publish(self, *_):
        self.sent += 1

    def lose(self):
        for listener in self.listeners:
            listener.lost("gone")


def pulsar():
    producer = Producer()
    return (
        PulsarPublisher(producer, "persistent://a/b/c"),
        producer,
        lambda: setattr(producer, "connected", False),
    )


def nats():
    connection = Connection()
    return NatsPublisher(connection, "a", acknowledges=True), connection, connection.lose


@pytest.mark.parametrize("of", [pulsar, nats])
async def test_a_message_that_waited_for_room_when_the_broker_was_lost_is_not_unknown(of):
    publisher, broker, lose = of()
    for _ in range(WAITING):
        await publisher.publish(COPY)
    last = asyncio.create_task(publisher.publish(COPY))
    await asyncio.sleep(0)
    lose()
    with pytest.raises(SourceError, match="the connection was lost"):
        await last
    async with asyncio.timeout(5):
        # nothing is waited for any more
        await publisher.finish()
    totals = publisher.totals
    assert totals.published == totals.unknown == broker.sent == WAITING
