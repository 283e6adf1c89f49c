"""View 3 on a platform, for the tests of its tables."""

from contextlib import asynccontextmanager

from tests.ui.filled import words_on


@asynccontextmanager
async def opened(platform, size=(160, 48)):
    """A pilot that has gone there."""
    async with platform.app().run_test(size=size) as pilot:
        await pilot.press("3")
        await pilot.pause()
        yield pilot


async def show(pilot, sheet):
    """Turn to a table; the words on the screen then."""
    pilot.app.view.show_sheet(sheet)
    await pilot.pause()
    pilot.app.frame()
    return "\n".join(words_on(pilot.app))
