"""Rewind a subscription after a preview."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import UTC
from typing import ClassVar

from msgspec.structs import replace
from textual.binding import Binding, BindingType
from textual.widget import Widget

from arcwatch.changes.rewind import rewindable
from arcwatch.changes.summary import backlog_of, gap_lines, place, total_lines
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.model.rewind import Direction, Moved, PartRewind, Rewind, way_back
from arcwatch.notation.times import moment_text, parse_time
from arcwatch.processes.changes_protocol import CountRewind, MoveSubscription, PreviewRewind
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import Cell
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.key_hints import Hint
from arcwatch.ui.widgets.panel import Line
from arcwatch.ui.widgets.row_table import RowTable

from .change import LOCKED, ChangeScreen

QUESTION = "rewind to"

MOVING = "moving"

TIMES = "-1h   yesterday 14:00   2025-11-09T10:00:00Z   earliest   latest   a message ID"
"""What times look like."""

MOST_CONSUMERS = 4
"""Consumers that are named."""

MOST_ROWS = 12
"""Partitions that are shown at once."""

WAYS: Mapping[Direction, Cell] = {
    "back": ("← rewind", "warn"),
    "forward": ("→ skip", "bad"),
    "none": ("stays", "dim"),
}

COLUMNS = (
    Column("part", "PARTITION", 9, flex=1, elide="middle"),
    Column("way", "DIRECTION", 9),
    Column("now", "POSITION", 12, drop=2),
    Column("then", "NEW POSITION", 12, drop=1),
    Column("messages", "≈ MESSAGES", 12, "right"),
    Column("entries", "ENTRIES", 9, "right", drop=3),
    Column("size", "≈ BYTES", 9, "right"),
    Column("waits", "BACKLOG", 9, "right", drop=2),
    Column("waits-then", "NEW BACKLOG", 11, "right", drop=1),
    Column("outcome", "", 14, flex=1),
)


class RewindScreen(ChangeScreen):
    """Asks for a time, shows what would be redelivered, and moves the subscription.

    Args:
        at: The time to begin with; empty asks for one.

    Raises:
        UsageError: It is no subscription's that can be moved.
    """

    DEFAULT_CSS = """
    RewindScreen RowTable { height: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("at", "time", "Another time", key_display="@", id="rewind.time"),
        Binding("e", "count", "Exact", id="rewind.exact"),
        Binding("u", "back", "Undo", id="rewind.back"),
    ]

    def __init__(self, showing: ViewContext, address: str, at: str = "") -> None:
        where = rewindable(address)
        super().__init__(showing, f"Rewind {where}")
        self._address, self._subscription, self._at = str(where), where.subscription, at
        self.rewind: Rewind | None = None
        self._words, self._is_way_back = "", False
        self.moved: tuple[Moved, ...] | None = None
        self._table: RowTable[PartRewind] = RowTable(
            COLUMNS, key=lambda part: part.address, cells=self._cells, id="rewind-parts"
        )

    def body(self) -> Sequence[Widget]:
        return (self._table,)

    def on_mount(self) -> None:
        """Ask for the time."""
        super().on_mount()
        self.draw()
        self.action_time()

    # -- what can be done ---------------------------------------------------------------------

    def action_time(self) -> None:
        """Ask for a time."""
        if not self.doing:
            self.prompt.ask(QUESTION, self._at, self._go)

    def _go(self, text: str) -> None:
        if not text:
            return
        self._at = text
        moment = parse_time(text, time.time_ns(), UTC if self.showing.utc else None)
        self.rewind = self.moved = None
        self._is_way_back = False
        self.do("reading its position", self._preview(moment_text(moment), text))

    async def _preview(self, moment: str, words: str) -> None:
        self.rewind = await self.changer.ask(PreviewRewind(self._address, moment))
        self._words = f"to {words}"

    def action_count(self) -> None:
        """Count the messages, which are estimated."""
        if self._can_count and not self.doing:
            self.do("counting by reading them", self._count())

    async def _count(self) -> None:
        async with aclosing(self.changer.task(CountRewind()).steps()) as counts:
            async for count in counts:
                if count.rewind:
                    self.rewind = count.rewind
                    return
                step = count.progress
                left = units.duration(max(step.left, 1.0)) if step.left == step.left else ""
                parts = [f"{step.scanned:,}", f"{step.done:.0%}", f"{units.rate(step.rate)}/s"]
                self.progress = "  ".join([*parts, f"≈ {left} left" if left else ""])

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Ask whether it is meant."""
        event.stop()
        if self._can_move:
            self.confirm(self._subscription, "move it", self._carry_out)

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Nothing depends on which partition is under the cursor."""
        event.stop()

    def _carry_out(self) -> None:
        if self.rewind:
            self.do(MOVING, self._move(self.rewind))

    async def _move(self, rewind: Rewind) -> None:
        try:
            self.moved = await self.changer.ask(MoveSubscription(rewind.parts))
        except UsageError:
            # refused before anything was moved
            raise
        except ArcwatchError as error:
            why = f"it is not known whether it was moved: {error.headline}"
            self.moved = tuple(
                Moved(part, None, None, why if part.moves else "", unsure=part.moves)
                for part in rewind.parts
            )
            raise

    def stop(self) -> bool:
        """See :meth:`ChangeScreen.stop`; a subscription is moved whole."""
        if self.doing == MOVING:
            self.notify("a rewind cannot be interrupted; wait until it finishes", markup=False)
            return True
        return super().stop()

    def action_back(self) -> None:
        """Show the way back, which is carried out as any other."""
        if self.rewind and self.moved and (parts := way_back(self.moved)):
            self.rewind = replace(self.rewind, parts=parts)
            self.moved, self._words = None, "to its previous position"
            self._is_way_back = True
            self.draw()
            self._table.focus()

    def settled(self) -> None:
        """See :meth:`ChangeScreen.settled`: the cursor goes to the result."""
        if self.rewind and not self.prompt.has_class("-open"):
            self._table.focus()
        elif self.failure and self.rewind is None:
            self.action_time()

    @property
    def _can_count(self) -> bool:
        """Whether it is a preview that can be made exact, and not the way back from one."""
        return bool(
            self.rewind
            and self.moved is None
            and not self._is_way_back
            and not all(part.exact for part in self.rewind.parts)
        )

    @property
    def _can_move(self) -> bool:
        return bool(
            self.rewind
            and not self.doing
            and self.moved is None
            and self.showing.changes_allowed
            and any(part.moves for part in self.rewind.parts)
        )

    # -- drawing ------------------------------------------------------------------------------

    def keys(self) -> Sequence[Hint]:
        if self.doing or self.prompt.has_class("-open"):
            return ()
        hints = [Hint("enter", "apply…")] * self._can_move
        if self._can_count:
            hints.append(Hint("e", "count exactly"))
        if self.moved and way_back(self.moved):
            hints.append(Hint("u", "undo"))
        return [*hints, Hint("@", "another time" if self.rewind else "a time", "at")]

    def draw(self) -> None:
        parts = self.rewind.parts if self.rewind else ()
        self._table.display = bool(parts)
        room = max(1, min(MOST_ROWS, self.size.height - 14))
        self._table.styles.height = 1 + min(len(parts), room)
        self._table.show(parts, version=(self.rewind, self.moved))
        super().draw()

    def summary_lines(self) -> Sequence[Line]:
        if self.rewind is None:
            return [] if self.doing else [[(TIMES, "dim")]]
        if self.moved is not None:
            return self._result_lines(self.moved)
        sums = total_lines(self.rewind) or ["already at that position"]
        lines: list[Line] = [
            [(f"{self._words}: " if not number else "", "label"), (each, "strong")]
            for number, each in enumerate(sums)
        ]
        lines += [[(line, "warn")] for line in gap_lines(self.rewind.parts)]
        if self.rewind.doubt and not self._is_way_back:
            lines.append([(printable(self.rewind.doubt, 400), "warn")])
        lines += self._consumers(self.rewind)
        if not self.showing.changes_allowed:
            lines.append([(LOCKED, "dim")])
        return lines

    def _consumers(self, rewind: Rewind) -> list[Line]:
        """The consumers that are disconnected, each counted once over its partitions."""
        those = {
            (one.name, one.address): None
            for part in rewind.parts
            if part.moves
            for one in part.consumers
        }
        if not those:
            return [[("no consumer is connected", "label")]]
        lines: list[Line] = [[("briefly disconnected; may reconnect:", "warn")]]
        lines += [
            [(f"  {printable(name, 60)}", ""), (f"  at {printable(address, 60)}", "label")]
            for name, address in list(those)[:MOST_CONSUMERS]
        ]
        if len(those) > MOST_CONSUMERS:
            lines.append([(f"  and {len(those) - MOST_CONSUMERS:,} more", "label")])
        return lines

    def _result_lines(self, moved: Sequence[Moved]) -> list[Line]:
        done = [one for one in moved if one.part.moves and not one.error]
        failed = [one for one in moved if one.error]
        lines: list[Line] = []
        if done:
            waiting = backlog_of([one for one in moved if not one.error])
            what = f"moved {self._words}: {waiting}"
            lines.append([(what, "good"), ("   u: undo", "dim")])
        lines += [
            [(f"{'' if one.unsure else 'not moved: '}{printable(one.error, 300)}", "bad")]
            for one in failed[:MOST_CONSUMERS]
        ]
        return lines or [[("nothing to move", "label")]]

    def _cells(self, part: PartRewind) -> list[Cell]:
        number = part.name.rpartition("-partition-")[2] if "-partition-" in part.name else "(whole)"
        about = "" if part.exact else "≈ "
        return [
            number,
            WAYS[part.direction],
            place(part.now),
            place(part.then),
            f"{about}{part.main.messages:,.0f}",
            f"{part.main.entries:,}",
            units.size(part.main.size),
            f"{part.backlog:,}",
            f"{part.backlog_then:,}",
            self._outcome(part),
        ]

    def _outcome(self, part: PartRewind) -> Cell:
        for one in self.moved or ():
            if one.part.address == part.address:
                if one.error:
                    return (printable(one.error, 100), "bad")
                if not one.part.moves:
                    return ("stayed", "dim")
                return (f"moved, backlog {units.whole(one.backlog)}", "good")
        return ""
