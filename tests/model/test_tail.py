"""Messages as they travel: in frames that are bounded."""

from arcwatch.model.tail import MOST_BYTES, decode_messages, framed
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
