"""Which fields came, went or changed between two values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.decode.difference import ABSENT, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


def told(before, after, **options):
    return [(d.path, d.before, d.after) for d in differences(before, after, **options)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": {"b": [1]}}, {"a": {"b": [1, 2]}}, [("a.b[1]", ABSENT, 2)]),
        ({"a": 1, "b": 2}, {"b": 2}, [("a", 1, ABSENT)]),
        ({"a": None}, {}, [("a", None, ABSENT)]),
        ("x", {"a": 1}, [("", "x", {"a": 1})]),
        ([1], [True], [("[0]", 1, True)]),
        ({"a": 1, "c": 3}, {"c": 4, "b": 2}, [("c", 3, 4), ("b", ABSENT, 2), ("a", 1, ABSENT)]),
    ],
)
def test_each_place_is_named(before, after, expected):
    assert told(before, after) == expected


@given(JSON, JSON)
def test_there_is_none_between_what_is_the_same(one, other):
    assert told(one, one) == []
    assert (told(one, other) == []) == (repr(one) == repr(other) or _same(one, other))


def _same(one, other):
    """Equal, and of the same types throughout; the order of keys does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other


def test_depth_and_number_are_bounded():
    before, after = 0, 1
    for _ in range(10_000):
        before, after = [before], [after]
    assert len(differences(before, after)) == 1
    assert len(told([0] * 5_000, [1] * 5_000, most=7)) == 7
