"""The keys at the bottom."""

import pytest
from textual.app import App
from textual.binding import Binding

from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.key_hints import Hint, KeyHints, hints_of
from arcwatch.ui.widgets.row_table import RowTable

HINTS = [Hint("enter", "open"), Hint("t", "tail"), Hint("?", "help", "question_mark")]


class Harness(App[None]):
    BINDINGS = [  # noqa: RUF012  # Textual reads it once
        Binding("question_mark", "help", "Help", id="help"),
        Binding("t", "tail", "Tail", id="tail"),
        Binding("x", "help", "Hidden", show=False),
    ]

    def __init__(self):
        super().__init__()
        self.hints = KeyHints()
        self.table = RowTable(
            [Column("n", "n", 3)], key=str, cells=lambda row: [row], sort_values={"n": str}
        )
        self.done = []

    def compose(self):
        yield self.table
        yield self.hints

    def action_help(self):
        self.done.append("help")

    def action_tail(self):
        self.done.append("tail")


def text(hints):
    return hints.render_line(0).text.rstrip()


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (40, " enter open  t tail              ? help"),
        (28, " enter open  t tail  ? help"),
        (27, " enter open         ? help"),
        (8, " ? help"),
    ],
)
async def test_shows_whole_hints_in_order_and_always_the_last(width, shown):
    app = Harness()
    async with app.run_test(size=(width, 4)):
        app.hints.show(HINTS[:2], HINTS[2:])
        assert text(app.hints) == shown


async def test_a_click_presses_the_key():
    app = Harness()
    async with app.run_test(size=(40, 4)) as pilot:
        app.hints.show(HINTS[:2], HINTS[2:])
        for word in ("?", "tail"):
            await pilot.click(KeyHints, offset=(text(app.hints).index(word), 0))
            await pilot.pause()
    assert app.done == ["help", "tail"]


async def test_hints_follow_the_focus_and_remapped_keys():
    app = Harness()
    app.set_keymap({"tail": "f5"})
    async with app.run_test(size=(60, 4)) as pilot:
        app.table.show(["a"])
        app.table.focus()
        await pilot.pause()
        hints, last = hints_of(app.screen)
        assert [(h.key, h.label) for h in hints] == [
            ("enter", "open"),
            ("f5", "tail"),
        ]
        assert [(h.key, h.label) for h in last] == [("?", "help")]


async def test_what_makes_no_difference_is_not_offered():
    app = Harness()
    async with app.run_test(size=(60, 4)) as pilot:
        app.table.focus()
        await pilot.pause()
        hints, _ = hints_of(app.screen, lambda action: action != "tail")
        # there is no row that could be opened
        assert hints == []
