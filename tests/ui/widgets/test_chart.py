"""A chart under the hands of a user."""

import math

import pytest
from textual.app import App

from arcwatch.ui.widgets.chart import Chart
from arcwatch.ui.widgets.plot import Series

START, END = 1_700_000_000.0, 1_700_000_600.0


def clock(at):
    return f"{int(at - START):04}"


class Harness(App[None]):
    CSS = "Chart { padding: 0; }"

    def __init__(self, **settings):
        super().__init__()
        self.heard = []
        self.chart = Chart("Messages", format=lambda v: f"{v:g}/s", clock=clock, **settings)

    def compose(self):
        yield self.chart

    def on_chart_pointed(self, event):
        self.heard.append(event.moment)


def text(chart):
    return [chart.render_line(y).text.rstrip() for y in range(chart.size.height)]


@pytest.fixture
def drawn(monkeypatch):
    """Which lines of the chart were painted since the list was last cleared."""
    lines = []
    render = Chart.render_line
    monkeypatch.setattr(Chart, "render_line", lambda self, y: (lines.append(y), render(self, y))[1])
    return lines


async def test_names_its_series_its_window_and_its_scale():
    app = Harness()
    async with app.run_test(size=(45, 6)):
        app.chart.show([Series("in", [0, 60]), Series("out", [90, 90])], START, END)
        assert text(app.chart) == [
            "Messages  10m        ⣿ in  60/s   ⠒ out  90/s",
            "100/s ┤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒",
            "      │                   ⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤",
            " 50/s ┤                   ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
            "  0/s ┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
            "       0000             0300             0600",
        ]


async def test_a_gap_is_blank_and_reads_as_unknown():
    app = Harness(glyphs="block")
    async with app.run_test(size=(40, 4)):
        app.chart.show([Series("in", [5, math.nan])], START, END)
        assert text(app.chart)[0].endswith("–")
        assert text(app.chart)[2] == f"  0/s ┤{'█' * 17}"


async def test_the_cursor_enters_at_the_right_and_reads_the_moment_it_is_on():
    app = Harness(glyphs="block")
    async with app.run_test(size=(107, 4)) as pilot:
        app.chart.show([Series("in", [float(n) for n in range(100)])], START, END, top=100)
        app.chart.focus()
        await pilot.press("left")
        assert text(app.chart)[0].endswith("0597   █ in  99/s")
        await pilot.press("left", "left")
        assert text(app.chart)[0].endswith("97/s")
        assert app.chart.span == pytest.approx((END - 18, END - 12), abs=0.2)
        assert app.chart.span[0] <= app.heard[-1] < app.chart.span[1]
        await pilot.press("right", "right", "right", "right")
        assert text(app.chart)[0].endswith("99/s")


async def test_the_cursor_stays_on_its_moment_as_time_goes_by_and_goes_with_it():
    app = Harness(glyphs="block")
    async with app.run_test(size=(107, 4)) as pilot:
        values = [float(n) for n in range(100)]
        app.chart.show([Series("in", values)], START, END, top=100)
        app.chart.focus()
        for _ in range(97):
            app.chart.action_point(-1)
        await pilot.press("left")
        read = text(app.chart)[0][-4:]
        step = (END - START) / 100
        app.chart.show([Series("in", [*values[1:], 0.0])], START + step, END + step, top=100)
        assert text(app.chart)[0][-4:] == read
        app.chart.show([Series("in", values)], END, END + 600, top=100)
        await pilot.pause()
        assert app.chart.moment is None
        assert app.heard[-1] is None


async def test_escape_leaves_the_cursor_and_then_is_left_to_others():
    escaped = []

    class Above(Harness):
        def key_escape(self):
            escaped.append(True)

    app = Above()
    async with app.run_test() as pilot:
        app.chart.show([Series("in", [1.0])], START, END)
        app.chart.focus()
        await pilot.press("left", "escape")
        assert app.chart.moment is None
        assert app.chart.span is None
        before = len(escaped)
        await pilot.press("escape")
        assert len(escaped) == before + 1


async def test_a_click_points_at_the_moment_under_it():
    app = Harness()
    async with app.run_test(size=(106, 10)) as pilot:
        app.chart.show([Series("in", [1.0, 2.0])], START, END)
        app.chart.styles.padding = (0, 1)
        await pilot.pause()
        await pilot.click(Chart, offset=(104, 5))
        assert app.chart.span[1] == END
        await pilot.click(Chart, offset=(1, 5))  # the scale is no moment
        assert app.chart.span[1] == END


async def test_nothing_is_painted_when_nothing_differs(drawn):
    app = Harness()
    async with app.run_test(size=(60, 10)) as pilot:
        for _ in range(2):
            app.chart.show([Series("in", [1.0, math.nan, 3.0])], START, END)
            await pilot.pause()
            painted, drawn[:] = list(drawn), []
    assert painted == []


async def test_equal_series_are_not_even_looked_at():
    formatted = []
    app = Harness()
    app.chart._format = lambda value: formatted.append(value) or "x"
    async with app.run_test():
        for _ in range(2):
            formatted.clear()
            app.chart.show([Series("in", [1.0, math.nan])], START, END)
    assert formatted == []


async def test_only_lines_that_differ_are_painted(drawn):
    app = Harness()
    async with app.run_test(size=(60, 10)) as pilot:
        app.chart.show([Series("in", [10.0, 10.0])], START, END)
        await pilot.pause()
        drawn.clear()
        app.chart.show([Series("in", [10.0, 9.0])], START, END)
        await pilot.pause()
    assert drawn == [0, 1]


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (20, 3), (300, 80)])
@pytest.mark.parametrize("glyphs", ["braille", "block", "ascii"])
async def test_any_size_and_any_values_can_be_drawn(size, glyphs):
    app = Harness(glyphs=glyphs)
    async with app.run_test(size=size) as pilot:
        for values in ([], [math.nan], [-1.0, math.inf], [0.0] * 1_000):
            app.chart.show([Series("in\x1b", values), Series("out", values)], START, END)
            await pilot.pause()
            assert all(len(line) <= size[0] for line in text(app.chart))
        app.chart.focus()
        await pilot.press("left", "left", "right", "escape")


async def test_buckets_are_as_many_values_as_are_drawn_one_by_one():
    app = Harness()
    async with app.run_test(size=(57, 10)):
        app.chart.show([Series("in", [1000.0])], START, END)
        assert app.chart.buckets == 2 * (57 - len("1000/s ┤"))


async def test_ascii_charts_are_ascii():
    app = Harness(glyphs="ascii")
    async with app.run_test(size=(60, 10)):
        app.chart.show([Series(n, [3.0, 8.0]) for n in "abcd"], START, END)
        app.chart.action_point(-1)
        assert "".join(text(app.chart)).isascii()
