"""What can be the cause of a Pulsar subscription's backlog: one test a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arcwatch.model.pulsar import Member
from arcwatch.notation.topic_names import COMPACTION
from arcwatch.store.backlog.forecast import HELD, REFUSED, policy_in_force
from arcwatch.store.backlog.pace import is_outpaced

from .cause import SLACK, STUCK, WORKING, Finding, Verdict
from .facts import ReplicatorFacts, SubscriptionFacts

UNEVEN = 2.0
"""A partition or a consumer stands out at more than so many times the mean of the others."""
MANY = 100
"""Entries of a partition, or messages of a consumer, below which nothing stands out."""


def _no_consumers(facts: SubscriptionFacts) -> Verdict:
    compacts = facts.row.name == COMPACTION
    return Finding("no consumers") if facts.row.consumers == 0 and not compacts else None


def _stalled(facts: SubscriptionFacts) -> Verdict:
    """Messages are held and none is acknowledged, or none is even taken.

    Exclusive and Failover subscriptions always report that 0 are unacknowledged.
    """
    row = facts.row
    if not row.last_consumed or not row.consumers > 0 or facts.now - (row.last_acked or 0) < STUCK:
        return None
    if row.held_since is not None and row.waiting_entries <= row.unacked_messages:
        # all behind what is held is acknowledged: there is nothing else to acknowledge
        return None
    # an age is an estimate: what has stalled ends with an acknowledgement alone
    idle, waited = facts.now - row.last_consumed, facts.age >= STUCK or facts.shown == "stalled"
    if row.unacked_messages > 0 and (idle >= STUCK or waited):
        count = int(row.consumers)
        who = "its consumer acks nothing" if count == 1 else f"none of {count} consumers acks"
        return Finding(f"stalled: {who}", row.last_acked)
    asked_for = permits(facts.members)
    starved = waited if asked_for is None else asked_for <= 0
    if row.waiting_entries > 0 and not row.unacked_messages > 0 and idle >= STUCK and starved:
        return Finding("stalled: nothing taken", row.last_consumed)
    return None


def _transaction(facts: SubscriptionFacts) -> Verdict:
    if not facts.transactions or not _is_starved_by_broker(facts):
        return None
    if facts.transaction:
        return Finding(f"behind transaction {facts.transaction.id}", facts.transaction.since)
    return Finding("behind an open transaction", facts.row.last_consumed)


def _undelivered(facts: SubscriptionFacts) -> Verdict:
    if facts.transactions or not _is_starved_by_broker(facts):
        return None
    return Finding("not delivered: broker sends none", facts.row.last_consumed)


def _is_starved_by_broker(facts: SubscriptionFacts) -> bool:
    """Whether consumers have asked for messages, hold none, and are sent none that wait."""
    row, asked_for = facts.row, permits(facts.members)
    if not asked_for or asked_for <= 0 or row.unacked_messages > 0 or not row.waiting_entries > 0:
        return False
    idle = facts.now - (row.last_consumed or 0)
    waited = facts.age >= STUCK or facts.shown in ("transaction", "undelivered")
    return idle >= STUCK and waited and row.msg_rate_out == 0


def _held(facts: SubscriptionFacts) -> Verdict:
    """What is delayed is passed over for as long as its producer wants.

    How long it had been held is known of the moment when its topic was asked, and not since.
    """
    row, asked = facts.row, facts.read.get("topic stats", facts.now)
    if row.held_since is None or row.delayed_messages > 0 or not asked - row.held_since >= STUCK:
        return None
    return Finding("held at one unacked message", row.held_since)


def _one_slow(facts: SubscriptionFacts) -> Verdict:
    """One consumer holds messages and acknowledges none while others do."""
    members = facts.members
    if len(members) < 2 or facts.row.type == "Key_Shared":
        return None
    asked = facts.read.get("topic stats", facts.now)
    slow = [one for one in members if _is_stuck(one, asked)]
    if not slow or len(slow) == len(members):
        return None
    acked = [one.last_acked for one in slow if one.last_acked]
    return Finding(f"slow: {len(slow)} of {len(members)} acks nothing", min(acked, default=None))


def _draining(facts: SubscriptionFacts) -> Verdict:
    """Keys that moved to another consumer wait until the earlier one acknowledges."""
    stuck = [one for one in facts.members if hands_over(one) and _is_stuck(one, facts.now)]
    if not stuck or not facts.row.waiting_entries > 0:
        return None
    acked = [one.last_acked for one in stuck if one.last_acked]
    return Finding("keys wait for their old consumer", min(acked, default=None))


def hands_over(member: Member) -> bool:
    """Whether it holds messages of keys that went to another consumer."""
    return member.draining is not None and member.draining.unacked > 0


def _is_stuck(member: Member, asked: float) -> bool:
    held_for = asked - max(member.last_acked or 0.0, member.last_consumed or 0.0)
    return member.unacked > 0 and bool(member.last_consumed) and held_for >= STUCK


def _hot_partition(facts: SubscriptionFacts) -> Verdict:
    found = hottest(facts)
    return Finding(f"hot partition: p{found[0]}") if found else None


def _hot_key(facts: SubscriptionFacts) -> Verdict:
    """With a backlog those that are given most have most that is not acknowledged."""
    if facts.row.type != "Key_Shared" or len(facts.members) < 2:
        return None
    if any(map(hands_over, facts.members)):
        # who held all keys before another one joined holds the most, whatever the keys
        return None
    held = sorted(member.unacked for member in facts.members)
    most, rest = held[-1], sum(held[:-1])
    if not _is_outlier(most, rest / (len(held) - 1), is_shown=facts.shown == "hot-key"):
        return None
    return Finding(f"hot key: 1 of {len(held)} consumers")


def _quota(facts: SubscriptionFacts) -> Verdict:
    how = policy_in_force(facts.row.backlog_size, facts.age, facts.limits[1])
    words = {HELD: "producers block", REFUSED: "producers are refused"}.get(how)
    return Finding(f"quota reached: {words}") if words else None


def _throttled(facts: SubscriptionFacts) -> Verdict:
    whose = facts.row.throttled_by
    if not whose or not facts.row.waiting_entries > 0:
        return None
    return Finding(f"throttled: {' and '.join(whose)} dispatch rate")


def _too_few(facts: SubscriptionFacts) -> Verdict:
    rests = facts.read.get("metrics", facts.now) - (facts.row.last_consumed or 0.0) > WORKING
    if rests:
        return None
    is_shown, waiting = facts.shown == "too-few", facts.row.waiting_entries
    if not is_outpaced(facts.pace, waiting, keeps_up=facts.keeps_up, is_shown=is_shown):
        return None
    count = facts.row.consumers
    if count != count:
        return Finding("too few consumers")
    return Finding(f"too few: {count:.0f} consumer{'s' * (count != 1)}")


def _delayed(facts: SubscriptionFacts) -> Verdict:
    if not facts.row.delayed_messages > 0 or facts.row.waiting_entries > 0:
        return None
    return Finding("delayed: waits for its time")


def _disconnected(facts: ReplicatorFacts) -> Verdict:
    row = facts.row
    if not row.is_cut_off:
        return None
    missing = row.partitions - row.partitions_connected
    of = f": {missing} of {row.partitions} partitions" if row.partitions_connected else ""
    return Finding(f"not connected to {row.remote}{of}", row.since)


def _behind(facts: ReplicatorFacts) -> Verdict:
    if not is_outpaced(facts.pace, facts.row.backlog_entries, keeps_up=facts.keeps_up):
        return None
    return Finding("replicates too slowly")


def permits(members: Sequence[Member]) -> int | None:
    """Messages that consumers have asked for and were not sent; None if unknown."""
    return sum(max(0, member.permits) for member in members) if members else None


def hottest(facts: SubscriptionFacts) -> tuple[str, float] | None:
    """The number of the partition that stands out, and its share of the backlog."""
    waiting = [
        (sub.backlog_entries, part.topic.name)
        for part in facts.parts
        for sub in part.topic.subscriptions
        if sub.name == facts.row.name
    ]
    # of a scalable topic some segments are sealed, and Pulsar splits those that are busy
    if len(waiting) < 2 or facts.row.topic.startswith("topic://"):
        return None
    most, name = max(waiting)
    total = sum(entries for entries, _ in waiting)
    mean = (total - most) / (len(waiting) - 1)
    if _is_outlier(most, mean, is_shown=facts.shown == "hot-partition"):
        return name.rpartition("-")[2], most / total
    return None


def _is_outlier(most: float, mean: float, *, is_shown: bool) -> bool:
    """Whether one stands out from the mean of the others; of what is not known nothing does."""
    slack = SLACK if is_shown else 1.0
    return most >= slack * MANY and most > slack * UNEVEN * mean


TESTS: Mapping[str, Callable[[SubscriptionFacts], Verdict]] = {
    "no-consumers": _no_consumers,
    "blocked": lambda f: (
        Finding("blocked: too many unacked", f.row.last_acked) if f.row.blocked else None
    ),
    "stalled": _stalled,
    "transaction": _transaction,
    "undelivered": _undelivered,
    "draining": _draining,
    "one-slow": _one_slow,
    "held": _held,
    "hot-partition": _hot_partition,
    "hot-key": _hot_key,
    "quota": _quota,
    "throttled": _throttled,
    "too-few": _too_few,
    "delayed": _delayed,
}
"""By the name of the kind."""

OF_REPLICATOR: Mapping[str, Callable[[ReplicatorFacts], Verdict]] = {
    "disconnected": _disconnected,
    "behind": _behind,
}
"""Likewise of a replicator."""
