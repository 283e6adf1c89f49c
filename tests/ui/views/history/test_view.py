"""What is stored, under a user's hands."""

import asyncio
import re
from itertools import pairwise

import pytest

from arcwatch.errors import SourceError, UsageError
from arcwatch.notation.times import format_time
from arcwatch.session import history_search
from arcwatch.session.history import HistorySession
from arcwatch.store.messages import pages
from arcwatch.ui.saved_places import Place
from arcwatch.ui.widgets.chart import Chart
from tests.session.shelf import TOPIC, number_of, stored
from tests.ui.browsed import Browsed
from tests.ui.filled import Platform
from tests.ui.tailed import Tailed, event

pytestmark = pytest.mark.usefixtures("an_hour_east")


# -- opening --------------------------------------------------------------------------------------


async def test_an_open_message_says_when_it_is_due():
    browsed = Browsed(messages=[stored(0), stored(1, deliver_at=0)])
    # of the first alone nobody knows yet
    browsed.shelf.due_at = 1_900_000_000_123_000_000
    async with browsed.running():
        await browsed.pilot.press("enter")
        # the list beside it says it with one blank
        assert not re.search("due {2,}", await browsed.settled())
        await browsed.pilot.press("K")
        async with asyncio.timeout(10):
            while not re.search("due {2,}2030-03-17", await browsed.drawn()):
                pass


async def test_the_list_says_of_delayed_messages_when_they_are_due():
    today, later = 1_763_200_200_123_000_000, 1_900_000_000_123_000_000
    messages = [stored(0), stored(1, deliver_at=0), stored(2, deliver_at=today)]
    browsed = Browsed(messages=messages)
    # of the first nobody has asked yet
    browsed.shelf.due_at = later
    async with browsed.running(), asyncio.timeout(10):
        while "due 2030-03-17 18:46" not in (lines := await browsed.drawn()):
            pass
        assert [row.count("due ") for row in lines.splitlines() if "agent-0" in row] == [1, 0, 1]
        # a date that the message shares is left out
        assert "  due 10:50:00  {" in lines
        await browsed.press("S")
        browsed.app.focused.value = "now"
        lines = await browsed.press("enter")
        assert "due 2030-03-17 18:46  {" in lines


async def test_an_open_message_says_from_which_cluster_it_was_replicated():
    browsed = Browsed(messages=[stored(0, replicated_from=None)])
    browsed.shelf.origin = "eu"
    async with browsed.running(), asyncio.timeout(10):
        await browsed.pilot.press("enter")
        while "replicated from  eu" not in await browsed.drawn():
            pass


async def test_what_is_said_of_the_end_is_of_now_once_one_goes_there():
    browsed = Browsed()
    browsed.shelf.notes = ("2 entries cannot be read yet: a transaction is open",)
    async with browsed.running():
        assert "a transaction is open" in await browsed.settled()
        browsed.shelf.notes = ()
        await browsed.press("g", "G")
        assert "a transaction is open" not in await browsed.settled()


async def test_without_any_it_says_what_to_do_and_offers_what_was_wanted_before():
    browsed = Browsed(recent=[TOPIC, "nats:orders.>", "js:ORDERS"])
    async with browsed.running(address="") as browsed:
        lines = await browsed.drawn()
        assert ":history ADDRESS [TIME]" in lines
        assert "nats:orders" not in lines
        await browsed.press("down", "enter")
        assert browsed.browsing.address == "js:ORDERS"
        assert browsed.cursor == 999


async def test_saved_places_are_offered_where_none_is_open_and_can_be_forgotten():
    browsed = Browsed(recent=["js:ORDERS"])
    async with browsed.running(address="") as browsed:
        saved = browsed.app.showing.saved
        saved.save("then", Place("history", (TOPIC,), ".value.seq == 7"))
        saved.save("a tail", Place("tail", ("nats:a",)))
        browsed.view.draw()
        lines = await browsed.drawn()
        assert "then" in lines
        assert "a tail" not in lines
        await browsed.press("enter")
        assert (browsed.browsing.address, browsed.view.filter) == (TOPIC, ".value.seq == 7")
    again = Browsed(recent=["js:ORDERS"])
    async with again.running(address=""):
        again.app.showing.saved.save("then", Place("history", (TOPIC,)))
        again.view.draw()
        await again.press("delete", "delete")
        assert "then" not in again.app.showing.saved.known
        assert again.browsing.recent == []


async def test_b_opens_the_topic_of_a_row_in_any_view():
    browsed = Browsed()
    async with browsed.running(address="") as browsed:
        await browsed.press("3", "L", "b")
        assert browsed.view.id == "history"
        opened = browsed.browsing.address
        assert opened.startswith("pulsar:arc/")
        assert "#" not in opened
        # on itself it asks which
        await browsed.press("b")
        assert browsed.app.command_line.typed.value == "history "


async def test_b_on_a_tailed_message_opens_its_topic_at_that_message():
    tailed = Tailed("pulsar:arc/agents/*")
    browsed = Browsed()
    tailed.app.showing = None
    app = Platform(lasting=4.0).app(tailing=tailed.tailing, browsing=browsed.browsing)
    async with app.run_test(size=(130, 36)) as pilot:
        tailed.pilot = browsed.pilot = pilot
        tailed.app = browsed.app = app
        await pilot.press("4")
        tailed.tail("pulsar:arc/agents/*")
        tailed.bring([event(number) for number in range(20)])
        await tailed.drawn()
        await pilot.press("k", "b")
        await browsed.settled()
        assert (browsed.browsing.address, browsed.cursor) == (TOPIC, 18)


async def test_the_command_takes_a_time_and_refuses_what_stores_nothing():
    async with Browsed().running(address="") as browsed:
        await browsed.press("colon")
        await browsed.typed(f"history {TOPIC} 2025-11-15T09:50:01Z")
        assert browsed.cursor == 143
        await browsed.press("colon")
        await browsed.typed(f"history \"{TOPIC}\" '2025-11-15 09:50:00Z'")
        assert browsed.cursor == 0
        await browsed.press("colon")
        await browsed.typed("history nats:orders.>")
        assert "core NATS stores nothing" in await browsed.drawn()
        assert browsed.browsing.address == TOPIC
        await browsed.press("escape")
        # but the stream that takes a subject has its history
        await browsed.press("colon")
        await browsed.typed("history nats:arc.audit.eu.login")
        assert browsed.browsing.address == "js:AUDIT/arc.audit.eu.login"
        await browsed.press("colon")
        await browsed.typed("history nats:arc.>")
        lines = await browsed.drawn()
        assert "2 streams store it" in lines
        assert "js:AUDIT/arc.>" in lines


@pytest.mark.parametrize("address", ["nats:a.b", "non-persistent://a/b/c", "a/b/c"])
def test_what_has_no_history_is_refused_before_anything_is_asked(address):
    with pytest.raises(UsageError):
        HistorySession().browse(address)


# -- the list -------------------------------------------------------------------------------------


async def test_it_begins_with_the_newest_page_and_goes_on_both_ways_holding_little(monkeypatch):
    monkeypatch.setattr(pages, "MOST", 500)
    async with Browsed(3_000).running() as browsed:
        listed, held = browsed.view.list, browsed.browsing.pages
        assert "the last stored" in await browsed.drawn()
        assert browsed.numbers()[-1] == 2_999
        listed.action_page(-1)
        seen = [browsed.numbers()]
        for _ in range(60):
            listed.action_page(-1)
            await browsed.beat()
            seen.append(browsed.numbers())
            assert held.held <= 1_300
        # no edge between pages, none twice
        page = len(seen[0])
        assert all(one[0] - other[0] == page for one, other in pairwise(seen))
        assert all(numbers == list(range(numbers[0], numbers[0] + page)) for numbers in seen)
        assert held.end < 0
        # and down again, over what was let go meanwhile
        listed.action_page(1)
        again = []
        for _ in range(60):
            listed.action_page(1)
            await browsed.beat()
            again.append(browsed.numbers())
        assert all(other[0] - one[0] == page for one, other in pairwise(again[:-2]))
        assert browsed.numbers()[-1] == 2_999


async def test_home_and_end_go_to_what_is_not_held():
    async with Browsed(5_000).running() as browsed:
        assert "the first stored" in await browsed.press("home")
        assert (browsed.numbers()[0], browsed.cursor) == (0, 0)
        assert "the last stored" in await browsed.press("end")
        assert (browsed.numbers()[-1], browsed.cursor) == (4_999, 4_999)
        await browsed.press("g")
        await browsed.press("j")
        assert browsed.cursor == 1
        await browsed.press("G")
        assert browsed.cursor == 4_999


async def test_what_was_stored_since_turns_up_below_the_last():
    async with Browsed(300).running() as browsed:
        from tests.session.shelf import stored

        browsed.shelf.messages.append(stored(300))
        await browsed.press("j")
        assert browsed.numbers()[-1] == 300
        browsed.shelf.messages.append(stored(301))
        await browsed.press("r")
        assert browsed.numbers()[-1] == 301


async def test_the_open_message_is_the_one_under_the_cursor():
    async with Browsed().running(at="2025-11-15T09:50:01Z") as browsed:
        await browsed.press("enter")
        assert browsed.view.inspecting
        assert number_of(browsed.view.inspector.opened.message) == 143
        await browsed.press("K")
        assert number_of(browsed.view.inspector.opened.message) == 142
        await browsed.press("escape")
        assert (browsed.view.inspecting, browsed.cursor) == (False, 142)
        assert browsed.view.id == "history"


# -- time -----------------------------------------------------------------------------------------


async def test_at_goes_to_a_time_in_the_zone_on_screen():
    async with Browsed().running() as browsed:
        await browsed.press("at")
        await browsed.typed("10:50:02")
        assert browsed.cursor == 286
        await browsed.press("z", "at")
        await browsed.typed("09:50:02.7")
        assert browsed.cursor == 386
        await browsed.press("at")
        await browsed.typed("id:12:7")
        assert browsed.cursor == 7


async def test_what_is_no_time_is_asked_again_with_the_cursor_on_the_mistake():
    async with Browsed().running() as browsed:
        await browsed.press("at")
        await browsed.typed("10:50 tomorow")
        typed = browsed.view.prompt.typed
        assert typed.has_focus
        assert (typed.value, typed.cursor_position) == ("10:50 tomorow", 5)
        assert "character 6" in browsed.view.prompt.reason.content
        await browsed.press("escape")
        assert browsed.cursor == 999


async def test_a_time_after_the_last_shows_the_last_and_says_so():
    async with Browsed().running() as browsed:
        await browsed.press("home", "at")
        lines = await browsed.typed("2030-01-01")
        assert "nothing is stored at or after 2030-01-01" in lines
        assert browsed.numbers()[-1] == 999


# -- what goes wrong ------------------------------------------------------------------------------


async def test_what_is_read_can_be_left_and_taken_up_again():
    async with Browsed().running() as browsed:
        browsed.shelf.gate.clear()
        await browsed.pilot.press("home")
        lines = await browsed.drawn()
        assert "going to the first message …" in lines
        await browsed.pilot.press("escape")
        assert "cancelled" in await browsed.drawn()
        assert browsed.view.id == "history"
        browsed.shelf.gate.set()
        await browsed.press("r")
        assert browsed.cursor == 0


async def test_a_lost_server_is_told_in_two_lines_and_what_is_held_stays():
    async with Browsed(5_000).running() as browsed:
        held = browsed.numbers()
        browsed.shelf.error = SourceError(
            "no answer in time", where="pulsar://x", why="waited 5 s", hint="is it up?"
        )
        lines = await browsed.press("home")
        assert "no answer in time (pulsar://x): waited 5 s" in lines
        assert "is it up?" in lines
        assert browsed.numbers()[-1] == held[-1]
        browsed.shelf.error = None
        lines = await browsed.press("r")
        assert "no answer" not in lines
        assert browsed.cursor == 0


async def test_what_could_not_be_opened_is_opened_with_the_next_wish():
    async with Browsed().running(address="") as browsed:
        browsed.shelf.error = SourceError("cannot connect", where="http://x", hint="is it up?")
        browsed.view.browse(TOPIC)
        assert "cannot connect (http://x)" in await browsed.settled()
        browsed.shelf.error = None
        await browsed.press("at")
        lines = await browsed.typed("id:12:7")
        assert browsed.cursor == 7
        assert "4 partitions" in lines
        assert "cannot connect" not in lines


async def test_the_reader_ends_with_the_screen():
    async with Browsed().running() as browsed:
        pass
    assert browsed.shelf.is_closed


# -- windows, searches and files ------------------------------------------------------------------


async def windowed(browsed, text="from id:12:100 to id:12:300"):
    await browsed.press("at")
    return await browsed.typed(text)


async def test_a_window_is_all_there_is_until_it_is_left():
    async with Browsed(3_000).running() as browsed:
        lines = await windowed(browsed)
        assert "window from id:12:100 to id:12:300" in lines
        assert browsed.numbers()[0] == 100
        await browsed.press("G")
        assert browsed.numbers()[-1] == 299
        await browsed.press("j", "j", "pagedown")
        assert browsed.numbers()[-1] == 299
        await browsed.press("g", "pageup")
        assert browsed.cursor == 100
        await browsed.press("escape")
        await browsed.press("k", "k", "k")
        assert browsed.cursor == 97


async def test_a_window_says_which_dates_next_to_its_ends_are_wrong():
    async with Browsed(3_000).running() as browsed:
        browsed.shelf.doubts = "3 stored before it dated up to 1h 00m later"
        assert browsed.shelf.doubts in await windowed(browsed)


async def test_two_marks_make_a_window_with_both_in_it():
    async with Browsed(3_000).running(at="2025-11-15T09:50:01Z") as browsed:
        lines = await browsed.press("m")
        assert "marked 12:143:3" in lines
        await browsed.press("k", "k", "k")
        await browsed.press("m")
        assert browsed.numbers() == [140, 141, 142, 143]


async def test_a_search_shows_hits_as_they_come_pauses_and_is_stopped():
    async with Browsed(3_000).running() as browsed:
        browsed.shelf.steps = asyncio.Semaphore(3)
        await browsed.look_for("agent-02")
        async with asyncio.timeout(10):
            while browsed.browsing.search.progress.scanned < 300:
                await browsed.drawn()
        lines = await browsed.drawn()
        assert re.search(r"searching +[\d,]+ matches +of +[\d,]+ +\d+% +150k/s +≈ 12s left", lines)
        assert {key % 9 for key in browsed.numbers()} == {2}
        # the broker is away: there is no rate, and none is told
        browsed.seconds = 12.0
        lines = await browsed.drawn()
        assert "no data for 12s" in lines
        assert "150k/s" not in lines
        await browsed.pilot.press("p")
        assert "paused" in await browsed.drawn()
        await browsed.pilot.press("p")
        assert "searching" in await browsed.drawn()
        await browsed.pilot.press("escape")
        lines = await browsed.drawn()
        assert "stopped" in lines
        kept = browsed.browsing.search.hits.end
        browsed.shelf.steps.release()
        await browsed.settled()
        assert browsed.browsing.search.hits.end == kept > 0
        # and another escape goes back to where one was
        await browsed.press("escape")
        assert (browsed.view.filter, browsed.cursor) == ("", 2_999)


async def test_a_search_looks_in_the_window_and_says_what_it_found():
    async with Browsed(3_000).running() as browsed:
        await windowed(browsed)
        await browsed.look_for(".value.seq > 295")
        lines = await browsed.settled()
        assert browsed.numbers() == [296, 297, 298, 299]
        assert "4 matches in 200 messages" in lines
        assert browsed.app.filter_input.counts.content == "jq  4 matches"
        await browsed.press("j", "enter")
        assert number_of(browsed.view.inspector.opened.message) == 297


async def test_no_more_hits_than_are_listed_are_looked_for(monkeypatch):
    monkeypatch.setattr(history_search, "MOST", 50)
    async with Browsed().running() as browsed:
        await browsed.look_for("agent")
        lines = await browsed.settled()
        assert "the first 50" in lines
        assert browsed.browsing.search.hits.end == 50


async def test_what_is_no_filter_says_so_in_place():
    async with Browsed().running() as browsed:
        await browsed.look_for(".[")
        lines = await browsed.settled()
        assert "not a filter (character 2 of .[)" in lines


async def test_event_times_order_a_window():
    async with Browsed(3_000).running() as browsed:
        await browsed.press("O")
        assert "event times order a window" in browsed.notes()[-1]
        await windowed(browsed)
        lines = await browsed.press("O")
        # those that were stored first happened last
        assert browsed.numbers()[:3] == [299, 298, 297]
        assert "10:49:57.907" in lines
        await browsed.press("O")
        assert browsed.numbers()[0] == 100


@pytest.mark.parametrize("name", ["out.ndjson", "out.csv"])
async def test_what_is_on_screen_found_or_in_the_window_is_written(tmp_path, name):
    async with Browsed(3_000).running() as browsed:
        path = tmp_path / name
        head = int(name.endswith(".csv"))

        async def write(question):
            await browsed.pilot.press("w")
            assert question in await browsed.drawn()
            browsed.app.focused.value = str(path)
            await browsed.pilot.press("enter")
            for worker in [each for each in browsed.app.workers if each.group == "write"]:
                await worker.wait()
            lines = path.read_text().splitlines()
            path.unlink()
            return len(lines) - head

        # the question takes a line of the list
        shown = len(browsed.numbers()) - 1
        assert await write("on screen to (.ndjson or .csv)") == shown
        await windowed(browsed)
        assert await write("write the window") == 200
        assert "wrote 200" in browsed.notes()[-1]
        await browsed.look_for("agent-02")
        await browsed.settled()
        assert await write("write the 23 matches") == 23


async def test_a_file_that_is_being_written_is_told_of_and_can_be_left(tmp_path):
    async with Browsed(3_000).running() as browsed:
        await windowed(browsed)
        browsed.shelf.steps = asyncio.Semaphore(1)
        await browsed.pilot.press("w")
        browsed.app.focused.value = str(tmp_path / "out.csv")
        await browsed.pilot.press("enter")
        assert "writing out.csv: 100  50%  90.0k/s  ≈ 3.0s left" in await browsed.drawn()
        await browsed.pilot.press("escape")
        assert "writing" not in await browsed.drawn()
        assert browsed.notes()[-1] == "nothing was written"
        assert browsed.browsing.window
    assert list(tmp_path.iterdir()) == []


async def test_b_with_the_chart_read_out_goes_to_that_moment():
    async with Browsed().running(address="") as browsed:
        await browsed.press("3", "L", "less_than_sign")
        moment = browsed.view.query_one(Chart).moment
        await browsed.press("b")
        stands = [at for kind, at, *_ in browsed.shelf.asked if kind == "locate"]
        assert stands[0] == format_time(int(moment * 1000) * 10**6)


async def test_what_stands_around_a_match_is_shown_in_place_of_the_matches():
    async with Browsed(3_000).running() as browsed:
        await browsed.press("C")
        assert browsed.view.filter == ""
        await browsed.press("slash", *"agent-02", "enter")
        await browsed.settled()
        await browsed.press("k", "k")
        match = browsed.view.chosen
        await browsed.press("C")
        await browsed.settled()
        assert browsed.view.filter == ""
        assert not browsed.app.filter_input.display
        assert browsed.view.chosen.id == match.id
        keys = {browsed.view.list.row(n).key for n in browsed.view.list.shown}
        assert len(keys) > 1
