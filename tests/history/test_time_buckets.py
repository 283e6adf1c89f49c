"""How many messages lie in each of some equal spans of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.history.time_buckets import buckets
from arcwatch.model.history import Stretch

TIMES = st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)).map(sorted)


@given(st.lists(st.tuples(TIMES, st.integers(0, 99)), max_size=9), st.integers(1, 12))
def test_all_that_is_stored_is_in_some_span(stored, count):
    stretches = [Stretch(start, end, messages) for (start, end), messages in stored]
    found = buckets(stretches, 0, 1_001, count)
    assert sum(each.messages for each in found) == pytest.approx(sum(m for _, m in stored))
    assert len(found) == count


def test_a_stretch_is_shared_by_the_spans_that_it_reaches_into():
    found = buckets([Stretch(50, 150, 10.0)], 0, 300, 3)
    assert [(each.start, each.messages) for each in found] == [(0, 5.0), (100, 5.0), (200, 0.0)]


def test_what_lies_outside_counts_only_as_far_as_it_reaches_in():
    assert [each.messages for each in buckets([Stretch(-100, 100, 10.0)], 0, 100, 1)] == [5.0]
    outside = [Stretch(-9, -1, 5.0), Stretch(100, 200, 5.0)]
    assert [each.messages for each in buckets(outside, 0, 100, 2)] == [0.0, 0.0]


def test_a_span_is_of_tiered_storage_where_any_of_it_is():
    stretches = [Stretch(0, 10, 1.0, offloaded=True), Stretch(5, 30, 9.0)]
    assert [each.offloaded for each in buckets(stretches, 0, 40, 4)] == [True, True, False, False]
    # an empty one lies nowhere
    assert not buckets([Stretch(0, 10, 0.0, offloaded=True)], 0, 40, 1)[0].offloaded
