"""An app that browses a history made by hand."""

import asyncio
from contextlib import asynccontextmanager

from arcwatch.session.history import HistorySession
from tests.session.shelf import BEAT, NOW, TOPIC, Shelf, number_of, stored
from tests.ui.filled import Platform, notes_on, words_on


class Browsed:
    """An app on a small platform, and a history that is browsed.

    Args:
        count: Messages stored.
        recent: Addresses that were wanted before.
        options: More of the app, see :meth:`Platform.app`.
    """

    def __init__(self, count=1_000, recent=(), glyphs="braille", messages=None, **options):
        self.shelf = Shelf(messages or [stored(number) for number in range(count)])
        self.platform = Platform(lasting=4.0)
        now = NOW + count * BEAT
        self.seconds = 0.0
        self.browsing = HistorySession(
            lambda: self.shelf,
            recent=list(recent),
            now=lambda: now,
            steady=lambda: self.seconds,
            pause=0.0,
        )
        self.app = self.platform.app(glyphs=glyphs, browsing=self.browsing, **options)

    @asynccontextmanager
    async def running(self, size=(130, 36), address=TOPIC, at=""):
        async with self.app.run_test(size=size, notifications=True) as pilot:
            self.pilot = pilot
            await pilot.press("5")
            if address:
                self.view.browse(address, at)
            await self.settled()
            yield self

    @property
    def view(self):
        return self.app.view

    async def drawn(self):
        """The screen as it is now."""
        for _ in range(2):
            self.app.frame()
            await self.pilot.pause()
        return "\n".join(words_on(self.app))

    async def beat(self):
        """Draw, and let what that asks for be read."""
        self.app.frame()
        async with asyncio.timeout(10):
            while self.browsing.loading:  # noqa: ASYNC110 - nothing tells of it but this
                await asyncio.sleep(0.001)
        self.app.frame()

    async def settled(self):
        """The screen, once nothing is being done any more."""
        for _ in range(2):
            await self.drawn()
            async with asyncio.timeout(10):
                while self.is_busy:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.001)
        return await self.drawn()

    @property
    def is_busy(self):
        browsing = self.browsing
        looking = browsing.search.is_running or browsing.state_query.is_running
        return browsing.loading or looking or browsing.timeline_query.is_busy

    async def press(self, *keys):
        await self.pilot.press(*keys)
        return await self.settled()

    async def typed(self, text):
        """Answer what is asked."""
        self.app.focused.value = text
        return await self.press("enter")

    def numbers(self):
        """The ``seq`` of every message on screen."""
        rows, shown = self.view.messages, self.view.list.shown
        return [number_of(rows.message(index)) for index in shown]

    async def look_for(self, text):
        """Type a filter, all at once."""
        await self.pilot.press("slash")
        self.app.focused.value = text
        await self.pilot.press("enter")

    @property
    def cursor(self):
        return number_of(self.view.list.cursor_item)

    def notes(self):
        return notes_on(self.app)
