"""Subjects seen, as a tree."""

import pytest

from arcwatch.model.message import Message
from arcwatch.store.messages import subject_tree
from arcwatch.store.messages.subject_tree import LARGEST, SubjectTree


def message(subject, body=b"x"):
    return Message("nats", f"nats:{subject}", 7, len(body), body, subject=subject)


def tree(*subjects):
    found = SubjectTree()
    found.update(message(subject) for subject in subjects)
    return found


def test_a_part_counts_what_is_in_it():
    rows = tree("a.b", "a.b", "a.c", "a", "d").rows()
    told = [(row.path, row.depth, row.messages, row.subjects, row.children) for row in rows]
    assert told == [
        ("a", 0, 4, 3, True),
        ("a.b", 1, 2, 1, False),
        ("a.c", 1, 1, 1, False),
        ("d", 0, 1, 1, False),
    ]


def test_what_is_folded_is_still_counted():
    rows = tree("a.b.c", "a.b.d").rows(folded=frozenset({"a.b"}))
    assert [(row.path, row.messages) for row in rows] == [("a", 2), ("a.b", 2)]
    assert [row.path for row in tree("a.b.c").rows(depth=1)] == ["a"]


def test_rates_are_over_the_time_between_two_beats():
    found = tree("a")
    found.update_rates(0.0)
    found.update([message("a")] * 50)
    found.update_rates(5.0)
    assert found.rows()[0].rate == pytest.approx(10)


def test_subjects_beyond_the_bound_are_counted_together(monkeypatch):
    monkeypatch.setattr(subject_tree, "MOST", 3)
    found = tree(*"abcdea")
    assert (len(found), found.beyond, sum(row.messages for row in found.rows())) == (3, 2, 4)


def test_a_large_last_value_is_cut_and_a_deep_subject_is_walked():
    found = SubjectTree()
    found.update([message("a", b"x" * 10 * LARGEST), message(".".join("b" * 5_000))])
    rows = found.rows()
    assert len(rows[0].last.body) == LARGEST
    assert (rows[0].bytes, rows[-1].subjects) == (10 * LARGEST, 1)
