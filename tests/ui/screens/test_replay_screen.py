"""Messages published again from the screen: which, where to, and what it takes."""

import pytest
from msgspec.structs import replace

from arcwatch.errors import SourceError
from arcwatch.model.replay import Done
from tests.session.shelf import TOPIC
from tests.ui.changed import Changed


class Again(Changed):
    """A history some of which is published again."""

    async def ask(self, onto="nats:replay.orders", pace="x10"):
        """Open the screen, and say where messages are to go and how fast."""
        await self.pilot.press("P")
        await self.answer(onto)
        return await self.answer(pace)

    @property
    def wish(self):
        return next(what for what in reversed(self.hands.asked) if hasattr(what, "onto"))


async def test_it_says_what_would_be_published_and_does_once_their_number_is_typed():
    async with Again().running() as again:
        again.hands.plan_of = replace(
            again.hands.plan_of,
            schemaless=12,
            earlier=(Done(10**18, (), (), (), "x", (), 2_500),),
            doubts=("3 stored before it dated up to 1h 00m later",),
        )
        lines = await again.ask()
        assert "2,500 messages to nats:replay.orders" in lines
        assert "12 are published as bytes, without a schema" in lines
        assert "warning: 2,500 messages were already replayed from here to there" in lines
        assert "warning: 3 stored before it dated up to 1h 00m later" in lines
        await again.pilot.press("enter")
        assert "type 2500 to publish 2,500 messages" in await again.now()
        lines = await again.answer("2,500")
        assert "published 2,500 of 2,500 messages, 2,500 acknowledged" in lines
        await again.pilot.press("enter")
        assert again.hands.asked.count("publish") == 1


async def test_the_page_the_window_what_was_found_or_the_open_message_is_meant():
    async with Again(allowed=False).running() as again:
        shown = again.view.list.shown
        lines = await again.ask()
        assert f"Replay {len(shown)} on screen of {TOPIC}" in lines
        assert "start arcwatch with --allow-changes" in lines
        assert (again.wish.start, again.wish.end, again.wish.ends_with) == (
            f"12:{shown.start + 900}:{(shown.start + 900) % 4}",
            "12:999:3",
            True,
        )
        await again.pilot.press("escape", "at")
        await again.typed("from id:12:100 to id:12:300")
        await again.ask()
        assert (again.wish.start, again.wish.end, again.wish.limit) == (((100,),), ((300,),), None)
        await again.pilot.press("escape")
        await again.look_for("agent-02")
        await again.settled()
        assert "Replay 23 matches" in await again.ask()
        assert (again.wish.filters, again.wish.limit) == (("agent-02",), 23)
        await again.pilot.press("escape", "enter")
        assert "Replay the message of" in await again.ask()
        assert again.wish.start == again.wish.end == again.view.chosen.id


async def test_while_it_publishes_it_pauses_goes_on_and_is_left_with_totals():
    async with Again().running() as again:
        await again.ask()
        again.hands.gate.clear()
        await again.pilot.press("enter")
        again.app.focused.value = "2500"
        await again.pilot.press("enter")
        await again.says("publishing …  1,000  40%  500/s  ≈ 3.0s left")
        await again.pilot.press("p")
        await again.says("paused")
        await again.pilot.press("p", "escape")
        assert again.hands.asked[-2:] == [("hold", True), ("hold", False)]
        lines = await again.shown()
        assert "published 1,000 of 2,500 messages, 1,000 acknowledged, interrupted" in lines
        await again.pilot.press("escape")
        assert again.view.id == "history"


@pytest.mark.parametrize("acknowledges", [True, False])
async def test_a_process_that_dies_while_it_publishes_leaves_the_counts_it_told(acknowledges):
    async with Again().running() as again:
        again.hands.failure = SourceError("the change's process has ended", why="it was killed")
        if not acknowledges:
            again.hands.acknowledged = None
        await again.ask()
        await again.pilot.press("enter")
        lines = " ".join((await again.answer("2500")).split())
        assert "the change's process has ended" in lines
        count = "940 acknowledged" if acknowledges else "core NATS acknowledges nothing"
        assert f"published at least 1,000 of 2,500 messages, {count}, interrupted" in lines
        how = "to resume, run it again" if acknowledges else "after that count is not known"
        assert how in lines
        # not twice by mistake
        await again.pilot.press("enter")
        assert again.hands.asked.count("publish") == 1


@pytest.mark.parametrize("onto", ["js:ORDERS", "nats:a.*", "a/b/c"])
async def test_what_is_no_place_is_asked_for_again(onto):
    async with Again().running() as again:
        await again.pilot.press("P")
        await again.answer(onto)
        assert again.app.screen.prompt.typed.value == onto
        assert again.app.screen.prompt.has_class("-wrong")
        assert again.app.screen.prompt.reason.content


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_how_it_looks(snap_compare, an_hour_east, size):
    again = Again()

    async def before(pilot):
        again.pilot = pilot
        again.app.filter_input.typed.cursor_blink = False
        await pilot.press("5")
        again.view.browse(TOPIC)
        await again.settled()
        await again.ask()

    assert snap_compare(again.app, terminal_size=size, run_before=before)
