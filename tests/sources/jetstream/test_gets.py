"""Stored messages read without a consumer, by direct get and of the leader."""

import os
import time
import uuid

import nats
import pytest
from nats.js.api import StreamConfig

from arcwatch.errors import SourceError
from arcwatch.notation.times import Earliest
from arcwatch.sources.jetstream.gets import StoredMessages, pending_of


@pytest.mark.parametrize("kind", ["plain"])
async def test_messages_are_told_whole_however_large(stack, client, opened, kind):
    js, name = client.jetstream(), f"PAST{uuid.uuid4().hex[:8]}"
    await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], allow_direct=True))
    bodies = [os.urandom(900_000) for _ in range(12)]
    for body in bodies:
        await js.publish(f"{name}.x", body, headers={"Trace": "a b"})
    history = await opened(f"js:{name}")
    page = await history.page_at(Earliest(), 20)
    assert [message.body for message in page.messages] == bodies
    assert page.messages[0].headers == (("Trace", "a b"),)
    assert page.last


def test_a_number_that_no_server_counts_to_is_none():
    assert pending_of((("Nats-Num-Pending", "7"),)) == 7
    assert pending_of((("Nats-Num-Pending", "9" * 5_000),)) is None


BOTH = pytest.mark.parametrize("direct", [True, False])


@BOTH
async def test_messages_come_from_a_place_on_in_order_whoever_is_asked(connection, stored, direct):
    name = await stored(*((f"{n % 2}", b"%d" % n) for n in range(1, 8)), allow_direct=True)
    every = StoredMessages(connection, name, "", direct=direct)
    assert [one.body for one in await every.after({"seq": 5}, 10)] == [b"5", b"6", b"7"]
    assert [one.sequence for one in await every.after({"seq": 1}, 2)] == [1, 2]
    assert await every.after({"seq": 8}, 10) == []
    some = StoredMessages(connection, name, f"{name}.1", direct=direct)
    assert [one.sequence for one in await some.after({"seq": 2}, 10)] == [3, 5, 7]


@BOTH
async def test_the_first_from_a_moment_on_is_none_of_a_moment_to_come(connection, stored, direct):
    name = await stored(("a", b"1"), ("a", b"2"), allow_direct=True)
    every = StoredMessages(connection, name, "", direct=direct)
    second = (await every.after({"seq": 2}, 1))[0]
    assert (await every.first_from(second.time)).sequence == 2
    assert (await every.first_from(0)).sequence == 1
    assert await every.first_from(time.time_ns() + 10**12) is None


async def test_a_stream_made_anew_has_other_messages_under_the_same_numbers(
    client, connection, stored
):
    name = await stored(("a", b"1"), allow_direct=True)
    every = StoredMessages(connection, name, "", direct=True)
    (seen,) = await every.after({"seq": 1}, 1)
    assert await every.is_same(seen)
    await client.jetstream().purge_stream(name)
    # what is gone may have been the same
    assert await every.is_same(seen)
    await client.jetstream().delete_stream(name)
    config = nats.js.api.StreamConfig(name=name, subjects=[f"{name}.>"])
    await client.jetstream().add_stream(config)
    await client.jetstream().publish(f"{name}.a", b"1")
    assert not await every.is_same(seen)


async def test_what_does_not_answer_direct_gets_is_a_reason(connection, stored):
    name = await stored(("a", b"1"), allow_direct=False)
    with pytest.raises(SourceError, match="JetStream refuses") as caught:
        await StoredMessages(connection, name, "", direct=True).after({"seq": 1}, 1)
    assert (caught.value.where, caught.value.hint) == (f"js:{name}", "is JetStream up?")
    await connection.close()
    with pytest.raises(SourceError, match="not connected"):
        await StoredMessages(connection, name, "", direct=True).after({"seq": 1}, 1)
