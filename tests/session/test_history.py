"""A history that is browsed, without a screen: its pages, its window, and what fails."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from arcwatch.errors import SourceError, UsageError
from arcwatch.session.history import AHEAD, HistorySession
from tests.session.reader import until
from tests.session.shelf import BEAT, NOW, TOPIC, Shelf, number_of, stored

COUNT = 1_000


@asynccontextmanager
async def browsing(address=TOPIC, at="", count=COUNT):
    shelf = Shelf([stored(number) for number in range(count)])
    session = HistorySession(lambda: shelf, now=lambda: NOW + count * BEAT, pause=0.0)
    running = asyncio.create_task(session.run())
    if address:
        session.browse(address, at)
        await until(lambda: not session.loading)
    yield session, shelf
    running.cancel()
    await asyncio.wait([running])
    assert shelf.is_closed or not address


async def done(session):
    await until(lambda: not session.loading)


def numbers(rows):
    return [number_of(rows.message(index)) for index in range(rows.start, rows.end)]


async def test_a_history_opens_at_its_end_and_at_a_time():
    async with browsing() as (session, shelf):
        assert shelf.asked[0] == ("open", TOPIC)
        assert numbers(session.pages)[-1] == COUNT - 1
        assert (session.pages.last, number_of(session.pages.message(session.anchor))) == (True, 999)
        session.go("2025-11-15T09:50:01Z")
        await done(session)
        assert (session.failure, numbers(session.pages)[0]) == (None, 143)
        session.go("2099-01-01")
        await done(session)
        assert "nothing is stored at or after 2099-01-01" in session.notice


async def test_pages_next_to_what_is_shown_are_read_ahead_and_follow_each_other():
    async with browsing(at="2025-11-15T09:50:01Z") as (session, _):
        for _ in range(3):
            session.prefetch(range(session.pages.end - AHEAD + 1, session.pages.end + 1))
            await done(session)
        for _ in range(3):
            session.prefetch(range(session.pages.start, session.pages.start + 5))
            await done(session)
        found = numbers(session.pages)
        assert found == [*range(found[0], found[-1] + 1)]
        assert found[0] == 0
        assert session.pages.first


async def test_a_window_bounds_what_is_read_until_it_is_cleared():
    async with browsing() as (session, _):
        session.go("id:12:100 to id:12:110")
        await done(session)
        assert session.window.words == "id:12:100 to id:12:110"
        assert numbers(session.pages) == [*range(100, 110)]
        session.go_last()
        await done(session)
        assert numbers(session.pages)[-1] == 109
        session.clear_window()
        assert session.window is None
        session.prefetch(range(session.pages.start, session.pages.end))
        await done(session)
        assert numbers(session.pages)[-1] > 109


async def test_two_marks_make_a_window_with_both_in_it_whichever_comes_first():
    async with browsing() as (session, _):
        session.set_mark(stored(143))
        assert session.mark is not None
        session.set_mark(stored(140))
        await done(session)
        assert (session.mark, numbers(session.pages)) == (None, [140, 141, 142, 143])
        assert session.window.words == "12:140:0 to 12:143:3"


async def test_a_failure_is_kept_and_tried_again():
    async with browsing() as (session, shelf):
        shelf.error = SourceError("the broker is away")
        session.go_first()
        await done(session)
        assert session.failure.what == "the broker is away"
        shelf.error = None
        session.retry()
        await done(session)
        assert (session.failure, numbers(session.pages)[0]) == (None, 0)
        before = len(shelf.asked)
        session.retry()
        assert len(shelf.asked) == before


async def test_what_is_cancelled_changes_nothing_and_is_begun_again():
    async with browsing() as (session, shelf):
        assert not session.cancel()
        last = session.pages
        shelf.gate.clear()
        session.go_first()
        assert session.loading == "going to the first message"
        assert session.cancel()
        assert (session.loading, session.is_cancelled, session.pages) == ("", True, last)
        shelf.gate.set()
        session.retry()
        await done(session)
        assert numbers(session.pages)[0] == 0


async def test_another_address_takes_the_place_of_all_that_was():
    async with browsing() as (session, _):
        session.go("id:12:100 to id:12:110")
        await done(session)
        session.search.look_for("late")
        session.show_state("1s")
        other = f"{TOPIC}-partition-1"
        assert session.browse(f"{other}#billing") == other
        assert (session.window, session.opened, session.pages.held) == (None, None, 0)
        assert (session.search.text, session.state_query.asked) == ("", None)
        assert (session.subscription, session.recent) == ("billing", [other, TOPIC])
        await done(session)
        assert session.opened is not None


async def test_what_has_no_history_changes_nothing():
    async with browsing(address="") as (session, shelf):
        for text, at in (("nats:orders.>", ""), (TOPIC, "some day")):
            with pytest.raises(UsageError):
                session.browse(text, at)
        assert (session.address, session.recent, shelf.asked) == ("", [], [])


async def test_doubts_about_dates_are_a_notice():
    async with browsing() as (session, shelf):
        shelf.doubts = "3 stored before it are dated later"
        session.go("2025-11-15T09:50:01Z")
        await done(session)
        assert session.notice == shelf.doubts
