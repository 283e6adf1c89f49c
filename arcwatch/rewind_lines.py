"""What moving a subscription does, and what it did, in lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from arcwatch import units
from arcwatch.address import Topic
from arcwatch.model.history import Position
from arcwatch.model.rewind import Moved, PartRewind, Rewind
from arcwatch.text import printable

_WORDS = {"back": "come again", "forward": "are left out"}


def told(rewind: Rewind) -> list[str]:
    """What moving it does, in lines."""
    lines = [line for part in rewind.parts for line in _part_lines(part)]
    if len(rewind.parts) > 1:
        lines += [f"in all: {line}" for line in in_all(rewind)]
    return lines


def in_all(rewind: Rewind) -> list[str]:
    """What comes again, and what is left out, of all parts together."""
    return [amount(rewind.parts, way) for way in _WORDS if _of(rewind, way)]


def told_after(rewind: Rewind, moved: Sequence[Moved]) -> list[str]:
    """What became of each part, and how to go back."""
    lines = []
    for one in moved:
        if not one.error and one.part.moves:
            waiting = "" if one.backlog is None else f", {entries(one.backlog)} wait"
            at = one.next or one.part.then
            lines.append(f"{printable(one.part.address, limit=200)}: moved to {place(at)}{waiting}")
    lines += [
        f"the way back: {command_back(one.part, rewind.subscription)}"
        for one in moved
        if not one.error and one.part.moves
    ]
    return lines or ["nothing was to be moved"]


def command_back(part: PartRewind, subscription: str) -> str:
    """The command that takes one part back to where it is now."""
    topic = Topic.of(part.name, subscription)
    where = shlex.quote(printable(str(topic), limit=400))
    return f"arcwatch rewind {where} --to id:{place(part.now)} --allow-changes --yes"


def _part_lines(part: PartRewind) -> list[str]:
    where = printable(part.address, limit=200)
    if not part.moves:
        return [f"{where}: stays at {place(part.now)}, {entries(part.backlog)} wait"]
    lines = []
    if part.direction != "none":
        lines.append(
            f"{where}: {part.direction} from {place(part.now)} to {place(part.then)}, "
            f"{amount([part], part.direction)}; entries that wait: {part.backlog:,} → "
            f"{part.backlog_then:,}"
        )
    if part.out_of_order:
        lines.append(
            f"{where}: {entries(part.out_of_order)} that were acknowledged out of order come again"
        )
    for one in part.consumers:
        name, address = printable(one.name, limit=80), printable(one.address, limit=80)
        lines.append(f"{where}: {name} at {address} is disconnected, and may connect again")
    return lines


def amount(parts: Sequence[PartRewind], way: str) -> str:
    """``≈ 3,000 messages (30 entries, ≈ 12 kB) come again``."""
    those = [part for part in parts if part.direction == way]
    about = "" if all(part.exact for part in those) else "≈ "
    messages = sum(part.messages for part in those)
    count = sum(part.entries for part in those)
    size = units.size(sum(part.size for part in those))
    return f"{about}{messages:,.0f} messages ({entries(count)}, ≈ {size}) {_WORDS[way]}"


def entries(count: int) -> str:
    """So many entries, each of which may be a batch of messages."""
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _of(rewind: Rewind, way: str) -> bool:
    return any(part.direction == way for part in rewind.parts)


def place(position: Position) -> str:
    """Ledger and entry, as ``id:`` takes them."""
    return f"{position[0]}:{position[1]}"
