"""What is wrong, on one line."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.widgets import Tooltip

from arcwatch.ui.widgets.problems_line import ProblemsLine, fitted

DOWN = "n3 does not answer since 14:01:12"
LATE = "backlog.age > 10m  arc/agents/task-events#billing  since 14:03"


class Harness(App[None]):
    def __init__(self):
        super().__init__()
        self.line = ProblemsLine()
        self.picked = 0

    def compose(self):
        yield self.line

    def on_problems_line_picked(self):
        self.picked += 1


@pytest.mark.parametrize(
    ("problems", "width", "shown"),
    [
        ([], 40, ("", "")),
        ([DOWN], 40, (DOWN, "")),
        ([DOWN, "slow"], 60, (f"{DOWN} · slow", "")),
        ([LATE, DOWN], 40, ("backlog.age > …ng  since 14:03", " · +1 more")),
        ([DOWN, LATE], 70, (f"{DOWN} · backlog.age > 10…ling  since 14:03", "")),
        ([DOWN] * 1_200, 47, (DOWN, " · +1,199 more")),
    ],
)
def test_tells_what_fits_and_counts_the_rest(problems, width, shown):
    assert fitted(problems, width) == shown


@settings(deadline=None)
@given(st.lists(st.text(), max_size=20), st.integers(20, 200))
def test_never_wider_than_the_line_and_never_miscounted(problems, width):
    shown, more = fitted(problems, width)
    assert cell_len(shown + more) <= width
    if more:
        assert 1 <= int(more.split("+")[1].split()[0]) < len(problems)


async def test_is_blank_while_all_is_well_and_says_so_to_the_layout():
    app = Harness()
    async with app.run_test(size=(60, 3)):
        assert app.line.render_line(0).text.strip() == ""
        assert app.line.has_class("-well")
        app.line.show([DOWN])
        assert app.line.render_line(0).text.split(maxsplit=1) == ["!", DOWN.ljust(55)]
        assert not app.line.has_class("-well")


async def test_hostile_problems_are_made_printable():
    app = Harness()
    async with app.run_test(size=(60, 3)):
        app.line.show(["evil\x1b[2J\nname"])
        assert "evil␛[2J␊name" in app.line.render_line(0).text


async def test_the_tooltip_says_problems_in_full_whatever_they_look_like():
    app = Harness()
    async with app.run_test(size=(40, 10), tooltips=True) as pilot:
        app.query_one(ProblemsLine).show(["backlog on [/x][@click=app.quit]topic"])
        await pilot.hover(ProblemsLine)
        tooltip = app.screen.query_one(Tooltip)
        async with asyncio.timeout(5):
            while not tooltip.display:
                await pilot.pause()
        assert str(tooltip.visual) == "backlog on [/x][@click=app.quit]topic"


async def test_a_click_asks_for_all_of_them_when_there_are_any():
    app = Harness()
    async with app.run_test() as pilot:
        await pilot.click(ProblemsLine)
        app.line.show([DOWN])
        await pilot.click(ProblemsLine)
    assert app.picked == 1
