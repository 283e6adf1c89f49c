"""What happened between stored messages, as rows among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.model.history import Page
from arcwatch.model.message import Message
from arcwatch.store.messages.between import PagesBetween
from arcwatch.store.messages.notices import Notice
from arcwatch.store.messages.pages import Pages


def message(n):
    return Message("pulsar", "pulsar:a/b/c", 10 * n, 1, b"x", id=f"1:{n}", publish_time=10 * n)


def page(start, end):
    return Page(tuple(map(message, range(start, end))), (), (), first=False, last=False)


def event(at):
    return Notice(at, "pulsar:a/b/c", f"at {at}", "event")


def told(rows):
    found = [rows.message(row) for row in range(rows.start, rows.end)]
    return [row.id if isinstance(row, Message) else row.text for row in found]


def test_an_event_stands_before_the_first_message_that_is_later():
    rows = PagesBetween(Pages(page(100, 103)))
    assert rows.update([event(1005), event(1000), event(1007)])
    assert told(rows) == ["1:100", "at 1000", "at 1005", "at 1007", "1:101", "1:102"]
    assert (rows.start, rows.end) == (0, 6)
    assert [rows.index_of(row) for row in range(6)] == [0, 1, 1, 1, 1, 2]
    assert [m.id for m in rows.before(4)] == ["1:100"]
    assert next(rows.before(99)).id == "1:102"


def test_what_happened_outside_of_what_is_held_waits_until_more_is():
    pages = Pages(page(100, 103))
    rows = PagesBetween(pages)
    events = [event(985), event(1005), event(1025)]
    assert rows.update(events)
    before = rows.row_of(2)
    pages.prepend(page(97, 100))
    pages.append(page(103, 105))
    assert rows.update(events)
    assert told(rows)[:3] == ["1:97", "1:98", "at 985"]
    assert "at 1025" in told(rows)
    # the same message is in the same row
    assert rows.row_of(2) == before == 3
    assert rows.message(3).id == "1:102"
    assert not rows.update(events)


@given(
    st.lists(st.integers(900, 1100), max_size=12, unique=True),
    st.lists(st.sampled_from(["before", "behind"]), max_size=6),
)
def test_every_row_is_one_thing_and_every_message_has_its_row(moments, steps):
    pages = Pages(page(100, 102))
    rows, low, high = PagesBetween(pages), 100, 102
    for step in [*steps, "behind"]:
        if step == "before":
            pages.prepend(page(low - 2, low))
            low -= 2
        else:
            pages.append(page(high, high + 2))
            high += 2
        rows.update(map(event, moments))
        held = [rows.message(row) for row in range(rows.start, rows.end)]
        assert [m.id for m in held if isinstance(m, Message)] == [
            f"1:{n}" for n in range(low, high)
        ]
        times = [m.publish_time if isinstance(m, Message) else m.at for m in held]
        assert times == sorted(times)
        for index in range(pages.start, pages.end):
            assert rows.message(rows.row_of(index)) == pages.message(index)
            assert rows.index_of(rows.row_of(index)) == index
    with pytest.raises(IndexError):
        rows.message(rows.end)
