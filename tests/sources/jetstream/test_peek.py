"""A stream read by its numbers, so that a work queue stays untouched."""

import time

import pytest
from nats.js.api import RetentionPolicy

from arcwatch.sources.jetstream.peek import StoredReader
from arcwatch.sources.tail_start import NEW, Start


@pytest.fixture
def reading(connection):
    """Reads a stream from a place on: ``await reading(name, start, count)``."""

    async def read(name, start, count, subject="", *, direct=True):
        reader, found = StoredReader(connection, name, subject, direct=direct), []
        await reader.begin(start)
        try:
            while len(found) < count:
                found += await reader.some(None)
        finally:
            reader.end()
        return found, reader

    return read


@pytest.mark.parametrize("direct", [True, False])
async def test_nothing_of_a_work_queue_is_taken(client, stored, reading, direct):
    name = await stored(
        *(("a", b"%d" % n) for n in range(1, 6)),
        retention=RetentionPolicy.WORK_QUEUE,
        allow_direct=True,
    )
    began = time.time_ns()
    found, _ = await reading(name, NEW, 5, direct=direct)
    assert [one.body for one in found] == [b"1", b"2", b"3", b"4", b"5"]
    assert all(began <= one.received <= time.time_ns() for one in found)
    state = (await client.jetstream().stream_info(name)).state
    assert (state.messages, state.consumer_count) == (5, 0)


async def test_it_begins_with_a_number_or_a_moment(stored, reading):
    name = await stored(("a", b"1"), ("b", b"2"), ("a", b"3"), allow_direct=True)
    found, _ = await reading(name, Start(sequence=2), 2)
    assert [one.sequence for one in found] == [2, 3]
    late, _ = await reading(name, Start(time=found[1].time), 1)
    assert [one.sequence for one in late] == [3]
    some, _ = await reading(name, Start(earliest=True), 2, f"{name}.a")
    assert [one.sequence for one in some] == [1, 3]


async def test_what_was_taken_before_it_could_be_read_is_counted_once(client, stored, reading):
    name = await stored(*(("a", b"%d" % n) for n in range(1, 7)), allow_direct=True)
    for sequence in (2, 3, 5):
        await client.jetstream().delete_msg(name, sequence)
    found, reader = await reading(name, Start(sequence=1), 3)
    assert [one.sequence for one in found] == [1, 4, 6]
    assert (reader.taken_before(), reader.taken_before()) == (3, 0)
    # of what begins with the first that is stored nothing is known to be missing
    await client.jetstream().delete_msg(name, 1)
    _, reader = await reading(name, Start(earliest=True), 2)
    assert reader.taken_before() == 1


async def test_of_some_subjects_the_others_are_not_missing(stored, reading):
    name = await stored(("a", b"1"), ("b", b"2"), ("a", b"3"), allow_direct=True)
    found, reader = await reading(name, Start(sequence=1), 2, f"{name}.a")
    assert [one.sequence for one in found] == [1, 3]
    assert reader.taken_before() == 0
