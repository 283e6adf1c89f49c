"""Shared by screens that make changes: a preview, a confirmation and the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget

from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.key_hints import Hint, KeyHints
from arcwatch.ui.widgets.panel import Line, Panel, wrapped
from arcwatch.ui.widgets.prompt_line import PromptLine

SOON = 1.0
"""Seconds before the elapsed time is shown."""

LOCKED = "preview only: start arcwatch with --allow-changes to apply it"


class ChangeScreen(ModalScreen[None]):
    """Previews a change, and makes it once it is allowed and confirmed."""

    DEFAULT_CSS = """
    ChangeScreen { align: center middle; }
    ChangeScreen > #change {
        width: 120;
        max-width: 100%;
        height: auto;
        max-height: 96%;
        background: $surface;
        border: round $accent;
        border-title-color: $foreground;
    }
    ChangeScreen Panel { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", id="change.leave"),
        Binding("question_mark", "app.help", "Help", show=False, id="change.help"),
    ]

    mode_hints: ClassVar[Sequence[Hint]] = (
        Hint("esc", "close", "escape"),
        Hint("?", "help", "question_mark"),
    )
    """For the last line of the screen; what else can be done now stands in the box."""

    def __init__(self, showing: ViewContext, title: str) -> None:
        super().__init__()
        self.showing = showing
        self.changer = showing.open_changer()
        self.doing = ""
        """What is being done, if anything is."""
        self.progress = ""
        """How far that is."""
        self.failure: ArcwatchError | None = None
        self._begun = 0.0
        self._box = Vertical(id="change")
        self._box.border_title = printable(title, 200).replace("[", "\\[")
        self.lines = Panel(id="change-lines")
        self.state = Panel(id="change-state")
        self.prompt = PromptLine(id="change-prompt")
        self._hints = KeyHints(id="change-hints")

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        with self._box:
            yield from self.body()
            yield self.lines
            yield self.state
            yield self.prompt
            yield self._hints

    def body(self) -> Sequence[Widget]:
        """The widgets above the lines."""
        return ()

    def on_mount(self) -> None:
        """Start, and show progress."""
        # while something is typed
        self.run_worker(self.changer.start(), group="start")
        self.set_interval(0.2, self.draw)

    async def on_unmount(self) -> None:
        """End the process that was asked."""
        await self.changer.close()

    # -- for each kind of change --------------------------------------------------------------

    def summary_lines(self) -> Sequence[Line]:
        """The current state as lines."""
        raise NotImplementedError

    def keys(self) -> Sequence[Hint]:
        """What can be done now, besides leaving it."""
        return ()

    def stop(self) -> bool:
        """Leave what is being done; whether that could be."""
        if not self.doing:
            return False
        self.workers.cancel_group(self, "change")
        return True

    # -- doing --------------------------------------------------------------------------------

    def do(self, doing: str, work: Coroutine[Any, Any, None]) -> None:
        """Do something that takes a while, instead of what is being done."""
        self.doing, self.progress, self.failure = doing, "", None
        self._begun = time.monotonic()
        self.run_worker(self._done(work), exclusive=True, group="change")
        self.draw()

    async def _done(self, work: Coroutine[Any, Any, None]) -> None:
        doing = self.doing
        try:
            await work
        except ArcwatchError as error:
            self.failure = error
        finally:
            if self.doing == doing:
                self.doing = self.progress = ""
        self.draw()
        self.settled()

    def settled(self) -> None:
        """Something has ended."""

    def confirm(self, words: str, what: str, then: Callable[[], None]) -> None:
        """Have words typed before something is done."""

        def answered(text: str) -> None:
            if text.replace(",", "") != words.replace(",", ""):
                hint = f"type {printable(words, 60)}, or esc"
                raise UsageError("confirmation did not match; nothing was changed", hint=hint)
            then()

        self.prompt.ask(f"type {printable(words, 60)} to {what}", "", answered)

    def action_leave(self) -> None:
        """Leave what is being done, or the screen."""
        if not self.stop():
            self.dismiss()

    # -- drawing ------------------------------------------------------------------------------

    def draw(self) -> None:
        """Bring the screen up to date."""
        if not self.is_mounted:
            return
        width = self.lines.inner_width
        lines = [each for line in self.summary_lines() for each in wrapped(line, width)]
        if self.failure:
            lines.append([(printable(self.failure.headline, 400), "bad")])
            if self.failure.hint:
                lines.append([(f"  {printable(self.failure.hint, 400)}", "dim")])
        self.lines.styles.height = len(lines)
        self.lines.display = bool(lines)
        self.lines.show(lines)
        self.state.display = bool(state := self._state())
        self.state.styles.height = 1
        self.state.show([state])
        esc = Hint("esc", "stop" if self.doing else "close", "escape")
        self._hints.show([*self.keys(), esc])

    def _state(self) -> Line:
        if not self.doing:
            return []
        took = time.monotonic() - self._begun
        span = f"  {units.duration(round(took))}" if took >= SOON else ""
        return [(f"{self.doing} …", "warn"), (f"{span}  {self.progress}", "label")]
