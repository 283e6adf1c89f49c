"""Fixtures for whatever shows a whole screen."""

import time

import pytest
from textual.app import App

from arcwatch.ui.app import Arcwatch
from arcwatch.ui.themes import DARK
from arcwatch.ui.widgets import figure_view
from arcwatch.ui.widgets.figure_view import FigureView
from tests.ui.filled import words_on


@pytest.fixture(autouse=True)
def colours_of_values(monkeypatch):
    """What widgets take from our themes is there in those of Textual, which bare apps have."""
    ours = DARK.theme("ours").variables
    defaults = {name: colour for name, colour in ours.items() if name.startswith("json-")}
    monkeypatch.setattr(App, "get_theme_variable_defaults", lambda self: defaults)


@pytest.fixture(autouse=True)
def pictures_at_once(monkeypatch):
    """Every picture is made as soon as it is asked for, and is there with what is beside it."""

    async def in_turn(function, *args):
        return function(*args)

    monkeypatch.setattr(FigureView, "EVERY", 0.0)
    monkeypatch.setattr(figure_view, "to_thread", in_turn)


@pytest.fixture
def snap_compare(snap_compare):
    """Compares pictures of a screen that is steady: what got another place is drawn in it."""

    async def settle(pilot, seen=None):
        for _ in range(10):
            if isinstance(pilot.app, Arcwatch):
                pilot.app.draw()
            await pilot.pause()
            before, seen = seen, words_on(pilot.app)
            if seen == before:
                return
        raise AssertionError("the screen changes from draw to draw")

    def compare(app, *args, run_before=None, **options):
        async def run(pilot):
            if run_before:
                await run_before(pilot)
            await settle(pilot)

        return snap_compare(app, *args, run_before=run, **options)

    return compare


@pytest.fixture
def an_hour_east(monkeypatch):
    """A local time that is not UTC, wherever the tests run; needs no database of zones."""
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
