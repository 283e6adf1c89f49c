"""An app that paints before it is whole: what is typed early is about the whole."""

import asyncio
import subprocess
import sys

from textual import events
from textual.binding import Binding

from arcwatch.ui.program import Program
from arcwatch.ui.views.numbered import VIEWS
from tests.ui.filled import Platform


class Slow(Program):
    """Is whole when a test says so; notes when keys arrive."""

    BINDINGS = [Binding("a,b", "note", "Note")]  # noqa: RUF012 - Textual's own type

    def __init__(self):
        super().__init__()
        self.goes_on, self.order = asyncio.Event(), []

    async def fill(self):
        await self.goes_on.wait()
        self.order.append("whole")

    def action_note(self):
        self.order.append("key")


async def test_keys_wait_until_everything_is_there():
    app = Slow()
    async with app.run_test() as pilot:
        app.call_later(app.goes_on.set)
        await pilot.press("a", "b")
        await pilot.pause()
        assert app.order == ["whole", "key", "key"]


async def test_it_is_filled_once():
    app = Slow()
    app.goes_on.set()
    async with app.run_test():
        await app.complete()
        await app.complete()
        assert app.order == ["whole"]


async def test_a_numbered_view_is_what_the_list_of_views_calls_it():
    platform = Platform()
    async with platform.app().run_test() as pilot:
        assert [(view.id, view.NAME) for view in pilot.app.views.every] == [
            (view.id, view.name) for view in VIEWS
        ]


def test_the_first_picture_waits_for_nothing_that_knows_of_nats_or_pulsar():
    code = "import sys, arcwatch.commands.dashboard, arcwatch.ui.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    known = (
        "arcwatch.store",
        "arcwatch.engine.engine",
        "arcwatch.engine.alert_evaluator",
        "arcwatch.ui.views.",
    )
    loaded = {name for name in done.stdout.split() if name.startswith(known)}
    assert loaded == {"arcwatch.ui.views.numbered"}


async def test_what_is_typed_in_one_go_is_typed_where_its_first_key_leads():
    platform = Platform()
    async with platform.app().run_test() as pilot:
        await pilot.pause()
        for char in ":pq 4/?":
            pilot.app.post_message(events.Key("colon" if char == ":" else char, char))
        await pilot.pause()
        assert pilot.app.command_line.typed.value == "pq 4/?"
        assert pilot.app.views.current == VIEWS[0].id


async def test_a_key_whose_widget_goes_away_holds_up_no_other():
    platform = Platform()
    async with platform.app().run_test() as pilot:
        for key in ("question_mark", "q", "2", "question_mark", "escape", "3"):
            pilot.app.post_message(events.Key(key, None))
        while pilot.app.views.current != "pulsar":
            await pilot.pause(0.01)
