"""Parts of a view under titles of one line, of which exactly one has the focus."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from arcwatch.text.control_characters import printable

from .cells import fit
from .changed_lines import ChangedLines, Piece, joined


class Title(ChangedLines):
    """A rule with a title at its left and what it is about at its right.

    It is heavy where the pane below it has the focus.
    """

    LOOKS = "title"
    DEFAULT_CSS = """
    Title {
        height: 1;
        & > .title--rule { color: $border-blurred; }
        & > .title--heavy { color: $accent; }
        & > .title--name { color: $text; text-style: bold; }
        & > .title--scope { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._about = self._scope = ""
        self._heavy = False

    def show(self, name: str, scope: str = "") -> None:
        """Replace name and scope; repaint only if one differs."""
        if (name, scope) != (self._about, self._scope):
            self._about, self._scope = name, scope
            self.repaint()

    def weigh(self, *, heavy: bool) -> None:
        """Set whether the rule is heavy: the pane has the focus."""
        if heavy != self._heavy:
            self._heavy = heavy
            self.repaint()

    def line(self, y: int) -> Strip:
        """The rule.  The scope goes first where there is no room for both."""
        width = self.size.width
        rule, look = ("━", "heavy") if self._heavy else ("─", "rule")
        name = printable(self._about)
        name = f" {fit(name, min(cell_len(name), max(0, width - 5)), elide='middle')} "
        scope = f" {printable(self._scope)} " if self._scope else ""
        left = width - 2 - cell_len(name)
        if cell_len(scope) > left - 1:
            scope = ""
        dashes = rule * max(0, left - cell_len(scope))
        pieces: list[Piece] = [
            (0, rule, look),
            (1, name, "name"),
            (1 + cell_len(name), dashes, look),
        ]
        end = 1 + cell_len(name) + len(dashes)
        pieces += [(end, scope, "scope"), (end + cell_len(scope), rule, look)]
        return joined(pieces, width, self.style_of)


class Pane(Vertical):
    """A part of a view: its title and its content."""

    DEFAULT_CSS = "Pane { height: 1fr; width: 1fr; }"

    def __init__(self, *body: Widget, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.title_line = Title()
        self._body = body

    def compose(self) -> ComposeResult:
        """The title, and what is under it."""
        yield self.title_line
        yield from self._body

    def on_descendant_focus(self) -> None:
        """Make the rule heavy."""
        self.title_line.weigh(heavy=True)

    def on_descendant_blur(self) -> None:
        """Make the rule light."""
        self.title_line.weigh(heavy=False)

    def take_focus(self) -> None:
        """Give the focus to what is in it."""
        body = next((each for each in self._body if each.can_focus), None)
        if body:
            body.focus()

    @property
    def is_focused(self) -> bool:
        """Whether what is in it has the focus."""
        return any(each.has_focus for each in self._body)

    @property
    def is_focusable(self) -> bool:
        """Whether there is something in it that can have the focus, and it is on screen."""
        return bool(self.display and self.size.height and any(b.can_focus for b in self._body))


def next_of(panes: Sequence[Pane], step: int) -> Pane | None:
    """The pane that gets the focus after the one that has it, around the ends."""
    open_ = [pane for pane in panes if pane.is_focusable]
    if not open_:
        return None
    at = next((n for n, pane in enumerate(open_) if pane.is_focused), -1 if step > 0 else 0)
    return open_[(at + step) % len(open_)]
