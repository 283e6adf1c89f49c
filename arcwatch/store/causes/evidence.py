"""The figures behind a cause: each with its value, its age and who reported it."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import NamedTuple

from arcwatch.model.pulsar import Member, OpenTransaction
from arcwatch.store.backlog.pace import Pace
from arcwatch.store.pulsar.policy_rows import quota_of
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .cause import Evidence
from .facts import (
    BrokerFacts,
    ConnectionFacts,
    ConsumerFacts,
    Facts,
    LinkFacts,
    ReplicatorFacts,
    ServerFacts,
    StreamFacts,
    SubscriptionFacts,
    TopicFacts,
)
from .of_pulsar import hands_over, hottest, permits

JSZ, METRICS, STATS, OURS = "jsz", "metrics", "topic stats", "arcwatch"
CONNZ, VARZ, LINKS = "connz", "varz", "routez, gatewayz and leafz"
HEALTHZ, READY = "healthz", "brokers/ready"
"""Who reports figures; the last derives them from what others reported."""


NAMED = 3
"""Neighbours that are named, of those that are lost."""


class _Figure(NamedTuple):
    name: str
    value: str
    source: str


def evidence(facts: Facts) -> tuple[Evidence, ...]:
    """Everything known about a backlog that speaks for or against a cause."""
    match facts:
        case SubscriptionFacts():
            figures = _subscription(facts)
        case ReplicatorFacts():
            figures = _replicator(facts)
        case ConsumerFacts():
            figures = _consumer(facts)
        case StreamFacts():
            figures = _stream(facts)
        case TopicFacts():
            figures = _topic(facts)
        case ConnectionFacts():
            figures = _connection(facts)
        case LinkFacts():
            figures = _link(facts)
        case ServerFacts():
            figures = _server(facts)
        case BrokerFacts():
            figures = _broker(facts)
    return tuple(
        Evidence(name, value, max(0.0, facts.now - facts.read.get(source, nan)), source)
        for name, value, source in figures
        if value
    )


def _subscription(facts: SubscriptionFacts) -> Iterator[_Figure]:
    row = facts.row
    yield _Figure("waiting", _entries(facts), METRICS)
    yield _Figure("delayed", units.whole(row.delayed_messages), METRICS)
    yield _Figure("oldest", facts.age_text, OURS)
    yield _Figure("consumers", _consumers(facts), METRICS)
    yield _Figure("unacked", units.whole(row.unacked_messages), METRICS)
    yield _Figure("last delivered", _ago(row.last_consumed, facts.now), METRICS)
    yield _Figure("last ack", _ago(row.last_acked, facts.now), METRICS)
    yield _Figure("redelivered", f"{units.rate(row.redeliver_rate)}/s", METRICS)
    asked_for = permits(facts.members)
    if asked_for is not None:
        note = "" if asked_for else ": the broker sends no more"
        yield _Figure("permits", f"{asked_for:,}{note}", STATS)
    if row.throttled_by:
        yield _Figure("throttled by", " and ".join(row.throttled_by), METRICS)
    if row.drop_rate > 0:
        yield _Figure("lost", f"{units.rate(row.drop_rate)}/s over the last minute", METRICS)
    if facts.transactions:
        yield _Figure("open transactions", f"{facts.transactions:,}", STATS)
    if one := facts.transaction:
        yield _Figure("transaction", _transaction(one, facts.now), "transactions")
    if row.held_since is not None:
        yield _Figure("held since", _ago(row.held_since, facts.now), STATS)
        yield _Figure("ranges", f"{row.holes:,} acknowledged behind it", STATS)
    if slowest := _slowest(facts):
        yield _Figure("slowest", _member(slowest, facts.now), STATS)
    if drained := [one.draining for one in facts.members if one.draining and hands_over(one)]:
        keys = sum(drained[1:], drained[0])
        yield _Figure("draining", f"{keys.hashes:,} hashes, {keys.unacked:,} unacked", STATS)
    if hot := hottest(facts):
        yield _Figure("hot partition", f"p{hot[0]} holds {hot[1]:.0%}", METRICS)
    yield from _pace(facts.pace)
    yield from _limits(facts)


def _replicator(facts: ReplicatorFacts) -> Iterator[_Figure]:
    row = facts.row
    since = f", since {_ago(row.since, facts.now)}" if row.since else ""
    whole = f"{row.partitions_connected} of {row.partitions}" if row.partitions > 1 else ""
    yield _Figure("connected", f"{whole or ('yes' if row.connected else 'no')}{since}", METRICS)
    yield _Figure("waiting", units.things(row.backlog_entries, "entry"), METRICS)
    yield _Figure("delay", units.duration(row.delay), METRICS)
    yield _Figure("oldest", facts.age_text, OURS)
    yield from _pace(facts.pace)


def _entries(facts: SubscriptionFacts) -> str:
    row = facts.row
    entries = (
        f"{units.whole(row.waiting_entries)} {'entry' * (row.waiting_entries == 1) or 'entries'}"
    )
    if row.waiting_messages != row.waiting_messages or not row.waiting_entries:
        return entries
    return f"{units.estimate(row.waiting_messages)} messages, {entries}"


def _consumers(facts: SubscriptionFacts) -> str:
    names = {member.name for member in facts.members}
    by = f" by {len(names)} names" if 1 < len(names) != len(facts.members) else ""
    return f"{units.whole(facts.row.consumers)}{by}"


def _slowest(facts: SubscriptionFacts) -> Member | None:
    holding = [member for member in facts.members if member.unacked > 0]
    if len(facts.members) < 2 or not holding:
        return None
    return max(holding, key=lambda member: (facts.now - (member.last_acked or 0.0), member.unacked))


def _member(member: Member, now: float) -> str:
    name = printable(member.name, limit=60) or "a consumer without a name"
    return f"{name} holds {units.whole(member.unacked)}, last ack {_ago(member.last_acked, now)}"


def _limits(facts: SubscriptionFacts) -> Iterator[_Figure]:
    ttl, quotas = facts.limits
    if ttl:
        yield _Figure("TTL", units.duration(ttl), STATS)
    for quota in quotas:
        if text := quota_of(quota):
            yield _Figure("quota", text, STATS)
    if facts.row.backlog_size is not None:
        yield _Figure("size", units.size(facts.row.backlog_size), METRICS)


def _consumer(facts: ConsumerFacts) -> Iterator[_Figure]:
    row, stream = facts.row, facts.stream
    if stream and stream.leaderless:
        yield _Figure("leader", "none", JSZ)
        yield _Figure("replicas", units.whole(stream.replicas), JSZ)
    if row.pending_reported:
        yield _Figure("reported", f"{row.pending_reported} pending", JSZ)
    if row.paused:
        yield _Figure("paused", "yes", JSZ)
    yield _Figure("waiting", f"{units.whole(row.num_pending)} not delivered", JSZ)
    most = f" of {row.max_ack_pending:,} allowed" if (row.max_ack_pending or 0) > 0 else ""
    yield _Figure("ack pending", f"{units.whole(row.num_ack_pending)}{most}", JSZ)
    yield _Figure("oldest", facts.age_text, OURS)
    yield _Figure("last delivered", _ago(row.last_delivered, facts.now), JSZ)
    yield _Figure("last ack", _ago(row.last_ack, facts.now), JSZ)
    if not row.deliver_subject:
        yield _Figure("waiting pulls", units.whole(row.num_waiting), JSZ)
    yield _Figure("redelivered", f"{units.whole(row.num_redelivered)} of those waiting", JSZ)
    if stream:
        yield _Figure("stored", f"{units.whole(stream.messages)} in its stream", JSZ)
    yield from _pace(facts.pace)


def _stream(facts: StreamFacts) -> Iterator[_Figure]:
    row = facts.row
    if row.leaderless:
        yield _Figure("leader", "none", JSZ)
        yield _Figure("replicas", units.whole(row.replicas), JSZ)
    for origin in row.origins:
        contact = "never" if origin.active is None else f"{units.duration(origin.active)} ago"
        error = f", {printable(origin.error, limit=160)}" if origin.error else ""
        lag = f"{units.whole(origin.lag)} not copied, last contact {contact}{error}"
        yield _Figure("origin", f"{printable(origin.name, limit=60)}: {lag}", JSZ)
    yield _Figure("stored", units.things(row.messages, "message"), JSZ)
    if not row.origins:
        yield _Figure("stranded", units.things(facts.stranded, "message"), OURS)
        yield _Figure("consumers", units.whole(facts.consumers), JSZ)
    yield from _pace(facts.pace)


def _topic(facts: TopicFacts) -> Iterator[_Figure]:
    row = facts.row
    for sub in row.subscriptions:
        if sub.drop_rate > 0:
            rate = f"{units.rate(sub.drop_rate)}/s over the last minute"
            yield _Figure("lost", f"{printable(sub.name, limit=60)}: {rate}", METRICS)
    yield _Figure("throttled", "yes, since the last sample" if row.throttled else "no", METRICS)
    yield _Figure("in", f"{units.rate(row.msg_rate_in)}/s", METRICS)
    yield _Figure("out", f"{units.rate(row.msg_rate_out)}/s", METRICS)
    yield _Figure("producers", units.whole(row.producers), METRICS)
    yield _Figure("consumers", units.whole(row.consumers), METRICS)


def _connection(facts: ConnectionFacts) -> Iterator[_Figure]:
    row = facts.row
    yield _Figure("pending", units.size(row.pending_bytes), CONNZ)
    yield _Figure("limit", _cut_at(facts.max_pending), VARZ)
    if row.stalls is not None:
        rate = units.rate(row.stalls_rate)
        yield _Figure("stalls", f"{units.whole(row.stalls)}, {rate}/s now", CONNZ)
    yield _Figure("out", f"{units.rate(row.out_msgs_rate)}/s", CONNZ)
    yield _Figure("out bytes", f"{units.size(row.out_bytes_rate)}/s", CONNZ)
    yield _Figure("subscriptions", units.whole(row.subscriptions), CONNZ)
    if row.rtt is not None:
        yield _Figure("round trip", units.duration(row.rtt), CONNZ)
    yield _Figure("client", f"{printable(row.lang, 40)} {printable(row.version, 40)}", CONNZ)


def _cut_at(limit: int) -> str:
    return f"closed at {units.size(limit)}" if limit else ""


def _link(facts: LinkFacts) -> Iterator[_Figure]:
    row = facts.row
    yield _Figure("connected", "yes" if row.connected else "no, though configured", LINKS)
    if facts.missing_since is not None:
        yield _Figure("since", f"{units.duration(facts.now - facts.missing_since)} ago", OURS)
    if row.pending_bytes is not None:
        yield _Figure("pending", units.size(row.pending_bytes), LINKS)
        yield _Figure("limit", _cut_at(facts.max_pending), VARZ)
    if row.rtt is not None:
        yield _Figure("round trip", units.duration(row.rtt), LINKS)
    if row.connected:
        yield _Figure("connections", units.whole(row.connections), LINKS)


def _server(facts: ServerFacts) -> Iterator[_Figure]:
    row = facts.row
    yield _Figure("health", _health(row.healthy, facts.health or row.health_note), HEALTHZ)
    if facts.sick_since is not None:
        yield _Figure("since", _ago(facts.sick_since, facts.now), OURS)
    if row.meta_leader is not None or facts.lacks_leader:
        yield _Figure("leader", printable(row.meta_leader or "none", 60), JSZ)
    lost = ", ".join(printable(name, 60) for name in facts.lost[:NAMED])
    more = f" and {len(facts.lost) - NAMED:,} more" if len(facts.lost) > NAMED else ""
    yield _Figure("neighbours", f"not connected: {lost}{more}" if lost else "", LINKS)
    yield _Figure("clients", units.whole(row.connections), VARZ)
    yield _Figure("slow consumers", units.whole(row.slow_consumers), VARZ)
    yield _Figure("stalls", f"{units.rate(row.stalls_rate)}/s", VARZ)
    if row.js_storage is not None:
        yield _Figure("storage", _of(row.js_storage, row.js_max_storage), VARZ)
    yield _Figure("in", f"{units.rate(row.in_msgs_rate)}/s", VARZ)
    yield _Figure("out", f"{units.rate(row.out_msgs_rate)}/s", VARZ)
    yield _Figure("uptime", units.duration(row.uptime), VARZ)


def _broker(facts: BrokerFacts) -> Iterator[_Figure]:
    row = facts.row
    yield _Figure("health", _health(row.healthy, ""), READY)
    if facts.unready_since is not None:
        yield _Figure("since", _ago(facts.unready_since, facts.now), OURS)
    if row.direct_used is not None:
        yield _Figure("direct memory", _of(row.direct_used, row.direct_max), METRICS)
    if row.heap_used is not None:
        yield _Figure("heap", _of(row.heap_used, row.heap_max), METRICS)
    yield _Figure("topics", units.whole(row.topics), METRICS)
    yield _Figure("in", f"{units.rate(row.msg_rate_in)}/s", METRICS)
    yield _Figure("out", f"{units.rate(row.msg_rate_out)}/s", METRICS)
    yield _Figure("uptime", units.duration(row.uptime), METRICS)


def _health(healthy: bool | None, note: str) -> str:
    state = {True: "healthy", False: "unhealthy", None: units.UNKNOWN}[healthy]
    return f"{state}: {printable(note, limit=160)}" if note else state


def _of(used: int, most: int | None) -> str:
    return f"{units.size(used)} of {units.size(most)}" if most else units.size(used)


def _pace(pace: Pace) -> Iterator[_Figure]:
    over = f", {pace.seconds:.0f} s" if pace.seconds == pace.seconds else ""
    for name, rate in (("in", units.rate(pace.in_rate)), ("out", units.rate(pace.out_rate))):
        yield _Figure(name, rate if rate == units.UNKNOWN else f"{rate}/s{over}", OURS)
    growth = units.signed_rate(pace.growth)
    yield _Figure("growth", growth if growth == units.UNKNOWN else f"{growth}/s{over}", OURS)
    if pace.out_rate > 0 and pace.growth > 0:
        needed = (pace.out_rate + pace.growth) / pace.out_rate
        yield _Figure("needed", f"{needed:.1f} × today's consumers", OURS)


def _transaction(one: OpenTransaction, now: float) -> str:
    lasts = nan if one.since is None else max(0.0, now - one.since)
    left = units.duration(max(0.0, one.timeout - lasts))
    return f"{one.id} open for {units.duration(lasts)}, times out in {left}"


def _ago(at: float | None, now: float) -> str:
    return f"{units.duration(max(0.0, now - at))} ago" if at else "never"
