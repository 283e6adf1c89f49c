"""What a replay would do, and what it did, in lines."""

from __future__ import annotations

from arcwatch import units
from arcwatch.model.replay import Plan, Replayed
from arcwatch.text import printable
from arcwatch.times import format_time


def planned(plan: Plan, pace: str) -> list[str]:
    """What is planned.

    Args:
        plan: Of one replay.
        pace: As it was written.
    """
    if not plan.targets and not plan.lost:
        return ["nothing is to be replayed"]
    lines = []
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
    if replayed.dropped:
        parts.append(f"{replayed.dropped:,} headers had no place in NATS")
    if replayed.interrupted:
        parts.append("interrupted")
    return parts
