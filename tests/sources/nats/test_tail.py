"""A grant that comes too late, which no real server can be made to do when asked."""

import asyncio

from arcwatch.model.tail import TailOptions
from arcwatch.sources.intake import Intake, Lane
from arcwatch.sources.nats.tail import SubjectTail
from arcwatch.wire.nats_protocol import Delivery


class Connection:
    """A server that sends what it is told to, and then hears of more."""

    is_connected = True

    def __init__(self):
        self.subscribed, self.deliver = [], None

    def add(self, tail):
        """It is followed."""

    def remove(self, tail):
        """It is not."""

    def subscribe(self, subject, deliver, most=0):
        self.subscribed.append((subject, most))
        self.deliver = deliver
        return b"a%d" % len(self.subscribed)

    def limit(self, sid, most):
        """Too late: all that might be sent has been."""
        ((_, granted),) = self.subscribed
        self.deliver([Delivery(b"a", b"a1", None, b"", b"x")] * granted)

    def unsubscribe(self, sid):
        """It has ended by itself."""

    async def reached(self):
        return True


async def test_a_subscription_that_ended_unseen_is_made_anew():
    connection, lane = Connection(), Lane(Intake(), "a", 0)
    tail = SubjectTail(connection, lane, "a", TailOptions(), "")
    tail.connected()
    ((_, granted),) = connection.subscribed
    running = asyncio.create_task(tail.follow())
    async with asyncio.timeout(10):
        while len(connection.subscribed) < 2:  # noqa: ASYNC110 - nothing tells of it but this
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert (lane.mode, lane.seen, len(connection.subscribed)) == ("sampled", granted, 2)
