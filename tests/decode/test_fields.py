"""Fields by their paths."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.decode.difference import ABSENT
from arcwatch.decode.fields import completed, parse_path, path_text, value_at, without

SEEN = [{"value": {"state": "a", "started": 1}}, {"value": {"state": "b", "task": {"id": 1}}}]


@given(st.lists(st.text(max_size=9) | st.integers(0, 99), min_size=1, max_size=6))
def test_a_path_reads_back_what_it_says(parts):
    path = tuple(parts)
    assert parse_path(path_text(path)) in (path, None if len(path_text(path)) > 200 else path)


@pytest.mark.parametrize(
    "text",
    ["", ".", "task", ".a.", ".a[", ".a[-1]", ".a b", "." * 300, r'.["\q"]', r'.["\ud800"]'],
)
def test_what_is_no_path(text):
    assert parse_path(text) is None


def test_values_at_paths():
    value = {"a": [{"b": None}], "c": "text"}
    paths = (("a", 0, "b"), ("a", 1), ("c", 0), ("c", "x"), ("d",))
    assert [value_at(value, path) for path in paths] == [None, ABSENT, ABSENT, ABSENT, ABSENT]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (".value.st", ".value.state"),
        (".value.sta == 1 or .value.star", ".value.sta == 1 or .value.started"),
        (".value.task.", ".value.task.id"),
        (".va", ".value"),
        (".value.nope", None),
        (".value.state", None),
        ("words", None),
        (".value.state ==", None),
    ],
)
def test_a_field_is_completed_by_what_most_values_have(text, whole):
    assert completed(text, SEEN) == whole


def test_completing_is_bounded():
    wide = {"value": {f"k{n}": n for n in range(200_000)}}
    began = time.perf_counter()
    completed(".value.k", [wide] * 50)
    completed("." * 100_000, [wide])
    completed(".a" * 5_000 + '["' * 5_000, [wide])
    assert time.perf_counter() - began < 0.5


def test_what_has_a_column_leaves_the_value_and_nothing_else():
    value = {"a": 1, "b": {"a": 2}}
    assert without(value, [("a",), ("b", "a")]) == {"b": {"a": 2}}
    assert json.dumps(value) == '{"a": 1, "b": {"a": 2}}'
    assert without([1], [("a",)]) == [1]
