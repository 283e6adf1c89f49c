"""Lines among messages that are none: where they stand, and what rows are numbered."""

import json

import pytest

from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.store.messages.filtered_ring import FilteredRing
from arcwatch.store.messages.notices import MOST, Notice
from arcwatch.store.messages.ring import MessageRing


def message(number):
    return Message("nats", "nats:a", number, 1, str(number).encode())


def filled(keep=1_000):
    ring = MessageRing(keep)
    return ring, FilteredRing(ring)


def bring(ring, *numbers):
    for number in numbers:
        ring.append(encode_messages([message(number)]), 1)


def notice(text):
    return Notice(0, "nats:a", text, "lost")


def told(rows):
    """All rows, a message by its number and a notice by its text."""
    row = [rows.message(index) for index in range(rows.start, rows.end)]
    return [each.text if isinstance(each, Notice) else json.loads(each.body) for each in row]


def even(messages):
    return [json.loads(each.body) % 2 == 0 for each in messages]


def test_notices_stand_where_they_happened_and_after_the_last_message():
    ring, rows = filled()
    rows.notices.add(ring.end, notice("first"))
    bring(ring, 0, 1)
    rows.notices.add(ring.end, notice("a"))
    rows.notices.add(ring.end, notice("b"))
    bring(ring, 2)
    rows.notices.add(ring.end, notice("last"))
    assert told(rows) == ["first", 0, 1, "a", "b", 2, "last"]
    with pytest.raises(IndexError):
        rows.message(rows.end)


def test_rows_keep_their_numbers_while_messages_and_notices_fall_off():
    ring, rows = filled(keep=3)
    for number in range(6):
        bring(ring, number)
        rows.notices.add(ring.end, notice(f"after {number}"))
    kept = told(rows)
    assert kept == ["after 2", 3, "after 3", 4, "after 4", 5, "after 5"]
    five = rows.index_of(5)
    bring(ring, 6)
    assert json.loads(rows.message(five).body) == 5
    assert told(rows) == ["after 3", 4, "after 4", 5, "after 5", 6]


def test_a_filter_leaves_notices_and_those_not_reached_yet_out():
    ring, rows = filled()
    for number in range(4):
        bring(ring, number)
        rows.notices.add(ring.end, notice(f"after {number}"))
    rows.narrow(even)
    assert told(rows) == []
    rows.matches.step(2)
    assert told(rows) == [0, "after 0", "after 1"]
    rows.step()
    assert told(rows) == [0, "after 0", "after 1", 2, "after 2", "after 3"]
    assert [rows.next_match(0, 1), rows.next_match(1, 1), rows.next_match(3, -1)] == [3, 3, 0]
    assert (rows.next_match(3, 1), rows.next_match(0, -1)) == (None, None)
    assert rows.place(rows.index_of(2)) == 2
    assert rows.nth(3) == (2, 2)


def test_with_what_stands_around_them_matches_are_gone_to_over_notices():
    ring, rows = filled()
    bring(ring, 1, 2)
    rows.notices.add(ring.end, notice("x"))
    bring(ring, 3, 4)
    rows.narrow(even)
    rows.step()
    rows.context = True
    assert told(rows) == [1, 2, "x", 3, 4]
    assert [rows.is_match(index) for index in range(5)] == [False, True, False, False, True]
    assert (rows.next_match(1, 1), rows.next_match(2, 1), rows.next_match(2, -1)) == (4, 4, 1)


def test_a_held_picture_has_the_notices_it_had():
    ring, rows = filled()
    bring(ring, 0)
    rows.notices.add(ring.end, notice("before"))
    rows.hold(True)
    bring(ring, 1)
    rows.notices.add(ring.end, notice("after"))
    assert told(rows) == [0, "before"]
    rows.hold(False)
    assert told(rows) == [0, "before", 1, "after"]


def test_notices_are_bounded_and_say_that_rows_were_renumbered():
    ring, rows = filled()
    before = rows.numbering
    for number in range(MOST + 5):
        rows.notices.add(ring.end, notice(str(number)))
    assert rows.end - rows.start == MOST
    assert rows.numbering != before
    assert told(rows)[0] == "5"


def test_what_is_written_to_a_file_is_messages_alone():
    ring, rows = filled()
    bring(ring, 0)
    rows.notices.add(ring.end, notice("x"))
    bring(ring, 1)
    assert [json.loads(each.body) for each in rows.snapshot()] == [0, 1]
    assert [json.loads(each.body) for each in rows.before(rows.end - 1)] == [0]
