"""Several topics read as one, as far as a page needs."""

import asyncio

import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.pulsar.merged_read import Reach, together
from arcwatch.sources.pulsar.stored_topic import Found, MessageRun


class Topic:
    """Messages of some times, each an entry of one ledger."""

    def __init__(self, *times):
        self._found = [Found(time, (1, n, 0), (1, n + 1, 0), None) for n, time in enumerate(times)]
        self.reads = 0

    async def after(self, position, count):
        self.reads += 1
        rest = [each for each in self._found if each.start >= position]
        return MessageRun(rest[:count], len(rest) <= count)

    async def before(self, position, count):
        self.reads += 1
        rest = [each for each in self._found if each.end <= position]
        return MessageRun(rest[-count:], len(rest) <= count)


FIRST, LAST = (1, 0, 0), (1, 99, 0)


async def times(reach, limit):
    taken = await reach.some(limit)
    return [(place, found.time) for place, found in taken], reach.is_all(taken)


async def test_the_nearest_of_all_come_in_order_of_their_times():
    topics = [Topic(1, 4, 5), Topic(2, 3, 9)]
    reach = Reach(topics, (FIRST, FIRST), None, forward=True)
    assert await times(reach, 4) == ([(0, 1), (1, 2), (1, 3), (0, 4)], False)
    back = Reach(topics, (LAST, LAST), None, forward=False)
    assert await times(back, 3) == ([(0, 4), (0, 5), (1, 9)], False)
    whole = Reach(topics, (FIRST, FIRST), None, forward=True)
    assert (await times(whole, 10))[1]


async def test_what_lies_beyond_the_end_of_the_stretch_is_none_of_it():
    topics = [Topic(1, 2, 3), Topic(1, 2, 3)]
    until = ((1, 2, 0), FIRST)
    reach = Reach(topics, (FIRST, FIRST), until, forward=True)
    assert await times(reach, 10) == ([(0, 1), (0, 2)], True)
    assert topics[1].reads == 0
    back = Reach(topics, (LAST, LAST), ((1, 1, 0), (1, 2, 0)), forward=False)
    assert await times(back, 10) == ([(0, 2), (0, 3), (1, 3)], True)


async def test_one_place_that_holds_all_of_a_page_is_read_on():
    topics = [Topic(*range(100)), Topic(500)]
    reach = Reach(topics, (FIRST, FIRST), None, forward=True)
    found, is_all = await times(reach, 60)
    assert (found, is_all) == ([(0, n) for n in range(60)], False)


async def test_the_first_error_is_the_result_and_ends_the_others():
    ended = []

    async def fails():
        raise SourceError("cannot be read")

    async def waits():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(SourceError, match="cannot be read"):
        await together([waits(), fails()])
    assert ended == [True]
    assert await together([asyncio.sleep(0, n) for n in (1, 2)]) == [1, 2]
