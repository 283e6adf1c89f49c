"""Open transactions in view 3."""

import pytest
from msgspec.structs import replace

from arcwatch.model.pulsar import (
    Coordinator,
    OpenTransaction,
    Produced,
    PulsarTransactions,
)
from tests.ui.filled import ADMIN, BROKERS, Platform, words_on
from tests.ui.pulsar_view import opened, show

EVENTS = "persistent://arc/agents/task-events"


@pytest.fixture
def platform():
    """One whose first broker runs a coordinator with an open transaction."""
    platform = Platform(lasting=20.0)
    page = replace(platform.page(BROKERS[0]), coordinators=(Coordinator("0", 1, 30, 20, 7, 2),))
    platform.tell("pulsar", BROKERS[0], "metrics", page)
    part = Produced(f"{EVENTS}-partition-0", 3, 8, 53.0)
    acked = ((EVENTS, "billing"),)
    one = OpenTransaction("(0,2)", platform.now - 720.0, 1800.0, (part,), acked)
    platform.tell("pulsar", ADMIN, "transactions", PulsarTransactions((one,)))
    return platform


async def test_one_line_says_for_how_long_and_what_it_hides(platform):
    async with opened(platform) as pilot:
        said = await show(pilot, "transactions")
        for words in ("(0,2)", "12m 00s", "18m 00s", "53", "arc/agents/task-events-partition-0"):
            assert words in said
        assert "arc/agents/task-events#billing" in said
        assert ("show_parts", ["transactions"]) in platform.watcher.wanted
        said = await show(pilot, "coordinators")
        for words in ("COMMITTED", "20", "7", "TIMED OUT"):
            assert words in said


async def test_enter_opens_the_topic_that_it_holds_up(platform):
    async with opened(platform) as pilot:
        await show(pilot, "transactions")
        await pilot.press("enter")
        await pilot.pause()
        assert platform.watcher.opened == EVENTS


async def test_where_nobody_has_transactions_there_is_no_table_of_them():
    async with opened(Platform(lasting=20.0)) as pilot:
        assert "Transactions" not in "\n".join(words_on(pilot.app))


def test_the_table_looks_the_same_as_ever(platform, snap_compare):
    async def look(pilot):
        await pilot.press("3")
        await pilot.pause()
        await show(pilot, "transactions")

    app = platform.app()
    assert snap_compare(app, terminal_size=(100, 30), run_before=look)
