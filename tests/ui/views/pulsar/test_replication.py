"""Replication to other clusters in view 3 and in the ranking."""

import pytest
from msgspec.structs import replace

from arcwatch.model.pulsar import Replicator
from tests.ui.filled import BROKERS, Platform, words_on
from tests.ui.pulsar_view import opened, show


@pytest.fixture
def platform():
    """One whose first broker replicates a topic to two clusters, one of which is dead."""
    platform = Platform(lasting=20.0)
    page = platform.page(BROKERS[0])
    first, *others = page.topics
    first = replace(
        first,
        replicators=(
            Replicator("eu", False, 1934, 45, 0.0, 0.0, 0.0, 0.0),
            Replicator("asia", True, 0, 0, 2.5, 37.5, 800.0, 9800.0),
        ),
    )
    page = replace(page, topics=(first, *others))
    platform.topic = first.name
    platform.tell("pulsar", BROKERS[0], "metrics", page)
    return platform


async def test_each_topic_and_remote_has_a_line(platform):
    async with opened(platform) as pilot:
        said = await show(pilot, "replication")
        for words in ("eu", "not connected", "1,934", "45s", "asia", "37.5"):
            assert words in said
        await pilot.press("enter")
        await pilot.pause()
        assert platform.watcher.opened.partition("-partition-")[0] in platform.topic


async def test_where_nothing_is_replicated_there_is_no_table_of_it():
    async with opened(Platform(lasting=20.0)) as pilot:
        assert "Replication" not in "\n".join(words_on(pilot.app))


async def test_what_waits_for_a_dead_remote_is_in_the_ranking_and_a_problem(platform):
    async with platform.app().run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        said = "\n".join(words_on(pilot.app))
        assert "pulsar.repl.eu" in said
        assert "not connected" in said


def test_the_table_looks_the_same_as_ever(platform, snap_compare):
    async def look(pilot):
        await pilot.press("3")
        await pilot.pause()
        await show(pilot, "replication")

    assert snap_compare(platform.app(), terminal_size=(100, 30), run_before=look)
