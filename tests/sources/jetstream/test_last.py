"""The last message of each subject as of a number."""

import uuid

from nats.js.api import StreamConfig

from arcwatch.notation.address import Stream
from arcwatch.sources.jetstream.gets import StoredMessages
from arcwatch.sources.jetstream.last import last_messages
from tests.sources.jetstream.test_history import state_of


async def test_more_subjects_than_one_answer_has_room_for_are_all_in_the_state(client, opened):
    js, name = client.jetstream(), f"WIDE{uuid.uuid4().hex[:8]}"
    await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], allow_direct=True))
    for number in range(1, 3_000):
        await client.publish(f"{name}.{number % 1_300}", b"x")
    await js.publish(f"{name}.0", b"x")
    history = await opened(f"js:{name}")
    found = await state_of(history.last(((2_801,),)))
    assert found == {f"{name}.{n % 1_300}": n for n in range(1, 2_801)}


async def lasts(connection, name, start, end, subject=""):
    address, stored = Stream(name, subject), StoredMessages(connection, name, subject, direct=True)
    parts = [part async for part in last_messages(connection, address, stored, start, end)]
    assert not parts or parts[-1][1] == 1.0
    return [one.sequence for found, _ in parts for one in found]


async def test_the_last_of_each_subject_before_a_number_and_from_another_on(connection, stored):
    name = await stored(("a", b"1"), ("b", b"2"), ("a", b"3"), ("b", b"4"), allow_direct=True)
    assert await lasts(connection, name, 0, 5) == [3, 4]
    assert await lasts(connection, name, 0, 4) == [2, 3]
    assert await lasts(connection, name, 3, 4) == [3]
    assert await lasts(connection, name, 0, 5, f"{name}.a") == [3]


async def test_before_the_first_there_is_nothing(connection, stored):
    name = await stored(("a", b"1"), allow_direct=True)
    assert await lasts(connection, name, 0, 1) == []
    assert await lasts(connection, name, 1, 1) == []
    assert await lasts(connection, name, 0, 9, f"{name}.b") == []
