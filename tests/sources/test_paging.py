import heapq
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from arcwatch.sources.paging import entries_between, merged_backward, merged_forward, step_back

TIMES = st.lists(st.lists(st.integers(0, 20), max_size=12).map(sorted), min_size=1, max_size=4)
DISORDERED = st.lists(st.lists(st.integers(0, 20), max_size=12), min_size=1, max_size=4)
LEDGERS = st.lists(st.integers(0, 6), min_size=1, max_size=6).map(
    lambda counts: [(3 * number + 1, count) for number, count in enumerate(counts)]
)


def in_order(times):
    """Every message as (time, place, number), in the order of the whole history."""
    each = [[(t, place, n) for n, t in enumerate(known)] for place, known in enumerate(times)]
    return list(heapq.merge(*each))


def pages_forward(times, limit):
    """All pages from the first to the last: their places, and the vector each ends at."""
    at = [0] * len(times)
    while True:
        merged = merged_forward(
            [known[n:] for known, n in zip(times, at, strict=True)], [True] * len(times), limit
        )
        if not merged.order:
            return
        at = [n + count for n, count in zip(at, merged.counts, strict=True)]
        yield merged.order, tuple(at)


@given(TIMES, st.integers(1, 7))
def test_pages_laid_end_to_end_are_the_whole_history(times, limit):
    places = [place for order, _ in pages_forward(times, limit) for place in order]
    assert places == [place for _, place, _ in in_order(times)]


@given(TIMES, st.integers(1, 7))
def test_a_page_back_is_the_page_that_was_left(times, limit):
    pages = list(pages_forward(times, limit))
    for (order, start), (_, end) in pairwise(pages):
        before = [known[:n] for known, n in zip(times, start, strict=True)]
        assert merged_backward(before, [True] * len(times), len(order)).order == order
        assert end > start


@given(DISORDERED, st.integers(1, 7))
def test_where_clocks_disagree_every_message_still_comes_once_and_places_keep_their_order(
    times, limit
):
    at = [len(known) for known in times]
    seen = []
    while True:
        before = [known[:n] for known, n in zip(times, at, strict=True)]
        merged = merged_backward(before, [True] * len(times), limit)
        if not merged.order:
            break
        at = [n - count for n, count in zip(at, merged.counts, strict=True)]
        seen = merged.order + seen
        assert sum(merged.counts) == len(merged.order)
    assert sorted(seen) == sorted(place for place, known in enumerate(times) for _ in known)


@given(TIMES, st.integers(1, 30), st.data())
def test_what_is_not_known_yet_is_asked_for_and_never_guessed(times, limit, data):
    known = [data.draw(st.integers(0, len(each))) for each in times]
    whole = [count == len(each) for count, each in zip(known, times, strict=True)]
    part = [each[:count] for count, each in zip(known, times, strict=True)]
    merged = merged_forward(part, whole, limit)
    truth = [place for _, place, _ in in_order(times)][:limit]
    assert merged.order == truth[: len(merged.order)]
    assert merged.missing >= 0 or merged.order == truth
    assert merged.missing < 0 or not whole[merged.missing]


@given(LEDGERS, st.integers(0, 40), st.data())
def test_a_step_back_passes_so_many_entries(ledgers, entries, data):
    ledger, count = data.draw(st.sampled_from(ledgers))
    position = (ledger, data.draw(st.integers(0, count)))
    start = step_back(ledgers, position, entries)
    first = (ledgers[0][0], 0)
    passed = entries_between(ledgers, start, position)
    assert passed == min(entries, entries_between(ledgers, first, position))


def test_a_step_back_from_a_ledger_that_is_gone_begins_at_the_first_that_is_stored():
    assert step_back([(5, 3), (9, 4)], (2, 7), 4) == (5, 0)
    assert step_back([(5, 3), (9, 4)], (7, 7), 2) == (5, 1)
    assert step_back([], (7, 7), 2) == (0, 0)
