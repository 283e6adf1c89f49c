"""How much is stored when: which part is shown, and what is asked for it."""

from contextlib import asynccontextmanager

from msgspec.structs import replace

from arcwatch.errors import SourceError
from arcwatch.model.history import Extent, Stretch
from arcwatch.session.history_timeline import AGAIN_AFTER, BEFORE, FINER, TimelineQuery
from tests.session.reader import Reader, running, until

S = 10**9
HOUR = 3_600 * S
WHOLE = Extent((Stretch(0, HOUR, 100.0),), 100.0, None, False, 0, HOUR, "", looks=2)


@asynccontextmanager
async def shown(extent=WHOLE, now=lambda: 2 * HOUR):
    reader = Reader(FindExtent=extent)
    query = TimelineQuery(lambda: reader, now=now, pause=0.0, steady=lambda: 0.0)
    async with running(query):
        query.begin()
        await settled(query)
        yield query, reader


async def settled(query):
    await until(lambda: not query.is_busy)


async def test_all_of_it_is_shown_with_a_margin_before_the_first():
    async with shown() as (query, reader):
        assert [request.window for request in reader.asked] == [None]
        start, end = query.shown
        assert (start, end) == (-((HOUR + 1) // BEFORE), HOUR + 1)
        assert (query.is_zoomed, query.looks) == (False, 2)
        query.begin()
        await settled(query)
        assert len(reader.asked) == 1


async def test_zooming_keeps_the_moment_in_its_place_and_asks_for_a_short_part():
    async with shown() as (query, reader):
        whole = query.shown
        at = HOUR // 2
        query.zoom(0.5, at)
        await settled(query)
        before, after = ((at - s.start) / (s.end - s.start) for s in (whole, query.shown))
        assert abs(before - after) < 1e-6
        assert len(reader.asked) == 1
        query.zoom(0.5 / FINER, at)
        await settled(query)
        asked = reader.asked[-1].window
        length = query.shown.end - query.shown.start
        assert (query.shown.start - asked.start, asked.end - query.shown.end) == (length, length)
        query.zoom(1_000.0, at)
        assert (query.shown, query.is_zoomed) == (whole, False)


async def test_what_is_shown_follows_a_moment_and_stays_within_all():
    async with shown() as (query, _):
        query.zoom(0.1, HOUR // 2)
        length = query.shown.end - query.shown.start
        query.reveal(0)
        assert query.shown.start <= 0 < query.shown.end
        assert query.shown.end - query.shown.start == length
        query.reveal(10 * HOUR)
        assert query.shown.end == query.whole.end
        query.point(10 * HOUR)
        assert query.cursor == query.shown.end - 1


async def test_newer_messages_have_it_asked_for_again_once_it_is_old():
    now = [HOUR]
    async with shown(now=lambda: now[0]) as (query, reader):
        query.renew(2 * HOUR)
        await settled(query)
        assert len(reader.asked) == 1
        now[0] += int((AGAIN_AFTER + 1) * S)
        query.renew(HOUR)
        await settled(query)
        assert len(reader.asked) == 1
        query.renew(2 * HOUR)
        await settled(query)
        assert len(reader.asked) == 2


async def test_only_what_is_stored_from_a_moment_on_costs():
    tiered = replace(WHOLE, stretches=(Stretch(0, 60 * S, 5.0, offloaded=True),))
    async with shown(tiered) as (query, _):
        assert (query.announces(60 * S), query.announces(61 * S)) == (True, False)
        query.may_read_tiered = True
        assert not query.announces(0)


async def test_a_failure_is_told_and_another_try_may_do():
    async with shown(SourceError("no answer")) as (query, reader):
        assert (query.failure.what, query.shown) == ("no answer", None)
        reader.answers["FindExtent"] = WHOLE
        query.begin()
        await settled(query)
        assert (query.failure, query.extent) == (None, WHOLE)
        query.end()
        assert (query.extent, query.shown, query.is_busy) == (None, None, False)
