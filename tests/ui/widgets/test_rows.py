"""Which rows, in what order, and where the cursor is."""

from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.rows import Rows


def rows_of(*items, sort=Sort(), words=""):  # noqa: B008  # immutable
    rows = Rows(key=str, haystack=str, sort_values={"name": str, "length": len})
    rows.sort, rows.filter = sort, words
    return arranged(rows, *items)


def arranged(rows, *items):
    rows.items = items
    rows.arrange()
    return rows


def test_an_untouched_cursor_rests_on_the_first_row_whichever_that_is():
    rows = rows_of("b", "c", sort=Sort("name"))
    assert rows.cursor_key == "b"
    assert arranged(rows, "b", "c", "a").cursor_key == "a"


def test_a_cursor_that_was_moved_stays_on_its_row():
    rows = rows_of("b", "c", "d", sort=Sort("name"))
    rows.move_to(1)
    assert arranged(rows, "d", "c", "b", "a").cursor_key == "c"
    assert rows.cursor == 2


def test_a_cursor_whose_row_is_gone_takes_the_row_in_its_place():
    rows = rows_of("a", "b", "c")
    rows.move_to(1)
    assert arranged(rows, "a", "c").cursor_key == "c"
    assert arranged(rows, "a").cursor_key == "a"
    assert arranged(rows).cursor_key is None


def test_the_cursor_stops_at_either_end():
    rows = rows_of("a", "b")
    rows.move_to(-5)
    assert rows.cursor_key == "a"
    rows.move_to(5)
    assert rows.cursor_key == "b"


def test_select_finds_only_what_is_shown():
    rows = rows_of("ant", "bee", "cat", words="a")
    assert rows.select("cat")
    assert not rows.select("bee")
    assert rows.cursor_key == "cat"


def test_every_word_of_the_filter_must_occur_in_any_case_and_place():
    items = ("arc/Agents/events", "arc/billing/events", "agents")
    assert rows_of(*items, words="EVENTS agents").shown == ["arc/Agents/events"]
    assert rows_of(*items, words="  ").shown == list(items)


def test_a_sort_by_no_known_column_keeps_the_order_given():
    assert rows_of("b", "a", sort=Sort("gone", True)).shown == ["b", "a"]
