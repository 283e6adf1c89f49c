"""How long other people's messages took, whatever their clocks say."""

from arcwatch.model.message import Message
from arcwatch.store.messages.requests import Exchange
from arcwatch.store.series.tail_latency import MOST, OTHERS, TailLatency

MS = 1_000_000


def message(source="pulsar", published=0, received=0, address="pulsar:a/b/c", producer="p"):
    return Message(source, address, received, 1, b".", publish_time=published, producer=producer)


def told(*messages):
    lateness = TailLatency()
    lateness.update(messages)
    return [one for _, one in lateness.snapshot()]


def test_each_producer_has_figures_of_its_own():
    slow, quick = told(
        message(received=40 * MS), message(received=2 * MS, producer="q"), message(received=30 * MS)
    )
    assert (slow.place, slow.count, quick.place) == ("pulsar:a/b/c p", 2, "pulsar:a/b/c q")
    assert slow.at(100.0) - 0.04 < 0.0001 < quick.at(100.0)


def test_a_message_from_the_future_says_how_far_that_clock_is_ahead():
    early = [message(published=received + 4 * MS, received=received) for received in (0, MS)]
    (one,) = told(*early, message(published=0, received=3 * MS))
    assert one.count == 3
    assert "2 are dated in the future" in one.note
    assert "at least 4.0 ms ahead" in one.note


def test_what_carries_no_time_is_measured_by_its_reply_alone():
    lateness = TailLatency()
    asked = message("nats", None, 0, "nats:orders.eu", None)
    lateness.update([asked])
    lateness.exchanged([Exchange(asked, asked, 0.25), Exchange(asked)])
    ((system, one),) = lateness.snapshot()
    assert (system, one.name, one.place, one.count) == (
        "nats",
        "request to reply",
        "nats:orders.eu",
        1,
    )


def test_beyond_so_many_places_they_are_measured_as_one():
    many = told(*(message(received=MS, producer=f"p{n}") for n in range(MOST + 9)))
    assert len(many) == MOST + 1
    assert (many[-1].place, many[-1].count) == (OTHERS, 9)
