"""Which columns fit, and how wide they are."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from arcwatch.ui.widgets.columns import GAP, MARGIN, Column, place, place_of

NAME = Column("name", "name", 10, flex=2)
NOTE = Column("note", "note", 8, flex=1, drop=1)
RATE = Column("rate", "rate", 6, align="right", drop=2)
SIZE = Column("size", "size", 6, align="right")

columns = st.builds(
    Column,
    key=st.text(),
    title=st.just(""),
    width=st.integers(1, 40),
    flex=st.integers(0, 3),
    drop=st.integers(0, 3),
)


def widths(*columns, within):
    return {placed.column.key: placed.width for placed in place(columns, within)}


def test_without_a_flexible_column_the_rest_stays_blank():
    assert widths(RATE, SIZE, within=80) == {"rate": 6, "size": 6}


def test_what_is_left_over_is_shared_by_flex():
    needed = 10 + 8 + 6 + 2 * GAP + 2 * MARGIN
    assert widths(NAME, NOTE, SIZE, within=needed + 10) == {"name": 17, "note": 11, "size": 6}


def test_the_largest_drop_goes_first_and_only_as_much_as_must():
    needed = 10 + 8 + 6 + 2 * GAP + 2 * MARGIN
    assert list(widths(NAME, NOTE, RATE, SIZE, within=needed)) == ["name", "note", "size"]
    assert list(widths(NAME, NOTE, RATE, SIZE, within=needed - 1)) == ["name", "size"]


def test_only_then_do_flexible_columns_give_way():
    assert widths(NAME, RATE, SIZE, within=10) == {"name": 8}


@settings(deadline=None)
@given(st.lists(columns, min_size=1, max_size=8), st.integers(0, 200))
def test_columns_never_overlap_and_fill_the_width_when_one_is_flexible(given_columns, width):
    placed = place(given_columns, width)
    for before, after in pairwise(placed):
        assert before.x + before.width + GAP == after.x
    end = placed[-1].x + placed[-1].width + MARGIN if placed else 0
    kept = [p.column for p in placed]
    least = sum(c.width for c in kept) + GAP * (len(kept) - 1) + 2 * MARGIN
    if any(c.flex for c in kept) and width >= least:
        assert end == width


@settings(deadline=None)
@given(st.lists(columns, max_size=8), st.integers(0, 200))
def test_columns_that_never_drop_stay_in_their_order_but_for_a_name(given_columns, width):
    nths = [placed.nth for placed in place(given_columns, width)]
    assert nths == sorted(nths)
    kept = [n for n, column in enumerate(given_columns) if not column.drop]
    names = [n for n in kept if given_columns[n].flex]
    assert set(names[:1] if names else kept) <= set(nths)


def test_a_figure_gives_way_to_a_name_that_could_not_be_told_from_its_neighbour():
    mark = Column("mark", "", 1)
    figures = [Column(f"n{n}", "n", 7, "right") for n in range(3)]
    placed = widths(mark, NAME, *figures, within=40)
    assert placed == {"mark": 1, "name": 17, "n0": 7, "n1": 7}
    # a name that is shorter needs no more
    wanted = list(enumerate([mark, NAME, *figures]))
    kept = place_of(wanted, 40, {"name": 5})
    assert [each.column.key for each in kept] == ["mark", "name", "n0", "n1", "n2"]


def test_words_give_what_they_do_not_need_to_a_name_that_is_cut():
    state = Column("state", "STATE", 12)
    wanted = list(enumerate([NAME, state]))
    within = 10 + 12 + GAP + 2 * MARGIN
    free = place_of(wanted, within, {"name": 30, "state": 4})
    assert [each.width for each in free] == [17, 5]
    # neither what is not known nor what is needed is taken
    for needs in ({"name": 30}, {"name": 30, "state": 12}, {"name": 9, "state": 4}):
        assert [each.width for each in place_of(wanted, within, needs)] == [10, 12]
