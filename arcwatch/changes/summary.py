"""Lines that describe what a rewind or a replay would do, and what it did."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from arcwatch.model.history import Position
from arcwatch.model.replay import Plan, ReplayUpdate
from arcwatch.model.rewind import Amount, Moved, PartRewind, Rewind
from arcwatch.notation.address import Topic
from arcwatch.notation.times import format_time
from arcwatch.text import units
from arcwatch.text.control_characters import printable


def preview_lines(rewind: Rewind) -> list[str]:
    """Describe what moving it would do, a line each."""
    lines = [line for part in rewind.parts for line in _part_lines(part)]
    if len(rewind.parts) > 1:
        lines += [f"in all: {line}" for line in total_lines(rewind)]
    return lines


def total_lines(rewind: Rewind) -> list[str]:
    """Sum what is redelivered and what is skipped over all parts."""
    exact = all(part.exact for part in rewind.parts)
    again = [part.redelivered for part in rewind.parts]
    return _effects(again, [part.skipped for part in rewind.parts], exact=exact)


def outcome_lines(rewind: Rewind, moved: Sequence[Moved]) -> list[str]:
    """Describe the outcome for each part, and how to undo it."""
    lines = []
    for one in moved:
        if not one.error and one.part.moves:
            at, waiting = one.next or one.part.then, backlog_of([one])
            where = printable(one.part.address, limit=200)
            lines.append(f"{where}: moved to {place(at)}, {waiting}")
    lines += [
        f"undo{', if it was moved' if one.unsure else ''}: {undo_command(one.part, rewind)}"
        for one in moved
        if one.may_have_moved
    ]
    return lines if lines or any(one.error for one in moved) else ["nothing to move"]


def backlog_of(moved: Sequence[Moved]) -> str:
    """The backlog of all parts after a move: ``backlog 12 entries``."""
    known = [one.backlog for one in moved if one.backlog is not None]
    return (
        f"backlog {units.things(sum(known), 'entry')}"
        if len(known) == len(moved)
        else "backlog not known"
    )


def interrupted(rewind: Rewind, moved: Sequence[Moved]) -> list[str]:
    """Describe what is known after an interrupted move, with the command that undoes it."""
    left = [part for part in rewind.parts[len(moved) :] if part.moves]
    under_way = [Moved(part, None, None, "interrupted", unsure=True) for part in left[:1]]
    lines = outcome_lines(rewind, [*moved, *under_way])
    lines += [f"{printable(part.address, limit=200)}: not moved" for part in left[1:]]
    return lines


def undo_command(part: PartRewind, rewind: Rewind) -> str:
    """The command that takes one part back to where it is now, on the same cluster."""
    topic = printable(str(Topic.of(part.name, rewind.subscription)), limit=400)
    flags = [printable(word, limit=400) for word in rewind.flags]
    words = ["rewind", topic, "--to", f"id:{place(part.now)}", *flags, "--allow-changes", "--yes"]
    return f"arcwatch {shlex.join(words)}"


def _part_lines(part: PartRewind) -> list[str]:
    where = printable(part.address, limit=200)
    if not part.moves:
        return [
            f"{where}: stays at {place(part.now)}, backlog {units.things(part.backlog, 'entry')}"
        ]
    lines = []
    effects = _effects([part.redelivered], [part.skipped], exact=part.exact)
    way = part.direction if part.direction != "none" else "stays"
    target = f" from {place(part.now)} to {place(part.then)}" if part.direction != "none" else ""
    lines.append(
        f"{where}: {way}{target}, {', '.join(effects) or 'nothing redelivered or skipped'}; "
        f"backlog {part.backlog:,} → {units.things(part.backlog_then, 'entry')}"
    )
    lines += [f"{where}: {line}" for line in gap_lines([part])]
    for one in part.consumers:
        name, address = printable(one.name, limit=80), printable(one.address, limit=80)
        lines.append(f"{where}: {name} at {address} is disconnected and may reconnect")
    return lines


def gap_lines(parts: Sequence[PartRewind]) -> list[str]:
    """Describe entries that were acknowledged out of order."""
    lines = []
    forward = [part for part in parts if part.direction == "forward"]
    passed = sum(part.passed.entries for part in forward)
    known = passed - sum(part.skipped.entries for part in forward)
    if known:
        total = units.things(passed, "entry")
        lines.append(f"{known:,} of the {total} passed over were already acknowledged")
    if beyond := sum(part.out_of_order for part in parts):
        verb = "was" if beyond == 1 else "were"
        lines.append(
            f"{units.things(beyond, 'entry')} to be redelivered {verb} acknowledged out of order"
        )
    return lines


def _effects(again: Sequence[Amount], out: Sequence[Amount], *, exact: bool) -> list[str]:
    return [
        amount(amounts, effect, exact=exact)
        for amounts, effect in ((again, "redelivered"), (out, "skipped"))
        if any(one.entries for one in amounts)
    ]


def amount(amounts: Sequence[Amount], effect: str, *, exact: bool) -> str:
    """``≈ 3,000 messages (30 entries, ≈ 12 kB) redelivered``."""
    messages = sum(one.messages for one in amounts)
    count = sum(one.entries for one in amounts)
    size = units.size(sum(one.size for one in amounts))
    noun = "message" if exact and messages == 1 else "messages"
    about = "" if exact else "≈ "
    return f"{about}{messages:,.0f} {noun} ({units.things(count, 'entry')}, ≈ {size}) {effect}"


def place(position: Position) -> str:
    """Ledger and entry, as ``id:`` takes them."""
    return f"{position[0]}:{position[1]}"


_UNKNOWN_STORED = "core NATS stores nothing, so unknown ones may be published twice"


def plan_lines(plan: Plan, pace: str) -> list[str]:
    """The plan, as text."""
    lines = []
    if plan.there:
        why = "an interrupted replay published them"
        skipped = units.things(plan.there, "message is", "messages are")
        lines.append(f"{skipped} skipped, already in the target: {why}")
    if not plan.targets and not plan.lost:
        return [*lines, "nothing to replay"]
    for address, count in plan.targets.items():
        note = f"  not published: {plan.missing[address]}" if address in plan.missing else ""
        lines.append(f"{units.things(count, 'message')} to {printable(address, limit=200)}{note}")
    if plan.lost:
        lines.append(f"{plan.lost:,} not published: their origin is unknown")
    if plan.schemaless:
        why = "the target does not have the schema they were written with"
        lines.append(f"{plan.schemaless:,} are published as bytes, without a schema: {why}")
    if plan.first is not None and plan.last is not None:
        when = f"published {format_time(plan.first, 3)} to {format_time(plan.last, 3)}"
        takes = f"takes {units.duration(plan.seconds)} at {pace}"
        lines.append(f"{takes}, {units.size(plan.size)}, {when}")
    return lines


def warnings(plan: Plan) -> list[str]:
    """Doubts about its window, and earlier replays that may have published the same messages."""
    return [*(f"warning: {doubt}" for doubt in plan.doubts), *_earlier(plan)]


def _earlier(plan: Plan) -> list[str]:
    return [
        f"warning: {units.things(done.published, 'message was', 'messages were')} already replayed"
        f" from here to there, {format_time(done.time, 0)}"
        for done in plan.earlier[-3:]
        if done.finished and done.published
    ]


def total_parts(replayed: ReplayUpdate) -> list[str]:
    """What became of the messages."""
    planned = replayed.plan.messages if replayed.plan else 0
    least = "at least " if replayed.is_cut_off else ""
    parts = [f"published {least}{replayed.published:,} of {units.things(planned, 'message')}"]
    if replayed.acknowledged is None:
        parts.append("core NATS acknowledges nothing")
    else:
        parts.append(f"{replayed.acknowledged:,} acknowledged")
    if replayed.failed:
        parts.append(f"{replayed.failed:,} failed: {replayed.failure}")
    if replayed.unknown:
        parts.append(f"{replayed.unknown:,} unknown: not acknowledged, they may have arrived")
    if replayed.dropped:
        parts.append(f"{replayed.dropped:,} headers could not be carried over to NATS")
    if replayed.interrupted:
        parts.append("interrupted")
    return parts


def resume_hint(replayed: ReplayUpdate) -> str:
    """How to continue a replay that ended early; empty if there is nothing to do."""
    planned = replayed.plan.messages if replayed.plan else 0
    if not replayed.unknown and replayed.published >= planned and not replayed.is_cut_off:
        return ""
    if replayed.acknowledged is not None:
        return "to resume, run it again: what has arrived in the target is skipped"
    if replayed.is_cut_off:
        return f"what was published after that count is not known: {_UNKNOWN_STORED}"
    if not replayed.first_unknown:
        return ""
    where = printable(replayed.first_unknown, limit=200)
    return (
        f"to resume, run it again --from {shlex.quote(where.rpartition(' ')[2])}: {_UNKNOWN_STORED}"
    )
