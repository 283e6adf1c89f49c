"""When messages are due, and where they are from: asked once they rest on the screen."""

from msgspec.structs import replace

from arcwatch.errors import SourceError
from arcwatch.model.message import Message
from arcwatch.processes.history_protocol import LookUp
from arcwatch.session import history_due
from arcwatch.session.history_due import DueTimesQuery
from tests.session.reader import Reader, running, until

FACTS = (99, "west")


KNOWN = {"deliver_at": 5, "replicated_from": ""}
"""Of a message of which there is nothing to ask."""


def message(number, **more):
    fields = {"id": f"1:{number}:0", "headers": (("a", "b"),)} | more
    return Message("pulsar", "pulsar:a/b/c", 1, 3, b"abc", **fields)


async def test_what_is_requested_is_asked_once_by_its_place_alone():
    reader = Reader(LookUp=(FACTS,))
    query = DueTimesQuery(lambda: reader, pause=0.0)
    async with running(query):
        assert query.known(message(1)) is None
        query.request([message(1), message(2, **KNOWN)])
        await until(lambda: query.version)
        query.request([message(1)])
        assert query.known(message(1)) == 99
    (asked,) = reader.asked
    assert asked == LookUp((replace(message(1), body=b"", headers=()),))


async def test_what_was_scrolled_past_is_not_asked():
    reader = Reader(LookUp=(FACTS,))
    query = DueTimesQuery(lambda: reader, pause=0.0)
    query.request([message(1)])
    query.request([message(2)])
    async with running(query):
        await until(lambda: query.version)
    assert [[each.id for each in request.messages] for request in reader.asked] == [["1:2:0"]]


async def test_an_opened_message_is_looked_up_now_unless_that_is_known():
    reader = Reader(LookUp=(FACTS,))
    query = DueTimesQuery(lambda: reader)
    for _ in range(2):
        found = await query.look_up(message(1))
        assert (found.deliver_at, found.replicated_from, found.body) == (99, "west", b"abc")
    assert len(reader.asked) == 1
    plain = message(1, **KNOWN)
    assert await query.look_up(plain) == plain


async def test_a_failure_leaves_it_unknown_and_it_is_asked_again():
    reader = Reader(LookUp=SourceError("away"))
    query = DueTimesQuery(lambda: reader)
    assert (await query.look_up(message(1))).deliver_at is None
    reader.answers["LookUp"] = (FACTS,)
    assert (await query.look_up(message(1))).deliver_at == 99


async def test_there_is_an_end_to_what_is_remembered(monkeypatch):
    monkeypatch.setattr(history_due, "MOST", 2)
    reader = Reader(LookUp=(FACTS,))
    query = DueTimesQuery(lambda: reader)
    for number in range(4):
        await query.look_up(message(number))
    assert [query.known(message(number)) for number in range(4)] == [None, None, None, 99]
