"""The state of keys at a moment, or what changed between two."""

from arcwatch.errors import SourceError
from arcwatch.model.history import ScanUpdate
from arcwatch.model.message import Message
from arcwatch.model.tail import encode_messages
from arcwatch.processes.history_protocol import FindState
from arcwatch.session.history_state import MOST, StateQuery
from tests.session.reader import Reader, running, until

AT, SINCE = ((9,),), ((3,),)


def told(*keys, kinds):
    messages = [Message("js", "js:S", 1, 1, b"x", key=key) for key in keys]
    return ScanUpdate(encode_messages(messages), len(messages), kinds=kinds)


async def ended(query):
    await until(lambda: not query.is_running)


def place(*found):
    async def find():
        found_at.append(found)
        return found

    found_at = find.calls = []
    return find


async def test_a_state_is_asked_where_it_was_found_and_again_with_a_filter():
    reader = Reader(FindState=[told("a", "b", kinds=("added", "added"))])
    find = place(None, AT)
    async with running(StateQuery(lambda: reader, pause=0.0)) as query:
        query.ask("2h", find, is_compared=False)
        await ended(query)
        assert [query.rows.message(n).key for n in range(query.rows.end)] == ["a", "b"]
        query.look_for("late")
        await ended(query)
    assert reader.asked == [
        FindState(AT, None, (), MOST),
        FindState(AT, None, ("late",), MOST),
    ]
    # where it is does not depend on the filter
    assert len(find.calls) == 1


async def test_two_states_are_compared_and_what_became_of_each_key_is_counted():
    reader = Reader(FindState=[told("a", "a", "b", kinds=("changed", "removed"))])
    async with running(StateQuery(lambda: reader, pause=0.0)) as query:
        query.ask("2h to 1h", place(SINCE, AT), is_compared=True)
        await ended(query)
    assert reader.asked == [FindState(AT, SINCE, (), MOST)]
    assert query.rows.is_compared
    assert (query.rows.count("changed"), query.rows.count("removed"), query.rows.end) == (1, 1, 2)


async def test_a_moment_that_is_not_found_is_a_failure_and_leaves_with_the_query():
    async def find():
        raise SourceError("no such message")

    reader = Reader()
    async with running(StateQuery(lambda: reader, pause=0.0)) as query:
        query.ask("#9", find, is_compared=False)
        await ended(query)
        assert (query.state, query.failure.what) == ("failed", "no such message")
        assert query.end()
        assert (query.rows, query.state, query.failure, query.end()) == (None, "", None, False)


async def test_a_file_gets_all_that_the_filter_keeps(tmp_path):
    reader = Reader(FindState=[told(kinds=())])
    async with running(StateQuery(lambda: reader, pause=0.0)) as query:
        query.ask("2h", place(None, AT), is_compared=False)
        await ended(query)
        query.look_for("late")
        await ended(query)
        _ = [step async for step in query.write(tmp_path / "x", replace=True)]
    assert reader.asked[-1] == FindState(AT, None, ("late",), None, str(tmp_path / "x"), True)
