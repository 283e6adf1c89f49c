"""The first line: views, context and time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .widgets.changed_lines import ChangedLines, joined

LOSSES = ("brand", "kind", "wide", "ports", "zone", "names", "seconds", "context", "clock", "name")
"""What a line that becomes narrower does without, the first first.  ``wide`` is the room around
names; without it the context moves to the right."""

LONGEST = 32
"""Cells of a context's name, at most."""

RUNS = "▸"
"""A tail is running."""

_PORTS = re.compile(r"( \d+)+$")


@dataclass(frozen=True)
class Marks:
    """The marks that distinguish contexts."""

    color: str = ""
    """What its name is drawn in; empty is the usual."""
    locked: bool = False
    """Whether the context refuses changes, whatever the command line allows."""
    warning: str = ""
    """What is not checked of who answers, and whose addresses these are."""
    changes: bool = False
    """Whether the command line allows changes."""
    notes: tuple[str, ...] = ()
    """Settings that were ignored: shown once, at the start."""


UNMARKED = Marks()


class Tab(NamedTuple):
    """A view that can be switched to."""

    id: str
    title: str
    number: int
    """The key that switches to it."""


class Status(NamedTuple):
    """The clock, alerts and tail rate that the header shows."""

    clock: str = ""
    zone: str = ""
    state: str = "live"
    alerts: int = 0
    """How many fire."""
    critical: bool = False
    """Whether one of them is."""
    tail: str = ""
    """``113/s`` while a tail is running, :data:`RUNS` while that is unknown; else empty."""
    silent: tuple[str, ...] = ()
    """Ids of the views whose system does not answer."""


NOTHING = Status()

Part: TypeAlias = tuple[str, str, str]
"""Text, the name of its look, and the id of the view that a click on it shows."""


class Header(ChangedLines):
    """Views by number, the current one reversed; then what there is room for.

    The digits, how many alerts fire, that a tail is running and whether the picture is live are
    never left out.
    """

    LOOKS = "header"
    DEFAULT_CSS = """
    Header {
        height: 1;
        color: $text-muted;
        & > .header--brand { color: $foreground; text-style: bold; }
        & > .header--number { color: $foreground; }
        & > .header--current { color: $foreground; text-style: bold reverse; }
        & > .header--current-nats { color: $primary; text-style: bold reverse; }
        & > .header--current-pulsar { color: $secondary; text-style: bold reverse; }
        & > .header--warn { color: $text-warning; text-style: bold; }
        & > .header--bad, & > .header--unchecked { color: $text-error; text-style: bold; }
        & > .header--unchecked { text-style: bold reverse; }
        & > .header--tail { color: $foreground; text-style: bold; }
        & > .header--state { color: $foreground; }
    }
    """

    current: reactive[str] = reactive("", init=False)
    """The id of the view that is shown, set by the code that switches views, not by a click."""

    @dataclass
    class Picked(Message):
        """The user clicked a view's name."""

        view_id: str

    def __init__(self, context: str, tabs: Sequence[Tab], marks: Marks = UNMARKED) -> None:
        super().__init__(id="header", classes=f"-marked -{marks.color}" if marks.color else None)
        self._marks = marks
        self._brokers, self._tabs, self._drawn_at = printable(context, LONGEST), tuple(tabs), 0.0
        self._status = Status()
        self.set_reactive(Header.current, tabs[0].id if tabs else "")

    def draw(
        self, now: float, status: Status = NOTHING, *, held: bool = False, utc: bool = False
    ) -> None:
        """Show the time and what needs attention; a frozen screen shows its own time.

        Args:
            now: Unix seconds.
        """
        now = self._drawn_at = self._drawn_at if held else now
        clock, zone = units.clock(now, utc=utc), units.zone(now, utc=utc)
        status = status._replace(clock=clock, zone=zone, state="HELD" if held else "live")
        if status != self._status:
            self._status = status
            self.repaint()

    def watch_current(self) -> None:
        """Mark the view."""
        self.repaint()

    def line(self, y: int) -> Strip:
        """As much as there is room for, the views first."""
        pieces = [(x, text, look) for x, (text, look, _) in self._placed()]
        return joined(pieces, self.size.width, self.style_of)

    def on_click(self, event: events.Click) -> None:
        """Ask for the view under the mouse."""
        for x, (text, _, view) in self._placed():
            if view and x <= event.x < x + cell_len(text):
                self.post_message(self.Picked(view))
                return

    def _placed(self) -> list[tuple[int, Part]]:
        width = self.size.width
        left, right = self._parts(frozenset())
        for lost in range(1, len(LOSSES) + 1):
            if _length(left) + _length(right) <= width:
                break
            left, right = self._parts(frozenset(LOSSES[:lost]))
        start = max(_length(left), width - _length(right))
        return [*_from(0, left), *_from(start, right)]

    def _parts(self, lost: frozenset[str]) -> tuple[list[Part], list[Part]]:
        """What stands left and what stands right, without what is lost."""
        wide = "wide" not in lost
        left: list[Part] = [(" ", "", "")]
        if "brand" not in lost:
            left += [("arcwatch", "brand", ""), ("  ", "", "")]
        context = self._context_parts(lost)
        if wide:
            left += [*context, ("  ", "", "")]
        for tab in self._tabs:
            left += self._tab(tab, lost, wide=wide)
        right: list[Part] = [("  ", "", "")]
        if wide and self._status.tail:
            right += [(self._badge(), "tail", "tail"), ("   ", "", "")]
        if not wide:
            right += context
        return left, [*right, *self._time(lost)]

    def _badge(self) -> str:
        rate = self._status.tail
        return f"{RUNS} tail" if rate == RUNS else f"{RUNS} tail {rate}"

    def _context_parts(self, lost: frozenset[str]) -> list[Part]:
        marks = self._marks
        name = _PORTS.sub("", self._brokers) if "ports" in lost else self._brokers
        if "kind" in lost:
            name = f"{'rw' if marks.changes and not marks.locked else 'ro'} {name}"
        else:
            kind = "changes allowed" if marks.changes else "read-only"
            name = f"{name} · {'read-only by context' if marks.locked else kind}"
        if marks.color:
            name = f" {name} "
        parts: list[Part] = [] if "context" in lost else [(name, "context", "")]
        if marks.warning:
            parts += [(" " * bool(parts), "", ""), (f" {marks.warning} ", "unchecked", "")]
        return [*parts, (" ", "", "")] if parts else []

    def _tab(self, tab: Tab, lost: frozenset[str], *, wide: bool) -> list[Part]:
        is_current = tab.id == self.current
        named = "names" not in lost or (is_current and "name" not in lost)
        title = f" {tab.title}" if named else ""
        noted, look = self._note(tab, wide=wide)
        if is_current:
            look = f"current-{tab.id}" if tab.id in ("nats", "pulsar") else "current"
            return [(f" {tab.number}{title}{noted} ", look, tab.id), (" ", "", "")]
        blank: list[Part] = [(" ", "", tab.id)] if wide else []
        parts = [*blank, (str(tab.number), "number", tab.id), (title, "", tab.id)]
        return [*parts, (noted, look, tab.id), (" ", "", tab.id)]

    def _note(self, tab: Tab, *, wide: bool) -> tuple[str, str]:
        status = self._status
        if tab.id in status.silent:
            return "?", "warn"
        if tab.id == "tail" and status.tail and not wide:
            return RUNS, "tail"
        if tab.id == "alerts" and status.alerts:
            mark = "▲" if status.critical else "●"
            return f"{mark}{status.alerts:,}", "bad" if status.critical else "warn"
        return "", ""

    def _time(self, lost: frozenset[str]) -> list[Part]:
        clock = self._status.clock
        if "seconds" in lost:
            clock = clock.rpartition(":")[0]
        if "clock" in lost:
            clock = ""
        zone = "" if "zone" in lost else f" {self._status.zone}"
        gap = "  " if "wide" not in lost else " "
        state = self._status.state
        timed = [(f"{clock}{zone}{gap}" if clock else "", "", "")]
        return [*timed, (state, "state" if state == "live" else "warn", ""), (" ", "", "")]


def _length(parts: Sequence[Part]) -> int:
    return sum(cell_len(text) for text, _, _ in parts)


def _from(x: int, parts: Sequence[Part]) -> list[tuple[int, Part]]:
    found = []
    for part in parts:
        found.append((x, part))
        x += cell_len(part[0])
    return found
