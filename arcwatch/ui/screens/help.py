"""The help (``?``): the keys of the view one is in, those that do nothing now, and the words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from arcwatch.text.control_characters import printable

from .help_words import CHANGES, DOES, NOT_NOW, READ_ONLY, TIMES, WORDS

TWO_COLUMNS = 96
"""Cells of the screen from which on sections stand side by side."""

WIDEST = 120
"""Cells of the box."""

FRAME = 8
"""Cells of its frame, its margins and a scroll bar."""

BETWEEN = 3
"""Cells between two columns."""

EVERYWHERE, WORDS_HERE = "Everywhere", "Words on this screen"
"""Titles of the last two sections."""

LEAST = 10
"""Cells of an explanation, at least."""


class Row(NamedTuple):
    """Keys, or a word, and what they do or it means."""

    key: str
    says: str


class Section(NamedTuple):
    """Rows under a title."""

    title: str
    rows: Sequence[Row]


class KeyUse(NamedTuple):
    """A key where it is bound."""

    id: str
    key: str
    """As people read it."""
    works: bool
    """Whether it does something now."""
    everywhere: bool


def uses_of(screen: Screen[object]) -> list[KeyUse]:
    """The keys of what has the keyboard, of its view, and of every view, nearest first."""
    app, found, taken = screen.app, list[KeyUse](), set[str]()
    # Textual has no public way to ask for keys that do nothing now
    for node, bound in screen._binding_chain:
        for key, bindings in bound.key_to_bindings.items():
            for binding in bindings:
                if (id := binding.id or "") not in DOES:
                    continue
                works = key not in taken and _works(node, binding)
                if works:
                    taken.add(key)
                found.append(KeyUse(id, app.get_key_display(binding), works, node is app))
    return found


def _works(node: DOMNode, binding: Binding) -> bool:
    name, _, argument = binding.action.partition("(")
    return node.check_action(name, (argument.rstrip(")"),)) is True


def sections_of(uses: Sequence[KeyUse], shown: str, *, allowed: bool, name: str) -> list[Section]:
    """The sections of the help, the view's own first."""
    working = [use for use in uses if use.works]
    here = [use for use in working if not use.everywhere and not use.id.startswith(TIMES)]
    times = [use for use in working if not use.everywhere and use.id.startswith(TIMES)]
    works = {use.id for use in working}
    idle = [use for use in uses if use.id not in works and use.id in NOT_NOW]
    not_now = _rows(idle, lambda use: f"{DOES[use.id]}: {NOT_NOW[use.id]}")
    changing = [use for use in working if use.id in CHANGES and not allowed]
    refused = _rows(changing, lambda use: f"{DOES[use.id]}: {READ_ONLY}")
    found = [
        Section(f"In {name}", _rows(here)),
        Section("Time and charts", _rows(times)),
        Section("These do not apply here now", [*refused, *not_now]),
        Section(EVERYWHERE, _rows(u for u in working if u.everywhere and u not in changing)),
        Section(WORDS_HERE, [Row(*word) for word in WORDS if is_in(word[0], shown)]),
    ]
    return [section for section in found if section.rows]


def _rows(
    uses: Iterable[KeyUse], says: Callable[[KeyUse], str] = lambda use: DOES[use.id]
) -> list[Row]:
    """A row for each thing that keys do; keys of the same share it."""
    keys: dict[str, list[str]] = {}
    for use in uses:
        # the equals sign is the plus sign of those who do not shift
        if DOES[use.id] and use.key != "=":
            keys.setdefault(says(use), []).append(use.key)
    return [
        Row(" ".join(sorted(dict.fromkeys(names), key=len)), text) for text, names in keys.items()
    ]


def is_in(word: str, shown: str) -> bool:
    """Whether a word, or a sign, is in a text, and not only as a part of another word."""
    if not word[0].isalnum():
        return word in shown
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", shown, re.IGNORECASE) is not None


def searched(sections: Sequence[Section], words: str) -> list[Section]:
    """Only what has all of these words, of keys also those of their section's title."""
    needles = words.casefold().split()
    found = [
        Section(
            section.title,
            [
                row
                for row in section.rows
                if all(
                    word in f"{row.key} {row.says} {section.title}".casefold() for word in needles
                )
            ],
        )
        for section in sections
    ]
    return [section for section in found if section.rows]


def lines_of(sections: Sequence[Section], width: int) -> list[Text]:
    """Sections below each other; keys in a column, text wrapped under itself."""
    lines: list[Text] = []
    rows = [row for section in sections for row in section.rows]
    keys = max((cell_len(printable(row.key)) for row in rows), default=0)
    room = max(LEAST, width - keys - 2)
    for section in sections:
        # styled as a part, so that what is put beside it is not bold as well
        lines.append(Text.assemble((section.title.upper()[:width], "bold")))
        for key, says in section.rows:
            wrapped = textwrap.wrap(printable(says), room) or [""]
            for nth, part in enumerate(wrapped):
                shown = printable(key) if nth == 0 else ""
                blank = " " * (keys + 2 - cell_len(shown))
                lines.append(Text.assemble((shown, "bold"), blank, part))
        lines.append(Text(""))
    return lines[:-1]


def laid_out(sections: Sequence[Section], width: int, *, columns: int) -> Text:
    """The sections in one column or two; those that apply to every view are on the right."""
    if columns < 2 or len(sections) < 2:
        return Text("\n").join(lines_of(sections, width))
    each = (width - BETWEEN) // 2
    own = sum(section.title not in (EVERYWHERE, WORDS_HERE) for section in sections)
    half = min(max(1, own), len(sections) - 1)
    left, right = lines_of(sections[:half], each), lines_of(sections[half:], each)
    rows = []
    for nth in range(max(len(left), len(right))):
        row = left[nth].copy() if nth < len(left) else Text("")
        row.append(" " * (each + BETWEEN - row.cell_len))
        rows.append(row.append_text(right[nth]) if nth < len(right) else row)
    return Text("\n").join(rows)


class HelpScreen(ModalScreen[None]):
    """Closes with any of the keys that opened it, or escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="help.close"),
        Binding("question_mark", "dismiss", "Close", show=False, id="help.close-too"),
        Binding("q", "dismiss", "Close", show=False, id="help.quit"),
        Binding("slash", "search", "Search", show=False, id="help.search"),
        Binding("j,down", "scroll_down", "Down", show=False, id="help.down"),
        Binding("k,up", "scroll_up", "Up", show=False, id="help.up"),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > #help {
        width: 120;
        max-width: 100%;
        height: auto;
        max-height: 90%;
        background: $surface;
        border: round $accent;
        border-title-color: $text;
        border-subtitle-color: $text-muted;
        padding: 0 1;
    }
    HelpScreen Input, HelpScreen Input:focus {
        display: none;
        height: 1;
        border: none;
        padding: 0 1;
        background: transparent;
        &.-open { display: block; }
    }
    HelpScreen VerticalScroll { height: auto; padding: 0 1; }
    """

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections
        self._text = Static(markup=False)
        self._scroll = VerticalScroll(self._text, can_focus=True)
        self.typed = Input(placeholder="search keys and words")
        self._box = Vertical(self.typed, self._scroll, id="help")
        self._box.border_title = "Help"
        self._box.border_subtitle = "? esc close   j k scroll   / search"

    def compose(self) -> ComposeResult:
        """The search, and all sections in a box that scrolls where the screen is small."""
        yield self._box

    def on_mount(self) -> None:
        """Scroll with the keys from the first on."""
        self._scroll.focus()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Use the room there is."""
        self._show()

    def _show(self) -> None:
        screen = self.app.size.width
        width = min(WIDEST, screen) - FRAME
        columns = 2 if screen >= TWO_COLUMNS else 1
        sections = searched(self._sections, self.typed.value)
        text = laid_out(sections, width, columns=columns)
        self._text.update(text if sections else Text("No key or word matches."))
        room = int(self.app.size.height * 0.9) - 3
        self._scroll.styles.max_height = max(1, room - self.typed.has_class("-open"))

    # -- keys -----------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Show only what has the words typed."""
        self.typed.add_class("-open")
        self.set_focus(self.typed)
        self._show()

    def action_close(self) -> None:
        """Search no more, or close."""
        if self.typed.has_class("-open"):
            self.typed.value = ""
            self.typed.remove_class("-open")
            self._scroll.focus()
            self._show()
        else:
            self.dismiss()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow at every key."""
        event.stop()
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Scroll through what was found."""
        event.stop()
        self._scroll.focus()

    def action_scroll_down(self) -> None:
        """Scroll the text, not the screen under it."""
        self._scroll.scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """Scroll the text, not the screen under it."""
        self._scroll.scroll_up(animate=False)
