"""A bug in one widget or screen costs a line, a message or that screen, and nothing else."""

import asyncio
import pkgutil
from contextlib import asynccontextmanager
from importlib import import_module

import pytest
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

import arcwatch.ui
from arcwatch.ui import program
from arcwatch.ui.contained import Contained, ContainedScreen
from arcwatch.ui.screens.help import HelpScreen
from arcwatch.ui.screens.replay import ReplayScreen
from arcwatch.ui.views import inspector
from arcwatch.ui.views.inspector import Inspector
from arcwatch.ui.widgets.panel import Panel
from arcwatch.ui.widgets.row_table import RowTable
from tests.ui.changed import Changed
from tests.ui.filled import Platform, words_on
from tests.ui.tailed import EVENTS, Tailed, event


def broken(*_, **__):
    raise ZeroDivisionError("a bug [/here]")


async def until(pilot, true):
    """Wait until something holds, frame by frame."""
    async with asyncio.timeout(5):
        while not true():
            pilot.app.frame()
            await pilot.pause()


async def lines(pilot):
    pilot.app.frame()
    await pilot.pause()
    return words_on(pilot.app)


def rows(widget):
    """What is painted of a widget."""
    return [strip.text for strip in widget.render_lines(Region(0, 0, *widget.size))]


@asynccontextmanager
async def running(notifications=False):
    """The app, which a `q` must end, and no bug, whatever the test did to it."""
    app = Platform().app()
    async with app.run_test(size=(130, 36), notifications=notifications) as pilot:
        await lines(pilot)
        yield pilot
        await pilot.press("q")
        assert app._exit
    assert app.crash is None


def subclasses(kind):
    for cls in kind.__subclasses__():
        yield cls
        yield from subclasses(cls)


def own(kind):
    """Every class of widgets or screens that the package has."""
    for module in pkgutil.walk_packages(arcwatch.ui.__path__, "arcwatch.ui."):
        import_module(module.name)
    return {cls for cls in subclasses(kind) if cls.__module__.startswith("arcwatch.ui.")}


def test_every_widget_of_ours_is_contained():
    assert len(own(Widget)) > 30
    assert {
        cls.__qualname__
        for cls in own(Widget)
        if cls._dispatch_message is not Contained._dispatch_message
        or cls.render_lines is not Contained.render_lines
    } == set()


def test_every_screen_of_ours_gives_way():
    assert len(own(Screen)) >= 4
    ways = {cls.__qualname__: cls.give_way for cls in own(Screen)}
    assert [name for name, way in ways.items() if way is not ContainedScreen.give_way] == []


async def test_a_row_that_cannot_be_drawn_says_so_among_the_others(bugs):
    async with running() as pilot:
        await pilot.press("2")
        table = pilot.app.view.table
        before = rows(table)
        cells, second = table._cells, table.items[1]
        table._cells = lambda row: broken() if row is second else cells(row)
        table.show(table.items)
        assert "this line could not be drawn: ZeroDivisionError" in (await lines(pilot))[1]
        after = rows(table)
        assert after[2].startswith(
            "this line could not be drawn: ZeroDivisionError: a bug [/here]."
        )
        assert "please report" in after[2]
        assert [*after[:2], *after[3:]] == [*before[:2], *before[3 : len(after)]]
        assert len(bugs) == 1
        await pilot.press("down")
        assert table.cursor_item is second
        table._cells = cells
        table.show(table.items)
        await lines(pilot)
        assert "could not be drawn" not in "\n".join(rows(table))


async def test_a_widget_none_of_whose_lines_can_be_drawn_leaves_the_others(bugs, monkeypatch):
    async with running() as pilot:
        view = pilot.app.view
        tables = [table for table in view.query(RowTable) if table.display]
        before = [rows(table)[:5] for table in tables]
        monkeypatch.setattr(Panel, "render_line", broken)
        for panel in view.query(Panel):
            panel.refresh()
        await lines(pilot)
        for panel in view.query(Panel):
            assert {row[:28] for row in rows(panel)} <= {"this line could not be drawn"}
        assert [rows(table)[:5] for table in tables] == before


async def test_a_handler_that_fails_costs_its_key_and_none_that_the_app_knows(bugs, monkeypatch):
    async with running(notifications=True) as pilot:
        await pilot.press("2")
        monkeypatch.setattr(RowTable, "on_key", broken, raising=False)
        await pilot.press("j", "3", "4", "3")
        assert pilot.app.view.id == "pulsar"
        shown = "\n".join(await lines(pilot))
        assert "! a key or an event could not be dealt with" in shown.replace("  ", " ")
        assert "please report this bug" in shown
        assert len(bugs) == 1
        assert len(pilot.app._notifications) == 1


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
        assert "ZeroDivisionError" not in "\n".join(await lines(pilot))
        monkeypatch.setattr(program, "RECENT", 600.0)
        assert "ZeroDivisionError" in (await lines(pilot))[1]


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
        assert tailed.app._exit
    assert tailed.app.crash is None


@pytest.mark.parametrize("name", ["compose", "on_mount"])
async def test_a_screen_that_cannot_be_opened_is_left_and_says_so(bugs, monkeypatch, name):
    async with running(notifications=True) as pilot:
        app = pilot.app
        monkeypatch.setattr(HelpScreen, name, broken, raising=False)
        await pilot.press("question_mark")
        await until(pilot, lambda: bugs and len(app.screen_stack) == 1)
        assert len(bugs) == sum(bugs.values()) == 1
        assert "could not be opened: ZeroDivisionError" in "\n".join(await lines(pilot))
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
        assert "could not be opened: ZeroDivisionError" in (await lines(pilot))[1]
