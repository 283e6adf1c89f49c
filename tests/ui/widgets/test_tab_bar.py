"""The views by number."""

import pytest
from textual.app import App

from arcwatch.ui.widgets.tab_bar import Tab, TabBar

TABS = [Tab("overview", "Overview", 1), Tab("nats", "NATS", 2), Tab("pulsar", "Pulsar", 3)]


class Harness(App[None]):
    def __init__(self):
        super().__init__()
        self.bar = TabBar(TABS)
        self.picked = []

    def compose(self):
        yield self.bar

    def on_tab_bar_picked(self, event):
        self.picked.append(event.view_id)


def text(bar):
    return bar.render_line(0).text.rstrip()


def reversed_text(bar):
    segments = bar.render_line(0)
    return "".join(part.text for part in segments if part.style and part.style.reverse)


@pytest.mark.parametrize(
    ("width", "shown"), [(60, " 1 Overview  2 NATS  3 Pulsar"), (20, " 1  2 NATS  3")]
)
async def test_a_narrow_bar_names_the_current_view_alone(width, shown):
    app = Harness()
    async with app.run_test(size=(width, 3)):
        app.bar.current = "nats"
        assert text(app.bar) == shown
        assert reversed_text(app.bar) == " 2 NATS "


async def test_a_click_asks_for_the_view_under_it():
    app = Harness()
    async with app.run_test(size=(60, 3)) as pilot:
        shown = text(app.bar)
        for part in ("Overview", "2 N", "Pulsar"):
            await pilot.click(TabBar, offset=(shown.index(part), 0))
        await pilot.click(TabBar, offset=(50, 0))
    assert app.picked == ["overview", "nats", "pulsar"]


async def test_a_click_on_a_narrow_bar_finds_the_digit():
    app = Harness()
    async with app.run_test(size=(20, 3)) as pilot:
        await pilot.click(TabBar, offset=(text(app.bar).index("3"), 0))
    assert app.picked == ["pulsar"]
