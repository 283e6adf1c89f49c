"""The box in which anything is found and opened: a line to type in, and a list that narrows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len
from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input, Static

from arcwatch.errors import ArcwatchError
from arcwatch.text.control_characters import printable

from .cells import fit
from .changed_lines import ChangedLines, Piece, joined
from .key_hints import Hint
from .keyboard_loan import KeyboardLoan

KIND, WHERE = 12, 34
"""Cells of a row's kind, and at most of where it lives."""

MOST_ROWS = 12
"""Rows that are shown at once."""

WIDEST = 100
"""Cells of the box."""

FRAME = 4
"""Lines of the box besides its rows: the frame, what is typed, and what the keys do."""


@dataclass(frozen=True)
class Offer:
    """One row: something that can be opened or done."""

    kind: str
    text: str
    where: str
    """The view where it lives, or what it means."""
    run: Callable[[], None]
    completion: str = ""
    """What is typed where the user takes it over."""
    trouble: int = 0
    """2 critical, 1 a warning."""
    note: str = ""
    """What is wrong with it."""
    places: Sequence[int] = ()
    """Which characters of the text are those that were typed."""
    more: Callable[[], Sequence[Offer]] = tuple
    """What else can be done with it."""


@dataclass(frozen=True)
class Offers:
    """What fits the words that were typed."""

    rows: Sequence[Offer]
    counted: str
    """How many there are, of how many: ``12 of 3,412 names``."""


class FinderBox(Vertical):
    """Closed until opened.  Its list narrows with every key.

    Args:
        unknown: Does what was typed where nothing fits; raises for what cannot be done.
        opening: Called before the box takes the keyboard.
    """

    DEFAULT_CSS = """
    FinderBox {
        layer: over;
        dock: top;
        display: none;
        height: auto;
        background: $surface;
        border: round $accent;
        border-title-color: $text;
        border-subtitle-color: $text-muted;
        &.-open { display: block; }
        & > Horizontal { height: 1; }
        & > Horizontal > Static { width: auto; padding: 0 1; }
        & #finder-counted { color: $text-muted; }
        & Input, & Input:focus {
            width: 1fr;
            height: 1;
            border: none;
            padding: 0;
            background: transparent;
        }
        & > #finder-status { height: 1; padding: 0 1; color: $text-muted; }
        & > #finder-status.-wrong { height: auto; color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="command.close"),
        Binding("tab", "complete", "Complete", id="command.complete"),
        Binding("up", "move(-1)", "Up", show=False, id="command.earlier"),
        Binding("down", "move(1)", "Down", show=False, id="command.later"),
        Binding("pageup", "move(-10)", "Page up", show=False, id="command.page-up"),
        Binding("pagedown", "move(10)", "Page down", show=False, id="command.page-down"),
    ]

    mode_hints: ClassVar[Sequence[Hint]] = (
        Hint("enter", "open"),
        Hint("tab", "complete"),
        Hint("→", "more", "right"),
        Hint("↑ ↓", "choose", "down"),
        Hint("esc", "close", "escape"),
    )
    """What the keys do while something is typed."""

    typed = getters.query_one(Input)

    def __init__(
        self,
        find: Callable[[str], Offers],
        unknown: Callable[[str], None],
        opening: Callable[[], None] = lambda: None,
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._find, self._unknown, self._opening = find, unknown, opening
        self._rows = FinderRows()
        self._counted = Static("", id="finder-counted", markup=False)
        self._status = Static("", id="finder-status", markup=False)
        self._within: Offer | None = None
        self.border_title = "Go to"

    def compose(self) -> ComposeResult:
        """What is typed, what fits, and what the keys do."""
        with Horizontal():
            yield Static(">", markup=False)
            yield _Words(compact=True, select_on_focus=False)
            yield self._counted
        yield self._rows
        yield self._status

    def on_mount(self) -> None:
        """Stay in the middle, whatever becomes of the screen's size."""
        # its own size is fixed, so that it hears nothing of a terminal that shrinks
        self.screen.screen_layout_refresh_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        if self.has_class("-open"):
            self._lay_out()

    @cached_property
    def _keyboard(self) -> KeyboardLoan:
        return KeyboardLoan(self.typed)

    def open(self, text: str = "") -> None:
        """Show the box with ``text`` in it, and take the keyboard."""
        if not self.typed.has_focus:
            self._opening()
        self._lay_out()
        self.add_class("-open")
        with self.prevent(Input.Changed):
            self.typed.value = text
        self.typed.cursor_position = len(text)
        self._keyboard.take()
        self.narrow()

    def narrow(self) -> None:
        """Show what fits the words typed."""
        self._within = None
        offers = self._find(self.typed.value)
        self._show(offers.rows, offers.counted)

    def _show(self, rows: Sequence[Offer], counted: str) -> None:
        self._rows.show(rows)
        self._counted.update(counted)
        self._say("")

    def _say(self, wrong: str) -> None:
        """The reason why what was typed cannot be done, or what the keys do."""
        usual = "esc back" if self._within else "→ more · : verb  @ time  / filter"
        self._status.set_class(bool(wrong), "-wrong")
        self._status.update(printable(wrong or f"enter opens · tab completes · {usual}", 300))

    def _lay_out(self) -> None:
        screen = self.screen.size
        width = min(WIDEST, screen.width)
        self.styles.width = width
        self.styles.offset = ((screen.width - width) // 2, min(2, screen.height // 12))
        self._rows.styles.height = max(1, min(MOST_ROWS, screen.height - FRAME - 2))

    # -- keys -----------------------------------------------------------------------------------

    def action_close(self) -> None:
        """Leave what else can be done; or hide the box, and give the keyboard back."""
        if self._within:
            self.narrow()
            return
        self.remove_class("-open")
        with self.prevent(Input.Changed):
            self.typed.value = ""
        self._keyboard.give_back()

    def action_move(self, step: int) -> None:
        """Choose another row."""
        self._rows.move(step)

    def action_complete(self) -> None:
        """Take over the name of the chosen row; of what was typed itself, that of the next one."""
        offer = self._rows.chosen
        if offer and offer.completion == self.typed.value:
            self._rows.move(1)
            offer = self._rows.chosen
        if offer and offer.completion:
            self.typed.value = offer.completion
            self.typed.cursor_position = len(offer.completion)

    def action_further(self) -> None:
        """Show what else can be done with the chosen row."""
        offer = self._rows.chosen
        if offer and not self._within and (more := offer.more()):
            self._within = offer
            self._show(more, printable(offer.text, 40))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open or do what is chosen; what cannot be done stays, with the reason."""
        event.stop()
        self.take(self._rows.chosen)

    def take(self, offer: Offer | None) -> None:
        """Open or do what a row offers, or what was typed where no row does."""
        text = self.typed.value
        if offer is None and not text.strip():
            self.action_close()
            return
        self._within = None
        self.action_close()
        try:
            if offer is None:
                self._unknown(text)
            else:
                offer.run()
        except ArcwatchError as error:
            self.open(text)
            self._say(f"{error.headline}.  {error.hint}" if error.hint else error.headline)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list at every key."""
        event.stop()
        self.narrow()


class _Words(Input):
    """What is typed: at its end, the key to the right leads further."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "further", "More", show=False, id="command.further"),
    ]

    def action_further(self) -> None:
        """Move the cursor, or show what else can be done."""
        if self.cursor_position < len(self.value):
            self.action_cursor_right()
        else:
            self.query_ancestor(FinderBox).action_further()


class FinderRows(ChangedLines):
    """The rows, one of them chosen."""

    LOOKS = "finder"
    DEFAULT_CSS = """
    FinderRows {
        & > .finder--chosen {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
        & > .finder--chosen-match {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold underline;
        }
        & > .finder--dim { color: $text-muted; }
        & > .finder--match { text-style: bold underline; }
        & > .finder--warn { color: $text-warning; }
        & > .finder--bad { color: $text-error; text-style: bold; }
        &:nocolor > .finder--chosen, &:ansi > .finder--chosen { text-style: reverse; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Offer] = ()
        self._at = self._top = 0

    @property
    def chosen(self) -> Offer | None:
        """The row that enter opens."""
        return self._rows[self._at] if self._rows else None

    def show(self, rows: Sequence[Offer]) -> None:
        """Replace the rows, and choose the first."""
        self._rows, self._at, self._top = rows, 0, 0
        self.repaint()

    def move(self, step: int) -> None:
        """Choose another row, stopping at either end."""
        self._at = max(0, min(len(self._rows) - 1, self._at + step))
        height = max(1, self.size.height)
        self._top = min(self._at, max(self._top, self._at - height + 1))
        self.repaint()

    def line(self, y: int) -> Strip:
        """One row: its mark, its kind, its name, what is wrong with it, where it lives."""
        width, nth = self.size.width, self._top + y
        where = min(WHERE, width // 3)
        if nth >= len(self._rows):
            return Strip.blank(width, self.style_of(""))
        offer = self._rows[nth]
        chosen = nth == self._at
        base = "chosen" if chosen else ""
        tone = base or {1: "warn", 2: "bad"}.get(offer.trouble, "")
        mark = {1: "●", 2: "▲"}.get(offer.trouble, " ")
        pieces: list[Piece] = [
            (0, "▌" if chosen else " ", base),
            (2, mark, tone),
            (4, fit(offer.kind, KIND), base or "dim"),
            *self._named(offer, 5 + KIND, max(8, width - 6 - KIND - where), base),
            (max(0, width - where), fit(offer.where, where - 1, "right"), base or "dim"),
        ]
        return joined(pieces, width, self.style_of, base)

    def _named(self, offer: Offer, x: int, room: int, base: str) -> list[Piece]:
        text = fit(offer.text, room, elide="middle").rstrip()
        places = set(offer.places) if text == offer.text else set()
        pieces: list[Piece] = []
        for matches, run in groupby(enumerate(text), key=lambda each: each[0] in places):
            piece = "".join(character for _, character in run)
            look = f"{base}-match".lstrip("-") if matches else base
            pieces.append((x, piece, look))
            x += cell_len(piece)
        left = room - cell_len(text) - 2
        if offer.note and left > 8:
            pieces.append((x + 2, fit(offer.note, left), base or "dim"))
        return pieces

    def on_click(self, event: events.Click) -> None:
        """Open the row under the mouse."""
        event.stop()
        nth = self._top + event.y
        if nth < len(self._rows):
            self.query_ancestor(FinderBox).take(self._rows[nth])
