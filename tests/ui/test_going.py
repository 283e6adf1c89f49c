"""Going anywhere and back: what is opened, and where escape leads."""

import re

import pytest

from arcwatch.notation.address import topic_address
from arcwatch.ui.views.things import thing_at
from arcwatch.ui.widgets.chart import Chart
from tests.ui.filled import LONG, Platform, drawn
from tests.ui.test_app import go, running

EVENTS = "persistent://arc/agents/task-events"


def where(pilot):
    """The view, what is open there, and the row under the cursor."""
    view = pilot.app.view
    opened = view.opened.title if getattr(view, "opened", None) else ""
    return view.id, opened, view.table.cursor_key


async def press(pilot, *keys):
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def test_escape_goes_back_across_views_with_the_cursor():
    async with running() as pilot:
        await press(pilot, "j")
        was = [where(pilot)]
        await press(pilot, "enter")
        assert where(pilot)[:2] == ("nats", "js:TASKS#reporter")
        await press(pilot, "j")
        was.append(where(pilot))
        await press(pilot, "enter")
        assert where(pilot)[1] not in ("", "js:TASKS#reporter")
        was.append(where(pilot))
        await press(pilot, "3", "j")
        for place in reversed(was):
            await press(pilot, "escape")
            assert where(pilot) == place
        await press(pilot, "escape")
        assert pilot.app.view.id == "overview"


async def test_the_key_of_a_view_leads_to_its_list_after_escape_left_its_open_row():
    async with running() as pilot:
        await press(pilot, "enter")
        view, opened, _ = where(pilot)
        key = {"nats": "2", "pulsar": "3"}[view]
        await press(pilot, "1", key)
        assert "" != where(pilot)[1] == opened
        await press(pilot, "escape", key)
        assert where(pilot)[1] == ""


async def test_from_a_consumer_to_its_stream_and_back():
    async with running() as pilot:
        await go(pilot, "nats", "consumers")
        await press(pilot, "enter")
        consumer = where(pilot)[1]
        await press(pilot, "L", "enter")
        assert where(pilot)[1] == consumer.partition("#")[0]
        assert f"‹ {consumer}" in "\n".join(await drawn(pilot))
        await press(pilot, "escape")
        assert where(pilot)[1] == consumer
        assert pilot.app.view.sheet.id == "consumer-stream"


async def test_from_a_topic_to_a_subscription_to_another_and_to_the_topic():
    async with running() as pilot:
        pilot.app.open_thing(thing_at(pilot.app.showing.store, f"{topic_address(EVENTS)}#billing"))
        await pilot.pause()
        await press(pilot, "L", "L", "enter")
        assert where(pilot)[:2] == ("pulsar", "arc/agents/task-events")
        assert pilot.app.showing.watcher.opened == EVENTS
        await press(pilot, "escape")
        assert where(pilot)[1] == "arc/agents/task-events#billing"


async def test_the_next_backlog_is_opened_from_the_ranking_of_both_systems():
    async with running() as pilot:
        ranked = [row.address for row in pilot.app.view.table.items]
        assert {address.partition(":")[0] for address in ranked[:3]} == {"pulsar", "js"}
        await press(pilot, "enter")
        went = [where(pilot)[1]]
        for key in "JJK":
            await press(pilot, key)
            went.append(where(pilot)[1])
        wanted = [ranked[nth].removeprefix("pulsar:") for nth in (0, 1, 2, 1)]
        assert went == wanted
        await press(pilot, "escape")
        assert where(pilot)[0] == "overview"
        assert pilot.app.view.address == ranked[1]


@pytest.mark.parametrize(
    ("address", "view", "title"),
    [
        ("js:TASKS", "nats", "js:TASKS"),
        ("js:TASKS#reporter", "nats", "js:TASKS#reporter"),
        ("http://10.0.0.1:8222", "nats", "n1  http://10.0.0.1:8222"),
        ("10.0.2.5:40005", "nats", "agent-gateway  10.0.2.5:40005  cid 5"),
        ("pulsar:arc/agents/task-events", "pulsar", "arc/agents/task-events"),
        ("pulsar:arc/agents/task-events-partition-1", "pulsar", "arc/agents/task-events"),
        ("pulsar:arc/agents/task-events#billing", "pulsar", "arc/agents/task-events#billing"),
    ],
)
async def test_a_thing_opens_itself_by_its_address(address, view, title):
    async with running() as pilot:
        thing = thing_at(pilot.app.showing.store, address)
        pilot.app.open_thing(thing)
        await pilot.pause()
        assert where(pilot)[:2] == (view, title)


def test_what_nobody_knows_is_no_thing():
    store = Platform().store
    for address in ("js:NOPE", "js:TASKS#nope", "pulsar:a/b/c", "client:x#1", "latency:x#y", ""):
        assert thing_at(store, address) is None


async def test_the_figures_of_the_list_are_on_the_opened_subscription_at_once():
    async with running(size=(160, 48)) as pilot:
        row = pilot.app.view.table.cursor_item
        await press(pilot, "enter")
        told = "\n".join(await drawn(pilot))
        (listed,) = [
            sub
            for topic in pilot.app.showing.store.pulsar_topics()
            for sub in topic.subscriptions
            if (topic.topic, sub.name) == (row.place, "billing")
        ]
        assert re.search(rf"consumers +{listed.consumers:.0f}\b", told)
        assert f"{row.messages:,.0f} msgs" in told
        assert "growing" in told
        assert not pilot.app.view.query_one(Chart).has_class("-nothing")


async def test_at_opens_what_is_stored_of_a_row_at_a_time_and_keeps_what_is_none():
    async with running() as pilot:
        await go(pilot, "nats", "streams")
        await press(pilot, "at")
        box = pilot.app.command_line
        assert box.typed.value == "@"
        await press(pilot, *"25:99", "enter")
        assert (pilot.app.view.id, box.typed.value) == ("nats", "@25:99")
        assert box.has_class("-open")
        for _ in "25:99":
            await press(pilot, "backspace")
        await press(pilot, *"-15m", "enter")
        assert (pilot.app.view.id, pilot.app.view.browsing.address) == ("history", "js:AUDIT")
        await press(pilot, "escape")
        assert pilot.app.view.id == "nats"
        await go(pilot, "nats", "connections")
        await press(pilot, "at")
        assert not box.has_class("-open")


async def test_zero_ends_the_pause_and_the_moment_of_a_chart():
    async with running(size=(160, 48)) as pilot:
        await go(pilot, "nats", "streams")
        await press(pilot, "p", "less_than_sign")
        assert pilot.app.showing.held
        assert pilot.app.view.query_one(Chart).moment is not None
        await press(pilot, "0")
        assert not pilot.app.showing.held
        assert pilot.app.view.query_one(Chart).moment is None


async def test_what_is_open_has_an_address_before_its_tables_have_rows():
    async with running() as pilot:
        await press(pilot, "enter")
        view, address = pilot.app.view, pilot.app.view.address
        view.table.filter = "nothing is called so"
        await press(pilot)
        assert view.table.cursor_item is None
        assert view.address == address
        await press(pilot, "t")
        assert pilot.app.showing.tailing.addresses == [address.partition("#")[0]]


async def test_what_is_closed_before_it_is_laid_out_is_not_drawn():
    async with running() as pilot:
        await go(pilot, "nats", "connections")
        view = pilot.app.view
        assert view.open(view.table.cursor_item)
        view.show_sheet("streams")
        await press(pilot, "j")
        assert pilot.app.recent_errors() == ()


async def test_a_title_that_changed_while_it_was_hidden_is_shown_as_it_is():
    app = Platform(trouble=True, lasting=LONG).app()
    async with app.run_test(size=(100, 30)) as pilot:
        app.action_view("nats", lambda: app.view.show_sheet("servers"))
        await pilot.pause()
        assert any("n1  http" in line for line in await drawn(pilot))
        await press(pilot, "1", "j", "enter")
        lines = await drawn(pilot)
        assert lines[3].startswith("━ js:TASKS#reporter ━")
