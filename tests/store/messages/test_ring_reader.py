"""Reading a ring while it fills."""

from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.store.messages.ring import MessageRing, RingReader


def test_whoever_is_too_far_behind_goes_on_with_the_newest_and_says_what_it_left_out():
    ring, seen = MessageRing(1_000, 1_000_000), []
    reader = RingReader(ring, seen.extend, near=10)
    for count in (4, 30):
        first = ring.end
        batch = [Message("nats", "nats:x", first + n, 1, b".") for n in range(count)]
        ring.append(encode_messages(batch), count)
        while reader.step():
            pass
    assert [message.received_time for message in seen] == [0, 1, 2, 3, *range(24, 34)]
    assert (reader.passed_over, reader.missed) == (20, 0)
