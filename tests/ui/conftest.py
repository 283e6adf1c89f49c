"""Fixtures for whatever shows a whole screen."""

import asyncio
import time

import pytest
import textual.app
import textual.pilot
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot, WaitForScreenTimeout

from arcwatch.ui.app import Arcwatch
from arcwatch.ui.themes import DARK
from arcwatch.ui.widgets import figure_view
from arcwatch.ui.widgets.figure_view import FigureView
from tests.ui.filled import words_on

BUSIEST = 50
"""Times that whatever is still done is waited for."""
SLOWEST = 30.0
"""Seconds after which no widget is busy but stuck."""


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


@pytest.fixture(scope="session", autouse=True)
def styles_parsed_once():
    """No app parses the styles that one before it had in the same colours."""
    parsed, parse = {}, Stylesheet._parse_rules

    def remembered(sheet, css, *args, **options):
        known = (css, *args, *options.items(), *sheet._variables.items())
        if known not in parsed:
            parsed[known] = parse(sheet, css, *args, **options)
        return parsed[known]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def pilots_wait_for_what_is_shown():
    """Of two hundred widgets most are of the views that are not on the screen.

    Textual takes a process that was given no time by a busy machine for one that has nothing
    to do; here the loop has to have nothing to do, too.
    """
    wait_for_idle = textual.pilot.wait_for_idle

    async def idle(*args):
        ready = asyncio.get_running_loop()._ready
        for _ in range(BUSIEST):
            await wait_for_idle(*args)
            if not ready:
                return

    async def heard(pilot, timeout=SLOWEST):
        app = pilot.app
        events = [(node, asyncio.Event()) for node in (app, *_shown(app.screen))]
        posted = [event.wait() for node, event in events if node.call_later(event.set)]
        everyone = asyncio.gather(*posted)
        failed = asyncio.create_task(app._exception_event.wait())
        done, left = await asyncio.wait(
            (everyone, failed), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        for task in left:
            task.cancel()
        if not done:
            raise WaitForScreenTimeout("a widget does not hear what it is told")
        return everyone in done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pilot, "_wait_for_screen", heard)
        for module in (textual.pilot, textual.app):
            patch.setattr(module, "wait_for_idle", idle)
        yield


def _shown(node):
    yield node
    for child in node.displayed_children:
        yield from _shown(child)


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
