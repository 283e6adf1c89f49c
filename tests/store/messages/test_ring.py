"""A ring of messages that are opened where they are looked at, and a filter that follows it."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.store.messages import ring as message_ring
from arcwatch.store.messages.matches import Matches
from arcwatch.store.messages.ring import MessageRing


def message(number, body=b"x"):
    return Message("nats", f"nats:s.{number}", number, len(body), body, subject=f"s.{number}")


def frame(first, count, body=b"x"):
    return encode_messages([message(n, body) for n in range(first, first + count)])


def filled(*counts, **bounds):
    ring = MessageRing(**bounds)
    for count in counts:
        ring.append(frame(ring.end, count), count)
    return ring


def numbers(rows):
    """The numbers of all messages that are there, in their order."""
    return [rows.message(index).received_time for index in range(rows.start, rows.end)]


@given(st.lists(st.integers(0, 7), max_size=60), st.integers(1, 20))
def test_the_last_messages_are_there_by_the_index_they_always_had(counts, keep):
    ring = filled(*counts, keep=keep)
    assert ring.end == sum(counts)
    assert ring.kept == min(keep, sum(counts))
    assert ring.start + ring.kept == ring.end
    assert numbers(ring) == list(range(ring.start, ring.end))


@given(st.lists(st.integers(1, 7), min_size=1, max_size=30), st.integers(0, 2_000))
def test_its_bytes_are_bounded_but_for_the_newest_frame(counts, keep_bytes):
    ring = filled(*counts, keep_bytes=keep_bytes)
    assert ring.bytes <= keep_bytes or ring.kept == counts[-1]
    assert numbers(ring) == list(range(ring.start, ring.end))


def test_a_message_that_fell_off_or_is_not_there_yet_is_an_index_error():
    ring = filled(3, 3, keep=4)
    for index in (1, 6, -1):
        with pytest.raises(IndexError, match=f"message {index} is not kept; 2 to 5 are"):
            ring.message(index)


def test_what_was_cut_away_is_not_counted_on():
    rings = [filled(*[1] * frames, keep=10) for frames in (2_000, 5_000)]
    assert numbers(rings[1]) == list(range(4_990, 5_000))
    few, many = (len(pickle.dumps(ring)) for ring in rings)
    assert many < 1.5 * few


@pytest.fixture
def opened(monkeypatch):
    """The number of the first message of each frame that is decoded."""
    found, decode = [], message_ring.decode_messages

    def decoded(data):
        messages = decode(data)
        found.append(messages[0].received_time)
        return messages

    monkeypatch.setattr(message_ring, "decode_messages", decoded)
    return found


def test_a_frame_is_opened_once_however_many_of_its_rows_are_looked_at(opened):
    ring = filled(100, 100)
    for index in (150, 151, 199):
        ring.message(index)
    assert opened == [100]


def test_few_frames_are_kept_open(opened, monkeypatch):
    monkeypatch.setattr(message_ring, "OPENED", 25)
    ring = filled(*[10] * 20)
    assert numbers(ring) == list(range(200))
    opened.clear()
    for index in (199, 189, 179, 199):
        ring.message(index)
    assert opened == [170, 190]


def test_one_large_frame_is_open_at_a_time(opened, monkeypatch):
    monkeypatch.setattr(message_ring, "OPENED_BYTES", 100)
    ring = filled(5, 5, 5)
    assert numbers(ring) == list(range(15))
    opened.clear()
    for index in (14, 9, 14):
        ring.message(index)
    assert opened == [5, 10]


def test_what_falls_off_makes_room_for_others_to_be_open(opened, monkeypatch):
    monkeypatch.setattr(message_ring, "OPENED", 25)
    ring = filled(*[10] * 20, keep=20)
    assert numbers(ring) == list(range(180, 200))
    for first in range(200, 260, 10):
        ring.append(frame(first, 10), 10)
    assert numbers(ring) == list(range(240, 260))
    opened.clear()
    assert numbers(ring) == list(range(240, 260))
    assert opened == []


def test_a_still_ring_keeps_what_the_other_lets_go():
    ring = filled(5, 5, keep=10)
    frozen = ring.freeze()
    ring.append(frame(10, 10), 10)
    assert (numbers(frozen), numbers(ring)) == ([*range(10)], [*range(10, 20)])


# -- a filter on it -------------------------------------------------------------------------------


def is_even(messages):
    return [message.received_time % 2 == 0 for message in messages]


def finished(matches):
    while matches.step(7):
        pass
    return matches


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 50), st.integers(1, 9))
def test_every_match_is_found_once_and_goes_with_its_message(counts, keep, steps):
    ring = MessageRing(keep=keep)
    matches = Matches(ring, is_even)
    for nth, count in enumerate(counts):
        ring.append(frame(ring.end, count), count)
        if nth % steps == 0:
            matches.step(5)
    finished(matches)
    assert numbers(matches) == [n for n in numbers(ring) if n % 2 == 0]
    assert matches.scanned + matches.missed == ring.end
    assert matches.matched + matches.filtered_out == matches.scanned
    assert matches.behind == 0


def test_a_step_looks_at_so_many_and_says_how_far_it_is_behind():
    ring = filled(10, 10)
    matches = Matches(ring, is_even)
    assert matches.step(15)
    assert (matches.matched, matches.behind) == (8, 5)
    assert not matches.step(15)
    assert matches.behind == 0


def test_what_falls_off_before_it_is_looked_at_is_counted_as_missed():
    ring = filled(10, keep=10)
    matches = Matches(ring, is_even)
    ring.append(frame(10, 10), 10)
    finished(matches)
    assert (matches.missed, matches.scanned) == (10, 10)


def test_errors_are_counted_and_the_last_is_told():
    def sift(messages):
        return [ValueError("no number") if m.received_time == 3 else True for m in messages]

    matches = finished(Matches(filled(5), sift))
    assert (matches.failed, str(matches.failure), matches.matched) == (1, "no number", 4)


def test_what_turns_away_while_it_is_looked_at_is_counted_once():
    ring = filled(10, keep=10)
    matches = Matches(ring, is_even)
    chunk = matches.chunk(10)
    ring.append(frame(10, 10), 10)
    matches.settle(chunk, is_even(chunk.messages))
    finished(matches)
    assert (matches.scanned, matches.missed, matches.matched) == (20, 0, 10)
    assert numbers(matches) == [10, 12, 14, 16, 18]


def test_another_filter_begins_with_all_that_is_kept():
    ring = filled(20, keep=12)
    finished(Matches(ring, is_even))
    assert numbers(finished(Matches(ring, lambda messages: [True] * len(messages)))) == numbers(
        ring
    )


def test_matches_are_found_by_their_place_in_the_ring():
    matches = finished(Matches(filled(10), is_even))
    assert [matches.place(n) for n in range(5)] == [0, 2, 4, 6, 8]
    assert [matches.first_from(place) for place in (0, 3, 4, 9)] == [0, 2, 2, 5]
    with pytest.raises(IndexError, match="match 5 is not kept"):
        matches.place(5)


def test_what_was_found_can_be_had_on_a_still_ring():
    ring = filled(10, keep=10)
    matches = Matches(ring, is_even)
    matches.step(5)
    frozen = matches.on(ring.freeze())
    ring.append(frame(10, 10), 10)
    assert numbers(finished(frozen)) == [0, 2, 4, 6, 8]
    assert numbers(finished(matches)) == [10, 12, 14, 16, 18]
