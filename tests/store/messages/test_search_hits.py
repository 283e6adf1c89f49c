"""What a search found, in its order or by the application's time."""

import pytest

from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.store.messages import search_hits
from arcwatch.store.messages.search_hits import Hits


def hit(name, stored, event=None):
    return Message("pulsar", "pulsar:a/b/c", 9, 1, b"x", id=name, publish_time=stored,
                   event_time=event)  # fmt: skip


def added(hits, *found):
    hits.add(encode_messages(found), len(found))
    return [hits.message(n).id for n in range(hits.start, hits.end)]


def test_hits_are_in_the_order_in_which_they_are_found():
    hits = Hits(10)
    assert added(hits, hit("b", 5), hit("a", 2)) == ["b", "a"]
    assert added(hits, hit("c", 7)) == ["b", "a", "c"]
    assert hits.times == [5, 2, 7]


def test_event_times_order_them_and_one_without_has_its_publish_time():
    hits = Hits(10, by_event_time=True)
    added(hits, hit("late", 1, 90), hit("none", 50))
    assert added(hits, hit("early", 99, 10)) == ["early", "none", "late"]
    assert hits.times == [1, 50, 99]


def test_there_is_an_end_to_what_is_held(monkeypatch):
    monkeypatch.setattr(search_hits, "MOST_BYTES", 1 + len(encode_messages([hit("a", 1)])))
    hits = Hits(10)
    added(hits, hit("a", 1))
    assert not hits.is_full
    added(hits, hit("b", 1))
    assert hits.is_full


def test_the_next_one_is_the_next_row_and_the_ends_have_none():
    hits = Hits(10)
    added(hits, hit("a", 1), hit("b", 2))
    assert [hits.next_match(0, 1), hits.next_match(1, 1), hits.next_match(0, -1)] == [1, None, None]
    assert [message.id for message in hits.before(1)] == ["a"]
    with pytest.raises(IndexError):
        hits.message(2)
