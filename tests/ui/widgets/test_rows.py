"""Which rows, in what order, and where the cursor is."""

from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.rows import Rows


def rows_of(*items, sort=Sort(), words=""):  # noqa: B008  # immutable
    rows = Rows(key=str, haystack=str, sort_values={"name": str, "length": len})
    rows.sort, rows.filter = sort, words
    return arranged(rows, *items)


def arranged(rows, *items, at=0.0):
    rows.items = items
    rows.arrange(at)
    return rows


def loads(at=0.0, rows=None, **values):
    """Names in the order of their loads, the largest first."""
    if rows is None:
        rows = Rows(key=lambda row: row[0], haystack=str, sort_values={"load": lambda row: row[1]})
        rows.sort = Sort("load", True)
    arranged(rows, *values.items(), at=at)
    return rows, "".join(name for name, _ in rows.shown)


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


def test_rows_change_places_only_where_one_leads():
    rows, order = loads(a=100, b=90)
    assert order == "ab"
    assert loads(10, rows, a=100, b=109)[1] == "ab"
    assert loads(20, rows, a=100, b=111)[1] == "ba"
    assert loads(30, rows, a=120, b=111)[1] == "ba"


def test_rows_that_have_changed_places_keep_them_for_a_while():
    rows, _ = loads(a=3, b=2, c=1)
    assert loads(1, rows, a=1, b=2, c=3)[1] == "cba"
    assert loads(2, rows, a=30, b=20, c=1)[1] == "cba"
    assert loads(5.9, rows, a=30, b=20, c=1)[1] == "cba"
    assert loads(6, rows, a=30, b=20, c=1)[1] == "abc"


def test_a_row_that_is_new_is_where_it_belongs_at_once():
    rows, _ = loads(a=3, b=2)
    assert loads(1, rows, a=2, b=3)[1] == "ba"
    assert loads(2, rows, a=2, b=3, c=9)[1] == "cba"
    assert loads(3, rows, a=2, b=3)[1] == "ba"


def test_an_order_that_the_user_asks_for_holds_at_once():
    rows, _ = loads(a=3, b=2)
    assert loads(1, rows, a=2, b=3)[1] == "ba"
    rows.sort = Sort("load", False)
    rows.settle()
    assert loads(2, rows, a=2, b=3)[1] == "ab"


def test_what_was_not_known_is_in_its_place_once_it_is():
    rows, _ = loads(a=None, b=None, c=1)
    assert loads(1, rows, a=5, b=7, c=1)[1] == "bac"
