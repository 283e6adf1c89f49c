"""Rows of figures on one axis: what a window shows, what is kept, and for how long."""

import math
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from arcwatch.store.series.series import SeriesTable

KEYS = ["a", "b", "c"]
BRIEF, DEEP = 4, 9
FIGURES = st.one_of(st.integers(0, 1000).map(float), st.just(nan))


def overlap(a, b, c, d):
    return max(0.0, min(b, d) - max(a, c))


def mean_by_bucket(spans, start, end, buckets):
    """The slow, obvious way: each bucket looks at every span of time."""
    step, means = (end - start) / buckets, []
    for bucket in range(buckets):
        left, right = start + bucket * step, start + (bucket + 1) * step
        shares = [(overlap(a, b, left, right), value) for a, b, value in spans]
        weight = sum(share for share, _ in shares)
        mean = sum(share * value for share, value in shares) / weight if weight > 1e-9 else nan
        means.append(mean)
    return means


class AsAList(RuleBasedStateMachine):
    """A table beside a model that keeps everything, and forgets what a row may not hold."""

    def __init__(self):
        super().__init__()
        self.table = SeriesTable(["x", "y"], brief=BRIEF, deep=DEEP)
        self.times, self.values, self.deep = [], {}, set()

    @rule(rows=st.dictionaries(st.sampled_from(KEYS), FIGURES), step=st.integers(1, 5))
    def push(self, rows, step):
        at = (self.times[-1] if self.times else 100.0) + step
        self.table.push(at, {key: (value, -value) for key, value in rows.items()})
        self.times.append(at)
        for key, value in rows.items():
            self.values.setdefault(key, {})[len(self.times) - 1] = value
        self.forget()

    @rule(step=st.integers(1, 5))
    def gap(self, step):
        at = (self.times[-1] if self.times else 100.0) + step
        self.table.gap(at)
        self.times.append(at)
        self.forget()

    @rule(keys=st.sets(st.sampled_from(KEYS)))
    def deepen(self, keys):
        self.table.deepen(keys)
        self.deep = keys
        self.forget()

    def forget(self):
        for key, values in self.values.items():
            kept = len(self.times) - (DEEP if key in self.deep else BRIEF)
            self.values[key] = {tick: value for tick, value in values.items() if tick >= kept}

    def known(self, key):
        return [(t, v) for t, v in sorted(self.values.get(key, {}).items()) if v == v]

    @invariant()
    def points_are_what_was_pushed(self):
        for key in KEYS:
            expected = [(self.times[tick], value) for tick, value in self.known(key)]
            assert self.table.points(key, "x", 0.0) == expected

    @invariant()
    def windows_are_means_over_time(self):
        if not self.times:
            return
        oldest = max(1, len(self.times) - DEEP + 1)
        for key in KEYS:
            spans = [
                (self.times[tick - 1], self.times[tick], -value)
                for tick, value in self.known(key)
                if tick >= oldest
            ]
            for start, end, buckets in [(95.0, self.times[-1], 7), (self.times[-1] - 6, 400.0, 3)]:
                shown = self.table.window(key, "y", start, end, buckets)
                expected = mean_by_bucket(spans, start, end, buckets)
                assert shown == pytest.approx(expected, nan_ok=True)

    @invariant()
    def latest_is_the_newest_moment_or_a_gap(self):
        newest = len(self.times) - 1
        for key in KEYS:
            expected = self.values.get(key, {}).get(newest, nan)
            assert self.table.latest(key, "x") == pytest.approx(expected, nan_ok=True)

    @invariant()
    def the_axis_tells_its_ends(self):
        held = self.times[-DEEP:] or [nan]
        assert (self.table.first, self.table.last) == pytest.approx(
            (held[0], held[-1]), nan_ok=True
        )

    @invariant()
    def a_row_without_figures_goes(self):
        for key in KEYS:
            if not self.values.get(key) and key in self.table:
                # it goes in time, whatever it was deepened to
                later = self.table.freeze()
                for more in range(1, DEEP + 1):
                    later.gap(self.times[-1] + more)
                assert key not in later


TestAsAList = AsAList.TestCase
TestAsAList.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(
    st.lists(st.tuples(st.floats(0.1, 5), FIGURES), min_size=1, max_size=20),
    st.floats(-5, 60),
    st.floats(0.01, 80),
    st.integers(1, 30),
)
def test_any_window_of_any_beat_is_the_mean_over_what_it_covers(pushes, start, span, buckets):
    table, at, spans = SeriesTable(["x"]), 0.0, []
    table.push(at, {"k": [1.0]})
    for step, value in pushes:
        if value == value:
            spans.append((at, at + step, value))
        at += step
        table.push(at, {"k": [value]})
    shown = table.window("k", "x", start, start + span, buckets)
    expected = mean_by_bucket(spans, start, start + span, buckets)
    for one, other in zip(shown, expected, strict=True):
        # a sliver thinner than what floats tell apart may count in one and not in the other
        assert (
            one == pytest.approx(other, rel=1e-4, abs=1e-6) or math.isnan(one) or math.isnan(other)
        )


def seconds(table, key="k", *, start, end):
    """A window with a bucket a second."""
    return table.window(key, "x", start, end, int(end - start))


def test_a_gap_is_a_gap_and_never_zero():
    table = SeriesTable(["x"])
    for at, figure in enumerate([5, 5, nan, 0, 5]):
        table.push(float(at), {"k": [figure]})
    table.gap(5.0)
    shown = seconds(table, start=-1.0, end=6.0)
    assert shown == pytest.approx([nan, 5, nan, 0, 5, nan, nan], nan_ok=True)


def test_a_window_finer_than_the_beat_has_no_false_gaps():
    table = SeriesTable(["x"])
    for at in (0.0, 10.0, 20.0):
        table.push(at, {"k": [at]})
    assert seconds(table, start=0.0, end=20.0) == [10.0] * 10 + [20.0] * 10


@pytest.mark.parametrize(
    ("start", "end"), [(5.0, 5.0), (5.0, 4.0), (nan, 5.0), (5.0, nan), (100.0, 200.0)]
)
def test_a_window_of_no_time_or_another_time_is_all_gap(start, end):
    table = SeriesTable(["x"])
    for at in range(10):
        table.push(float(at), {"k": [1.0]})
    assert all(math.isnan(figure) for figure in table.window("k", "x", start, end, 4))
    assert table.window("k", "x", start, end, 0) == []


def test_a_clock_that_was_set_back_is_survived():
    table = SeriesTable(["x"])
    for at in (100.0, 101.0, 102.0, 50.0, 51.0, 52.0):
        table.push(at, {"k": [at]})
    assert seconds(table, start=50.0, end=52.0) == [51.0, 52.0]


def test_a_row_that_is_deepened_keeps_its_points_and_more_from_then_on():
    table = SeriesTable(["x"], brief=3, deep=100)
    for at in range(10):
        table.push(float(at), {"k": [at], "other": [at]})
    table.deepen(["k"])
    for at in range(10, 20):
        table.push(float(at), {"k": [at], "other": [at]})
    assert [at for at, _ in table.points("k", "x", -1.0)] == list(range(7, 20))
    assert [at for at, _ in table.points("other", "x", -1.0)] == [17, 18, 19]


def test_a_row_is_deep_while_anybody_claims_it():
    table = SeriesTable(["x"], brief=2, deep=10)
    table.deepen(["k"], claim="ranking")
    table.deepen(["k"], claim="screen")
    table.deepen([], claim="ranking")
    for at in range(10):
        table.push(float(at), {"k": [at]})
    assert len(table.points("k", "x", -1.0)) == 10
    table.deepen([], claim="screen")
    assert len(table.points("k", "x", -1.0)) == 2


def test_rows_that_come_and_go_do_not_pile_up():
    table = SeriesTable(["x"], brief=10, deep=50)
    for at in range(1000):
        table.push(float(at), {f"client {at}": [1.0], f"other {at}": [1.0]})
    assert len([at for at in range(1000) if f"client {at}" in table]) <= 11


def test_a_row_that_comes_back_starts_anew():
    table = SeriesTable(["x"], brief=2, deep=10)
    table.push(0.0, {"k": [7.0]})
    for at in range(1, 5):
        table.gap(float(at))
    assert "k" not in table
    table.push(5.0, {"k": [8.0]})
    assert table.points("k", "x", -1.0) == [(5.0, 8.0)]


def test_what_was_never_pushed_is_unknown():
    table = SeriesTable(["x"])
    assert math.isnan(table.last)
    assert math.isnan(table.latest("k", "x"))
    assert table.points("k", "x", 0.0) == []
    assert all(math.isnan(figure) for figure in table.window("k", "x", 0.0, 1.0, 3))


def test_a_figure_beyond_all_measure_is_no_error():
    table = SeriesTable(["x"])
    table.push(0.0, {"k": [1.0]})
    table.push(1.0, {"k": [1e300]})
    assert table.latest("k", "x") == math.inf
