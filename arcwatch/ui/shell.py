"""The frame of the screen: everything that can be drawn before anything is known.

Nothing is imported here that knows of NATS or Pulsar: half of the time until something is to be
seen is spent on imports, and what is imported here comes before it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual import getters
from textual.app import ComposeResult

from arcwatch.config.appearance import Appearance
from arcwatch.text.control_characters import printable
from arcwatch.ui.views.numbered import FIRST, VIEWS
from arcwatch.ui.widgets.arrangement import Arrangement
from arcwatch.ui.widgets.key_hints import KeyHints
from arcwatch.ui.widgets.problems_line import ProblemsLine

from .header import UNMARKED, Header, Marks, Tab
from .keys import KEYS, quit_keys
from .last_session import Memory
from .program import Program
from .taken import take_picture
from .themes import OWN, THEMES

USUAL = Appearance(None, "braille", 1.0, mouse=True, colour=True, keys={})
NOTHING = Memory()

NOTED = 15
"""Seconds that a note about the settings stays."""


class Shell(Program):
    """Header, problems and key hints, in the chosen theme.

    Args:
        now: Unix seconds, for the clock in the header.
    """

    TITLE = "arcwatch"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (76, "-narrow"), (110, "-wide")]  # noqa: RUF012 - App's own type
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall"), (44, "-taller")]  # noqa: RUF012 - as above

    BINDINGS = KEYS

    header = getters.query_one(Header)
    problems_line = getters.query_one(ProblemsLine)
    hints = getters.query_one(KeyHints)

    def __init__(
        self,
        context: str,
        now: Callable[[], float],
        appearance: Appearance,
        memory: Memory,
        marks: Marks = UNMARKED,
    ) -> None:
        theme = appearance.theme or memory.theme
        self.theme_name = theme if theme in THEMES else "dark"
        ansi = not appearance.colour or self.theme_name == "16-colour"
        # decided here because Textual takes no colour out of a theme that is chosen later
        super().__init__(ansi_color=ansi or None, quit_keys=quit_keys(appearance.keys))
        for own in OWN:
            self.register_theme(own)
        self.set_keymap(dict(appearance.keys))
        self.set_class(appearance.glyphs == "ascii", "-ascii")
        self.arrangements: dict[str, Arrangement] = dict(memory.tables)
        """What the user made of columns; see :attr:`RowTable.place`."""
        self._where, self._now, self._memory = context, now, memory
        self._marks = marks
        self.left = memory
        """Where the user was when they left this time."""

    def compose(self) -> ComposeResult:
        """From top to bottom; the view goes between the problems and the keys."""
        yield Header(
            self._where, [Tab(view.id, view.name, view.number) for view in VIEWS], self._marks
        )
        yield ProblemsLine()
        yield KeyHints()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Roles that Textual's own themes lack: styles are read before there is a theme."""
        return OWN[0].variables

    def on_load(self) -> None:
        """Choose the colours before there are widgets, which would all be styled a second time."""
        # by name, so that TEXTUAL_THEME, meant for other programs, does not leak in
        self.theme = THEMES[self.theme_name]

    def on_mount(self) -> None:
        """Show the time, and which view is loading."""
        known = self._memory.view in {view.id for view in VIEWS}
        self.header.current = self._memory.view if known else FIRST
        self.header.draw(self._now(), utc=self._memory.utc)
        for note in self._marks.notes:
            self.notify(printable(note, 300), severity="warning", timeout=NOTED, markup=False)

    def use_theme(self, name: str) -> None:
        """Use one of :data:`~arcwatch.ui.themes.THEMES`."""
        self.theme_name = name
        self.theme = THEMES[name]

    def print_error(self, text: str) -> None:
        """Show an error to the user."""
        self.notify(printable(text, 300), severity="warning", markup=False)

    def action_picture(self) -> None:
        """Write the screen to an SVG file in the working directory."""
        # what was typed to ask for it is gone by then
        self.call_after_refresh(take_picture, self, at=self._now())
