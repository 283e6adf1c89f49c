"""Functions in view 3, and the topics that they read and write."""

import pytest
from msgspec.structs import replace

from arcwatch.model.pulsar import FunctionCounts, PulsarFunction, PulsarFunctions
from tests.ui.filled import ADMIN, BROKERS, Platform, words_on
from tests.ui.pulsar_view import opened, show

EVENTS = "persistent://arc/agents/task-events"


@pytest.fixture
def platform():
    """One whose first broker runs a function that fails now and then."""
    platform = Platform(lasting=20.0)
    for beat in (0, 1):
        platform.t += 10.0 * beat
        one = FunctionCounts(
            "function",
            "arc/agents/enrich",
            "0",
            375 * beat,
            370 * beat,
            5 * beat,
            0.5 * beat,
            370 * beat,
            None,
        )
        page = replace(platform.page(BROKERS[0]), functions=(one,))
        platform.tell("pulsar", BROKERS[0], "metrics", page)
    told = PulsarFunction(
        "function", "arc/agents/enrich", (EVENTS,), f"{EVENTS}-x", 2, 1, 3, "no class", None, ("w",)
    )
    platform.tell("pulsar", ADMIN, "functions", PulsarFunctions((told,)))
    return platform


async def test_a_line_says_what_it_does_and_why_it_does_not(platform):
    async with opened(platform) as pilot:
        said = await show(pilot, "functions")
        for words in ("arc/agents/enrich", "1 of 2", "37.5", "0.5", "no class", "k-events"):
            assert words in said
        assert ("show_parts", ["functions"]) in platform.watcher.wanted
        await pilot.press("enter")
        await pilot.pause()
        assert platform.watcher.opened == EVENTS
        pilot.app.frame()
        assert "read by" in "\n".join(words_on(pilot.app))


async def test_where_there_are_none_there_is_no_table_of_them():
    async with opened(Platform(lasting=20.0)) as pilot:
        assert "Functions" not in "\n".join(words_on(pilot.app))


def test_the_table_looks_the_same_as_ever(platform, snap_compare):
    async def look(pilot):
        await pilot.press("3")
        await pilot.pause()
        await show(pilot, "functions")

    assert snap_compare(platform.app(), terminal_size=(132, 36), run_before=look)
