"""What a screen does with its room, counted: empty lines, words cut, keys that do nothing."""

import json
import re
from contextlib import asynccontextmanager
from functools import partial
from itertools import accumulate

import pytest
from rich.cells import cell_len

from arcwatch.store.alerts.alerts import Alerts
from arcwatch.ui.widgets.chart import Chart
from arcwatch.ui.widgets.distributions import DistributionView, HeatView
from arcwatch.ui.widgets.key_hints import KeyHints
from arcwatch.ui.widgets.row_table import RowTable
from arcwatch.ui.widgets.table_lines import text_of
from tests.session.shelf import TOPIC, stored
from tests.ui.browsed import Browsed
from tests.ui.filled import LONG, Platform, notes_on, words_on
from tests.ui.tailed import BEATS, EVENTS, Tailed
from tests.ui.views.alerts.test_view import RULES

SIZES = [(100, 30), (132, 36), (160, 48), (220, 60)]
EMPTY = re.compile("[ │]*")


async def drawn(pilot):
    """The screen as it is once everything has its size."""
    for _ in range(3):
        pilot.app.frame()
        await pilot.pause()
    return words_on(pilot.app)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("trouble", [False, True], ids=["calm", "in trouble"])
async def test_the_overview_has_no_more_than_four_empty_lines_together(size, trouble):
    app = Platform(lasting=LONG, trouble=trouble).app()
    async with app.run_test(size=size) as pilot:
        runs, run = [], 0
        for line in await drawn(pilot):
            run = run + 1 if EMPTY.fullmatch(line) else 0
            runs.append(run)
        assert max(runs) <= 4


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("trouble", [False, True], ids=["calm", "in trouble"])
async def test_causes_evidence_and_advice_on_the_overview_are_never_cut(size, trouble):
    app = Platform(lasting=LONG, trouble=trouble).app()
    async with app.run_test(size=size) as pilot:
        for _ in range(4):
            lines = await drawn(pilot)
            top = next(y for y, line in enumerate(lines) if line.startswith("─ Why"))
            assert [line for line in lines[top + 1 : -1] if "…" in line.partition("│")[0]] == []
            await pilot.press("j")


@pytest.mark.parametrize("size", SIZES)
async def test_all_charts_of_the_overview_end_at_the_same_cell(size):
    async with Platform(lasting=LONG).app().run_test(size=size) as pilot:
        lines = await drawn(pilot)
        now = next(line for line in lines if line.endswith("now"))
        edges = {line.rfind(mark) for line in lines for mark in "┬┼┴" if mark in line}
        assert edges in ({now.rfind("now")}, {now.rfind("now"), -1}) or edges == set()


def changed(app):
    """All that a key may change."""
    screen = (tuple(words_on(app)), app.focused, app.screen, app.clipboard)
    return (*screen, len(notes_on(app)), tuple(app.showing.watcher.wanted))


@pytest.mark.parametrize("view", "1234567")
async def test_every_key_that_the_last_line_offers_does_something(view):
    app = Platform().app()
    async with app.run_test(size=SMALLEST, notifications=True) as pilot:
        idle, clicked = [], 0
        for size in (SMALLEST, *(each for each in SIZES if each != (132, 36))):
            await pilot.resize_terminal(*size)
            await settled(pilot, view)
            for hint in offered(app):
                if (x := offered(app).get(hint)) is not None:
                    before = changed(app)
                    await pilot.click(KeyHints, offset=(x, 0))
                    await drawn(pilot)
                    idle += [(size, hint)] * (changed(app) == before)
                    clicked += 1
                    await settled(pilot, view)
    assert idle == []
    assert clicked > 10


def offered(app):
    """Where each key of the last line begins, but for help and quit at its right."""
    line = app.hints.render_line(0).text
    return {one[0]: one.start() for one in [*re.finditer(r"\S+(?: \S+)*", line)][:-2]}


async def settled(pilot, view):
    """Back in a view, whatever a key has opened, changed or started."""
    app = pilot.app
    while len(app.screen_stack) > 1:
        app.pop_screen()
    await pilot.press("escape", "escape", view)
    if app.showing.held:
        await pilot.press("p")
    app.view.layout_name = ""
    app.clear_notifications()
    await drawn(pilot)


SMALLEST = (80, 24)


HIGH, BROAD = 5, 24
"""Lines and cells of a blank part in which something could be told."""
MOST_UNUSED = 0.2
"""The share of all cells, while there are figures."""
SETTINGS = "alerts rules"
"""The place whose rows have no figures besides their own."""


@asynccontextmanager
async def everywhere(size, *, trouble):
    """An app that has something to show in each of its views."""
    platform = Platform(lasting=LONG, trouble=trouble)
    platform.store.alerts = Alerts(RULES)
    platform.store.judge(platform.now, platform.t)
    tailed, browsed = Tailed(BEATS, EVENTS), Browsed(messages=[*map(wordy, range(300))])
    app = platform.app(tailing=tailed.tailing, browsing=browsed.browsing)
    tailed.app = browsed.app = app
    async with app.run_test(size=size) as pilot:
        tailed.pilot = browsed.pilot = pilot
        await pilot.press("4")
        tailed.tail(BEATS, EVENTS)
        tailed.bring([*map(wordy, range(300))])
        await tailed.drawn()
        await pilot.press("5")
        browsed.view.browse(TOPIC, "")
        await browsed.settled()
        yield pilot


def wordy(number):
    """A message that fills its line."""
    return stored(number, json.dumps({"seq": number, "reason": "the sandbox " * 20}).encode())


async def every_place(pilot):
    """Shows each place that has rows in turn."""
    for view in pilot.app.views.every:
        for sheet in [sheet.id for sheet in getattr(view, "sheets", ())] or [""]:
            pilot.app.action_view(view.id, partial(view.show_sheet, sheet))
            await pilot.pause()
            await drawn(pilot)
            if view.table is None or view.table.total:
                yield f"{view.id} {sheet}".strip()


def besides_charts(app):
    """The screen's characters; None where a chart is, which is drawn when there is time for it."""
    width, height = app.size
    cells = [list(line.ljust(width)) for line in words_on(app)]
    charts = [w for w in app.view.walk_children() if isinstance(w, Chart | HeatView)]
    charts += [*app.view.query(DistributionView), *app.view.query("#lanes")]
    for region in (widget.region for widget in charts if widget.region):
        for y in range(region.y, min(height, region.bottom)):
            cells[y][region.x : region.right] = [None] * region.width
    return cells


def unused(app):
    """The share of all cells that are in a blank part of some size."""
    free = [[char == " " for char in line] for line in besides_charts(app)]
    width, height = app.size
    sums = [[0] * (width + 1)]
    for line in free:
        row = [0, *accumulate(line)]
        sums.append([above + here for above, here in zip(sums[-1], row, strict=True)])
    found = [[False] * width for _ in range(height)]
    for y in range(height - HIGH + 1):
        for x in range(width - BROAD + 1):
            low, high = sums[y], sums[y + HIGH]
            if high[x + BROAD] - high[x] - low[x + BROAD] + low[x] == HIGH * BROAD:
                for line in found[y : y + HIGH]:
                    line[x : x + BROAD] = [True] * BROAD
    return sum(map(sum, found)) / (width * height)


def cut_beside_free(table):
    """Columns of a table that cut a cell, while another that may give way has cells to spare."""
    rows = [table.cells(row) for row in table.items[: table.size.height]]
    needs = {
        column.key: max(cell_len(text_of(row[nth])) for row in rows)
        for nth, column in enumerate(table.columns)
    }
    shown = [(column, width) for column in table.columns if (width := table.width_of(column.key))]
    spare = sum(
        max(0, width - max(column.width, needs[column.key]))
        for column, width in shown
        if column.flex
    )
    cut = [column.key for column, width in shown if needs[column.key] > width]
    return cut if spare > len(shown) else []


async def wrong_with(pilot, place):
    """What is amiss with the place on show."""
    app, found = pilot.app, {}
    if place != SETTINGS and (share := unused(app)) > MOST_UNUSED:
        found["unused"] = f"{share:.0%}"
    for table in app.view.query(RowTable):
        if table.region and table.items and (cut := cut_beside_free(table)):
            found["cut beside free cells"] = cut
    before = besides_charts(app)[1:]
    app.draw()
    await pilot.pause()
    if besides_charts(app)[1:] != before:
        found["moved"] = "and nobody answered anything new"
    return found


@pytest.mark.parametrize(
    ("size", "trouble"),
    [
        ((80, 24), True),
        ((100, 30), False),
        ((160, 48), True),
        ((160, 48), False),
        ((220, 60), True),
    ],
)
async def test_every_view_uses_its_room_cuts_nothing_beside_it_and_holds_still(size, trouble):
    async with everywhere(size, trouble=trouble) as pilot:
        places = {place: await wrong_with(pilot, place) async for place in every_place(pilot)}
    assert len(places) > 12
    assert {place: wrong for place, wrong in places.items() if wrong} == {}
