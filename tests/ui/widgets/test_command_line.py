"""Typing a command: completed from what is known, remembered, given back, closed."""

from textual.app import App
from textual.widgets import Input

from arcwatch.ui.widgets.command_line import CommandLine

KNOWN = ["topics", "topic arc/agents/task-events", "theme dark", "quit"]


class Harness(App[None]):
    def __init__(self):
        super().__init__()
        self.given = []

    def compose(self):
        yield Input(id="elsewhere")
        yield CommandLine(lambda: KNOWN)

    def on_command_line_given(self, event):
        self.given.append(event.text)

    @property
    def line(self):
        return self.query_one(CommandLine)


async def typed(pilot, text):
    await pilot.press(*("space" if char == " " else char for char in text))
    await pilot.pause()


async def test_tab_completes_and_enter_gives_the_command():
    async with (app := Harness()).run_test() as pilot:
        app.line.open()
        await typed(pilot, "Th")
        await pilot.press("tab")
        assert app.line.typed.value.casefold() == "theme dark"
        await pilot.press("enter")
        await pilot.pause()
        assert [text.casefold() for text in app.given] == ["theme dark"]


async def test_it_gives_the_keyboard_back_to_where_it_was():
    async with (app := Harness()).run_test() as pilot:
        app.query_one("#elsewhere").focus()
        await pilot.pause()
        app.line.open()
        await typed(pilot, "quit")
        await pilot.press("escape")
        await pilot.pause()
        assert app.focused is not None
        assert app.focused.id == "elsewhere"
        assert not app.line.display
        assert app.given == []


async def test_what_was_typed_before_comes_back_without_repeats():
    async with (app := Harness()).run_test() as pilot:
        for text in ("quit", "topics", "quit"):
            app.line.open()
            await typed(pilot, text)
            await pilot.press("enter")
        app.line.open()
        seen = []
        for key in ("up", "up", "up", "down", "down"):
            await pilot.press(key)
            seen.append(app.line.typed.value)
        assert seen == ["quit", "topics", "topics", "quit", ""]


async def test_nothing_typed_gives_nothing():
    async with (app := Harness()).run_test() as pilot:
        app.line.open()
        await pilot.press("space", "enter")
        await pilot.pause()
        assert app.given == []
