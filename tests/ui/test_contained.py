"""A bug in one widget or screen costs a line, a message or that screen, and nothing else."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from textual.binding import Binding
from textual.containers import Container, Horizontal, ScrollableContainer, Vertical, VerticalScroll
from textual.dom import DOMNode
from textual.geometry import Region
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen, SystemModalScreen
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.widget import Widget
from textual.widgets import (
    ContentSwitcher,
    Input,
    Static,
    Tooltip,
)
from textual.widgets._toast import Toast, ToastHolder, ToastRack

from arcwatch.ui import program
from arcwatch.ui.contained import is_contained
from arcwatch.ui.program import Program
from arcwatch.ui.screens.help import HelpScreen
from arcwatch.ui.screens.replay import ReplayScreen
from arcwatch.ui.views import inspector
from arcwatch.ui.views.inspector import Inspector
from arcwatch.ui.widgets.panel import Panel
from arcwatch.ui.widgets.row_table import RowTable
from tests.ui.changed import Changed
from tests.ui.filled import Platform, drawn, notes_on
from tests.ui.tailed import EVENTS, Tailed, event


def broken(*_, **__):
    raise ZeroDivisionError("a bug [/here]")


async def until(pilot, true):
    """Wait until something holds, frame by frame."""
    async with asyncio.timeout(5):
        while not true():
            await pilot.pause(0.01)


def rows(widget):
    """What is painted of a widget."""
    return [strip.text for strip in widget.render_lines(Region(0, 0, *widget.size))]


@asynccontextmanager
async def running(notifications=False):
    """The app, which a `q` must end, and no bug, whatever the test did to it."""
    app = Platform().app()
    async with app.run_test(size=(130, 36), notifications=notifications) as pilot:
        await drawn(pilot)
        yield pilot
        await pilot.press("q")
        assert app.return_code == 0
    assert app.crash is None


async def open_everything(pilot, seen):
    """Show all views, screens, inputs and notes, and call ``seen`` of every screen."""
    app = pilot.app
    for keys in ("1234567/", ["escape", "colon"], ["escape", "question_mark"]):
        await pilot.press(*keys)
        seen(app.screen)
    await pilot.press("escape")
    app.notify("a note")
    seen(app.screen)


async def test_every_widget_is_contained_whoever_wrote_it():
    kinds = set()

    def seen(screen):
        widgets = [screen, *screen.query("*")]
        widgets += [
            bar
            for widget in widgets
            if widget.show_vertical_scrollbar and (bar := widget.vertical_scrollbar)
        ]
        assert [widget for widget in widgets if not is_contained(widget)] == []
        kinds.update(cls for widget in widgets for cls in type(widget).__mro__)

    async with running(notifications=True) as pilot:
        await open_everything(pilot, seen)
    textuals = {cls for cls in kinds if cls.__module__.startswith("textual.")}
    assert textuals <= {*SHOW, *BASES}


BASES = {
    # what nothing is of that is not of another kind as well
    *(Widget, Screen, ModalScreen, SystemModalScreen, MessagePump, DOMNode, ScrollView),
    *(Container, ScrollableContainer, Vertical),
}


def mounted(kind, *children, **settings):
    async def show(app):
        await app.mount(kind(*children, **settings))

    return show


async def notify(app):
    # nobody says twice that the same failed
    app.notify(f"a note {len(notes_on(app))}")


async def point_at(app):
    tip = app.screen.get_child_by_type(Tooltip)
    tip.display = True
    tip.update("a tip")
    tip.refresh(layout=True)


SHOW = {
    Static: mounted(Static, "text"),
    Input: mounted(Input),
    Horizontal: mounted(Horizontal, Static("text")),
    VerticalScroll: mounted(VerticalScroll, Static("line\n" * 100)),
    ScrollBar: mounted(VerticalScroll, Static("line\n" * 100)),
    ContentSwitcher: mounted(ContentSwitcher, Static("text", id="one"), initial="one"),
    **dict.fromkeys((Toast, ToastHolder, ToastRack), notify),
    Tooltip: point_at,
}
"""How each kind of widget that Textual has, and that is in use, comes to be shown."""


class Bare(Program):
    """Has nothing on its screen, and notes each ``a`` that is typed."""

    BINDINGS = [Binding("a", "note", "Note", priority=True)]  # noqa: RUF012 - Textual's own type
    noted = 0

    def action_note(self):
        self.noted += 1


@pytest.mark.parametrize("kind", SHOW)
async def test_a_bug_in_a_widget_of_textuals_does_not_end_the_program(bugs, monkeypatch, kind):
    app = Bare()
    async with app.run_test(notifications=True, tooltips=True) as pilot:
        await until(pilot, lambda: app.is_whole)
        for names in (("render_line", "get_content_height", "_on_resize"), ("_on_mount",)):
            with monkeypatch.context() as patch:
                for name in names:
                    patch.setattr(kind, name, broken, raising=False)
                await SHOW[kind](app)
                await pilot.pause()
            if len(app.screen_stack) > 1:
                app.pop_screen()
            noted = app.noted
            await pilot.press("a")
            await until(pilot, lambda noted=noted: app.noted > noted)
    assert app.crash is None
    assert any("ZeroDivisionError in " in bug for bug in bugs)
    assert any("could not" in stumble for stumble in app.recent_errors())


async def test_a_row_that_cannot_be_drawn_says_so_among_the_others(bugs):
    async with running() as pilot:
        await pilot.press("2")
        table = pilot.app.view.table
        before = rows(table)
        cells, second = table.cells, table.items[1]
        table.cells = lambda row: broken() if row is second else cells(row)
        table.show(table.items)
        assert "this line could not be drawn: ZeroDivisionError" in (await drawn(pilot))[1]
        after = rows(table)
        assert after[2].startswith(
            "this line could not be drawn: ZeroDivisionError: a bug [/here]."
        )
        assert "please report" in after[2]
        assert [*after[:2], *after[3:]] == [*before[:2], *before[3 : len(after)]]
        assert len(bugs) == 1
        await pilot.press("down")
        assert table.cursor_item is second
        table.cells = cells
        table.show(table.items)
        await drawn(pilot)
        assert "could not be drawn" not in "\n".join(rows(table))


async def test_a_widget_none_of_whose_lines_can_be_drawn_leaves_the_others(bugs, monkeypatch):
    async with running() as pilot:
        view = pilot.app.view
        tables = [table for table in view.query(RowTable) if table.display]
        before = [rows(table)[:5] for table in tables]
        monkeypatch.setattr(Panel, "render_line", broken)
        for panel in view.query(Panel):
            panel.refresh()
        await drawn(pilot)
        for panel in view.query(Panel):
            assert {row[:28] for row in rows(panel)} <= {"this line could not be drawn"}
        assert [rows(table)[:5] for table in tables] == before


async def test_a_handler_that_fails_costs_its_key_and_none_that_the_app_knows(bugs, monkeypatch):
    async with running(notifications=True) as pilot:
        await pilot.press("2")
        monkeypatch.setattr(RowTable, "on_key", broken, raising=False)
        await pilot.press("j", "3", "4", "3")
        assert pilot.app.view.id == "pulsar"
        shown = "\n".join(await drawn(pilot))
        assert "▲ a key or an event could not be handled" in shown.replace("  ", " ")
        assert "please report this bug" in shown
        assert len(bugs) == 1
        assert len(notes_on(pilot.app)) == 1


async def test_what_fails_on_the_way_of_a_resize_leaves_the_widget_alive(bugs, monkeypatch):
    async with running() as pilot:
        table = pilot.app.view.table or pilot.app.view.query(RowTable).first()
        monkeypatch.setattr(RowTable, "on_resize", broken, raising=False)
        monkeypatch.setattr(RowTable, "on_idle", broken, raising=False)
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: len(bugs) == 1)
        assert table.is_running
        monkeypatch.undo()
        await pilot.press("2", "j")
        assert pilot.app.view.id == "nats"


async def test_a_bug_is_a_problem_for_a_while_after_it_was_last_met(bugs, monkeypatch):
    monkeypatch.setattr(program, "RECENT", -1.0)
    async with running() as pilot:
        pilot.app.view.call_later(broken)
        await until(pilot, lambda: bugs)
        assert "ZeroDivisionError" not in "\n".join(await drawn(pilot))
        monkeypatch.setattr(program, "RECENT", 600.0)
        assert "ZeroDivisionError" in (await drawn(pilot))[1]


async def test_a_message_that_cannot_be_shown_says_so_and_is_closed_again(bugs, monkeypatch):
    async with Tailed(EVENTS).running() as tailed:
        tailed.bring([event(number, origin=0) for number in range(50)])
        await tailed.drawn()
        monkeypatch.setattr(inspector, "facts_of", broken)
        shown = "\n".join(await tailed.press("k", "enter"))
        assert "the message could not be drawn: ZeroDivisionError: a bug" in shown
        assert "Tail could not be drawn" not in shown
        assert len(bugs) == 1
        monkeypatch.undo()
        assert "50 of 50" in "\n".join(await tailed.press("J"))
        await tailed.press("escape")
        assert tailed.view.list.has_focus
        await tailed.pilot.press("q")
        assert tailed.app.return_code == 0
    assert tailed.app.crash is None


@pytest.mark.parametrize("name", ["compose", "on_mount"])
async def test_a_screen_that_cannot_be_opened_is_left_and_says_so(bugs, monkeypatch, name):
    async with running(notifications=True) as pilot:
        app = pilot.app
        monkeypatch.setattr(HelpScreen, name, broken, raising=False)
        await pilot.press("question_mark")
        await until(pilot, lambda: bugs and len(app.screen_stack) == 1)
        assert len(bugs) == sum(bugs.values()) == 1
        assert "could not be opened: ZeroDivisionError" in "\n".join(await drawn(pilot))
        monkeypatch.undo()
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")


async def test_a_screen_that_cannot_be_opened_ends_its_process(bugs, monkeypatch):
    async with Changed().running() as changed:
        monkeypatch.setattr(ReplayScreen, "body", broken)
        await changed.pilot.press("P")
        await until(changed.pilot, lambda: changed.hands.is_closed)
        assert "start" not in changed.hands.asked
        assert len(changed.app.screen_stack) == 1
        assert len(bugs) == sum(bugs.values()) == 1


async def test_a_widget_that_cannot_be_composed_says_so_in_its_place(bugs, monkeypatch):
    monkeypatch.setattr(Inspector, "compose", broken)
    async with running() as pilot:
        await pilot.press("4")
        view = pilot.app.view
        assert "could not be opened" in str(view.inspector.query_one(Static).content)
        assert "could not be opened: ZeroDivisionError" in (await drawn(pilot))[1]
