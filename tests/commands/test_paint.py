"""Colours that repeat what the words say, and lines cut to a terminal's width."""

from types import SimpleNamespace

import pytest

from arcwatch.commands import paint
from arcwatch.text.control_characters import COLOURED


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_pipe_gets_text_alone_and_whole_lines(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    assert (paint.page().paint("x", "bad"), paint.page().width) == ("x", None)


def test_a_terminal_gets_colours_and_has_an_edge(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    page = paint.page()
    assert page.width == 72
    assert page.paint("x", "warn") == "\x1b[33mx\x1b[0m"
    assert COLOURED.sub("", page.paint("x", "bad")) == "x"
    # blanks have no colour to show
    assert (page.paint("  ", "bad"), page.paint("x", "")) == ("  ", "x")


def test_without_colours_only_what_is_bold_stands_out(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    page = paint.page()
    assert [page.paint("x", tone) for tone in ("warn", "bad", "nats")] == [
        "x",
        "\x1b[1mx\x1b[0m",
        "x",
    ]
    monkeypatch.setenv("TERM", "dumb")
    assert paint.page().paint("x", "bad") == "x"


@pytest.mark.parametrize(
    ("line", "width", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("\x1b[33mabcdef\x1b[0m", 4, "\x1b[33mabc…\x1b[0m"),
        ("\x1b[33mabcd\x1b[0m", 4, "\x1b[33mabcd\x1b[0m"),
        ("世界世界", 5, "世界…"),
        ("世界世界", 4, "世…"),
    ],
)
def test_a_line_is_cut_by_its_cells_and_keeps_its_colours(line, width, cut):
    assert paint.cut(line, width) == cut
    assert paint.cells_of(COLOURED.sub("", paint.cut(line, width))) <= width


def test_marks_have_no_cell_and_wide_characters_two():
    assert [paint.cells_of(text) for text in ("abc", "e\u0301", "世")] == [3, 1, 2]


@pytest.mark.parametrize(
    ("field", "value", "tone"),
    [
        ("address", "pulsar:a/b/c", "pulsar"),
        ("address", "js:S", "nats"),
        ("healthy", False, "bad"),
        ("healthy", None, ""),
        ("connected", False, "warn"),
        ("limit_used", 0.9, "warn"),
        ("limit_used", 0.8, ""),
        ("limit_used", None, ""),
        ("slow_consumers", 3, "warn"),
        ("slow_consumers", 0, ""),
        ("drains_in", float("inf"), "bad"),
        ("drains_in", 60.0, ""),
    ],
)
def test_a_figure_stands_out_where_it_is_trouble(field, value, tone):
    assert paint.tone_of(SimpleNamespace(**{field: value}), field) == tone


def test_what_keeps_up_never_drains_and_is_well():
    row = SimpleNamespace(drains_in=float("inf"), keeps_up=True)
    assert paint.tone_of(row, "drains_in") == ""
