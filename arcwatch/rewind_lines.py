"""What moving a subscription does, and what it did, in lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from arcwatch import units
from arcwatch.address import Topic
from arcwatch.model.history import Position
from arcwatch.model.rewind import Amount, Moved, PartRewind, Rewind
from arcwatch.text import printable

_LEFT_OUT = ("is left out", "are left out")


def told(rewind: Rewind) -> list[str]:
    """What moving it does, in lines."""
    lines = [line for part in rewind.parts for line in _part_lines(part)]
    if len(rewind.parts) > 1:
        lines += [f"in all: {line}" for line in in_all(rewind)]
    return lines


def in_all(rewind: Rewind) -> list[str]:
    """What comes again, and what is left out, of all parts together."""
    exact = all(part.exact for part in rewind.parts)
    again = [part.redelivered for part in rewind.parts]
    out = [part.skipped for part in rewind.parts]
    return _effects(again, out, exact=exact)


def told_after(rewind: Rewind, moved: Sequence[Moved]) -> list[str]:
    """What became of each part, and how to go back."""
    lines = []
    for one in moved:
        if not one.error and one.part.moves:
            waiting = "" if one.backlog is None else f", {entries(one.backlog)} wait"
            at = one.next or one.part.then
            lines.append(f"{printable(one.part.address, limit=200)}: moved to {place(at)}{waiting}")
    lines += [
        f"the way back{', if it was moved' if one.unsure else ''}: "
        f"{command_back(one.part, rewind.subscription)}"
        for one in moved
        if one.may_have_moved
    ]
    if lines or any(one.error for one in moved):
        return lines
    return ["nothing was to be moved"]


def interrupted(rewind: Rewind, moved: Sequence[Moved]) -> list[str]:
    """What is known after moving it was interrupted, with the way back.

    Args:
        rewind: What was to be done.
        moved: The parts that were done with.
    """
    left = [part for part in rewind.parts[len(moved) :] if part.moves]
    under_way = [Moved(part, None, None, "interrupted", unsure=True) for part in left[:1]]
    lines = told_after(rewind, [*moved, *under_way])
    lines += [f"{printable(part.address, limit=200)}: not moved" for part in left[1:]]
    return lines


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
    effects = _effects([part.redelivered], [part.skipped], exact=part.exact)
    way = part.direction if part.direction != "none" else "stays"
    target = f" from {place(part.now)} to {place(part.then)}" if part.direction != "none" else ""
    lines.append(
        f"{where}: {way}{target}, {', '.join(effects) or 'all of it was acknowledged'}; "
        f"entries that wait: {part.backlog:,} → {part.backlog_then:,}"
    )
    lines += [f"{where}: {line}" for line in of_gaps([part])]
    for one in part.consumers:
        name, address = printable(one.name, limit=80), printable(one.address, limit=80)
        lines.append(f"{where}: {name} at {address} is disconnected, and may connect again")
    return lines


def of_gaps(parts: Sequence[PartRewind]) -> list[str]:
    """What is special about entries that were acknowledged out of order."""
    lines = []
    forward = [part for part in parts if part.direction == "forward"]
    passed = sum(part.passed.entries for part in forward)
    known = passed - sum(part.skipped.entries for part in forward)
    if known:
        lines.append(f"{known:,} of the {entries(passed)} passed over were acknowledged")
    if beyond := sum(part.out_of_order for part in parts):
        verb = "was" if beyond == 1 else "were"
        lines.append(f"{entries(beyond)} of what comes again {verb} acknowledged out of order")
    return lines


def _effects(again: Sequence[Amount], out: Sequence[Amount], *, exact: bool) -> list[str]:
    return [
        amount(amounts, words, exact=exact)
        for amounts, words in ((again, ("comes again", "come again")), (out, _LEFT_OUT))
        if any(one.entries for one in amounts)
    ]


def amount(amounts: Sequence[Amount], words: tuple[str, str], *, exact: bool) -> str:
    """``≈ 3,000 messages (30 entries, ≈ 12 kB) come again``.

    Args:
        amounts: Of all parts.
        words: What happens to one message, and to several.
        exact: Whether the messages were counted.
    """
    messages = sum(one.messages for one in amounts)
    count = sum(one.entries for one in amounts)
    size = units.size(sum(one.size for one in amounts))
    is_one = exact and messages == 1
    noun, verb = ("message", words[0]) if is_one else ("messages", words[1])
    about = "" if exact else "≈ "
    return f"{about}{messages:,.0f} {noun} ({entries(count)}, ≈ {size}) {verb}"


def entries(count: int) -> str:
    """So many entries, each of which may be a batch of messages."""
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def place(position: Position) -> str:
    """Ledger and entry, as ``id:`` takes them."""
    return f"{position[0]}:{position[1]}"
