"""The app as a program: early first paint, orderly exit, and no traceback."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any

from textual import events
from textual._context import active_message_pump
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.message import Message
from textual.widget import Widget
from textual.worker import WorkerFailed

from arcwatch.errors import ArcwatchError
from arcwatch.runtime.boundary import boundary
from arcwatch.text.control_characters import printable

from .contained import contain, is_contained, report_error, words
from .keyboard import Keyboard

if TYPE_CHECKING:
    from .watchdog import Watchdog

ANEW, LONGEST_ANEW = 1.0, 60.0
"""Seconds before what a bug ended begins again: the first time, and at most."""

_GOES_ON = ("_flush_next_callbacks", "_tick")
"""Functions of Textual's ``MessagePump`` and ``Timer`` that go on after an exception."""

_LOOP = "_process_messages_loop"
"""The function of ``MessagePump`` that takes one message after the other."""

MOST_ERRORS = 50
"""Different bugs that are reported, at most."""

RECENT = 600.0
"""Seconds that a bug is a problem for after it was last met."""

SETTLED = 5.0
"""Seconds after which what was imported, and the first answers of the servers are there."""


class Program(App[None]):
    """An app that paints a frame, then what is in it, and then does what is not to be seen yet.

    Keys and clicks that come before all of that is done are kept, and come after it; but one that
    quits, typed before anything that it could be a letter of, ends the program at once.
    """

    def __init__(
        self, *, ansi_color: bool | None = None, quit_keys: Collection[str] = ("ctrl+q",)
    ) -> None:
        super().__init__(ansi_color=ansi_color)
        self.has_begun = False
        """Whether there is something in the frame."""
        self.watchdog: Watchdog | None = None
        """Ends the process where the app does not."""
        self._early: list[events.InputEvent] | None = []
        self._quit_keys, self._has_typed = quit_keys, False
        self._announced: set[str] = set()
        self._errors: dict[str, float] = {}
        self._keyboard = Keyboard(self, super().on_event)

    def get_driver_class(self) -> type[Driver]:
        """What draws."""
        from .driver import TerminalDriver

        return TerminalDriver

    def on_mount(self) -> None:
        """Begin, and end as one that was quit when killed or when the terminal closes."""
        if self.watchdog:
            loop = asyncio.get_running_loop()
            self.watchdog.attend(lambda: loop.call_soon_threadsafe(self.exit))
        self.call_after_refresh(self._begin)

    @property
    def is_whole(self) -> bool:
        """Whether everything is there."""
        return self._early is None

    async def complete(self) -> None:
        """Do all that the first picture did without; a second time there is nothing to do."""
        await self._begin()
        if self._early is None:
            return
        await self.fill()
        if self._exit:
            # Textual has ended its timers
            return
        early, self._early = self._early or [], None
        for event in early:
            self.post_message(event)
        self.set_timer(SETTLED, _settle)

    async def begin(self) -> None:
        """Put something in the frame.  Called once, when the frame has been painted."""

    async def fill(self) -> None:
        """Add what is not to be seen yet.  Called once, when what is in the frame was painted."""

    async def _begin(self) -> None:
        if not self.has_begun:
            await self.begin()
            self.has_begun = True
            self.call_after_refresh(self.complete)

    async def on_event(self, event: events.Event) -> None:
        """Let keys and clicks wait until everything is there that they may be about."""
        if self._early is not None and isinstance(event, events.InputEvent):
            self._early.append(event)
        elif isinstance(event, events.Key) and not event.is_forwarded:
            await self._keyboard.typed(event)
        else:
            await super().on_event(event)

    def key_read(self, key: events.Key) -> None:
        """Leave at once for a key that quits while the app still starts.

        Called by the thread that reads the terminal: the loop may be busy for seconds.
        """
        is_first, self._has_typed = not self._has_typed, True
        quits = key.key in self._quit_keys or key.character in self._quit_keys
        is_no_letter = is_first or key.key.startswith("ctrl+")
        if self.watchdog and not self.is_whole and quits and is_no_letter:
            self.watchdog.leave()

    def action_suspend_process(self) -> None:
        """Stop until the shell's ``fg``, if a shell waits for us."""
        if self._driver is None or not self._driver.can_suspend or not _has_shell():
            self.notify("no shell to return to: arcwatch keeps running", markup=False)
            return
        # the shell takes the terminal once the first of the job stops
        self._driver.suspend_application_mode()
        # all of the job, since the shell of `uv run arcwatch` waits for uv
        os.killpg(0, signal.SIGSTOP)

    def announce(self, error: ArcwatchError) -> None:
        """Notify the user of something that failed, once, however often it does."""
        text = words(error)
        if text not in self._announced and len(self._announced) < MOST_ERRORS:
            self._announced.add(text)
            self.notify(text, severity="error", timeout=60, markup=False)

    def report_error(self, error: ArcwatchError) -> None:
        """Announce a failure that did not end the program, and remember it."""
        self.announce(error)
        headline = printable(error.headline, 300)
        if headline in self._errors or len(self._errors) < MOST_ERRORS:
            self._errors[headline] = time.monotonic()

    def recent_errors(self) -> tuple[str, ...]:
        """Failures of the last minutes, in the order in which each first occurred."""
        since = time.monotonic() - RECENT
        return tuple(text for text, last in self._errors.items() if last > since)

    def _register(self, parent: DOMNode, *widgets: Widget, **places: Any) -> list[Widget]:
        # with the next, all ways by which Textual lets a widget begin
        for widget in widgets:
            contain(widget)
        return super()._register(parent, *widgets, **places)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        contain(widget)
        super()._start_widget(parent, widget)

    async def _dispatch_message(self, message: Message) -> None:
        # before all is there it could not be reported, and there is nothing to keep alive
        if not self.is_whole:
            await super()._dispatch_message(message)
            return
        try:
            with boundary("a key or an event could not be handled"):
                await super()._dispatch_message(message)
        except ArcwatchError as error:
            self.report_error(error)

    def _handle_exception(self, error: Exception) -> None:
        if self._exit:
            # Textual mounts nothing more, and what still begins does not find it
            return
        caller = sys._getframe(1).f_code.co_name
        contained = is_contained(active_message_pump.get(None))
        if caller == "_compose" and contained:
            # where Textual would go on, as if all had been composed
            raise error
        # what else can go wrong in the loop of a contained widget, an idle event, does not end it;
        # after anything else Textual lets the widget, or the screen, hear nothing more
        goes_on = caller in _GOES_ON or (caller == _LOOP and contained)
        if not (self.is_whole and (goes_on or isinstance(error, WorkerFailed))):
            super()._handle_exception(error)
            return
        try:
            with boundary("an operation could not be completed"):
                raise error.error if isinstance(error, WorkerFailed) else error
        except ArcwatchError as failure:
            self.report_error(failure)

    @property
    def crash(self) -> BaseException | None:
        """The bug that ended the app, if any, for the caller to raise."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def _fatal_error(self) -> None:
        # Textual would print a traceback with every local variable: other people's messages
        self._close_messages_no_wait()


def _has_shell() -> bool:
    """Whether a shell with job control could continue us: we are not first in the session."""
    try:
        leads = os.getsid(0) == os.getpgrp()
        return not leads and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _settle() -> None:
    """Keep what stays for good out of every later garbage collection, which it would make longer.

    With 3,000 topics the longest took 60 ms, and so did a key that came meanwhile.
    """
    gc.collect()
    gc.freeze()


def supervise(node: DOMNode, work: Callable[[], Coroutine[None, None, None]], name: str) -> None:
    """Run what goes on for as long as a view or the app does; again, where a bug ended it."""

    async def supervised() -> None:
        wait = ANEW
        while True:
            try:
                with boundary(f"a bug interrupted the {name}; it was restarted"):
                    return await work()
            except ArcwatchError as error:
                report_error(node, error)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_ANEW)

    if node.app._exit:
        # Textual may have cancelled its workers already, and would wait for no other
        return
    node.run_worker(supervised(), name=name)
