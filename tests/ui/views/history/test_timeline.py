"""The timeline over a history, under a user's hands."""

import pytest

from arcwatch.errors import SourceError
from arcwatch.store.events.event import Event
from tests.session.shelf import BEAT, NOW, TOPIC
from tests.ui.browsed import Browsed

pytestmark = pytest.mark.usefixtures("an_hour_east")


async def test_it_names_the_edge_how_much_there_is_and_what_it_cost():
    async with Browsed(3_000).running(size=(150, 36)) as browsed:
        lines = await browsed.settled()
        assert "≈ 3,000 msgs  44.0 kB  stored since 2025-11-15 10:50:00" in lines
        assert "retention 7d 00h; the first stored message is 2025-11-15 10:50:00" in lines
        assert "48 read in" in lines
        # the page comes first, and one look at all is enough
        asked = [kind for kind, *_ in browsed.shelf.asked]
        assert asked.index("extent") > asked.index("back")
        await browsed.press("pageup", "pageup")
        assert asked.count("extent") == 1


async def test_dates_that_cannot_be_right_are_said_beside_it():
    browsed = Browsed()
    browsed.shelf.odd_dates = "2 are dated up to 58m 00s before what was stored before"
    async with browsed.running():
        assert browsed.shelf.odd_dates in await browsed.settled()


async def test_the_arrows_point_at_a_moment_and_enter_goes_there():
    async with Browsed(3_000).running() as browsed:
        await browsed.settled()
        await browsed.press("less_than_sign", "left", "shift+left")
        at = browsed.browsing.timeline_query.cursor
        assert "enter: go there" in await browsed.drawn()
        await browsed.press("enter")
        # the first message at or after it
        assert (browsed.cursor - 1) * BEAT < at - NOW <= browsed.cursor * BEAT
        assert browsed.view.list.has_focus
        assert browsed.browsing.timeline_query.cursor is None


async def test_the_time_pointed_at_is_offered_where_one_is_asked_for():
    async with Browsed(3_000).running() as browsed:
        await browsed.settled()
        await browsed.press("less_than_sign", "at")
        assert browsed.view.prompt.typed.value.startswith("2025-11-15T09:50:2")
        await browsed.press("escape", "escape")
        assert browsed.browsing.timeline_query.cursor is None
        assert browsed.view.list.has_focus


async def test_a_click_points_and_dragging_moves_it():
    async with Browsed(3_000).running() as browsed:
        await browsed.settled()
        bars = browsed.view.timeline.bars
        await browsed.pilot.mouse_down(bars, offset=(20, 0))
        first = browsed.browsing.timeline_query.cursor
        await browsed.pilot.hover(bars, offset=(60, 0))
        await browsed.pilot.mouse_up(bars, offset=(60, 0))
        await browsed.drawn()
        assert first < browsed.browsing.timeline_query.cursor
        assert NOW < first < NOW + 600 * BEAT


async def test_brackets_zoom_about_the_page_and_a_short_part_is_looked_at_by_itself():
    browsed = Browsed(3_000)
    async with browsed.running(at="2025-11-15T09:50:10Z") as browsed:
        await browsed.settled()
        survey, page = browsed.browsing.timeline_query, NOW + 10**10
        whole = survey.shown
        for _ in range(4):
            await browsed.press("plus")
        shown = survey.shown
        assert shown.start < page < shown.end
        assert (whole.end - whole.start) // 17 < shown.end - shown.start
        assert shown.end - shown.start < (whole.end - whole.start) // 14
        await browsed.settled()
        windows = [window for kind, window, *_ in browsed.shelf.asked if kind == "extent"]
        assert windows[0] is None
        assert windows[-1].start <= shown.start < shown.end <= windows[-1].end
        # what is shown goes where the list goes
        await browsed.press("home")
        assert survey.shown.start <= NOW < survey.shown.end
        for _ in range(5):
            await browsed.press("minus")
        assert survey.shown == whole


async def test_a_small_screen_has_one_line_of_it_and_none_beside_an_open_message():
    async with Browsed(3_000).running(size=(80, 24)) as browsed:
        await browsed.settled()
        assert browsed.view.timeline.size.height == 1
        assert "retention" not in await browsed.drawn()
        assert "messages in" in await browsed.press("less_than_sign")
        await browsed.press("escape", "enter")
        assert not browsed.view.timeline.display


async def test_pages_go_on_where_there_is_no_timeline():
    browsed = Browsed(3_000)

    async def no_extent(window):
        raise SourceError("no answer in time", where="http://x")

    browsed.shelf.extent = no_extent
    async with browsed.running() as browsed:
        assert "no timeline: no answer in time (http://x)" in await browsed.settled()
        await browsed.press("home")
        assert (browsed.cursor, browsed.browsing.failure) == (0, None)


async def test_another_address_has_another_timeline():
    async with Browsed(3_000).running() as browsed:
        await browsed.settled()
        await browsed.press("plus", "less_than_sign")
        browsed.shelf.gate.clear()
        browsed.view.browse(f"{TOPIC}-partition-1")
        assert "stored since" not in await browsed.drawn()
        browsed.shelf.gate.set()
        await browsed.settled()
        survey = browsed.browsing.timeline_query
        assert (survey.cursor, survey.is_zoomed) == (None, False)


async def test_tiered_storage_is_read_by_nobody_who_was_not_told_what_that_costs():
    browsed = Browsed(3_000)
    browsed.shelf.tiered = 2_000
    async with browsed.running(size=(150, 36), at="2025-11-15T09:50:15Z") as browsed:
        lines = await browsed.settled()
        assert "░ in tiered storage: reading it is slow and may be billed" in lines
        # nothing is read ahead of it, nor gone to, nor looked for
        first = browsed.browsing.pages.start
        await browsed.press("pageup", "pageup", "pageup", "pageup", "pageup", "pageup")
        asked = len(browsed.shelf.asked)
        lines = await browsed.press("home")
        assert "offloaded ledgers: slow and may be billed; continue?" in lines
        await browsed.press("enter")
        await browsed.press("S", "enter", "enter")
        await browsed.look_for("agent-03")
        assert "p: search anyway" in await browsed.settled()
        kinds = {kind for kind, *_ in browsed.shelf.asked[asked:]}
        assert kinds <= {"extent"}
        assert first >= browsed.browsing.pages.start
        # and once somebody wants it all the same it is
        await browsed.press("p")
        assert browsed.browsing.search.hits.end == 333
        await browsed.press("escape")
        await browsed.press("home")
        assert browsed.cursor == 0


def marks(lines):
    """The cells of matches and of events, of the line that has them."""
    (line,) = [line for line in lines.split("\n") if "╵" in line or "◆a" in line]
    return line


@pytest.mark.parametrize("size", [(150, 40), (80, 24)])
async def test_matches_and_events_are_marked_at_their_time(size):
    async with Browsed(3_000).running(size=size) as browsed:
        before = await browsed.settled()
        assert "╵" not in before
        store = browsed.app.showing.store
        store.events.add(
            [
                Event((NOW + 1_500 * BEAT) / 1e9, "pulsar", "", "cause", f"{TOPIC}#s", "stalled"),
                Event((NOW + 1_500 * BEAT) / 1e9, "pulsar", "", "cause", f"{TOPIC}2", "of others"),
            ]
        )
        await browsed.look_for(".value.seq == 100 or .value.seq == 2900")
        line = marks(await browsed.settled())
        first, event, last = line.index("╵"), line.index("◆a"), line.rindex("╵")
        assert first < len(line.rstrip()) * 0.1 < event < len(line.rstrip()) * 0.6 < last
        # from the first match, under the cursor of the list, to the event, and to the last
        assert "◆a #s stalled" in await browsed.press("full_stop")
        at = browsed.browsing.timeline_query.cursor
        assert at == NOW + 1_500 * BEAT
        await browsed.press("full_stop")
        assert browsed.browsing.timeline_query.cursor == NOW + 2_900 * BEAT
        await browsed.press("full_stop")
        assert browsed.browsing.timeline_query.cursor == NOW + 2_900 * BEAT
        await browsed.press("comma", "comma")
        assert browsed.browsing.timeline_query.cursor == NOW + 100 * BEAT


async def test_zero_leads_back_to_the_newest_of_all():
    async with Browsed(3_000).running() as browsed:
        await browsed.settled()
        await browsed.press("at")
        await browsed.typed("from 2025-11-15T09:50:01Z to 2025-11-15T09:50:02Z")
        assert browsed.browsing.window is not None
        await browsed.press("less_than_sign", "0")
        assert browsed.browsing.window is None
        assert browsed.browsing.timeline_query.cursor is None
        assert browsed.cursor == 2_999
