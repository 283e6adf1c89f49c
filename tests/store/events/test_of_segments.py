"""Splits and merges of a scalable topic, from the names of its segments at two looks."""

import pytest

from arcwatch.store.events.of_segments import Segments

TOPIC = "topic://a/b/c"
A, B = "0000-7fff-0", "8000-ffff-1"
A1, A2, WHOLE = "0000-3fff-2", "4000-7fff-3", "0000-7fff-4"


def told(*looks):
    """What each look tells after the one before."""
    segments = Segments()
    answers = [
        list(segments.update({TOPIC: [f"segment://a/b/c/{name}" for name in look]}))
        for look in looks
    ]
    assert answers[0] == []
    return [[tuple(change) for _, change in answer] for answer in answers[1:]]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([A, B], [A, B, A1, A2], ("2", "3, split of 0")),
        ([A, B, A1, A2], [A, B, A1, A2, WHOLE], ("3", "2, merge of 2 3")),
        # what is only read from was deleted meanwhile
        ([A, B], [B, A1, A2], ("2", "3, split of 0")),
        ([A, B], [A, B, A1, A2, WHOLE], ("2", "2, replacement of 0")),
    ],
)
def test_a_split_and_a_merge_are_told_with_what_became_of_what(before, after, change):
    assert told(before, after) == [[change]]


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([[B], [A, B]], id="loaded later"),
        pytest.param([[A, B, A1, A2], [A, B], [A, B, A1, A2]], id="unloaded and loaded again"),
        pytest.param([[A, B, A1, A2], [B, A1, A2]], id="what was split is deleted"),
        pytest.param([[A, B], ["zz", "0000-7fff-" + "9" * 30]], id="names that are none"),
    ],
)
def test_nothing_else_is_taken_for_one(looks):
    assert told(*looks) == [[]] * (len(looks) - 1)
