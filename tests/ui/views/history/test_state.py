"""The state at a moment, and what changed, under a user's hands."""

import asyncio

import pytest

from arcwatch.errors import SourceError
from tests.session.shelf import number_of, stored
from tests.ui.browsed import Browsed

pytestmark = pytest.mark.usefixtures("an_hour_east")


async def asked(browsed, text=None):
    """Press the key, and answer what it asks."""
    await browsed.pilot.press("S")
    if text is not None:
        browsed.app.focused.value = text
    return await browsed.press("enter")


async def test_the_state_at_the_message_under_the_cursor_has_it_and_nothing_later():
    async with Browsed(3_000).running(at="2025-11-15T09:50:01Z") as browsed:
        assert browsed.cursor == 143
        lines = await asked(browsed)
        # one of nine keys each, by key, and the last of all is the one under the cursor
        assert sorted(browsed.numbers()) == list(range(135, 144))
        assert [number % 9 for number in browsed.numbers()] == list(range(9))
        assert "state at 2025-11-15T09:50:01.002Z  9 keys  of 144 messages" in lines
        assert "2 without a key are not part of the state" in lines
        await browsed.press("j", "enter")
        assert number_of(browsed.view.inspector.opened.message) == 136
        assert "2 of 9" in await browsed.drawn()
        # and back to where one was
        await browsed.press("escape", "escape")
        assert (browsed.cursor, browsed.browsing.state_query.asked) == (143, None)


async def test_the_state_now_is_that_behind_the_last_message_and_says_what_it_lacks():
    messages = [stored(number) for number in range(300)]
    # of a clock that is an hour ahead: it is there now, whatever it is dated
    messages[298] = stored(298, publish_time=stored(298).publish_time + 3_600 * 10**9)
    async with Browsed(messages=messages).running((80, 24)) as browsed:
        browsed.shelf.doubts = (
            "pulsar:arc/agents/task-events-partition-2: among the messages next to it 3 stored "
            "after it dated up to 54m 36s earlier; the last messages are dated up to 1h 00m ahead "
            "of this machine's clock: some producer's clock is wrong"
        )
        lines = await asked(browsed, "now")
        assert sorted(browsed.numbers()) == list(range(291, 300))
        assert "state at now  9 keys  of 300 messages" in lines
        # the sentence on what is missing, and that on the clocks, however narrow the screen is
        assert "a stream keeps 1 of a subject" in lines
        assert browsed.shelf.doubts in " ".join(lines.split())


async def test_it_is_filtered_without_losing_the_search_beneath_it():
    async with Browsed(3_000).running() as browsed:
        await browsed.look_for("agent-03")
        await browsed.settled()
        await asked(browsed, "id:12:500")
        assert len(browsed.numbers()) == 9
        await browsed.look_for("agent-07")
        lines = await browsed.settled()
        assert browsed.numbers() == [493]
        assert "1 keys" in lines
        await browsed.press("escape")
        assert len(browsed.numbers()) == 9
        await browsed.press("escape")
        assert browsed.view.filter == "agent-03"
        assert {number % 9 for number in browsed.numbers()} == {3}


@pytest.mark.parametrize("words", ["id:12:100 … id:12:105", "from id:12:100 to id:12:105"])
async def test_what_changed_between_two_times_is_told_by_field(words):
    messages = [stored(number) for number in range(300)]
    messages[103] = stored(103, b"")
    messages[104] = stored(104, b'{"new": true}', key="agent-new")
    async with Browsed(messages=messages).running(at="2025-11-15T09:50:01Z") as browsed:
        lines = await asked(browsed, words)
        rows = browsed.browsing.state_query.rows
        kinds = [(rows.row(n).kind, rows.message(n).key) for n in range(rows.end)]
        assert kinds == [
            ("changed", "agent-01"),
            ("changed", "agent-02"),
            ("changed", "agent-03"),
            ("removed", "agent-04"),
            ("added", "agent-new"),
        ]
        assert "seq: 91 → 100" in lines
        assert f"changes {words.replace(' …', ' to')}" in lines
        await browsed.press("enter")
        assert browsed.view.inspector.sheet == "difference"
        assert "compared with the earlier state" in await browsed.drawn()


async def test_two_marks_say_which_two_states_are_compared():
    async with Browsed(3_000).running(at="2025-11-15T09:50:01Z") as browsed:
        await browsed.press("m", "k", "k", "k", "m")
        await asked(browsed)
        assert browsed.shelf.asked[-1] == ("state", ((140,),), ((144,),), ())
        assert sorted(browsed.numbers()) == [140, 141, 142, 143]


async def test_it_tells_how_far_it_is_pauses_and_is_left():
    async with Browsed(3_000).running() as browsed:
        browsed.shelf.steps = asyncio.Semaphore(3)
        await browsed.pilot.press("S", "enter")
        snapshot = browsed.browsing.state_query
        async with asyncio.timeout(10):
            while snapshot.progress.scanned < 200:
                await browsed.drawn()
        assert "reading  200  6%  150k/s  ≈ 12s left" in await browsed.drawn()
        await browsed.pilot.press("p")
        assert "paused" in await browsed.drawn()
        assert browsed.shelf.tasks[-1].held == [True]
        # pages are turned meanwhile, and it is left
        await browsed.pilot.press("escape")
        await browsed.press("home")
        assert (browsed.cursor, snapshot.state) == (0, "")


async def test_it_is_written_whole_by_whoever_reads_it(tmp_path):
    async with Browsed(3_000).running() as browsed:
        await asked(browsed, "from id:12:100 to id:12:104")
        await browsed.pilot.press("w")
        assert "write what changed, 4 keys, to" in await browsed.drawn()
        browsed.app.focused.value = str(tmp_path / "out.ndjson")
        await browsed.pilot.press("enter")
        for worker in [each for each in browsed.app.workers if each.group == "write"]:
            await worker.wait()
        assert (tmp_path / "out.ndjson").read_text() == "changed\n" * 4


async def test_what_cannot_be_found_is_said_and_tried_again():
    async with Browsed(3_000).running() as browsed:
        browsed.shelf.error = SourceError("no answer in time", where="http://x", hint="is it up?")
        lines = await asked(browsed)
        assert "no answer in time (http://x)" in lines
        assert "failed" in lines
        browsed.shelf.error = None
        await browsed.press("r")
        assert len(browsed.numbers()) == 9
        await asked(browsed, "noon")
        assert "not a time" in browsed.view.prompt.reason.content
