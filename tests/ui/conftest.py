"""Fixtures for whatever shows a whole screen."""

import time

import pytest
from textual.app import App

from arcwatch.ui.themes import DARK
from arcwatch.ui.widgets.figure_view import FigureView


@pytest.fixture(autouse=True)
def colours_of_values(monkeypatch):
    """What widgets take from our themes is there in those of Textual, which bare apps have."""
    ours = DARK.theme("ours").variables
    defaults = {name: colour for name, colour in ours.items() if name.startswith("json-")}
    monkeypatch.setattr(App, "get_theme_variable_defaults", lambda self: defaults)


@pytest.fixture(autouse=True)
def pictures_at_once(monkeypatch):
    """Every picture is made as soon as it is asked for."""
    monkeypatch.setattr(FigureView, "EVERY", 0.0)


@pytest.fixture
def an_hour_east(monkeypatch):
    """A local time that is not UTC, wherever the tests run; needs no database of zones."""
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
