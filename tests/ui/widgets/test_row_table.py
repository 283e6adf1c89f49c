"""A live table under the hands of a user."""

from typing import ClassVar, NamedTuple

import pytest
from msgspec.structs import replace
from textual.app import App
from textual.events import MouseScrollDown

from arcwatch.ui.widgets.arrangement import Arrangement
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort
from arcwatch.ui.widgets.row_table import RowTable


class Topic(NamedTuple):
    name: str
    rate: float | None = 0.0
    tone: str = ""
    stale: bool = False


COLUMNS = [
    Column("name", "topic", 10, flex=1, elide="middle"),
    Column("note", "note", 4, drop=1),
    Column("rate", "rate", 6, align="right"),
]
BY_RATE = Sort("rate", True)


def cells_of(topic):
    return [topic.name, ("ok", topic.tone), f"{topic.rate:g}"]


class Harness(App[None]):
    def __init__(self, *topics, **settings):
        super().__init__()
        self.heard = []
        self.table = RowTable(
            COLUMNS,
            key=lambda topic: topic.name,
            sort_values={"name": lambda topic: topic.name, "rate": lambda topic: topic.rate},
            dim=lambda topic: topic.stale,
            **{"cells": cells_of} | settings,
        )
        self.topics = topics

    def compose(self):
        yield self.table

    def on_mount(self):
        self.table.show(self.topics)

    def on_row_table_opened(self, event):
        self.heard.append(("opened", event.key))

    def on_row_table_moved(self, event):
        self.heard.append(("moved", event.key))

    def on_row_table_arranged(self, event):
        self.heard.append(("sorted", event.arrangement.sort, event.arrangement.reverse))

    def on_row_table_columns_requested(self, event):
        self.heard.append(("columns",))

    def on_row_table_full_row_requested(self, event):
        self.heard.append(("in full", event.fields))


def text(table):
    """What is on screen, line by line, without the blanks at the right."""
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def names(table):
    """The first word of every row on screen."""
    return [line.strip("▌ ").split()[0] for line in text(table)[1:] if line]


def many(count, rate=0.0):
    return [Topic(f"t{n}", rate) for n in range(count)]


@pytest.fixture
def drawn(monkeypatch):
    """Which lines of the table were painted since the list was last cleared."""
    lines = []
    render = RowTable.render_line
    monkeypatch.setattr(
        RowTable, "render_line", lambda self, y: (lines.append(y), render(self, y))[1]
    )
    return lines


async def test_shows_columns_rows_and_the_sort_mark():
    app = Harness(Topic("orders", 3), Topic("audit", 12), sort=BY_RATE)
    async with app.run_test(size=(34, 4)):
        assert text(app.table) == [
            " topic              note   ▼rate",
            "▌audit              ok        12",
            " orders             ok         3",
            "",
        ]


async def test_a_narrow_table_drops_columns_before_it_cuts():
    app = Harness(Topic("orders.created.eu", 3))
    async with app.run_test(size=(23, 3)) as pilot:
        assert text(app.table)[:2] == [" topic           rate›", "▌order…ted.eu       3"]
        await pilot.resize_terminal(40, 3)
        assert text(app.table)[1].split() == ["▌orders.created.eu", "ok", "3"]


async def test_the_cursor_stays_on_its_row_when_the_order_changes():
    app = Harness(Topic("a", 3), Topic("b", 2), Topic("c", 1), sort=BY_RATE)
    async with app.run_test() as pilot:
        await pilot.press("j")
        app.table.show([Topic("a", 1), Topic("b", 2), Topic("c", 3), Topic("d", 9)])
        await pilot.press("enter")
    assert app.table.items[2].name == "b"
    assert app.heard[-1] == ("opened", "b")


async def test_moved_is_told_once_a_row_and_also_when_the_row_disappears():
    app = Harness(Topic("a"), Topic("b"))
    async with app.run_test() as pilot:
        await pilot.press("j", "j", "k")
        app.table.show([Topic("b")])
        app.table.show([])
        await pilot.pause()
    assert app.heard == [("moved", key) for key in ("a", "b", "a", "b", None)]


async def test_an_empty_table_ignores_keys():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.press("j", "k", "g", "G", "pagedown", "pageup", "home", "end", "enter")
        await pilot.press("o", "x", "left", "space", "escape", "O")
    assert [event for event in app.heard if event[0] != "sorted"] == [("columns",)]


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        ("j", 1),
        ("down down up", 1),
        ("k", 0),
        ("G", 99),
        ("end k", 98),
        ("G home", 0),
        ("G g j", 1),
        ("pagedown", 9),
        ("pagedown pagedown pageup", 9),
        ("G pageup", 90),
    ],
)
async def test_keys_move_the_cursor_and_bring_it_into_view(keys, row):
    app = Harness(*many(100))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*keys.split())
        assert app.table.cursor_key == f"t{row}"
        assert f"t{row}" in names(app.table)


async def test_the_header_stays_while_rows_scroll():
    app = Harness(*many(100))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("G")
        assert text(app.table)[0].split() == ["topic", "note", "rate"]
        assert names(app.table) == [f"t{n}" for n in range(91, 100)]


async def test_the_scroll_place_is_kept_by_updates_and_the_end_is_not_overrun():
    app = Harness(*many(100))
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.scroll_to(y=50, animate=False)
        await pilot.pause()
        app.table.show(many(200, rate=1))
        await pilot.pause()
        assert names(app.table)[0] == "t50"
        app.table.show(many(20))
        await pilot.pause()
        assert names(app.table) == [f"t{n}" for n in range(11, 20)]


async def test_only_changed_rows_are_painted(drawn):
    app = Harness(*many(30))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        drawn.clear()
        app.table.show([Topic(f"t{n}", 9.0 if n == 7 else 0.0) for n in range(30)])
        await pilot.pause()
    assert drawn == [8]


async def test_nothing_is_painted_when_nothing_differs(drawn):
    app = Harness(*many(30))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        drawn.clear()
        app.table.show(many(30))
        app.table.show([*many(29), Topic("t29", 5)])  # below the screen
        await pilot.pause()
    assert drawn == []


async def test_moving_the_cursor_paints_two_rows(drawn):
    app = Harness(*many(30))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.press("j")
        drawn.clear()
        await pilot.press("j")
    assert drawn == [2, 3]


async def test_a_known_version_is_not_even_looked_at():
    app = Harness()
    async with app.run_test():
        app.table.show(many(3), version=7)
        app.table.show(many(5), version=7)
        assert app.table.total == 3
        app.table.show(many(5), version=8)
        assert app.table.total == 5


async def test_only_rows_on_screen_are_formatted():
    formatted = set()
    app = Harness(cells=lambda topic: (formatted.add(topic.name), cells_of(topic))[1])
    async with app.run_test(size=(40, 10)):
        app.table.show(many(3_000))
        assert formatted == {f"t{n}" for n in range(9)}


async def test_the_columns_and_the_whole_row_are_asked_for_by_key():
    app = Harness(Topic("a\x1b" * 40, 1))
    async with app.run_test(size=(30, 4)) as pilot:
        await pilot.press("o", "x")
    assert app.heard[-2:] == [
        ("columns",),
        ("in full", [("topic", "a␛" * 40), ("note", "ok"), ("rate", "1")]),
    ]


async def test_the_order_is_turned_round():
    app = Harness(Topic("a", 1), Topic("b", 2), sort=BY_RATE)
    async with app.run_test() as pilot:
        await pilot.press("O")
        assert names(app.table) == ["a", "b"]
    assert app.heard[-1] == ("sorted", "rate", False)
    assert app.table.arrangement == Arrangement(sort="rate")


async def test_columns_are_hidden_moved_and_widened():
    app = Harness(Topic("orders", 3), sort=BY_RATE)
    async with app.run_test(size=(40, 3)):
        app.table.rearrange(Arrangement(hidden=("note",), order=("rate",), widths={"name": 12}))
        assert text(app.table)[:2] == ["  ▼rate  topic", "▌     3  orders"]
        app.table.rearrange(Arrangement())
        assert text(app.table)[0].split() == ["topic", "note", "▼rate"]


@pytest.mark.parametrize(
    "wish",
    [
        Arrangement(hidden=("name", "note", "rate")),
        Arrangement(order=("gone", "", "name") * 1000, hidden=("gone",), sort="gone"),
        Arrangement(widths={"name": 10**18, "rate": -5, "gone": 3}),
    ],
)
async def test_a_wish_that_cannot_be_does_no_harm(wish):
    app = Harness(Topic("orders", 3))
    async with app.run_test(size=(40, 3)):
        app.table.rearrange(wish)
        assert "orders" in text(app.table)[1]
        assert {len(app.table.render_line(y).text) for y in range(3)} == {40}


async def test_a_wide_table_is_scrolled_sideways_and_keeps_its_names():
    app = Harness(Topic("orders", 3))
    async with app.run_test(size=(23, 3)) as pilot:
        assert text(app.table)[:2] == [" topic           rate›", "▌orders             3"]
        await pilot.press("h")
        await pilot.press("right")
        assert text(app.table)[0] == "‹topic           rate"
        await pilot.press("l")
        await pilot.press("left")
        assert text(app.table)[0].endswith("rate›")


async def test_keys_of_sideways_are_left_to_others_where_all_columns_are_on_screen():
    pressed = []

    class Above(Harness):
        BINDINGS: ClassVar = [(key, f"note('{key}')", "") for key in ("left", "h", "l", "right")]

        def action_note(self, key):
            pressed.append(key)

    app = Above(Topic("a"))
    async with app.run_test(size=(60, 4)) as pilot:
        await pilot.press("left", "h", "l", "right")
    assert pressed == ["left", "h", "l", "right"]


async def test_what_all_rows_say_is_said_once():
    columns = [COLUMNS[0], replace(COLUMNS[1], shared=True), COLUMNS[2]]
    app = Harness()
    app.table = RowTable(
        columns,
        key=lambda topic: topic.name,
        cells=lambda topic: [topic.name, topic.tone, f"{topic.rate:g}"],
        sort_values={"note": lambda topic: topic.tone},
    )
    app.topics = [Topic("a", 1, "good"), Topic("b", 2, "good")]
    async with app.run_test(size=(40, 4)):
        assert text(app.table)[:2] == [
            " topic  (note good)               rate",
            "▌a                                   1",
        ]
        app.table.show([Topic("a", 1, "good"), Topic("b", 2, "bad")])
        assert text(app.table)[0].split() == ["topic", "note", "rate"]
        app.table.show([Topic("a", 1, "good")])
        assert text(app.table)[0].split() == ["topic", "note", "rate"]
        # neither is a blank, which says nothing
        app.table.show([Topic("a", 1, " "), Topic("b", 2, " ")])
        assert text(app.table)[0].split() == ["topic", "note", "rate"]
        # what would be cut there stays where it is
        app.table.show([Topic("a", 1, "good" * 20), Topic("b", 2, "good" * 20)])
        assert text(app.table)[0].split() == ["topic", "note", "rate"]


async def test_what_is_cut_off_is_told_in_full_under_the_mouse():
    name = "orders.created.eu.[bold]" * 3
    app = Harness(Topic(name, 3), Topic("b", 1))
    async with app.run_test(size=(34, 4)) as pilot:
        await pilot.hover(RowTable, offset=(4, 1))
        assert str(app.table.tooltip) == name
        await pilot.hover(RowTable, offset=(4, 2))
        assert app.table.tooltip is None
        await pilot.hover(RowTable, offset=(4, 0))
        assert app.table.tooltip is None


async def test_a_click_on_a_title_sorts_and_again_reverses():
    app = Harness(Topic("a", 1), Topic("b", 2))
    async with app.run_test(size=(40, 6)) as pilot:
        x = text(app.table)[0].index("rate")
        await pilot.click(RowTable, offset=(x, 0))
        assert names(app.table) == ["b", "a"]
        await pilot.click(RowTable, offset=(x, 0))
        assert names(app.table) == ["a", "b"]
        note = text(app.table)[0].index("note")
        await pilot.click(RowTable, offset=(note, 0))
        assert app.table.sort == Sort("rate", False)


async def test_a_click_takes_the_cursor_and_a_second_opens():
    app = Harness(*many(100))
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.scroll_to(y=50, animate=False)
        await pilot.pause()
        await pilot.click(RowTable, offset=(5, 3))
        assert app.table.cursor_key == "t52"
        await pilot.click(RowTable, offset=(5, 4), times=2)
    assert app.heard[-1] == ("opened", "t53")


async def test_the_wheel_scrolls_and_leaves_the_cursor():
    app = Harness(*many(100))
    async with app.run_test(size=(40, 10)) as pilot:
        wheel = MouseScrollDown(app.table, 3, 3, 0, 1, 0, False, False, False)
        app.table.post_message(wheel)
        await pilot.pause()
        assert app.table.scroll_offset.y > 0
        assert app.table.cursor_key == "t0"


async def test_the_filter_narrows_counts_and_keeps_the_cursor():
    app = Harness(Topic("arc/a"), Topic("arc/b"), Topic("other"))
    async with app.run_test() as pilot:
        await pilot.press("j")
        app.table.filter = "ARC b"
        assert (app.table.matches, app.table.total) == (1, 3)
        assert names(app.table) == ["arc/b"]
        app.table.filter = ""
        assert names(app.table) == ["arc/a", "arc/b", "other"]
        assert app.table.cursor_key == "arc/b"


async def test_says_why_there_is_nothing():
    app = Harness(empty="No topic here yet.  It appears with its first message.")
    async with app.run_test(size=(30, 9)) as pilot:
        assert [line.strip() for line in text(app.table) if line][1:] == [
            "No topic here yet.  It",
            "appears with its first",
            "message.",
        ]
        app.table.show(many(3))
        app.table.filter = "\x1b[2J"
        await pilot.pause()
        shown = " ".join(line.strip() for line in text(app.table)[1:] if line)
        assert shown == r"Nothing matches '\x1b[2J'. All 3 rows are hidden."


async def test_hostile_names_stay_in_their_cells():
    hostile = [
        "\x1b[2J",
        "[red]x[/nope]",
        "日本語" * 20,
        "\u202eevil",
        "x" * 10_000,
        "\n",
        "\u0301",
    ]
    app = Harness(*(Topic(name, 7) for name in hostile))
    async with app.run_test(size=(40, 10)):
        lines = text(app.table)[1 : len(hostile) + 1]
        assert [line.split()[-2:] for line in lines] == [["ok", "7"]] * len(hostile)
        assert not [char for line in lines for char in line if not char.isprintable()]
        assert "[red]x[/nope]" in lines[1]


async def test_stale_rows_and_tones_are_styled_and_the_cursor_row_is_one_piece():
    app = Harness(Topic("a"), Topic("b", tone="bad"), Topic("c", tone="bad", stale=True))
    async with app.run_test(size=(40, 5)):
        table = app.table
        looks = [{str(segment.style) for segment in table.render_line(y)} for y in (1, 2, 3)]
        assert [len(found) for found in looks] == [1, 2, 1]
        assert str(table.style_of("bad")) in looks[1]
        assert looks[2] == {str(table.style_of("dim"))}


async def test_a_change_of_theme_repaints_the_rows():
    app = Harness(Topic("a"), Topic("b"))
    async with app.run_test() as pilot:
        before = app.table.render_line(2)
        app.theme = "textual-light"
        await pilot.pause()
        after = app.table.render_line(2)
        assert after.text == before.text
        assert [segment.style for segment in after] != [segment.style for segment in before]


async def test_select_puts_the_cursor_on_a_key_and_into_view():
    app = Harness(*many(100))
    async with app.run_test(size=(40, 10)):
        assert app.table.select("t70")
        assert app.table.cursor_item == Topic("t70")
        assert "t70" in names(app.table)
        assert not app.table.select("gone")


async def test_select_where_takes_the_first_row_shown_that_is_wanted():
    app = Harness(Topic("a", 1), Topic("b", 5), Topic("c", 5), sort=BY_RATE)
    async with app.run_test():
        assert app.table.select_where(lambda topic: topic.rate < 5)
        assert app.table.cursor_key == "a"
        assert not app.table.select_where(lambda topic: topic.rate > 9)


async def test_others_can_offer_the_columns_to_sort_by():
    app = Harness(Topic("a", 1), Topic("b", 2))
    async with app.run_test(size=(60, 5)):
        assert app.table.sortable == [("name", "topic"), ("rate", "rate")]
        app.table.sort_by("rate")
        app.table.sort_by("note")
        assert app.table.sort == BY_RATE


async def test_what_is_said_of_nothing_can_change():
    app = Harness(empty="Connecting")
    async with app.run_test(size=(40, 5)) as pilot:
        app.table.empty = "No topics"
        await pilot.pause()
        assert "No topics" in " ".join(text(app.table))


async def test_messages_say_which_table_they_are_from():
    app = Harness(Topic("a"))
    async with app.run_test():
        assert RowTable.Opened(app.table, "a").control is app.table
