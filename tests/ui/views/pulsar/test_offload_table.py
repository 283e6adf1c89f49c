"""Topics with ledgers in tiered storage, in view 3."""

import pytest
from msgspec.structs import replace

from arcwatch.model.pulsar import OffloadCounts, PulsarTopic, PulsarTopics
from tests.ui.filled import ADMIN, BROKERS, Platform, words_on
from tests.ui.pulsar_view import opened, show


@pytest.fixture
def platform():
    """One whose first broker has offloaded a topic, and failed with the next ledger."""
    platform = Platform(lasting=20.0)
    page = platform.page(BROKERS[0])
    first, *others = page.topics
    first = replace(first, offloaded_size=1_698_762)
    counts = OffloadCounts(first.name, 17_000.0, 29_312.7, 1_758_762.0, 2.0, 0.0, 0.0133)
    page = replace(page, topics=(first, *others), offloads=(counts,))
    platform.tell("pulsar", BROKERS[0], "metrics", page)
    now = platform.store.now
    detail = PulsarTopic(
        first.name, 9, 9, (), last_offloaded=now - 900, last_offload_failed=now - 30
    )
    platform.tell("pulsar", ADMIN, "topic", PulsarTopics((detail,)))
    platform.topic = first.name
    return platform


async def test_a_line_says_how_much_how_fast_and_that_it_fails(platform):
    async with opened(platform) as pilot:
        said = await show(pilot, "offloading")
        for words in ("12.0 MB", "1.70 MB", "failed 30s ago", "17.0 kB", "29.3 kB", "13.3 ms"):
            assert words in said
        await pilot.press("j", "enter")
        await pilot.pause()
        assert platform.watcher.opened.partition("-partition-")[0] in platform.topic


async def test_where_nothing_is_offloaded_there_is_no_table_of_it():
    platform = Platform(lasting=20.0)
    platform.t += 10.0
    for broker in BROKERS:
        page = platform.page(broker)
        topics = tuple(replace(topic, offloaded_size=0) for topic in page.topics)
        platform.tell("pulsar", broker, "metrics", replace(page, topics=topics))
    async with opened(platform) as pilot:
        assert "Offloading" not in "\n".join(words_on(pilot.app))


def test_the_table_looks_the_same_as_ever(platform, snap_compare):
    async def look(pilot):
        await pilot.press("3")
        await pilot.pause()
        await show(pilot, "offloading")

    assert snap_compare(platform.app(), terminal_size=(100, 30), run_before=look)
