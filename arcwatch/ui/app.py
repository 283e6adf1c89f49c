"""The app: views in a switcher, and one frame timer that pulls from the store.

Nothing pushes.  A message for each reading would cost more than a look at a version number,
and a view that is not on screen costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType

from arcwatch.config.appearance import Appearance
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.runtime.boundary import boundary
from arcwatch.text.control_characters import printable
from arcwatch.ui.views.numbered import FIRST
from arcwatch.ui.widgets.arrangement import Arrangement
from arcwatch.ui.widgets.key_hints import hints_of
from arcwatch.ui.widgets.problems_line import Trouble

from .header import UNMARKED, Header, Marks
from .last_session import Memory
from .program import supervise
from .shell import NOTHING, USUAL, Shell
from .taken import copy

if TYPE_CHECKING:
    from arcwatch.config.settings import Contexts, Settings
    from arcwatch.model.pulsar import ExactBacklog
    from arcwatch.store.names import Name
    from arcwatch.ui.views.switcher import Views
    from arcwatch.ui.views.things import Thing
    from arcwatch.ui.views.view import View
    from arcwatch.ui.widgets.filter_input import FilterInput
    from arcwatch.ui.widgets.finder_box import FinderBox
    from arcwatch.ui.widgets.row_table import RowTable

    from .finding import Finding
    from .view_context import ViewContext


FIND_AGAIN = 2.0
"""Seconds between two looks at whether there are new names."""


class Arcwatch(Shell):
    """The dashboard.

    Args:
        showing: Makes the store, the engine that fills it, and how figures are shown.  Called when
            the first picture, which needs none of them, has been painted.
        now: Unix seconds, for the clock in the header.
        learned: Called with the known names, on a thread.
    """

    FRAME: ClassVar[float] = 1 / 10
    """Seconds between two looks at the store.  Servers are asked less often than that."""

    showing: ViewContext
    views: Views
    filter_input: FilterInput
    command_line: FinderBox
    finding: Finding

    def __init__(
        self,
        showing: Callable[[], ViewContext],
        *,
        context: str = "local",
        now: Callable[[], float] = time.time,
        appearance: Appearance = USUAL,
        memory: Memory = NOTHING,
        marks: Marks = UNMARKED,
        contexts: Contexts | None = None,
        uses: Mapping[tuple[str, str], int] | None = None,
        learned: Callable[[Sequence[Name]], None] = lambda names: None,
    ) -> None:
        super().__init__(context, now, appearance, memory, marks)
        self.contexts = contexts
        self.chosen: Settings | None = None
        """Of the context to go on with, where the user left for one."""
        self._uses, self._learned = uses or {}, learned
        self._show = showing
        self._seen: object = None
        self._hinted: object = None
        self._problem: int | None = None
        """Which of the problems was gone to last."""

    async def begin(self) -> None:
        """Go back to where the user was, and start the frames."""
        from arcwatch.ui.views.switcher import Views

        self.showing = self._show()
        self.showing.utc = self._memory.utc
        self.showing.layouts.update(self._memory.layouts)
        self.views = Views(self.showing, self._memory.view)
        await self.mount(self.views, before=self.hints)
        self.view.show_sheet(self._memory.sheet)
        self.view.take_keys()
        # the views' own timer: it ends with them, and so before there is nothing left to draw on
        self.views.set_interval(self.FRAME, self.frame)
        self.call_after_refresh(self.frame)

    async def fill(self) -> None:
        """Create the other views, the filter and the finder, and start what the views show."""
        from arcwatch.ui.widgets.filter_input import FilterInput
        from arcwatch.ui.widgets.finder_box import FinderBox

        from .finding import Finding

        self.views.fill()
        self.filter_input = FilterInput(
            lambda text: self.view.completed(text), completes=lambda: self.view.completes
        )
        finding = self.finding = Finding(self, self._uses, self._learned)
        self.command_line = FinderBox(finding.find, finding.unknown, finding.prepare)
        if not self._exit:
            # Textual ends its timers once
            self.set_interval(FIND_AGAIN, finding.refresh)
        await self.mount(self.filter_input, self.command_line, before=self.hints)
        showing = self.showing
        supervise(self.views, showing.tailing.run, "tail")
        supervise(self.views, showing.browsing.run, "history")
        supervise(self, showing.watcher.run, "engine")
        # which imports its sources first: no key is dealt with meanwhile
        await asyncio.sleep(0)

    def exit(
        self, result: None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Leave, noting where the user was."""
        if self.has_begun:
            view, showing = self.view, self.showing
            kept = (self.theme_name, showing.utc, showing.layouts, self.arrangements)
            self.left = Memory(view.id or "", view.current_sheet, *kept)
        if self.watchdog:
            self.watchdog.quitting()
        super().exit(result, return_code, message)

    @property
    def view(self) -> View:
        """The view on screen."""
        return self.views.shown

    # -- drawing --------------------------------------------------------------------------------

    def frame(self) -> None:
        """Draw what has changed since the last frame, which mostly is nothing."""
        if not self.is_running:
            # the widgets are removed one after another, and the timer among the last
            return
        self._drawn(self._draw_around, "the frame could not be drawn", [])
        self._drawn(self._draw_changed, "the screen could not be drawn", [])

    def _draw_around(self) -> None:
        self._draw_header()
        self._draw_hints()
        self.views.ring()

    def _draw_changed(self) -> None:
        errors = self.recent_errors()
        seen = (self.view, self.size, self.view.version, self.showing.version, errors)
        if seen != self._seen:
            self._seen = seen
            self.draw()

    def draw(self) -> None:
        """Bring the screen up to date with the store."""
        if not self.view.is_mounted:
            return
        troubles: list[Trouble] = []
        self._drawn(self.view.draw, f"{self.view.NAME} could not be drawn", troubles)
        self._drawn(lambda: self._show_problems(troubles), "problems could not be shown", troubles)
        if self.is_whole:
            # what came of a filter goes with it
            self.filter_input.show_status(self.view.filter_status if self.view.filter else "")

    def _show_problems(self, troubles: Sequence[Trouble]) -> None:
        found = self.views.problems()
        every = [*troubles, *found, *map(Trouble, self.recent_errors())]
        self.problems_line.show(every, self._problem or 0)

    def _drawn(self, draw: Callable[[], None], what: str, troubles: list[Trouble]) -> None:
        """Draw a part of the screen; a bug in it leaves the others as they are."""
        try:
            with boundary(what):
                draw()
        except ArcwatchError as error:
            self.announce(error)
            troubles.append(Trouble(printable(error.headline, 300)))
            self.problems_line.show(troubles)

    def _draw_header(self) -> None:
        status = self.views.status()
        self.header.draw(self._now(), status, held=self.showing.held, utc=self.showing.utc)

    def _draw_hints(self) -> None:
        # finding out which keys do something costs more than all else in an unchanged frame
        view = self.view
        under = (view.tab_count, view.address, self.is_whole)
        asked = (self.screen, self.focused, *under)
        if asked != self._hinted:
            self._hinted = asked
            self.hints.show(*hints_of(self.screen, self._offers))

    def _offers(self, action: str) -> bool:
        """Whether a key makes a difference to what is under the cursor."""
        action = action.removeprefix("app.")
        if action not in ("tail", "browse", "why", "filter", "rewind") or not self.is_whole:
            return True
        from .entries import offers

        return offers(self.view, action)

    # -- keys -----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out what makes no difference to what is on show."""
        return self.has_begun and self.view.has_totals if action == "totals" else True

    def leave(self) -> None:
        """Remember where the user is: escape comes back here."""
        self.showing.trail.leave(self.view.whereabouts)

    def action_view(self, view: str, then: Callable[[], None] = lambda: None) -> None:
        """Show another view, and ``then`` do what needs its parts."""
        if view != self.views.current:
            self.leave()
        self._show_view(view, then)

    def _show_view(self, view: str, then: Callable[[], None] = lambda: None) -> None:
        # a view that draws topics names them; others need no details of them
        self.showing.watcher.focus(())
        if self.views.named(view).is_mounted:
            self._enter(view, then)
        else:
            # before the next key, which may be about what is in it
            self.call_next(self._mount, view, then)

    async def _mount(self, view: str, then: Callable[[], None]) -> None:
        await self.views.mount_named(view)
        self.do(self._enter, view, then)

    def _enter(self, view: str, then: Callable[[], None]) -> None:
        self.views.current = self.header.current = view
        self.filter_input.follow(self.view.filter)
        self.view.take_keys()
        self.draw()
        then()
        self.filter_input.follow(self.view.filter)

    def open_thing(self, thing: Thing, *, walks: bool = False, at: float | None = None) -> None:
        """Open a thing in its view, at the moment it concerns, if any."""
        self.leave()
        self._open(thing, walks=walks, at=at)

    def _open(self, thing: Thing, *, walks: bool, at: float | None = None) -> None:
        def opened() -> None:
            self.view.go_to(thing.row, walks=walks)
            if at is not None:
                self.view.point_at(at)

        self._show_view(thing.view, opened)

    def on_row_table_columns_requested(self, event: RowTable.ColumnsRequested) -> None:
        """Show the columns of a table."""
        from arcwatch.ui.screens.columns import ColumnsScreen

        self.push_screen(ColumnsScreen(event.table))

    def on_row_table_full_row_requested(self, event: RowTable.FullRowRequested) -> None:
        """Show a row in full."""
        from arcwatch.ui.screens.full_row import FullRowScreen

        self.push_screen(FullRowScreen(event.fields))

    def on_row_table_arranged(self, event: RowTable.Arranged) -> None:
        """Remember what the user made of columns; nothing where they are as usual."""
        self.arrangements.pop(event.table.place, None)
        if event.arrangement != Arrangement():
            self.arrangements[event.table.place] = event.arrangement

    def action_next_problem(self) -> None:
        """Go to the next of the problems, around the end."""
        things = self.views.things_of_problems()
        if things:
            self._problem = 0 if self._problem is None else (self._problem + 1) % len(things)
            thing = things[self._problem]
            self.open_thing(thing) if thing else self.action_view("alerts")
            self.draw()

    def action_command(self) -> None:
        """Open the box that finds anything."""
        self.command_line.open()

    def action_filter(self) -> None:
        """Open the filter of the table on show."""
        self.filter_input.open()

    def action_hold(self) -> None:
        """Hold the picture, or let it go on."""
        self.showing.hold(not self.showing.held)
        self._draw_header()
        self.draw()

    def action_totals(self) -> None:
        """Show totals instead of rates, or rates again."""
        self.showing.totals = not self.showing.totals
        self.draw()

    def action_utc(self) -> None:
        """Show times in UTC, or in local time again."""
        self.showing.utc = not self.showing.utc
        self._draw_header()
        self.draw()

    def action_refresh_now(self) -> None:
        """Ask every server now."""
        self.showing.watcher.refresh()

    def action_help(self) -> None:
        """Show what the keys do."""
        from arcwatch.ui.screens.help import HelpScreen, sections_of, uses_of

        # Textual has no public way to read its screen as text
        shown = "\n".join(strip.text for strip in self.screen._compositor.render_strips())
        uses, allowed = uses_of(self.screen), self.showing.changes_allowed
        sections = sections_of(uses, shown, allowed=allowed, name=self.view.NAME)
        self.push_screen(HelpScreen(sections))

    def action_copy(self) -> None:
        """Copy the address of the row under the cursor, or the content of a message."""
        if text := self.view.copied():
            self.copy_text(text)

    def copy_text(self, text: str) -> None:
        """Copy a text, and confirm it."""
        copy(self, text)

    def action_tail(self) -> None:
        """Tail the address of the row under the cursor."""
        from .entries import tail_row

        self.do(tail_row, self)

    def action_browse(self) -> None:
        """Open the history of what the row under the cursor is about."""
        from .entries import browse_row

        self.do(browse_row, self)

    def action_at(self) -> None:
        """Ask for the time at which to open the history of the row under the cursor."""
        from .entries import ask_time

        self.do(ask_time, self)

    def action_now(self) -> None:
        """Go on with now: the picture, the charts, the messages."""
        self.showing.hold(False)
        self.view.go_live()
        self._draw_header()
        self.draw()

    def action_events(self) -> None:
        """Show what happened, newest first."""
        self.leave()
        self.action_view("alerts", self._show_events)

    def _show_events(self) -> None:
        self.view.show_sheet("events")
        self.draw()

    def action_why(self) -> None:
        """Show why the backlog under the cursor waits, and what to try."""
        from .entries import why_row

        self.do(why_row, self)

    def action_rewind(self) -> None:
        """Preview what moving the subscription of the row under the cursor does."""
        from .entries import rewind_row

        self.do(rewind_row, self)

    def action_exact(self) -> None:
        """Have what waits in the row under the cursor counted."""
        if self.showing.count and (address := self.view.address):
            self.notify(f"counting the backlog of {printable(address, 80)} …", markup=False)
            self.run_worker(self._count(self.showing.count(address)), name="count")

    async def _count(self, counting: Awaitable[ExactBacklog]) -> None:
        from arcwatch.engine.exact_backlog import summary

        try:
            found = summary(await counting, self._now())
        except ArcwatchError as error:
            self.print_error(f"{error.headline}.  {error.hint}" if error.hint else error.headline)
        else:
            self.notify(found, timeout=20, markup=False)

    async def action_back(self) -> None:
        """Take back the filter; or else go back to where the user was, at last the overview."""
        if self.view.filter:
            self.filter_input.close()
            self.view.filter = ""
            self.draw()
        elif place := self.showing.trail.back():
            if place.view != self.views.current:
                # its key leads to the lists again, not to what escape left
                self.view.leave_row()
            self._show_view(place.view, lambda: self.view.return_to(place.spot))
        elif self.views.current != FIRST:
            self._show_view(FIRST)

    # -- messages of widgets --------------------------------------------------------------------

    def on_header_picked(self, event: Header.Picked) -> None:
        """A view was clicked."""
        self.action_view(event.view_id)

    def on_problems_line_picked(self) -> None:
        """The problems were clicked: show all of them."""
        self.action_view("alerts")

    def on_view_go_to(self, event: View.GoTo) -> None:
        """A view asks for a thing that lives in another."""
        self.open_thing(event.thing, walks=event.walks, at=event.at)

    def on_view_walk(self, event: View.Walk) -> None:
        """Open the next row of the list that this one was opened from."""
        origin = self.showing.trail.back()
        if origin is None:
            return
        left = self.views.named(origin.view)
        thing = left.neighbour(event.step)
        self.showing.trail.leave(left.whereabouts)
        if thing:
            self._open(thing, walks=True)

    def on_unclaimed(self) -> None:
        """Return the keyboard to the view once the focused widget is gone."""
        self.view.take_keys()

    def on_view_sheet_changed(self) -> None:
        """Show the filter of the table that is visible now."""
        if self.is_whole:
            self.filter_input.follow(self.view.filter)

    def on_view_narrow(self, event: View.Narrow) -> None:
        """A view asks for its table to be filtered, or for no filter."""
        if not event.words:
            self.filter_input.close()
            self.view.take_keys()
            return
        self.filter_input.open()
        self.filter_input.typed.value = event.words
        self.view.take_keys()

    def on_view_command(self, event: View.Command) -> None:
        """Run the command that a view asks for."""
        from .entries import handle

        self.do(handle, event.command, self)

    def do(self, action: Callable[..., None], *args: object) -> None:
        """Call ``action``, and show why where the user asked for something impossible."""
        try:
            action(*args)
        except UsageError as error:
            self.print_error(f"{error.headline}.  {error.hint}" if error.hint else error.headline)

    def on_filter_input_changed(self, event: FilterInput.Changed) -> None:
        """Filter the table on show as words are typed."""
        self.view.filter = event.text
        self.draw()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """A row that no view knows how to open."""
        event.stop()
