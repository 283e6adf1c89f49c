"""A tail without a screen: what its feed is asked, what it keeps, and its share of the traffic."""

import asyncio
import math
from contextlib import asynccontextmanager

from arcwatch.errors import SourceError
from arcwatch.model.message import Message
from arcwatch.model.tail import Counts, Frame, encode_messages
from arcwatch.session.tail import Tailing
from tests.session.feed import Feed
from tests.session.reader import running, until

NOTHING = b"\x90"


@asynccontextmanager
async def tailing_of(*addresses):
    """A tail with a clock of its own, whose addresses have the numbers that a feed gave them."""
    clock, feed = [0.0], Feed()
    tailing = Tailing(feed.opened, steady=lambda: clock[0])
    for address in addresses:
        tailing.add(address)
    async with running(tailing):
        await until(feed.is_open.is_set)
        yield tailing, clock


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


def sent(*bodies, address=0):
    messages = [Message("nats", "nats:a", 1, len(body), body, origin=address) for body in bodies]
    return Frame(encode_messages(messages), len(messages), 0, 0, ())


def shown(tailing):
    rows = tailing.kept
    return [rows.message(index).body for index in range(rows.start, rows.end)]


async def looked(tailing):
    await until(lambda: not tailing.is_looking)


async def test_what_is_added_removed_and_asked_of_the_mode_goes_to_the_feed():
    feed = Feed()
    tailing = Tailing(feed.opened)
    tailing.set_mode("sampled")
    async with running(tailing):
        assert feed.asked == []
        tailing.add("a")
        await until(feed.is_open.is_set)
        tailing.add("js:S")
        tailing.add("a")
        tailing.remove("js:S")
        tailing.set_mode("full")
        tailing.pair_requests()
    options, *asked = feed.asked
    assert (options.addresses, options.mode, options.requests) == (("nats:a",), "sampled", False)
    assert asked == [
        ("add", "js:S"),
        ("remove", "js:S"),
        ("mode", "full", False),
        ("mode", "full", True),
    ]
    assert (tailing.addresses, tailing.named) == (["nats:a"], ["nats:a", "js:S"])
    assert tailing.recent == ["nats:a", "js:S"]


async def test_a_failure_ends_it_until_another_address_is_added():
    feed = Feed()
    tailing = Tailing(feed.opened)
    async with running(tailing):
        tailing.add("a")
        feed.bring(SourceError("the tail process ended"))
        await until(lambda: tailing.failure)
        feed.is_open.clear()
        tailing.add("b")
        assert tailing.failure is None
        await until(feed.is_open.is_set)
    assert [asked.addresses for asked in feed.asked] == [("nats:a",), ("nats:a", "nats:b")]


async def test_a_filter_keeps_what_passes_and_a_wrong_one_leaves_the_last():
    feed = Feed()
    tailing = Tailing(feed.opened)
    async with running(tailing):
        tailing.add("a")
        feed.bring(sent(b"one", b"two", b"three"))
        await until(lambda: tailing.ring.end == 3)
        tailing.set_filter("t")
        assert tailing.is_reading
        await looked(tailing)
        assert (shown(tailing), tailing.applied) == ([b"two", b"three"], "t")
        tailing.set_filter("/(/")
        await looked(tailing)
        assert tailing.filter_problem
        assert (shown(tailing), tailing.filter, tailing.applied) == ([b"two", b"three"], "/(/", "t")
        tailing.set_filter(" ")
        await looked(tailing)
        assert (len(shown(tailing)), tailing.filter_problem, tailing.found) == (3, None, None)


async def test_rows_that_are_held_stay_while_messages_come():
    feed = Feed()
    tailing = Tailing(feed.opened)
    async with running(tailing):
        tailing.add("a")
        feed.bring(sent(b"one"))
        await until(lambda: tailing.ring.end == 1)
        tailing.hold(True)
        feed.bring(sent(b"two"))
        await until(lambda: tailing.ring.end == 2)
        assert shown(tailing) == [b"one"]
        tailing.hold(False)
        assert shown(tailing) == [b"one", b"two"]


async def test_an_address_keeps_its_number_and_its_mark_once_it_is_left():
    feed = Feed()
    tailing = Tailing(feed.opened)
    async with running(tailing):
        tailing.add("a")
        await until(feed.is_open.is_set)
        tailing.add("pulsar:a/b/c")
        tailing.remove("nats:a")
        tailing.add("b")
    assert [tailing.address_of(n) for n in range(4)] == ["nats:a", "pulsar:a/b/c", "nats:b", ""]
    assert [tailing.mark_of(a) for a in ("nats:a", "nats:b", "pulsar:a/b/c", "js:S")] == [
        ("nats", 0),
        ("nats", 1),
        ("pulsar", 0),
        None,
    ]


async def test_what_changes_while_the_feed_opens_is_sent_once_it_is_open():
    feed, begun, gate = Feed(), asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def opening(options):
        begun.set()
        await gate.wait()
        async with feed.opened(options) as opened:
            yield opened

    tailing = Tailing(opening)
    async with running(tailing):
        tailing.add("a")
        await begun.wait()
        tailing.remove("nats:a")
        tailing.add("b")
        gate.set()
        await until(lambda: len(feed.asked) == 3)
    assert feed.asked[1:] == [("remove", "nats:a"), ("add", "nats:b")]
    assert tailing.address_of(1) == "nats:b"
