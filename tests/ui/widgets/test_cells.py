"""Whatever is in a cell, it takes exactly its width and cannot command the terminal."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from arcwatch.ui.widgets.cells import fit

aligns = st.sampled_from(["left", "right"])
elides = st.sampled_from(["end", "middle"])
widths = st.integers(min_value=0, max_value=60)


@settings(deadline=None)
@given(st.text(), widths, aligns, elides)
@example("日本語のトピック", 5, "right", "middle")
@example("e\u0301" * 100, 7, "left", "end")
@example("\u0301" * 10_000, 7, "left", "end")
@example("☁\ufe0f" * 20, 9, "left", "middle")
@example("\U0001f469\u200d\U0001f469\u200d\U0001f466" * 9, 8, "right", "end")
def test_any_text_takes_exactly_its_width(text, width, align, elide):
    assert cell_len(fit(text, width, align, elide)) == width


@settings(deadline=None)
@given(st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp"])), widths, aligns, elides)
@example("\x1b]52;c;cm0gLXJm\x07", 40, "left", "end")
def test_no_control_character_reaches_the_screen(text, width, align, elide):
    shown = fit(text, width, align, elide)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "width", "align", "elide", "shown"),
    [
        ("orders", 8, "left", "end", "orders  "),
        ("42", 4, "right", "end", "  42"),
        ("orders.created", 8, "left", "end", "orders.…"),
        ("orders.created", 9, "left", "middle", "orde…ated"),
        ("日本語のトピック", 6, "left", "end", "日本 …"),
        ("日本語のトピック", 9, "left", "middle", "日本…ック"),
        ("[red]x[/red]", 12, "left", "end", "[red]x[/red]"),
        ("abc", 1, "left", "middle", "…"),
    ],
)
def test_cuts_and_pads(text, width, align, elide, shown):
    assert fit(text, width, align, elide) == shown


def test_a_selector_that_terminals_measure_differently_is_left_out():
    assert fit("☁\ufe0f up", 6) == "☁ up  "


def test_a_long_text_costs_no_more_than_what_is_shown_of_it():
    class Counting(str):
        looked_at = 0

        def __getitem__(self, part):
            found = super().__getitem__(part)
            Counting.looked_at += len(found)
            return found

    assert fit(Counting("n" * 9_000 + "end"), 9, elide="middle") == "nnnn…nend"
    assert Counting.looked_at < 100
