"""What happened to a topic, as lines between its stored messages."""

import pytest

from arcwatch.store.events.event import Event
from tests.session.shelf import BEAT, NOW, TOPIC
from tests.ui.browsed import Browsed

pytestmark = pytest.mark.usefixtures("an_hour_east")

AT = "2025-11-15T09:50:01Z"
"""The moment of message 143."""


def happened(number, place=TOPIC, text="schema changed", kind="changed"):
    """An event just after a message was stored."""
    at = (NOW + number * BEAT + BEAT // 2) / 1e9
    return Event(at, "pulsar", "belt", kind, place, text)


def lines_with(screen, text):
    return [line for line in screen.splitlines() if text in line]


async def test_events_of_the_topic_and_of_its_brokers_stand_between_its_messages():
    async with Browsed().running(at=AT) as browsed:
        browsed.app.showing.store.add_events(
            [
                happened(143, f"{TOPIC}#billing", "cursor moved", "cursor"),
                happened(144, "p1:8080", "restarted", "restarted"),
                happened(145, "pulsar:arc/other/topic", "deleted", "deleted"),
                Event(NOW / 1e9 + 1.03, "nats", "flash", "restarted", "n1", "restarted"),
            ]
        )
        screen = await browsed.drawn()
        (moved,) = lines_with(screen, "#billing cursor moved")
        assert "◆ 10:50:01.004" in moved
        assert len(lines_with(screen, "p1:8080 restarted")) == 1
        assert not lines_with(screen, "deleted")
        assert not lines_with(screen, "n1 restarted")


async def test_the_cursor_stays_on_its_message_and_goes_over_what_happened():
    async with Browsed().running(at=AT) as browsed:
        assert browsed.cursor == 143
        browsed.app.showing.store.add_events([happened(140), happened(143)])
        await browsed.drawn()
        assert browsed.cursor == 143
        await browsed.press("enter")
        await browsed.press("J")
        assert browsed.cursor == 144
        await browsed.press("K")
        assert browsed.cursor == 143


async def test_what_happened_leads_to_what_it_happened_to_and_is_not_exported():
    async with Browsed().running(at=AT) as browsed:
        view = browsed.view
        browsed.app.showing.store.add_events([happened(143)])
        await browsed.drawn()
        count = sum(row is not None for row in view.all_rows())
        assert count == len(view.list.shown) - 1
        assert view.written == f"the {count} on screen"
        await browsed.press("j")
        assert view.chosen is None
        await browsed.press("enter")
        assert browsed.app.view.id == "pulsar"


async def test_pages_are_read_on_over_what_happened():
    async with Browsed(900).running() as browsed:
        browsed.app.showing.store.add_events([happened(n) for n in range(1, 899, 7)][:8])
        await browsed.press("home")
        assert browsed.cursor == 0
        assert len(lines_with(await browsed.drawn(), "schema changed")) >= 2
        await browsed.press("end")
        assert browsed.cursor == 899


async def test_a_search_lists_the_events_that_match_too_and_steps_over_them():
    async with Browsed().running(at=AT) as browsed:
        view, store = browsed.view, browsed.app.showing.store
        store.add_events([happened(200, text="agent-02 moved"), happened(201)])
        await browsed.look_for("agent-02")
        await browsed.settled()
        screen = await browsed.drawn()
        hits = browsed.browsing.search.hits
        assert view.filter_status.endswith(f"{hits.end} matches, 1 event")
        assert not lines_with(screen, "schema changed")
        (row,) = [
            n for n in range(view.messages.end) if not hasattr(view.messages.message(n), "id")
        ]
        view.list.go_to(row - 1)
        assert len(lines_with(await browsed.drawn(), "agent-02 moved")) == 1
        await browsed.press("n")
        assert (view.list.cursor, view.chosen) == (row, None)
        await browsed.press("n")
        assert view.list.cursor == row + 1
        assert view.chosen.id == hits.message(row).id
        await browsed.press("enter")
        assert f"{row + 1:,} of {hits.end:,}" in await browsed.drawn()
        await browsed.press("N")
        assert view.inspecting
        assert view.list.cursor == row - 1
        assert sum(each is not None for each in view.all_rows()) == hits.end


async def test_a_jq_program_finds_no_events():
    async with Browsed().running(at=AT) as browsed:
        browsed.app.showing.store.add_events([happened(200, text="agent-02 moved")])
        await browsed.look_for('.key == "agent-02"')
        await browsed.settled()
        await browsed.drawn()
        assert browsed.view.filter_status.endswith("matches")
