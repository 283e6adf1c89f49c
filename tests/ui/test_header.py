"""The first line: what it says, and what it does without when there is less room."""

import pytest
from textual.app import App

from arcwatch.ui.header import RUNS, UNMARKED, Header, Marks, Status, Tab

NAMES = ("Overview", "NATS", "Pulsar", "Tail", "History", "Latency", "Alerts")
TABS = [Tab(name.lower(), name, number) for number, name in enumerate(NAMES, start=1)]
BUSY = Status(alerts=3, critical=True, tail="113/s", silent=("pulsar",))
MIDDAY = 1_763_208_072.0


class Harness(App[None]):
    def __init__(self, marks=UNMARKED):
        super().__init__()
        self.header = Header("demo 4222 8222", TABS, marks)
        self.picked = []

    def compose(self):
        yield self.header

    def on_header_picked(self, event):
        self.picked.append(event.view_id)


def text(header):
    return header.render_line(0).text.rstrip()


WIDE = "1 Overview   2 NATS  3 Pulsar?  4 Tail  5 History  6 Latency  7 Alerts▲3"
NAMED = "1 Overview  2 NATS 3 Pulsar? 4 Tail▸ 5 History 6 Latency 7 Alerts▲3"


@pytest.mark.parametrize(
    ("width", "left", "right"),
    [
        (
            160,
            f" arcwatch  demo 4222 8222 · read-only    {WIDE}",
            "▸ tail 113/s   12:01:12 UTC  live",
        ),
        (140, f" demo 4222 8222 · read-only    {WIDE}", "▸ tail 113/s   12:01:12 UTC  live"),
        (104, f"  {NAMED}", "ro demo 12:01:12 UTC live"),
        (96, f"  {NAMED}", "ro demo 12:01:12 live"),
        (80, "  1 Overview  2 3? 4▸ 5 6 7▲3", "ro demo 12:01:12 live"),
        (51, "  1 Overview  2 3? 4▸ 5 6 7▲3", "ro demo 12:01 live"),
        (46, "  1 Overview  2 3? 4▸ 5 6 7▲3", "12:01 live"),
        (40, "  1 Overview  2 3? 4▸ 5 6 7▲3", "live"),
        (32, "  1  2 3? 4▸ 5 6 7▲3", "live"),
    ],
)
async def test_loses_what_matters_least_first_and_never_digits_or_what_needs_attention(
    width, left, right
):
    app = Harness()
    async with app.run_test(size=(width, 3)):
        app.header.draw(MIDDAY, BUSY, utc=True)
        assert text(app.header) == left + right.rjust(width - 1 - len(left))


async def test_a_wide_line_says_how_fast_the_tail_is_and_a_new_one_only_that_it_runs():
    app = Harness()
    async with app.run_test(size=(160, 3)):
        app.header.draw(MIDDAY, BUSY, utc=True)
        assert "▸ tail 113/s   12:01:12 UTC  live" in text(app.header)
        app.header.draw(MIDDAY, Status(tail=RUNS), utc=True)
        assert "▸ tail   12:01:12 UTC  live" in text(app.header)


async def test_whether_changes_are_allowed_and_what_is_not_checked_is_always_said():
    app = Harness(Marks(changes=True, warning="NATS from .env"))
    async with app.run_test(size=(160, 3)) as pilot:
        app.header.draw(MIDDAY, utc=True)
        assert "demo 4222 8222 · changes allowed  NATS from .env" in text(app.header)
        await pilot.resize_terminal(80, 3)
        assert "rw demo  NATS from .env" in text(app.header)


@pytest.mark.parametrize("width", [160, 100, 32])
async def test_a_click_asks_for_the_view_under_it(width):
    app = Harness()
    async with app.run_test(size=(width, 3)) as pilot:
        app.header.draw(MIDDAY, BUSY, utc=True)
        shown = text(app.header)
        for part in ("1", "3", "7"):
            await pilot.click(Header, offset=(shown.index(part), 0))
        await pilot.click(Header, offset=(width - 1, 0))
    assert app.picked == ["overview", "pulsar", "alerts"]


async def test_a_picture_that_is_held_keeps_its_time():
    app = Harness()
    async with app.run_test(size=(100, 3)):
        app.header.draw(MIDDAY, utc=True)
        app.header.draw(MIDDAY + 60, held=True, utc=True)
        assert text(app.header).endswith("12:01:12 UTC HELD")
