"""A backlog counted by a key."""

from arcwatch.errors import SourceError
from arcwatch.model.pulsar import ExactBacklog
from tests.ui.filled import Platform, notes_on

BILLING = "pulsar:arc/agents/task-events#billing"


async def said(count):
    platform = Platform()
    async with platform.app().run_test() as pilot:
        pilot.app.showing.count = count
        pilot.app.view.table.select_where(lambda row: row.address == BILLING)
        await pilot.press("e")
        while len(notes_on(pilot.app)) < 2:
            await pilot.pause()
        return notes_on(pilot.app)


async def test_what_waits_in_a_row_is_counted_and_told():
    async def count(address):
        return ExactBacklog(address, 161, 150_000, None, 1, 1)

    *_, told = await said(count)
    assert told == f"{BILLING}: 150,000 messages in 161 entries"


async def test_what_cannot_be_counted_is_told_with_its_reason():
    async def count(address):
        raise SourceError("no such subscription", where=address)

    *_, told = await said(count)
    assert "no such subscription" in told
