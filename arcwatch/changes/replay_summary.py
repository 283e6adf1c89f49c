"""What a replay would do, and what it did, in lines."""

from __future__ import annotations

import shlex

from arcwatch.model.replay import Plan, Replayed
from arcwatch.notation.times import format_time
from arcwatch.text import units
from arcwatch.text.control_characters import printable

_NOBODY_KNOWS = "core NATS stores nothing, so unknown ones may be published twice"


def planned(plan: Plan, pace: str) -> list[str]:
    """What is planned.

    Args:
        plan: Of one replay.
        pace: As it was written.
    """
    lines = []
    if plan.there:
        why = "an interrupted replay published them"
        lines.append(f"{plan.there:,} messages are skipped, already in the target: {why}")
    if not plan.targets and not plan.lost:
        return [*lines, "nothing to replay"]
    for address, count in plan.targets.items():
        note = f"  not published: {plan.missing[address]}" if address in plan.missing else ""
        lines.append(f"{count:,} messages onto {printable(address, limit=200)}{note}")
    if plan.lost:
        lines.append(f"{plan.lost:,} not published: their origin is not known")
    if plan.schemaless:
        why = "the target does not have the schema they were written with"
        lines.append(f"{plan.schemaless:,} are published as bytes, without a schema: {why}")
    if plan.first is not None and plan.last is not None:
        when = f"published {format_time(plan.first, 3)} to {format_time(plan.last, 3)}"
        takes = f"takes {units.duration(plan.seconds)} at {pace}"
        lines.append(f"{takes}, {units.size(plan.size)}, {when}")
    return lines


def warnings(plan: Plan) -> list[str]:
    """What is doubtful about its window, and replays that the same messages may have come with."""
    return [
        *(f"warning: {doubt}" for doubt in plan.doubts),
        *_earlier(plan),
    ]


def _earlier(plan: Plan) -> list[str]:
    return [
        f"warning: {done.published:,} messages were already replayed from here to there, "
        f"{format_time(done.time, 0)}"
        for done in plan.earlier[-3:]
        if done.finished and done.published
    ]


def totals(replayed: Replayed) -> list[str]:
    """What became of the messages."""
    wanted = replayed.plan.messages if replayed.plan else 0
    least = "at least " if replayed.is_cut_off else ""
    parts = [f"published {least}{replayed.published:,} of {wanted:,} messages"]
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


def resume(replayed: Replayed) -> str:
    """How to go on after a replay that ended early; empty where there is nothing to say."""
    wanted = replayed.plan.messages if replayed.plan else 0
    if not replayed.unknown and replayed.published >= wanted and not replayed.is_cut_off:
        return ""
    if replayed.acknowledged is not None:
        return "to resume, run it again: what has arrived in the target is skipped"
    if replayed.is_cut_off:
        return f"what was published after that count is not known: {_NOBODY_KNOWS}"
    if not replayed.first_unknown:
        return ""
    where = printable(replayed.first_unknown, limit=200)
    return (
        f"to resume, run it again --from {shlex.quote(where.rpartition(' ')[2])}: {_NOBODY_KNOWS}"
    )
