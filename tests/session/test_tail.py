"""What part of the servers' figures is our own tail."""

import asyncio
import math
from contextlib import asynccontextmanager

from arcwatch.model.tail import Counts, Frame
from arcwatch.session.tail import Tailing
from tests.session.feed import Feed

NOTHING = b"\x90"


@asynccontextmanager
async def tailing_of(*addresses):
    """A tail with a clock of its own, whose addresses have the numbers that a feed gave them."""
    clock, feed = [0.0], Feed()
    tailing = Tailing(feed.opened, steady=lambda: clock[0])
    for address in addresses:
        tailing.add(address)
    running = asyncio.create_task(tailing.run())
    async with asyncio.timeout(10):
        await feed.is_open.wait()
    yield tailing, clock
    running.cancel()
    await asyncio.wait([running])


def seen(tailing, *figures, state="following"):
    counts = tuple(
        Counts(address, number, state, seen=figure)
        for number, (address, figure) in enumerate(zip(tailing.addresses, figures, strict=True))
    )
    tailing.take(Frame(NOTHING, 0, 0, 0, counts))
    tailing.version  # noqa: B018 - a look at it is what rates are reckoned at


async def test_the_share_of_each_system_is_the_sum_of_its_addresses_in_this_context():
    async with tailing_of("arc.>", "js:ORDERS", "pulsar:arc/agents/*", "prod::nats:a") as (
        tailing,
        clock,
    ):
        assert math.isnan(tailing.rate_of("nats"))
        for at, figures in ((1.0, (0, 0, 0, 0)), (3.0, (100, 40, 10, 1_000))):
            clock[0] = at
            seen(tailing, *figures)
        assert (tailing.rate_of("nats"), tailing.rate_of("pulsar")) == (70.0, 5.0)
        assert tailing.total_rate == 575.0


async def test_what_is_not_tailed_has_no_share():
    async with tailing_of("js:ORDERS") as (tailing, _):
        assert tailing.rate_of("pulsar") is None
        tailing.remove("js:ORDERS")
        assert (tailing.rate_of("nats"), tailing.total_rate) == (None, None)


async def test_an_address_that_is_not_followed_now_adds_nothing_to_the_others():
    async with tailing_of("a", "b") as (tailing, clock):
        for at, figures in ((1.0, (0, 0)), (2.0, (10, 10))):
            clock[0] = at
            seen(tailing, *figures)
        counts = (Counts("nats:a", 0, "reconnecting", seen=10),)
        tailing.take(Frame(NOTHING, 0, 0, 0, counts))
        assert tailing.rate_of("nats") == 10.0
