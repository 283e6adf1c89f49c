"""Messages as they travel: in frames that are bounded."""

from arcwatch.model.message import Message
from arcwatch.model.tail import MOST_BYTES, Counts, decode_messages, framed
from tests.sources.test_intake import message


def test_frames_are_bounded_in_messages_and_in_bytes():
    large = [message(n, size=300_000) for n in range(10)]
    frames = list(framed([*(message(n) for n in range(2_500)), *large], ()))
    sizes = [[m.size for m in decode_messages(frame.messages)] for frame in frames]
    assert max(map(len, sizes)) <= 1_000
    assert max(sum(part) for part in sizes) <= MOST_BYTES
    assert sum(frame.count for frame in frames) == 2_510


def test_a_message_larger_than_a_frame_has_one_to_itself():
    frames = list(framed([message(1), message(2, size=5_000_000), message(3)], ()))
    assert [frame.count for frame in frames] == [1, 1, 1]


def test_a_frame_knows_its_time_by_servers_or_by_arrival_and_where_each_place_ends():
    dated = Message("js", "js:A", 5, 1, b"1", origin=1, id="#7", publish_time=3)
    later = Message("js", "js:A", 6, 1, b"1", origin=1, id="#8", publish_time=4)
    other = Message("nats", "nats:a", 9, 1, b"1", origin=2)
    (frame,) = framed([dated, later, other], ())
    assert (frame.first_time, frame.last_time) == (3, 9)
    # core NATS has nothing to go on from
    assert frame.places == ((1, "js:A", "#8"),)


def test_without_messages_there_is_one_frame_that_brings_counts_alone():
    counts = (Counts("nats:a", 0),)
    (frame,) = framed([], counts)
    assert (frame.count, frame.first_time, frame.counts) == (0, 0, counts)
    assert decode_messages(frame.messages) == []
