"""A search through a history: what is asked, and what is listed."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from arcwatch.model.history import ScanUpdate
from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.processes.history_protocol import Find
from arcwatch.session.history_search import MOST, HistorySearch, HistoryWindow
from tests.session.reader import Reader, running, until

WINDOW = HistoryWindow(((3,),), ((9,),), "2h to 1h")


def found(*times):
    messages = [Message("js", "js:S", at, 1, b"x", publish_time=at, id=f"#{at}") for at in times]
    return ScanUpdate(encode_messages(messages), len(messages))


@asynccontextmanager
async def searching(reader, window=None, **settings):
    search = HistorySearch(lambda: reader, lambda: window, pause=0.0, **settings)
    async with running(search):
        yield search


async def ended(search):
    await until(lambda: not search.is_running)


@pytest.mark.parametrize(("window", "ends"), [(None, (None, None)), (WINDOW, WINDOW[:2])])
async def test_a_filter_is_looked_for_in_the_window_or_everywhere(window, ends):
    reader = Reader(Find=[found(5, 2), found(7)])
    async with searching(reader, window) as search:
        search.look_for(" late ")
        await ended(search)
    assert reader.asked == [Find(*ends, ("late",), MOST)]
    assert [search.hits.message(n).id for n in range(search.hits.end)] == ["#5", "#2", "#7"]
    assert (search.state, search.lists_hits) == ("done", True)


async def test_an_order_by_event_time_lists_all_that_there_is():
    reader = Reader(Find=[found(5, 2)])
    async with searching(reader) as search:
        search.order(by_event_time=True)
        await ended(search)
        assert reader.asked == [Find(None, None, (), MOST)]
        assert [search.hits.message(n).id for n in range(2)] == ["#2", "#5"]
        search.end()
        assert (search.hits, search.lists_hits, search.state) == (None, False, "")


async def test_what_costs_is_announced_before_it_is_asked():
    reader, costs = Reader(Find=[found(1)]), [True]
    async with searching(reader, announces=lambda: costs[0]) as search:
        search.look_for("x")
        await asyncio.sleep(0)
        assert (search.state, search.is_running, reader.asked) == ("announced", False, [])
        costs[0] = False
        search.again()
        await ended(search)
    assert search.hits.end == 1


async def test_a_search_that_is_stopped_keeps_what_it_found():
    gate = asyncio.Event()
    reader = Reader(Find=[found(1), gate, found(2)])
    async with searching(reader) as search:
        assert not search.stop()
        search.look_for("x")
        await until(lambda: search.hits.end)
        assert search.stop()
        gate.set()
        for _ in range(9):
            await asyncio.sleep(0)
        assert (search.state, search.hits.end, search.is_running) == ("stopped", 1, False)
