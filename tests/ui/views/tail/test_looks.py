"""How the tail looks, large and small: each picture was looked at."""

import pytest

from arcwatch.model.tail import Counts, Frame, framed
from tests.ui.tailed import BEATS, EVENTS, Tailed, beat, event, mixed

pytestmark = pytest.mark.usefixtures("an_hour_east")

LARGE, MIDDLE, SMALL = (160, 48), (100, 30), (80, 24)
GONE = "pulsar:arc/agents/gone"


def shown(tailed, *keys):
    """Tails two addresses of which all is well, and one of which it is not."""

    async def before(pilot):
        tailed.pilot, app = pilot, tailed.app
        app.filter_input.typed.cursor_blink = False
        await pilot.press("4")
        tailed.tail(BEATS, EVENTS, GONE)
        await tailed.drawn()
        counts = (
            Counts(BEATS, 0, "following", seen=2_000),
            Counts(
                EVENTS,
                1,
                "following",
                "sampled",
                1_003,
                0,
                3,
                40_000.0,
                40.0,
                text="sampled: more than 50,000 msg/s",
            ),
            Counts(
                GONE, 2, "failed", text="there is no such topic", hint="arcwatch never creates one"
            ),
        )
        for frame in framed(mixed(3_000), counts):
            tailed.tailing.take(frame)
        await tailed.drawn()
        await tailed.press(*keys)

    return before


@pytest.mark.parametrize("size", [LARGE, SMALL, MIDDLE])
@pytest.mark.parametrize("keys", [(), ("g", "j", "enter")], ids=["listed", "opened"])
def test_messages(snap_compare, size, keys):
    tailed = Tailed()
    assert snap_compare(tailed.app, terminal_size=size, run_before=shown(tailed, *keys))


def test_nothing_is_tailed(snap_compare):
    tailed = Tailed(recent=[BEATS, "js:ORDERS"])

    async def before(pilot):
        tailed.pilot = pilot
        await pilot.press("4")
        await tailed.drawn()

    assert snap_compare(tailed.app, terminal_size=SMALL, run_before=before)


def test_matches_among_what_stands_around_them_in_ascii(snap_compare):
    tailed = Tailed(glyphs="ascii")
    keys = ("slash", *"agent-02", "enter", "C", "N", "N")
    assert snap_compare(tailed.app, terminal_size=(110, 30), run_before=shown(tailed, *keys))


@pytest.mark.parametrize("size", [LARGE, MIDDLE, SMALL])
def test_fields_as_columns_matches_and_a_lost_connection(snap_compare, size):
    tailed = Tailed()
    task = "pulsar:arc/agents/task-events"

    async def before(pilot):
        tailed.pilot, tailed.app.filter_input.typed.cursor_blink = pilot, False
        await pilot.press("4")
        tailed.tail(task, "nats:arc.agents.*.heartbeat")
        events = [event(n, origin=0) if n % 3 else beat(n, origin=1) for n in range(60)]
        tailed.bring(events[:40])
        lost = Counts(task, 0, "reconnecting", text="the broker closed it: unloaded", gaps=1)
        tailed.tailing.take(Frame(b"\x90", 0, 0, 0, (lost,)))
        tailed.bring(events[40:], gaps=1, text="continues after 12:39:3, nothing skipped")
        await tailed.press("colon", *"columns .task .state", "enter")
        await tailed.press("slash", *'.value.state == "failed" or .value.seq > 40', "enter")

    assert snap_compare(tailed.app, terminal_size=size, run_before=before)
