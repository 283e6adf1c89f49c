"""What stands beside a list, how large, and the keys that change it."""

import pytest
from textual.geometry import Size

from arcwatch.ui.views import tables
from arcwatch.ui.views.detail import Fact, grid
from arcwatch.ui.views.row_panes import (
    LAYOUTS,
    Contents,
    Places,
    RowPanes,
    fitting,
    placed,
    zoomed_places,
)
from arcwatch.ui.views.view import key_of
from arcwatch.ui.widgets.chart import Chart
from tests.ui.filled import LONG, Platform, words_on

LARGE, SMALL = (160, 48), (80, 24)
BILLING = "persistent://arc/agents/task-events"


@pytest.fixture(scope="module")
def platform():
    return Platform(lasting=LONG)


async def shown(pilot, view="nats", sheet="connections"):
    pilot.app.action_view(view, lambda: pilot.app.view.show_sheet(sheet))
    await pilot.pause()
    await drawn(pilot)
    return pilot.app.view


async def drawn(pilot):
    for _ in range(3):
        pilot.app.draw()
        await pilot.pause()


def titles(app):
    return [line for line in words_on(app) if line.startswith(("─ ", "━ "))]


async def test_a_large_screen_tells_of_the_row_under_the_cursor_beside_its_chart(platform):
    async with platform.app().run_test(size=LARGE) as pilot:
        view = await shown(pilot)
        for name in ("agent-gateway", "scheduler"):
            about = titles(pilot.app)[0]
            assert about.startswith(f"─ {name}")
            assert f"│ {name}" in about
            await pilot.press("j")
            await drawn(pilot)
        assert view.opened is None


async def test_a_small_screen_has_a_chart_below_a_short_list(platform):
    async with platform.app().run_test(size=SMALL) as pilot:
        view = await shown(pilot)
        assert view.stops == (view.table, view.query_one(Chart))
        assert titles(pilot.app) == []


def test_a_small_screen_has_the_list_alone_where_that_is_long():
    assert placed(Size(*SMALL), 20, "", Contents(40, False, 2, True, 3)) == Places()


def test_a_small_screen_tells_of_the_row_below_a_list_of_a_few():
    want = Contents(2, opened=False, about=2, chart=True, events=3)
    assert placed(Size(*SMALL), 20, "", want) == Places("3", True, chart="1fr")
    assert placed(Size(*SMALL), 20, "", want._replace(chart=False)) == Places("3", True, "1fr")


@pytest.mark.parametrize("size", [LARGE, SMALL, (220, 60)])
async def test_every_layout_is_another_and_the_last_is_followed_by_the_first(platform, size):
    async with platform.app().run_test(size=size) as pilot:
        view = await shown(pilot)
        seen = []
        for _ in fitting(Size(*size)):
            seen.append((view.layout_name, tuple(words_on(pilot.app))))
            await pilot.press("v")
            await drawn(pilot)
        assert [name for name, _ in seen] == [*fitting(Size(*size))]
        assert view.layout_name == ""
        assert len({words for _, words in seen}) == len(seen)


async def test_a_layout_is_remembered_for_the_view_and_the_size(platform):
    async with platform.app().run_test(size=LARGE) as pilot:
        view = await shown(pilot)
        await pilot.press("v")
        assert pilot.app.showing.layouts == {key_of("nats", Size(*LARGE)): view.LAYOUTS[1]}
        assert (await shown(pilot, "pulsar", "topics")).layout_name == ""


async def test_a_pane_has_the_whole_view_and_gives_it_back(platform):
    async with platform.app().run_test(size=LARGE) as pilot:
        view = await shown(pilot)
        before = view.table.region
        await pilot.press("tab", "V")
        await drawn(pilot)
        assert not view.table.region.height
        assert view.query_one(Chart).size.height > 40
        await pilot.press("V")
        await drawn(pilot)
        assert view.table.region == before


async def test_a_layout_of_no_name_that_there_is_is_the_usual_one(platform):
    app = platform.app()
    async with app.run_test(size=LARGE) as pilot:
        app.showing.layouts[key_of("nats", Size(*LARGE))] = "zoom nothing"
        assert (await shown(pilot)).layout_name == ""


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_a_broker_is_asked_more_once_the_cursor_rests(platform, size, monkeypatch):
    monkeypatch.setattr(tables, "SETTLED", 3600.0)
    async with platform.app().run_test(size=size) as pilot:
        await shown(pilot, "pulsar", "subscriptions")
        assert platform.watcher.opened == ""
        monkeypatch.setattr(tables, "SETTLED", 0.01)
        await pilot.press("j", "k")
        await drawn(pilot)
        await pilot.pause(0.1)
        await drawn(pilot)
        # a small screen does not show what it would be asked
        assert platform.watcher.opened == (BILLING if size == LARGE else "")
        monkeypatch.setattr(tables, "SETTLED", 3600.0)
        await pilot.press("j")
        await drawn(pilot)
        assert platform.watcher.opened == ""


@pytest.mark.parametrize("size", [SMALL, (100, 30)])
def test_few_rows_of_what_is_open_leave_the_rest_of_a_small_screen_to_its_chart(size):
    few, many = (placed(Size(*size), 20, "", Contents(rows, True, 1, True, 0)) for rows in (2, 99))
    assert (few.within, few.chart) == ("3", "1fr")
    assert many.within == "1fr"
    uncharted = placed(Size(*size), 20, "", Contents(2, True, 1, False, 0))
    assert uncharted.within == "1fr"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_list_longer_than_the_screen_leaves_room_for_what_is_beside_it(layout):
    to = placed(Size(160, 48), 44, layout, Contents(1_000, False, 5, True, 9))
    assert to.listed == "1fr" or int(to.listed) <= 22


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("pane", ["list", "chart", "happened"])
def test_a_zoomed_pane_is_the_only_one(pane, opened):
    to = zoomed_places(pane, Contents(9, opened, 5, True, 9))
    assert sum(map(bool, (to.listed, to.within, to.chart, to.happened))) == 1


@pytest.mark.parametrize("size", [LARGE, SMALL, (220, 60)])
async def test_facts_of_what_is_opened_are_whole_before_it_has_a_size(platform, size, monkeypatch):
    told, show = [], RowPanes.show_facts
    monkeypatch.setattr(
        RowPanes, "show_facts", lambda self, *a: (told.append(a), show(self, *a))[1]
    )
    async with platform.app().run_test(size=size) as pilot:
        await drawn(pilot)
        await pilot.press("enter")
        await drawn(pilot)
        panes = pilot.app.view.query_one(RowPanes)
        text = ["".join(part for part, _ in line) for line in told[0][2]]
        assert "billing" in told[0][0]
        assert text
        assert [line for line in text if "…" in line] == []
        assert "waiting" in "".join(text)
        assert panes.details_width == panes.about.size.width


def test_where_no_fact_is_whole_the_first_is_there_and_not_a_count_of_all():
    facts = [Fact("cause", "stalled: none of 8 consumers acks"), *(Fact(n, "1") for n in "abc")]
    assert [[text for text, _ in line] for line in grid(facts, 38, 1)] == [
        ["cause  ", "stalled: none of 8 consumers"]
    ]
