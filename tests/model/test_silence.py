"""Which findings a silence is about, and how long."""

import pytest

from arcwatch.model.silence import Silence


@pytest.mark.parametrize(
    ("at", "place", "covered"),
    [
        ("*", "js:A", True),
        ("js:A*", "js:AB#c", True),
        ("js:A", "js:AB", False),
        ("js:[a]", "js:[a]", True),
        ("js:?", "js:a", False),
    ],
)
def test_only_an_asterisk_is_any_characters(at, place, covered):
    assert Silence("js-unbounded", "r", at).covers("js-unbounded", place, 0.0) is covered
