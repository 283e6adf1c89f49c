"""An ordered consumer: every message once, in order, and nothing left behind."""

import asyncio

import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.jetstream.pull import OrderedPull
from arcwatch.sources.tail_start import Start


async def pulled(pull, count):
    found = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await pull.some()
    return found


async def test_all_comes_once_and_in_order_and_says_how_much_is_left(client, connection, stored):
    name = await stored(*(("a", b"%d" % n) for n in range(1, 6)))
    pull = OrderedPull(connection, name, "", None)
    await pull.begin(Start(earliest=True))
    assert pull.pending == 5
    found = await pulled(pull, 5)
    assert [(one.sequence, one.body) for one in found] == [(n, b"%d" % n) for n in range(1, 6)]
    assert pull.pending == 0
    pull.end()
    async with asyncio.timeout(5):
        while (await client.jetstream().stream_info(name)).state.consumer_count:
            pass


async def test_it_begins_where_it_is_told_to(connection, stored):
    name = await stored(("a", b"1"), ("b", b"2"), ("a", b"3"))
    pull = OrderedPull(connection, name, "", None)
    await pull.begin(Start(sequence=2))
    found = await pulled(pull, 2)
    assert [one.sequence for one in found] == [2, 3]
    await pull.begin(Start(time=found[1].time))
    assert [one.sequence for one in await pulled(pull, 1)] == [3]
    pull.end()


async def test_some_subjects_are_asked_for_alone(connection, stored):
    name = await stored(("a", b"1"), ("b", b"2"), ("a", b"3"))
    pull = OrderedPull(connection, name, f"{name}.a", None)
    await pull.begin(Start(earliest=True))
    assert pull.pending == 2
    assert [one.sequence for one in await pulled(pull, 2)] == [1, 3]
    pull.end()


async def test_a_consumer_that_somebody_deleted_is_told_and_may_be_made_anew(
    client, connection, stored
):
    name = await stored(("a", b"1"))
    js, pull = client.jetstream(), OrderedPull(connection, name, "", None)
    await pull.begin(Start(earliest=True))
    await pulled(pull, 1)
    (ours,) = await js.consumers_info(name)
    await js.delete_consumer(name, ours.name)
    with pytest.raises(SourceError, match="the consumer was deleted"):
        await pulled(pull, 1)
    await js.publish(f"{name}.a", b"2")
    await pull.begin(Start(sequence=2))
    assert [one.sequence for one in await pulled(pull, 1)] == [2]
    pull.end()


async def test_an_interruption_ends_waiting(connection, stored):
    name = await stored()
    pull = OrderedPull(connection, name, "", None)
    await pull.begin(Start(earliest=True))
    waiting = asyncio.create_task(pull.some())
    await asyncio.sleep(0)
    pull.interrupt()
    async with asyncio.timeout(2):
        assert await waiting == []
    pull.end()
