"""The pages of a history that are held: rows keep their numbers while pages come and go."""

import pytest

from arcwatch.model.history import Page
from arcwatch.model.message import Message
from arcwatch.store.messages import pages
from arcwatch.store.messages.pages import LEAST, Pages

SIZE = 10


def page(number, count=SIZE, **more):
    """The messages from ``number`` on."""
    numbers = range(number, number + count)
    messages = tuple(Message("js", "js:S", n, 1, b"x", id=f"#{n}") for n in numbers)
    return Page(messages, ((number,),), ((number + count,),), **more)


def ids(held):
    return [int(held.message(n).id[1:]) for n in range(held.start, held.end)]


@pytest.fixture
def few(monkeypatch):
    """Only as much is held as must be."""
    monkeypatch.setattr(pages, "MOST", 0)


def test_pages_at_either_end_leave_every_row_its_number():
    held = Pages(page(100))
    held.append(page(110))
    held.prepend(page(90))
    assert (held.start, held.end, held.held) == (-10, 20, 30)
    assert ids(held) == [*range(90, 120)]
    assert (held.before_all, held.after_all) == (((90,),), ((120,),))
    assert held.begins == 90


def test_a_page_at_one_end_makes_room_at_the_other(few):
    held = Pages(page(0, first=True))
    for number in range(10, 60, 10):
        held.append(page(number))
    assert (held.held, held.first) == (LEAST * SIZE, False)
    assert ids(held) == [30, *range(31, 60)]
    # and back again
    held.prepend(page(20))
    assert (held.start, held.end, held.last) == (20, 50, False)
    assert ids(held) == [*range(20, 50)]


def test_large_bodies_count_as_well_as_many_messages(monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 35)
    held = Pages(page(0))
    for number in (10, 20, 30):
        held.append(page(number))
    assert held.held == 30


def test_an_empty_page_is_the_end_and_changes_nothing_else():
    held = Pages(page(0))
    held.append(Page((), (), ()))
    held.prepend(Page((), (), ()))
    assert (held.first, held.last, held.held, held.after_all) == (True, True, 10, ((10,),))
    assert Pages(Page((), (), ())).begins == 0


def test_what_is_not_held_is_an_index_error_and_those_before_come_nearest_first():
    held = Pages(page(0))
    for index in (-1, 10):
        with pytest.raises(IndexError, match=f"message {index} is not held; 0 to 9 are"):
            held.message(index)
    assert [message.id for message in held.before(3)] == ["#2", "#1", "#0"]
