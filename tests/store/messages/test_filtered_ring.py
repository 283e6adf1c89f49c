"""All of a ring, what a filter keeps of it, and both standing still."""

import pytest

from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.store.messages.filtered_ring import FilteredRing
from arcwatch.store.messages.ring import MessageRing


def frame(first, count):
    return encode_messages(
        [Message("nats", "nats:s", n, 1, b"x") for n in range(first, first + count)]
    )


@pytest.fixture
def ring():
    ring = MessageRing(keep=10)
    ring.append(frame(0, 10), 10)
    return ring


def more(ring, count):
    ring.append(frame(ring.end, count), count)


def numbers(kept):
    return [kept.message(index).received_time for index in range(kept.start, kept.end)]


def by_three(messages):
    return [message.received_time % 3 == 0 for message in messages]


def caught_up(kept):
    while kept.step():
        pass
    return kept


def test_without_a_filter_rows_are_the_ring(ring):
    kept = FilteredRing(ring)
    more(ring, 2)
    assert numbers(kept) == [*range(2, 12)]
    assert (kept.place(5), kept.index_of(7), kept.next_match(5, 1)) == (5, 7, None)


def test_a_filter_narrows_and_is_taken_back_without_loss(ring):
    kept = FilteredRing(ring)
    kept.narrow(by_three)
    assert numbers(caught_up(kept)) == [0, 3, 6, 9]
    assert (kept.place(2), kept.index_of(4), kept.is_match(2)) == (6, 2, False)
    kept.narrow(None)
    assert numbers(kept) == [*range(10)]


def test_with_context_all_are_shown_and_matches_stand_out(ring):
    kept = FilteredRing(ring)
    kept.narrow(by_three)
    caught_up(kept).context = True
    assert numbers(kept) == [*range(10)]
    assert [n for n in range(10) if kept.is_match(n)] == [0, 3, 6, 9]


@pytest.mark.parametrize(("context", "found"), [(True, [9, None, 6, 3]), (False, [3, None, 2, 1])])
def test_the_next_match_is_found_both_ways(ring, context, found):
    kept = FilteredRing(ring)
    kept.narrow(by_three)
    caught_up(kept).context = context
    last = 9 if context else 3
    after = last - 1
    asked = [(after, 1), (last, 1), (last, -1), (found[2], -1)]
    assert [kept.next_match(index, step) for index, step in asked] == found


def test_held_rows_stand_still_while_the_ring_turns(ring):
    kept = FilteredRing(ring)
    kept.narrow(by_three)
    caught_up(kept).hold(True)
    more(ring, 10)
    caught_up(kept)
    assert numbers(kept) == [0, 3, 6, 9]
    assert kept.live.matched == 7
    kept.narrow(lambda messages: [message.received_time < 2 for message in messages])
    assert numbers(caught_up(kept)) == [0, 1]
    kept.hold(False)
    kept.narrow(None)
    assert numbers(kept) == [*range(10, 20)]
