"""What is wrong, on one line."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.widgets import Tooltip

from arcwatch.ui.widgets.problems_line import ProblemsLine, Trouble, fitted

DOWN = Trouble("no connection: connection refused", "n3", "since 14:01:12")
LATE = Trouble("backlog-old", "task-events#billing", "since 14:03:00", True)


class Harness(App[None]):
    def __init__(self):
        super().__init__()
        self.line = ProblemsLine()
        self.picked = 0

    def compose(self):
        yield self.line

    def on_problems_line_picked(self):
        self.picked += 1


def told(problems, width):
    return "    ".join("".join(text for text, _ in each) for each in fitted(problems, width))


@pytest.mark.parametrize(
    ("problems", "width", "shown"),
    [
        ([], 40, ""),
        ([DOWN], 60, "▲ no connection: connection refused  n3  since 14:01:12"),
        (
            [LATE, DOWN],
            120,
            "● backlog-old  task-events#billing  since 14:03:00"
            "    ▲ no connection: connection refused  n3  since 14:01:12",
        ),
        ([LATE, DOWN], 90, "● backlog-old  task-events#billing  since 14:03:00"),
        (
            [LATE, DOWN],
            100,
            "● backlog-old  task-events#billing  since 14:03:00"
            "    ▲ no connection  n3  since 14:01:12",
        ),
        ([LATE, DOWN], 44, "● backlog-old  task-events#billing"),
        ([LATE, DOWN], 30, "● backlog-old  task-ev…billing"),
        (
            [DOWN._replace(where="http://10.0.0.3:8222/varz")],
            66,
            "▲ no connection  http://10.0.0.3:8222/varz  since 14:01:12",
        ),
    ],
)
def test_tells_what_fits_in_full_and_cuts_only_the_first(problems, width, shown):
    assert told(problems, width) == shown


texts = st.text(max_size=40)


@settings(deadline=None)
@given(st.lists(st.builds(Trouble, texts, texts, texts), max_size=5), st.integers(30, 200))
def test_is_never_wider_than_the_line(problems, width):
    assert cell_len(told(problems, width)) <= width


async def test_is_blank_while_all_is_well_and_says_so_to_the_layout():
    app = Harness()
    async with app.run_test(size=(80, 3)):
        assert app.line.render_line(0).text.strip() == ""
        assert app.line.has_class("-well")
        app.line.show([DOWN])
        assert app.line.render_line(0).text.split()[:2] == ["▲", "no"]
        assert not app.line.has_class("-well")


async def test_says_which_of_how_many_is_the_first_and_begins_with_another_when_asked():
    app = Harness()
    async with app.run_test(size=(80, 3)):
        app.line.show([DOWN, LATE, LATE])
        assert app.line.render_line(0).text.rstrip().endswith("1 of 3  !")
        app.line.show([DOWN, LATE, LATE], 1)
        shown = app.line.render_line(0).text.rstrip()
        assert shown.startswith(" ● backlog-old")
        assert shown.endswith("2 of 3  !")


async def test_hostile_problems_are_made_printable():
    app = Harness()
    async with app.run_test(size=(60, 3)):
        app.line.show([Trouble("evil\x1b[2J\nname")])
        assert "evil␛[2J␊name" in app.line.render_line(0).text


async def test_the_tooltip_says_problems_in_full_whatever_they_look_like():
    app = Harness()
    async with app.run_test(size=(40, 10), tooltips=True) as pilot:
        app.query_one(ProblemsLine).show([Trouble("backlog on", "[/x][@click=app.quit]topic")])
        await pilot.hover(ProblemsLine)
        tooltip = app.screen.query_one(Tooltip)
        async with asyncio.timeout(5):
            while not tooltip.display:
                await pilot.pause()
        assert str(tooltip.visual) == "backlog on  [/x][@click=app.quit]topic"


async def test_a_click_asks_for_all_of_them_when_there_are_any():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.click(ProblemsLine)
        app.line.show([DOWN])
        await pilot.click(ProblemsLine)
    assert app.picked == 1
