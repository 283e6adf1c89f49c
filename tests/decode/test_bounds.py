"""How deep values may nest, and what a reader's error is told as."""

import pytest

from arcwatch.decode.bounds import MAX_DEPTH, MAX_REASON, nested_deeper, reason


def nested(levels, inner=None):
    value = inner
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def test_lists_and_objects_count_alike_and_what_is_in_them_does_not():
    assert not nested_deeper("text", 0)
    assert not nested_deeper(nested(MAX_DEPTH, inner="text"))
    assert nested_deeper(nested(MAX_DEPTH, inner=[]))


def test_the_deepest_of_many_counts_and_needs_no_stack():
    assert nested_deeper([1, {}, {"a": [[], [{}]]}], 4)
    assert nested_deeper(nested(100_000))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EOFError("Compressed file ended"), "cut short"),
        (KeyError("fields"), "no 'fields'"),
        (RecursionError(), "RecursionError"),
        (ValueError("first\nsecond"), "first"),
        (ValueError("x" * 5_000), "x" * MAX_REASON),
    ],
)
def test_a_reason_is_one_short_line(error, said):
    assert reason(error) == said
