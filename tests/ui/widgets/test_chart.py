"""A chart under the hands of a user."""

import asyncio
import math
import threading

import pytest
from textual.app import App

from arcwatch.charts import canvas
from arcwatch.charts.time_chart import Event, Line, Scale, linear
from arcwatch.ui.widgets import figure_view
from arcwatch.ui.widgets.chart import Chart

START, END = 1_700_000_000.0, 1_700_000_600.0


def clock(at):
    return f"{int(at - START):04}"


def told(value):
    return f"{value:g}/s"


class Harness(App[None]):
    CSS = "Chart { padding: 0; }"

    def __init__(self, **settings):
        super().__init__()
        self.heard = []
        self.chart = Chart(**{"clock": clock} | settings)

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


async def shown(pilot, *series, start=START, end=END, top=None):
    """Chart series over a window, and wait for the picture."""
    values = [value for _, each in series for value in each]
    scale = Scale(0, top, told) if top else linear(values, told)
    lines = [Line(name, each) for name, each in series]
    pilot.app.chart.show("Messages", lines, (start, end), [scale])
    await pilot.pause()


async def test_names_its_series_its_window_and_its_scale():
    app = Harness()
    async with app.run_test(size=(49, 6)) as pilot:
        await shown(pilot, ("in", [0, 60]), ("out", [90, 90]))
        lines = text(app.chart)
        assert lines[0].split() == ["Messages", "10m", "──", "in", "60/s", "─•─", "out", "90/s"]
        assert lines[1].endswith("├ 100/s")
        assert lines[4].endswith("├ 0/s")
        assert lines[5].split() == ["└0000", "└0600"]


async def test_a_gap_reads_as_unknown():
    app = Harness(glyphs="block")
    async with app.run_test(size=(40, 4)) as pilot:
        await shown(pilot, ("in", [5, math.nan]))
        assert text(app.chart)[0].endswith("–")


async def test_the_cursor_enters_at_the_right_and_reads_the_moment_it_is_on():
    app = Harness(glyphs="ascii")
    async with app.run_test(size=(107, 4)) as pilot:
        await shown(pilot, ("in", [float(n) for n in range(100)]), top=100)
        app.chart.focus()
        await pilot.press("left")
        assert text(app.chart)[0].endswith("0597   -- in  99/s")
        await pilot.press("left", "left")
        assert text(app.chart)[0].endswith("97/s")
        assert app.chart.span == pytest.approx((END - 18, END - 12), abs=0.2)
        assert app.chart.span[0] <= app.heard[-1] < app.chart.span[1]
        await pilot.press("right", "right", "right", "right")
        assert text(app.chart)[0].endswith("99/s")


async def test_the_cursor_stays_on_its_moment_as_time_goes_by_and_goes_with_it():
    app = Harness(glyphs="ascii")
    async with app.run_test(size=(107, 4)) as pilot:
        values = [float(n) for n in range(100)]
        await shown(pilot, ("in", values), top=100)
        app.chart.focus()
        for _ in range(97):
            app.chart.action_point(-1)
        await pilot.press("left")
        read = text(app.chart)[0][-4:]
        step = (END - START) / 100
        await shown(pilot, ("in", [*values[1:], 0.0]), start=START + step, end=END + step, top=100)
        assert text(app.chart)[0][-4:] == read
        await shown(pilot, ("in", values), start=END, end=END + 600, top=100)
        assert app.chart.moment is None
        assert app.heard[-1] is None


async def test_escape_leaves_the_cursor_and_then_is_left_to_others():
    escaped = []

    class Above(Harness):
        def key_escape(self):
            escaped.append(True)

    app = Above()
    async with app.run_test() as pilot:
        await shown(pilot, ("in", [1.0]))
        app.chart.focus()
        await pilot.press("left", "escape")
        assert app.chart.moment is None
        assert app.chart.span is None
        before = len(escaped)
        await pilot.press("escape")
        assert len(escaped) == before + 1


async def test_an_event_says_what_happened_where_the_cursor_is_on_it():
    app = Harness()
    async with app.run_test(size=(80, 8)) as pilot:
        app.chart.show(
            "Messages",
            [Line("in", [1.0])],
            (START, END),
            [linear([1.0], told)],
            happened=[Event(END - 1.0, "a", "leader moved\x1b")],
        )
        await pilot.pause()
        assert any("┊" in line for line in text(app.chart))
        assert text(app.chart)[0].startswith("Messages")
        app.chart.focus()
        await pilot.press("left")
        assert text(app.chart)[0].startswith("◆a leader moved␛")
        await pilot.press("left")
        assert text(app.chart)[0].startswith("Messages")


async def test_the_cursor_goes_from_event_to_event_and_stays_at_the_last():
    app = Harness()
    async with app.run_test(size=(80, 8)) as pilot:
        happened = [Event(START + 100.0, "a", "one"), Event(START + 400.0, "b", "two")]
        scale = linear([1.0], told)
        app.chart.show("In", [Line("in", [1.0])], (START, END), [scale], happened=happened)
        await pilot.pause()
        moments = []
        for step in (1, -1, -1, -1, 1):
            app.chart.action_event(step)
            moments.append(app.chart.moment and app.chart.moment - START)
        assert moments == [None, 400.0, 100.0, 100.0, 400.0]
        assert text(app.chart)[0].startswith("◆b two")


async def test_a_click_points_at_the_moment_under_it():
    app = Harness()
    async with app.run_test(size=(106, 10)) as pilot:
        app.chart.styles.padding = (0, 1)
        await shown(pilot, ("in", [1.0, 2.0]))
        await pilot.click(Chart, offset=(1, 5))
        assert app.chart.span[0] == START
        await pilot.click(Chart, offset=(104, 5))  # the scale is no moment
        assert app.chart.span[0] == START


async def test_nothing_is_painted_when_nothing_differs(drawn):
    app = Harness()
    async with app.run_test(size=(60, 10)) as pilot:
        for _ in range(2):
            await shown(pilot, ("in", [1.0, 5.0, 3.0]))
            painted, drawn[:] = list(drawn), []
    assert painted == []


@pytest.fixture
def pictures(monkeypatch):
    """Figures that were drawn."""
    made, draw = [], canvas.drawn
    monkeypatch.setattr(canvas, "drawn", lambda *wanted: (made.append(wanted), draw(*wanted))[1])
    return made


async def test_the_same_again_is_not_drawn_again(pictures):
    app = Harness()
    async with app.run_test(size=(60, 10)) as pilot:
        for _ in range(3):
            await shown(pilot, ("in", [1.0, 5.0]))
        await pilot.press("left", "right")
    assert len(pictures) == 1


async def test_the_same_is_drawn_again_when_its_times_are_told_otherwise(pictures):
    zone = ["UTC"]
    app = Harness(clock=lambda at: zone[0])
    async with app.run_test(size=(60, 10)) as pilot:
        await shown(pilot, ("in", [1.0]))
        zone[0] = "CET"
        await shown(pilot, ("in", [1.0]))
        assert "└CET" in text(app.chart)[-1]
    assert len(pictures) == 2


async def test_many_changes_make_one_picture_and_it_is_of_the_last(pictures, monkeypatch):
    monkeypatch.setattr(Chart, "EVERY", 3600.0)
    app, due = Harness(), []
    async with app.run_test(size=(60, 10)) as pilot:
        await shown(pilot, ("in", [1.0, 1.0]), top=100)
        monkeypatch.setattr(app.chart, "set_timer", lambda delay, draw: due.append(draw))
        for value in range(2, 50):
            await shown(pilot, ("in", [1.0, value]), top=100)
        # what stands around a picture is of the same moment as the picture
        assert text(app.chart)[0].endswith("   1/s")
        assert len(pictures) == 1
        (draw,) = due
        await draw()
        assert text(app.chart)[0].endswith("  49/s")
    assert len(pictures) == 2


@pytest.fixture
def on_threads(monkeypatch):
    """Pictures are made as they are for users."""
    monkeypatch.setattr(figure_view, "to_thread", asyncio.to_thread)


async def reads(pilot, y, end):
    """Wait until a line of the chart ends with some words."""
    while not text(pilot.app.chart)[y].endswith(end):
        await pilot.pause()


@pytest.mark.usefixtures("on_threads")
async def test_pictures_are_made_beside_the_loop(monkeypatch):
    threads, draw = [], canvas.drawn
    monkeypatch.setattr(
        canvas,
        "drawn",
        lambda *wanted: (threads.append(threading.current_thread()), draw(*wanted))[1],
    )
    app = Harness()
    async with app.run_test(size=(60, 10)) as pilot:
        await shown(pilot, ("in", [1.0]))
        await reads(pilot, 1, "├ 1/s")
    assert threads
    assert threading.main_thread() not in threads


@pytest.mark.usefixtures("on_threads")
async def test_what_is_written_is_of_the_picture_while_the_next_is_made(monkeypatch):
    app, draw = Harness(), canvas.drawn
    begun, gate = threading.Event(), threading.Event()

    def held(*wanted):
        begun.set()
        gate.wait(10)
        return draw(*wanted)

    async with app.run_test(size=(60, 10)) as pilot:
        await shown(pilot, ("in", [1.0, 1.0]), top=100)
        await reads(pilot, 0, "   1/s")
        monkeypatch.setattr(canvas, "drawn", held)
        scale = Scale(0, 100, told)
        app.chart.show("Messages", [Line("in", [1.0, 99.0])], (START, END), [scale])
        assert await asyncio.to_thread(begun.wait, 10)
        assert text(app.chart)[0].endswith("   1/s")
        gate.set()
        await reads(pilot, 0, "  99/s")


async def test_only_lines_that_differ_are_painted(drawn):
    app = Harness()
    async with app.run_test(size=(60, 10)) as pilot:
        await shown(pilot, ("in", [10.0, 10.0]), top=100)
        drawn.clear()
        await shown(pilot, ("in", [10.0, 9.5]), top=100)
    assert drawn == [0]


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (20, 3), (300, 80)])
@pytest.mark.parametrize("glyphs", ["braille", "block", "ascii"])
async def test_any_size_and_any_values_can_be_drawn(size, glyphs):
    app = Harness(glyphs=glyphs)
    async with app.run_test(size=size) as pilot:
        for values in ([], [math.nan], [-1.0, math.inf], [0.0] * 1_000):
            await shown(pilot, ("in\x1b", values), ("out", values))
            assert all(len(line) <= size[0] for line in text(app.chart))
        app.chart.focus()
        await pilot.press("left", "left", "right", "escape")


async def test_ascii_charts_are_ascii():
    app = Harness(glyphs="ascii")
    async with app.run_test(size=(80, 10)) as pilot:
        await shown(pilot, *((n, [3.0, 8.0]) for n in "abcd"))
        app.chart.action_point(-1)
        assert "".join(text(app.chart)).isascii()


@pytest.mark.usefixtures("on_threads")
async def test_the_head_names_what_was_asked_for_and_never_above_the_picture_of_another(
    monkeypatch,
):
    app, draw = Harness(), canvas.drawn
    begun, gate = threading.Event(), threading.Event()
    heads, both = [], asyncio.Event()

    def held(*wanted):
        begun.set()
        gate.wait(10)
        return draw(*wanted)

    def arrived():
        Chart.arrived(app.chart)
        heads.append(text(app.chart))
        if len(heads) == 2:
            both.set()

    def show(title):
        app.chart.show(title, [Line("in", [0, 60])], (START, END), [Scale(0, 100, told)])

    async with app.run_test(size=(49, 6)) as pilot:
        show("one")
        await pilot.pause()
        assert text(app.chart)[0].startswith("one")
        monkeypatch.setattr(app.chart, "arrived", arrived)
        monkeypatch.setattr(canvas, "drawn", held)
        show("two")
        assert text(app.chart) == ["two", "", "", "", "", ""]
        assert await asyncio.to_thread(begun.wait, 10)
        # the cursor goes on while the second is drawn
        show("three")
        gate.set()
        async with asyncio.timeout(10):
            await both.wait()
    assert heads[0] == ["three", "", "", "", "", ""]
    assert heads[1][0].startswith("three")
    assert any(heads[1][1:])


async def test_a_name_that_has_no_room_is_left_out_whole():
    async with Harness().run_test(size=(60, 8)) as pilot:
        await shown(pilot, *((f"arc/agents/a-long-name-{nth}", [1.0, 2.0]) for nth in range(4)))
        head = text(pilot.app.chart)[0]
        assert head.count("a-long-name") == 2
        assert head.endswith("arc/agents/a-long-name-1")
