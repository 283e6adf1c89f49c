"""The state of keys, or what changed between two: a row a key."""

import pytest

from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.store.messages.key_states import KeyStateRows


def one(name):
    return Message("js", "js:S", 1, 1, b"x", id=name)


@pytest.fixture
def rows():
    found = KeyStateRows(is_compared=True)
    names = ("new", "old", "now", "gone")
    found.add(encode_messages([one(name) for name in names]), ("added", "changed", "removed"))
    return found


def test_each_kind_has_the_messages_that_it_is_of(rows):
    found = [rows.row(n) for n in range(rows.end)]
    assert [(r.kind, r.before and r.before.id, r.after and r.after.id) for r in found] == [
        ("added", None, "new"),
        ("changed", "old", "now"),
        ("removed", "gone", None),
    ]
    assert [rows.message(n).id for n in range(rows.end)] == ["new", "now", "gone"]


def test_kinds_are_counted_over_all_that_came(rows):
    rows.add(encode_messages([one("more")]), ("added",))
    assert [rows.count(kind) for kind in ("added", "changed", "unknown")] == [2, 1, 0]
    assert rows.end == 4


def test_only_what_changed_has_one_before(rows):
    assert [[m.id for m in rows.before(n)] for n in range(3)] == [[], ["old"], []]


def test_a_report_without_keys_adds_none(rows):
    rows.add(b"", ())
    assert rows.end == 3
    for index in (-1, 3):
        with pytest.raises(IndexError):
            rows.row(index)
    assert [rows.next_match(2, 1), rows.next_match(0, 1)] == [None, 1]
