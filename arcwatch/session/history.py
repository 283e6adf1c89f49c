"""Browsing a history on the screen: a few pages at a time, and the jobs that load them."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from arcwatch.errors import ArcwatchError, SourceError, UsageError
from arcwatch.history.decoding import ValueDecoder
from arcwatch.model.history import Opened, Page, Positions, ScanUpdate
from arcwatch.model.message import Message
from arcwatch.notation.history_query import as_window, begins, browsable, is_window, subscription_of
from arcwatch.notation.times import (
    Earliest,
    Latest,
    Moment,
    Window,
    moment_text,
    parse_time,
    parse_window,
    stored_by,
)
from arcwatch.processes.history_client import HistoryProcess
from arcwatch.processes.history_protocol import CheckDates, Locate, ReadPage, RenewNotes, Write
from arcwatch.store.messages.key_states import KeyStateRows
from arcwatch.store.messages.pages import Pages
from arcwatch.store.messages.search_hits import Hits

from .background_query import PAUSE
from .history_due import DueTimesQuery
from .history_search import HistorySearch, HistoryWindow
from .history_state import StateQuery
from .history_timeline import TimelineQuery

FIRST_PAGE = 100
"""Messages of a page that is waited for."""
PAGE = 400
"""Messages of one that is read ahead."""
AHEAD = 250
"""Messages between the screen and an end of what is held from which on more are read."""
RETRY = 3.0
"""Seconds until a request is repeated after a server was lost."""

NOTHING = Pages(Page((), (), (), first=True, last=True))


def no_reader() -> HistoryProcess:
    """For a screen that has none."""
    raise UsageError("no history can be read here")


class Job(NamedTuple):
    """Something that takes a while, and its description."""

    words: str
    do: Callable[[], Awaitable[None]]


class HistorySession:
    """One history, and the pages of it that are held.

    Nothing is started before an address is opened, and one thing is done at a time: another job
    takes the place of the one before.

    Args:
        now: Nanoseconds since the epoch.
        pause: Seconds to wait for another key before a query is sent.
    """

    def __init__(
        self,
        open_reader: Callable[[], HistoryProcess] = no_reader,
        *,
        recent: list[str] | None = None,
        values: ValueDecoder | None = None,
        now: Callable[[], int] = time.time_ns,
        steady: Callable[[], float] = time.monotonic,
        pause: float = PAUSE,
    ) -> None:
        self._open_reader, self._now = open_reader, now
        self._reader: HistoryProcess | None = None
        self.values = values or ValueDecoder()
        self.recent = recent if recent is not None else []
        self.address = ""
        self.subscription = ""
        """The one that the history was opened from, if any: it can be rewound."""
        self.opened: Opened | None = None
        self.pages = NOTHING
        self.window: HistoryWindow | None = None
        self.mark: Message | None = None
        """Where a window is to begin, or end."""
        self.utc = False
        """Whether times without a zone are in UTC."""
        self.loading = ""
        """What is being done, in words."""
        self.failure: ArcwatchError | None = None
        """Why it could not be, where that is so."""
        self.notice = ""
        """What came of a job, where that is not what one would think."""
        self.anchor: int | None = None
        """The row that the cursor is to be put on, until that is done."""
        self.search = HistorySearch(
            lambda: self.reader,
            lambda: self.window,
            announces=self._announces_timeline,
            pause=pause,
            steady=steady,
        )
        self.state_query = StateQuery(lambda: self.reader, pause=pause)
        self.timeline_query = TimelineQuery(
            lambda: self.reader, now=now, pause=pause, steady=steady
        )
        self.due_times = DueTimesQuery(lambda: self.reader)
        self._job: Job | None = None
        self._last: Job | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._changes = 0
        self._not_before = 0.0

    @property
    def version(self) -> object:
        """Changes whenever anything visible changes."""
        parts = (self.search.version, self.state_query.version, self.timeline_query.version)
        return self._changes, self.values.version, self.due_times.version, parts

    @property
    def is_paged(self) -> bool:
        """Whether pages are listed, rather than search results or a state."""
        return self.rows is self.pages

    @property
    def rows(self) -> Pages | Hits | KeyStateRows:
        """What is listed."""
        if self.state_query.rows is not None:
            return self.state_query.rows
        return self.search.hits or self.pages

    # -- requests -----------------------------------------------------------------------------

    def browse(self, address: str, at: str = "") -> str:
        """Open the history of an address, at its end or at a time.

        Returns:
            The address in its canonical spelling, without a subscription.

        Raises:
            UsageError: It names nothing that has a history, or the time is none.
        """
        text = browsable(address)
        moment = self._parsed(at) if at else None
        self.recent[:] = [text, *(each for each in self.recent if each != text)]
        self.address, self.opened, self.pages = text, None, NOTHING
        self.subscription = subscription_of(address)
        self.window, self.mark = None, None
        self.search.end()
        self.state_query.end()
        self.timeline_query.end()

        async def do() -> None:
            await (self._go_to(moment, at) if moment else self._go_last())

        self._start_job(Job(f"opening {text}", do))
        return text

    def go(self, text: str) -> None:
        """Go to a time, or limit the view to a window of time.

        Raises:
            TimeError: It is neither; knows the character.
        """
        if is_window(text):
            window = self._parsed_window(text)
            self._start_job(Job(f"going to {text}", lambda: self._narrow(window, text)))
        else:
            moment = self._parsed(text)
            self.window = None
            self._start_job(Job(f"going to {text}", lambda: self._go_to(moment, text)))

    def go_first(self) -> None:
        """Go to the first message of the window, or of all."""
        self._start_job(Job("going to the first message", self._go_first))

    def go_last(self) -> None:
        """Go to the last message of the window, or of all."""
        self._start_job(Job("going to the last message", self._go_last))

    def load_more(self, step: int) -> None:
        """Load messages beyond either end of the held pages, even where there were none before."""
        if not self.loading and self.opened and (step > 0 or not self.pages.first):
            do = self._extend if step > 0 else self._extend_back
            self._start_job(Job("looking for newer messages", do))

    def prefetch(self, shown: range) -> None:
        """Load the pages next to the rows on screen, if no job is running."""
        pages = self.pages
        if self.loading or self._job or self.opened is None:
            return
        if asyncio.get_running_loop().time() < self._not_before:
            return
        if not pages.last and shown.stop > pages.end - AHEAD:
            self._start_job(Job("reading forward", self._extend), notice=self.notice)
        elif self.timeline_query.announces(pages.begins):
            return
        elif not pages.first and shown.start < pages.start + AHEAD:
            self._start_job(Job("reading back", self._extend_back), notice=self.notice)

    def retry(self) -> None:
        """Run the last job again."""
        if self._last and not self.loading and (self.failure or self.is_cancelled):
            self._start_job(self._last)

    def cancel(self) -> bool:
        """Cancel the running job; return whether there was one."""
        if not self.loading:
            return False
        self._job = None
        if self._task:
            self._task.cancel()
        self.loading = ""
        self._not_before = math.inf
        self._changes += 1
        return True

    @property
    def is_cancelled(self) -> bool:
        """Whether the last job was cancelled."""
        return self._not_before == math.inf

    def show_state(self, text: str) -> None:
        """List the state at a time, or what changed from one time to another.

        Args:
            text: A time, two (``from … to …``, or with an ellipsis between them), or the words of
                the window, which then is what is compared.

        Raises:
            TimeError: It is neither; knows the character.
        """
        window = self.window
        if window and text == window.words:
            places = (window.start, window.end)
            self.state_query.ask(text, lambda: asyncio.sleep(0, places), is_compared=True)
        elif is_window(text := as_window(text)):
            asked = self._parsed_window(text)
            self.state_query.ask(text, lambda: self._both(asked), is_compared=True)
        else:
            moment = self._parsed(text)
            self.state_query.ask(text, lambda: self._one(moment), is_compared=False)
        self._changes += 1

    def set_mark(self, message: Message) -> None:
        """Mark a message; a second one makes the window between them, both in it."""
        first, self.mark = self.mark, message
        self._changes += 1
        if first is None or not first.id or not message.id:
            return
        self.mark = None
        self._start_job(Job("going to the window", lambda: self._between(first, message)))

    def clear_window(self) -> None:
        """Remove the window and the mark."""
        self.window = self.mark = None
        # what is behind the window's ends is read from here on
        self.pages.first = self.pages.last = False
        self._not_before = 0.0
        self._changes += 1

    def write(self, path: Path, *, replace: bool = False) -> AsyncGenerator[ScanUpdate, None]:
        """Write the window to a file, and yield the progress."""
        assert self.window is not None, "what is written"
        asked = Write(self.window.start, self.window.end, str(path.absolute()), replace)
        return self.reader.task(asked).steps()

    # -- doing it -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Run jobs until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.search.run())
                group.create_task(self.state_query.run())
                group.create_task(self.timeline_query.run())
                group.create_task(self.due_times.run())
                group.create_task(self._serve())
        finally:
            if self._reader:
                await self._reader.close()

    async def _serve(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if job := self._job:
                self._job = None
                self._task = asyncio.create_task(self._do(job))
                try:
                    await asyncio.wait({self._task})
                finally:
                    self._task.cancel()
                if not self._task.cancelled():
                    self._task.result()

    async def _do(self, job: Job) -> None:
        try:
            if self.opened is None:
                # now, or again where that did not work: every request needs it
                self.opened = await self.reader.open(self.address)
            await job.do()
        except ArcwatchError as error:
            self.failure = error
            self._not_before = asyncio.get_running_loop().time() + RETRY
            if isinstance(error, SourceError):
                asyncio.get_running_loop().call_later(RETRY, self._changed)
        else:
            self.failure = None
            self._not_before = 0.0
            # the page comes first
            self.timeline_query.begin()
        if self._job is None:
            self.loading = ""
        self._changes += 1

    def _start_job(self, job: Job, notice: str = "") -> None:
        self._job = self._last = job
        self.loading, self.notice = job.words, notice
        if self._task:
            self._task.cancel()
        self._wake.set()
        self._changes += 1

    def _announces_timeline(self) -> bool:
        return self.window is None and self.timeline_query.announces(0)

    def _changed(self) -> None:
        self._changes += 1

    async def _go_to(self, moment: Moment, words: str) -> None:
        page = await self.reader.ask(ReadPage(await self._locate(moment), FIRST_PAGE))
        self._show(page, 0)
        if not page.messages:
            self.notice = f"nothing is stored at or after {words}; this is the last before it"
        await self._doubt(moment)

    async def _go_first(self) -> None:
        start = self.window.start if self.window else await self._locate(Earliest())
        until = self.window.end if self.window else None
        self._show(await self.reader.ask(ReadPage(start, FIRST_PAGE, until)), 0)
        self.pages.first = True

    async def _go_last(self) -> None:
        end = self.window.end if self.window else await self._locate(Latest())
        until = self.window.start if self.window else None
        page = await self.reader.ask(ReadPage(end, FIRST_PAGE, until, back=True))
        self._show(page, max(0, len(page.messages) - 1))
        self.pages.last = True
        if self.opened:
            # a transaction that hid the end may be over, and another one open
            self.opened = replace(self.opened, notes=await self.reader.ask(RenewNotes()))
            self._changes += 1

    async def _extend(self) -> None:
        pages, until = self.pages, self.window.end if self.window else None
        page = await self.reader.ask(ReadPage(pages.after_all, PAGE, until))
        if pages is self.pages:
            pages.append(page)

    async def _extend_back(self) -> None:
        pages, until = self.pages, self.window.start if self.window else None
        page = await self.reader.ask(ReadPage(pages.before_all, PAGE, until, back=True))
        if pages is self.pages:
            pages.prepend(page)

    async def _narrow(self, window: Window, words: str) -> None:
        start, end = await self._locate(window.start), await self._locate(window.end)
        self.window = HistoryWindow(start, end, words)
        self.search.again()
        await self._go_first()
        await self._doubt(window.start, window.end)

    async def _between(self, one: Message, other: Message) -> None:
        moments = [self._parsed(str(message.id)) for message in (one, other)]
        starts = [await self._locate(moment) for moment in moments]
        last = 0 if starts[0] > starts[1] else 1
        end = await self.reader.ask(Locate(moment_text(moments[last]), after=True))
        words = f"{(one, other)[1 - last].id} to {(one, other)[last].id}"
        self.window = HistoryWindow(min(starts), end, words)
        self.search.again()
        await self._go_first()

    async def _one(self, moment: Moment) -> tuple[None, Positions]:
        place = await self._locate(moment)
        await self._doubt(moment)
        return None, place

    async def _both(self, window: Window) -> tuple[Positions, Positions]:
        places = await self._locate(window.start), await self._locate(window.end)
        await self._doubt(window.start, window.end)
        return places

    async def _locate(self, moment: Moment) -> Positions:
        return await self.reader.ask(Locate(moment_text(moment)))

    async def _doubt(self, *moments: Moment) -> None:
        for moment in moments:
            if doubt := await self.reader.ask(CheckDates(moment_text(moment))):
                self.notice = doubt
                self._changes += 1
                break

    @property
    def reader(self) -> HistoryProcess:
        """The process that reads; started when first used."""
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    def begins(self, text: str) -> int:
        """When what is asked for begins; see :func:`arcwatch.notation.history_query.begins`."""
        return begins(text, self._now(), UTC if self.utc else None)

    def _parsed(self, text: str) -> Moment:
        now = self._now()
        return stored_by(parse_time(text, now, UTC if self.utc else None), now)

    def _parsed_window(self, text: str) -> Window:
        now = self._now()
        window = parse_window(text, now, UTC if self.utc else None)
        return Window(stored_by(window.start, now), stored_by(window.end, now))

    def _show(self, page: Page, anchor: int) -> None:
        self.pages, self.anchor = Pages(page), anchor
        self._changes += 1
