"""Folding, and what sorting, filtering and the cursor do in a tree."""

from typing import NamedTuple

import pytest
from textual.app import App

from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.tree_table import TreeTable


class Place(NamedTuple):
    name: str
    inside: str
    size: int


PLACES = (
    Place("a", "", 3),
    Place("a/x", "a", 1),
    Place("a/x/1", "a/x", 5),
    Place("a/y", "a", 2),
    Place("b", "", 9),
    Place("b/z", "b", 9),
)


class Harness(App[None]):
    def __init__(self, **options):
        super().__init__()
        columns = [Column("name", "NAME", 20), Column("size", "SIZE", 5, "right")]
        self.heard = []
        self.table = TreeTable(
            columns,
            key=lambda place: place.name,
            cells=lambda place: [self.table.label(place, place.name), str(place.size)],
            parent=lambda place: place.inside,
            foldable=lambda place: any(other.inside == place.name for other in PLACES),
            folded=lambda place: place.name == "a/x",
            sort_values={"name": lambda place: place.name, "size": lambda place: place.size},
            sort=Sort("name"),
            **options,
        )

    def compose(self):
        yield self.table

    def on_mount(self):
        self.table.show(PLACES)
        self.table.focus()

    def on_tree_table_folded(self, event):
        self.heard.append(event.key)

    def on_row_table_opened(self, event):
        self.heard.append(f"opened {event.key}")

    @property
    def shown(self):
        return [place.name for place in self.table.items]

    @property
    def drawn(self):
        lines = (self.table.line(y).text.strip("▌ ").split() for y in range(1, len(self.shown) + 1))
        return [" ".join(line[:-1]) for line in lines]


@pytest.fixture
async def tree():
    app = Harness()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_what_is_folded_hides_what_is_in_it(tree):
    app, _ = tree
    assert app.shown == ["a", "a/x", "a/y", "b", "b/z"]
    assert app.drawn == ["▾ a", "▸ a/x", "a/y", "▾ b", "b/z"]


async def test_rows_stand_to_the_right_of_what_they_are_in(tree):
    app, pilot = tree
    await pilot.press("j", "l")
    texts = [app.table.line(y).text for y in range(1, 5)]
    assert [text.index(name) for text, name in zip(texts, app.shown, strict=False)] == [3, 5, 7, 5]


@pytest.mark.parametrize(("fold", "unfold"), [("left", "right"), ("h", "l")])
async def test_the_arrows_fold_and_unfold(tree, fold, unfold):
    app, pilot = tree
    await pilot.press("j", unfold)
    assert app.shown == ["a", "a/x", "a/x/1", "a/y", "b", "b/z"]
    await pilot.press(fold)
    assert app.shown == ["a", "a/x", "a/y", "b", "b/z"]
    assert app.heard == ["a/x", "a/x"]


async def test_left_on_what_cannot_be_folded_goes_up(tree):
    app, pilot = tree
    await pilot.press("j", "j")
    assert app.table.cursor_key == "a/y"
    await pilot.press("left")
    assert app.table.cursor_key == "a"


async def test_right_on_what_is_unfolded_does_nothing(tree):
    app, pilot = tree
    await pilot.press("right", "right")
    assert (app.shown[0], app.table.cursor_key, app.heard) == ("a", "a", [])


async def test_siblings_are_sorted_among_each_other(tree):
    app, pilot = tree
    app.table.sort_by("size")
    await pilot.pause()
    assert app.shown == ["b", "b/z", "a", "a/y", "a/x"]
    app.table.sort_by("size")
    assert app.shown == ["a", "a/x", "a/y", "b", "b/z"]


async def test_the_filter_keeps_what_a_match_is_in_and_looks_into_what_is_folded(tree):
    app, pilot = tree
    app.table.filter = "1"
    await pilot.pause()
    assert app.shown == ["a", "a/x", "a/x/1"]
    assert app.drawn[1] == "▾ a/x"
    app.table.filter = ""
    assert app.shown == ["a", "a/x", "a/y", "b", "b/z"]


async def test_the_cursor_stays_on_its_row_when_rows_above_it_unfold(tree):
    app, pilot = tree
    await pilot.press("G")
    app.table.fold(PLACES[1], folded=False)
    await pilot.pause()
    assert app.table.cursor_key == "b/z"


async def test_a_click_on_the_mark_folds_and_one_on_the_name_does_not(tree):
    app, pilot = tree
    await pilot.click(app.table, offset=(5, 1))
    assert len(app.shown) == 5
    await pilot.click(app.table, offset=(1, 1))
    assert app.shown == ["a", "b", "b/z"]
    assert app.table.cursor_key == "a"


async def test_a_row_that_is_in_itself_ends_the_walk(tree):
    app, _ = tree
    app.table.show([*PLACES, Place("c", "c", 1)])
    assert app.shown == ["a", "a/x", "a/y", "b", "b/z"]


async def test_where_there_is_only_ascii_the_marks_are(tree):
    app = Harness(glyphs="ascii")
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        assert app.drawn[:2] == ["- a", "+ a/x"]
