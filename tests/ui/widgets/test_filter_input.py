"""Typing words to narrow a list."""

from textual.app import App

from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.filter_input import FilterInput
from arcwatch.ui.widgets.row_table import RowTable


class Harness(App[None]):
    BINDINGS = [("slash", "filter", "Filter")]  # noqa: RUF012  # Textual reads it once

    def __init__(self):
        super().__init__()
        self.table = RowTable([Column("n", "n", 3)], key=str, cells=lambda row: [row])
        self.line = FilterInput()
        self.heard = []

    def compose(self):
        yield self.table
        yield self.line

    def on_mount(self):
        self.table.focus()

    def action_filter(self):
        self.line.open()

    def on_filter_input_changed(self, event):
        self.heard.append(event.text)

    def on_unclaimed(self):
        self.heard.append("unclaimed")


async def test_is_hidden_until_opened():
    app = Harness()
    async with app.run_test() as pilot:
        assert not app.line.display
        await pilot.press("slash")
        assert app.line.display
        assert app.line.typed.has_focus


async def test_tells_of_every_key():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.press("slash", "a", "b", "backspace")
    assert app.heard == ["a", "ab", "a"]


async def test_enter_keeps_the_words_and_gives_the_keyboard_back():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.press("slash", "a", "enter")
        assert (app.line.text, app.line.display) == ("a", True)
        assert app.table.has_focus
        await pilot.press("slash", "b")
        assert app.line.text == "ab"


async def test_the_keyboard_is_given_up_where_its_lender_has_left_the_screen():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.press("slash", "a")
        app.table.display = False
        await pilot.press("enter")
        assert app.focused is None
    assert app.heard == ["a", "unclaimed"]


async def test_enter_on_nothing_closes():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.press("slash", "enter")
        assert not app.line.display
        assert app.table.has_focus


async def test_escape_clears_closes_and_gives_the_keyboard_back():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.press("slash", "a", "escape")
        await pilot.pause()
        assert (app.line.text, app.line.display) == ("", False)
        assert app.table.has_focus
    assert app.heard == ["a", ""]


async def test_says_how_many_are_left():
    app = Harness()
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.press("slash")
        app.line.show_status("3 of 1,204")
        await pilot.pause()
        assert app.line.counts.render_line(0).text.strip() == "3 of 1,204"
