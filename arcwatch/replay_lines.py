"""What a replay would do, and what it did, in lines."""

from __future__ import annotations

import shlex

from arcwatch import units
from arcwatch.model.replay import Plan, Replayed
from arcwatch.text import printable
from arcwatch.times import format_time

_NOBODY_KNOWS = "core NATS keeps nothing, so that those that are unknown may come twice"


def planned(plan: Plan, pace: str) -> list[str]:
    """What is planned.

    Args:
        plan: Of one replay.
        pace: As it was written.
    """
    lines = []
    if plan.there:
        why = "an earlier replay was interrupted after it brought them"
        lines.append(f"{plan.there:,} messages are there already, and left out: {why}")
    if not plan.targets and not plan.lost:
        return [*lines, "nothing is to be replayed"]
    for address, count in plan.targets.items():
        note = f"  not published: {plan.missing[address]}" if address in plan.missing else ""
        lines.append(f"{count:,} messages onto {printable(address, limit=200)}{note}")
    if plan.lost:
        lines.append(f"of {plan.lost:,} nobody knows where they came from: not published")
    if plan.schemaless:
        why = "the target does not have the schema that they were written with"
        lines.append(f"{plan.schemaless:,} go as bytes, their schema is lost: {why}")
    if plan.first is not None and plan.last is not None:
        when = f"published {format_time(plan.first, 3)} to {format_time(plan.last, 3)}"
        takes = f"takes {units.duration(plan.seconds)} at {pace}"
        lines.append(f"{takes}, {units.size(plan.size)}, {when}")
    return lines


def warnings(plan: Plan) -> list[str]:
    """Replays before it that some of the same messages may have come with."""
    return [
        f"warning: {done.published:,} messages of these places were replayed there before, "
        f"{format_time(done.time, 0)}"
        for done in plan.earlier[-3:]
        if done.finished and done.published
    ]


def totals(replayed: Replayed) -> list[str]:
    """What became of the messages."""
    wanted = replayed.plan.messages if replayed.plan else 0
    parts = [f"published {replayed.published:,} of {wanted:,} messages"]
    if replayed.acknowledged is None:
        parts.append("core NATS acknowledges nothing")
    else:
        parts.append(f"{replayed.acknowledged:,} acknowledged")
    if replayed.failed:
        parts.append(f"{replayed.failed:,} failed: {replayed.failure}")
    if replayed.unknown:
        parts.append(f"{replayed.unknown:,} unknown: no answer came, they may have arrived or not")
    if replayed.dropped:
        parts.append(f"{replayed.dropped:,} headers had no place in NATS")
    if replayed.interrupted:
        parts.append("interrupted")
    return parts


def resume(replayed: Replayed) -> str:
    """How to go on after a replay that ended early; empty where there is nothing to say."""
    wanted = replayed.plan.messages if replayed.plan else 0
    if not replayed.unknown and replayed.published >= wanted:
        return ""
    if replayed.acknowledged is not None:
        return (
            "to go on, run it again: it looks in the target for what arrived, and leaves that out"
        )
    if not replayed.first_unknown:
        return ""
    where = printable(replayed.first_unknown, limit=200)
    return f"to go on, run it again --from {shlex.quote(where.rpartition(' ')[2])}: {_NOBODY_KNOWS}"
