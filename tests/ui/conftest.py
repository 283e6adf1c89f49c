"""Fixtures for whatever shows a whole screen."""

import time

import pytest


@pytest.fixture
def an_hour_east(monkeypatch):
    """A local time that is not UTC, wherever the tests run; needs no database of zones."""
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
