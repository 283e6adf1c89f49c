"""A subscription rewound on the screen: what is said before, and what it takes to do it."""

import pytest

from arcwatch.errors import SourceError
from tests.session.shelf import TOPIC
from tests.ui.changed import Changed, Hands
from tests.ui.filled import Platform, notes_on, words_on

BILLING = f"{TOPIC}#billing"


class Rewound(Changed):
    """A history that was opened from a subscription."""

    async def ask(self, at="-1h"):
        """Open the screen for the subscription, and give it a time."""
        await self.pilot.press("R")
        return await self.answer(at)


async def test_it_says_that_the_time_is_that_of_clocks_that_are_wrong():
    async with Rewound().running(address=BILLING) as rewound:
        rewound.hands.doubt = "3 stored before it dated up to 1h 00m later"
        assert rewound.hands.doubt in await rewound.ask()


async def test_it_says_what_would_happen_and_does_it_once_the_name_is_typed():
    async with Rewound().running(address=BILLING) as rewound:
        lines = await rewound.ask()
        assert "≈ 7,170 messages (717 entries, ≈ 301 kB) redelivered" in lines
        assert "≈ 770 messages (77 entries, ≈ 32.3 kB) skipped" in lines
        assert "4 entries to be redelivered were acknowledged out of order" in lines
        assert "worker-1  at 10.0.3.7:51200" in lines
        assert ("preview", BILLING) in [what[:2] for what in rewound.hands.asked]
        await rewound.pilot.press("e")
        assert "7,156 messages" in await rewound.shown()

        await rewound.pilot.press("enter")
        assert "type billing to move it" in await rewound.now()
        assert "nothing was changed" in await rewound.answer("biling")
        assert rewound.hands.asked[-1] == "count"
        lines = await rewound.answer("billing")
        assert "moved to -1h: backlog 1,526 entries" in lines

        # and back, asked for as before
        await rewound.pilot.press("u", "enter")
        assert "skipped" in await rewound.now()
        await rewound.answer("billing")
        forth, back = [what[1] for what in rewound.hands.asked if what[0] == "move"]
        assert back == [(then, now) for now, then in forth if now != then]
        await rewound.pilot.press("escape")
        assert rewound.view.id == "history"
    assert rewound.hands.is_closed


async def test_without_leave_to_change_anything_it_is_a_preview():
    async with Rewound(allowed=False).running(address=BILLING) as rewound:
        assert "start arcwatch with --allow-changes" in await rewound.ask()
        await rewound.pilot.press("enter")
        assert "type billing" not in await rewound.now()


async def test_what_takes_long_says_so_and_is_left():
    async with Rewound().running(address=BILLING) as rewound:
        rewound.hands.gate.clear()
        await rewound.pilot.press("R")
        rewound.app.focused.value = "earliest"
        await rewound.pilot.press("enter")
        assert "reading its position …" in await rewound.now()
        await rewound.pilot.press("escape")
        assert "reading its position" not in await rewound.now()
        rewound.hands.gate.set()
        await rewound.pilot.press("at")
        await rewound.answer("earliest")
        rewound.hands.gate.clear()
        await rewound.pilot.press("e")
        assert "counting by reading them …  1,200  25%" in " ".join(
            (await rewound.now()).split("\n")
        )
        await rewound.pilot.press("escape")
        assert "≈ 7,170 messages" in await rewound.now()


async def test_what_was_not_moved_is_told_beside_what_was():
    async with Rewound().running(address=BILLING) as rewound:
        rewound.hands.refused = (1,)
        await rewound.ask()
        await rewound.pilot.press("enter")
        lines = await rewound.answer("billing")
        assert "not moved: the cursor was not moved: HTTP 412" in lines
        assert "moved to -1h" in lines


async def test_a_process_that_dies_while_it_moves_leaves_open_whether_it_did_and_a_way_back():
    async with Rewound().running(address=BILLING) as rewound:
        rewound.hands.failure = SourceError("the change's process has ended", why="it was killed")
        await rewound.ask()
        await rewound.pilot.press("enter")
        lines = " ".join((await rewound.answer("billing")).split())
        assert "it is not known whether it was moved: the change's process has ended" in lines
        assert "moved to" not in lines
        await rewound.pilot.press("u")
        assert "to its previous position" in await rewound.now()


async def test_a_backlog_that_nobody_knows_after_a_move_is_no_zero():
    async with Rewound().running(address=BILLING) as rewound:
        rewound.hands.backlog_after = lambda part: None
        await rewound.ask()
        await rewound.pilot.press("enter")
        assert "moved to -1h: backlog not known" in await rewound.answer("billing")


async def test_a_mistake_in_the_time_or_the_name_is_told_where_it_was_made():
    async with Rewound().running() as rewound:
        # opened from no subscription, it asks for one
        await rewound.pilot.press("R")
        assert rewound.app.command_line.typed.value == f"rewind {TOPIC}#"
        rewound.app.command_line.typed.value += "nobody -1h"
        await rewound.pilot.press("enter")
        await rewound.now()
        await rewound.answer("soonish")
        assert rewound.app.screen.prompt.typed.value == "soonish"
        lines = await rewound.answer("-1h")
        assert "no such subscription" in lines
        assert "there are billing" in lines


async def test_a_row_of_a_subscription_can_be_rewound():
    platform, hands = Platform(), Hands()
    async with platform.app().run_test(size=(130, 36)) as pilot:
        app = pilot.app
        app.showing.open_changer = lambda: hands
        app.frame()
        assert app.view.table.select_where(lambda row: row.address == BILLING)
        await pilot.press("R")
        assert f"Rewind {BILLING}" in "\n".join(words_on(app))
        # a server's row is about none
        await pilot.press("escape", "escape", "2", "R")
        await pilot.pause()
        assert app.screen is app.screen_stack[0]
        assert notes_on(app)


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_how_it_looks(snap_compare, an_hour_east, size):
    rewound = Rewound()

    async def before(pilot):
        rewound.pilot = pilot
        rewound.app.filter_input.typed.cursor_blink = False
        await pilot.press("5")
        rewound.view.browse(BILLING)
        await rewound.settled()
        await rewound.ask("2025-11-15 10:00")

    assert snap_compare(rewound.app, terminal_size=size, run_before=before)
