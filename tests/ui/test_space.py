"""What a screen does with its room, counted: empty lines, words cut, keys that do nothing."""

import re

import pytest

from tests.ui.filled import LONG, Platform, words_on

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
    return (*screen, len(app._notifications), tuple(app.showing.watcher.wanted))


@pytest.mark.parametrize("view", ["1", "7"])
async def test_every_key_that_the_last_line_offers_does_something(view):
    idle, at = [], 0
    while True:
        app = Platform().app()
        async with app.run_test(size=(160, 48), notifications=True) as pilot:
            await pilot.press(view)
            await drawn(pilot)
            hints = app.hints._hints
            if at >= len(hints):
                break
            before = changed(app)
            await pilot.press(hints[at].press or hints[at].key)
            await drawn(pilot)
            if changed(app) == before:
                idle.append(hints[at])
        at += 1
    assert idle == []
