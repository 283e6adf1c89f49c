"""The tree of view 3 under a user's hands."""

import pytest

from arcwatch.model.pulsar import (
    Bookie,
    PulsarBookies,
    PulsarNames,
    PulsarNamespaces,
    PulsarTenants,
)
from arcwatch.notation.address import topic_address
from arcwatch.ui.views.things import thing_at
from arcwatch.ui.widgets.chart import Chart
from tests.ui.filled import ADMIN, Platform, words_on
from tests.ui.pulsar_view import opened

IDLE = "persistent://arc/agents/idle"
EVENTS = "persistent://arc/agents/task-events"


@pytest.fixture
def platform():
    """One whose names were listed, a topic that is not loaded among them."""
    platform = Platform(lasting=20.0)
    listed = PulsarNames("arc/agents", (IDLE, f"{EVENTS}-partition-4"), (EVENTS,))
    for part, body in (
        ("tenants", PulsarTenants(("arc", "lonely"))),
        ("namespaces", PulsarNamespaces("arc", ("arc/agents", "arc/audit", "arc/cdc"))),
        ("namespaces", PulsarNamespaces("lonely", ())),
        ("names", listed),
        ("names", PulsarNames("arc/audit", ("persistent://arc/audit/log",), ())),
        ("names", PulsarNames("arc/cdc", (), ("persistent://arc/cdc/orders",))),
    ):
        platform.tell("pulsar", ADMIN, part, body)
    return platform


def rows(pilot):
    """The words of each row on show: its name first."""
    pilot.app.frame()
    table = pilot.app.view.table
    return [table.line(y).text.strip("▌▏ ").split() for y in range(1, 1 + table.matches)]


def names(pilot):
    return [next(word for word in row if word not in "▸▾") for row in rows(pilot)]


async def test_the_tree_is_what_the_view_begins_with(platform):
    async with opened(platform) as pilot:
        assert names(pilot) == [
            *("arc", "agents", "task-events", "commands", "idle"),
            *("audit", "log", "cdc", "orders", "lonely"),
        ]


async def test_above_stands_the_sum(platform):
    async with opened(platform) as pilot:
        table = pilot.app.view.table
        by_name = {row.name: row for row in table.items}
        inside = [row for row in table.items if row.parent == "arc"]
        assert by_name["arc"].msg_rate_in == pytest.approx(sum(r.msg_rate_in for r in inside))
        assert by_name["arc"].backlog_entries == sum(row.backlog_entries for row in inside)


async def test_a_topic_that_is_not_loaded_says_so_and_nothing_else(platform):
    async with opened(platform) as pilot:
        (row,) = [row for row in rows(pilot) if row[0] == "idle"]
        assert row[-2:] == ["not", "loaded"]
        assert set(row[1:-2]) == {"–"}
        assert any("Topics 5 (1 not loaded)" in line for line in words_on(pilot.app))


async def test_a_topic_unfolds_into_its_partitions(platform):
    async with opened(platform) as pilot:
        await pilot.press("j", "j", "right")
        found = [row for row in rows(pilot) if row[0] == "partition"]
        assert sorted(row[1] for row in found) == ["0", "1", "2", "3", "4"]
        assert found[-1][-2:] == ["not", "loaded"]
        await pilot.press("left")
        assert "partition" not in names(pilot)


async def test_a_namespace_folds_and_says_no_longer_what_is_in_it(platform):
    async with opened(platform) as pilot:
        await pilot.press("j", "enter")
        assert names(pilot)[:3] == ["arc", "agents", "audit"]
        await pilot.press("enter")
        assert names(pilot)[:3] == ["arc", "agents", "task-events"]


async def test_topics_are_sorted_within_their_namespace(platform):
    async with opened(platform) as pilot:
        pilot.app.view.table.sort_by("topic")
        await pilot.pause()
        assert names(pilot)[:5] == ["arc", "agents", "commands", "idle", "task-events"]


async def test_the_filter_keeps_what_a_match_is_in(platform):
    async with opened(platform) as pilot:
        await pilot.press("slash", *"idle")
        await pilot.pause()
        assert names(pilot) == ["arc", "agents", "idle"]


async def test_only_what_is_on_screen_is_listed(platform):
    async with opened(platform) as pilot:
        pilot.app.frame()
        assert set(platform.watcher.places) == {"arc/agents", "arc/audit", "arc/cdc", ""}
        await pilot.press("left")
        pilot.app.frame()
        assert platform.watcher.places == [""]
        await pilot.press("L")
        assert platform.watcher.places == []


async def test_leaving_the_view_ends_what_was_asked_for_it(platform):
    async with opened(platform) as pilot:
        pilot.app.frame()
        assert platform.watcher.topics
        await pilot.press("1")
        await pilot.pause()
        assert (platform.watcher.topics, platform.watcher.places) == ([], [])


async def test_going_to_a_topic_unfolds_what_it_is_in(platform):
    async with opened(platform) as pilot:
        await pilot.press("left")
        view = pilot.app.view
        for topic in (IDLE, "persistent://arc/agents/__change_events"):
            pilot.app.open_thing(thing_at(platform.store, topic_address(topic)))
            await pilot.pause()
            assert platform.watcher.opened == topic
            view.return_to(("topics", view.sheets[0].table.cursor_key, None))
            assert view.table.cursor_item.name == topic


async def test_the_chart_has_keys_of_its_own_where_the_arrows_fold(platform):
    async with opened(platform) as pilot:
        await pilot.press("j", "j")
        await pilot.pause()
        await pilot.press("less_than_sign")
        assert pilot.app.view.query_one(Chart).moment is not None


async def test_bookies_are_named_and_what_the_broker_does_not_tell_of_them_is_said(platform):
    async with opened(platform) as pilot:
        pilot.app.view.show_sheet("bookies")
        await pilot.pause()
        pilot.app.frame()
        assert pilot.app.view.count(pilot.app.view.sheet) == "–"
        assert "No broker reports bookies" in pilot.app.view.table.empty
        told = PulsarBookies((Bookie("b1:3181", "/rack-1"),))
        platform.tell("pulsar", ADMIN, "bookies", told)
        (row,) = rows(pilot)
        assert [word for word in row if word != platform.store.pulsar[0].name] == [
            *(
                "b1:3181",
                "/rack-1",
                *["needs", "bookie_admin", "–", "–"],
            )
        ]
        bookies = (
            Bookie("b1:3181", "", read_only=False, free=18, total=100),
            Bookie("b2:3181", "", read_only=True, free=70, total=100),
            Bookie("b3:3181", "", why="no answer"),
        )
        platform.tell("pulsar", ADMIN, "bookies", PulsarBookies(bookies, 3))
        shown = [" ".join(row) for row in rows(pilot)]
        for row, *words in zip(
            shown,
            ("writable", "read-only", "no answer"),
            ("82% of 100 B 3", "30% of 100 B 3", "– 3"),
            strict=True,
        ):
            assert all(each in row for each in words)
