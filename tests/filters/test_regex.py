"""Regular expressions in linear time, and where a wrong one is wrong."""

import pytest

from arcwatch.filters.regex import Mistake, compiled


def test_bytes_are_searched_valid_or_not():
    assert compiled("fail(ed)?").search(b"\xff it failed \xff")
    assert compiled("^b.d$").search("böd".encode())
    assert not compiled("a.b").search(b"a\nb")


@pytest.mark.parametrize(
    ("pattern", "at"),
    [("a(b", 1), ("a)", 1), ("[a", 0), ("*a", 0), ("a\\", 1)],
)
def test_a_mistake_has_its_place(pattern, at):
    with pytest.raises(Mistake) as caught:
        compiled(pattern)
    assert (caught.value.at, bool(caught.value.why), caught.value.hint) == (at, True, "")


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?<!a)b", "(a)\\1"])
def test_what_takes_more_than_linear_time_says_what_to_use_instead(pattern):
    with pytest.raises(Mistake) as caught:
        compiled(pattern)
    assert "two filters, or jq" in caught.value.hint


def test_half_a_character_is_a_mistake_at_its_place():
    with pytest.raises(Mistake) as caught:
        compiled("ab\ud800")
    assert (caught.value.at, caught.value.why) == (2, "half a character")
