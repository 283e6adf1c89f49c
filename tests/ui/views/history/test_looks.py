"""How a history looks, large and small: each picture was looked at."""

import pytest

from arcwatch.errors import SourceError
from tests.session.shelf import TOPIC
from tests.ui.browsed import Browsed

pytestmark = pytest.mark.usefixtures("an_hour_east")

LARGE, SMALL = (160, 48), (80, 24)
SIZES = pytest.mark.parametrize("size", [LARGE, SMALL])


def shown(browsed, *keys):
    async def before(pilot):
        browsed.pilot = pilot
        browsed.app.filter_input.typed.cursor_blink = False
        await pilot.press("5")
        browsed.view.browse(TOPIC)
        await browsed.settled()
        await browsed.press(*keys)

    return before


@SIZES
@pytest.mark.parametrize("keys", [(), ("k", "k", "enter")], ids=["listed", "opened"])
def test_messages(snap_compare, size, keys):
    browsed = Browsed()
    assert snap_compare(browsed.app, terminal_size=size, run_before=shown(browsed, *keys))


@SIZES
def test_a_search_in_a_window(snap_compare, size):
    browsed = Browsed()

    async def before(pilot):
        await shown(browsed, "m", "pageup", "m")(pilot)
        await browsed.look_for("agent-02")
        await browsed.settled()

    assert snap_compare(browsed.app, terminal_size=size, run_before=before)


@SIZES
def test_a_lost_server(snap_compare, size):
    browsed = Browsed()

    async def before(pilot):
        await shown(browsed)(pilot)
        browsed.shelf.error = SourceError(
            "no answer in time",
            where="pulsar://10.0.1.1:6650",
            why="waited 5 s",
            hint="is the broker up?  press r to retry",
        )
        await browsed.press("home")

    assert snap_compare(browsed.app, terminal_size=size, run_before=before)


@SIZES
def test_nothing_is_browsed(snap_compare, size):
    browsed = Browsed(recent=[TOPIC, "js:ORDERS"])

    async def before(pilot):
        browsed.pilot = pilot
        await pilot.press("5")
        await browsed.drawn()

    assert snap_compare(browsed.app, terminal_size=size, run_before=before)
