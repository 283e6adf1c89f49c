"""What part of the servers' figures is our own tail."""

import math

from arcwatch.model.tail import Counts, Frame
from arcwatch.session.tail import Tailing, no_feed

NOTHING = b"\x90"


def tailing_of(*addresses):
    """A tail with a clock of its own, whose addresses are numbered as a feed numbers them."""
    clock = [0.0]
    tailing = Tailing(no_feed, steady=lambda: clock[0])
    for number, address in enumerate(addresses):
        tailing._followed[tailing.add(address)] = number
    return tailing, clock


def seen(tailing, *figures, state="following"):
    counts = tuple(
        Counts(address, number, state, seen=figure)
        for number, (address, figure) in enumerate(zip(tailing.addresses, figures, strict=True))
    )
    tailing.take(Frame(NOTHING, 0, 0, 0, counts))
    tailing.version  # noqa: B018 - a look at it is what rates are reckoned at


def test_the_share_of_each_system_is_the_sum_of_its_addresses_in_this_context():
    tailing, clock = tailing_of("arc.>", "js:ORDERS", "pulsar:arc/agents/*", "prod::nats:a")
    assert math.isnan(tailing.rate_of("nats"))
    for at, figures in ((1.0, (0, 0, 0, 0)), (3.0, (100, 40, 10, 1_000))):
        clock[0] = at
        seen(tailing, *figures)
    assert (tailing.rate_of("nats"), tailing.rate_of("pulsar")) == (70.0, 5.0)
    assert tailing.total_rate == 575.0


def test_what_is_not_tailed_has_no_share():
    tailing, _ = tailing_of("js:ORDERS")
    assert tailing.rate_of("pulsar") is None
    tailing.remove("js:ORDERS")
    assert (tailing.rate_of("nats"), tailing.total_rate) == (None, None)


def test_an_address_that_is_not_followed_now_adds_nothing_to_the_others():
    tailing, clock = tailing_of("a", "b")
    for at, figures in ((1.0, (0, 0)), (2.0, (10, 10))):
        clock[0] = at
        seen(tailing, *figures)
    counts = (Counts("nats:a", 0, "reconnecting", seen=10),)
    tailing.take(Frame(NOTHING, 0, 0, 0, counts))
    assert tailing.rate_of("nats") == 10.0
