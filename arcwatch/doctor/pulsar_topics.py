"""Checks of Pulsar's topics, subscriptions and clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import inf, nan
from shlex import quote
from typing import Any

from arcwatch.model.pulsar_opened import OpenedPart, OpenedSubscription, Quota, Replication
from arcwatch.model.pulsar_settings import NotAsked, TopicSettings, default_quotas
from arcwatch.notation.own_names import is_ours
from arcwatch.notation.places import topic_address
from arcwatch.notation.topic_names import namespace_of
from arcwatch.store.backlog.forecast import Loss, Waiting, on_pulsar
from arcwatch.store.backlog.pace import Pace
from arcwatch.store.backlog.rows import BacklogRow
from arcwatch.store.messages.dead_letters import SUFFIXES
from arcwatch.store.rows import PulsarSubscriptionRow
from arcwatch.text import units

from .check import Check, Doubt, Judgement, fault
from .generated_names import looks_generated
from .picture import Picture
from .pulsar_namespaces import ttl_of
from .versions import PULSAR_CLIENTS, is_outdated, pulsar_client

DAY = 86_400.0
"""Seconds after which nobody is about to come back."""
SKEW = 3.0
"""How many times the mean the fullest partition may hold."""
ENOUGH = 1_000
"""Messages of a topic from which on a skew is no chance."""
MANY_HOLES = 5_000
"""Ranges: half of what a broker stores by default, so that a restart redelivers the rest."""


class Opened:
    """A subscription of one topic, with all its partitions."""

    def __init__(self, topic: str, parts: list[OpenedSubscription]) -> None:
        self.topic, self.parts, self.name = topic, parts, parts[0].name
        self.address = topic_address(topic, self.name)

    @property
    def consumers(self) -> int:
        """How many are connected."""
        return sum(len(part.consumers) for part in self.parts)

    @property
    def entries(self) -> float:
        """How many wait."""
        return sum(part.backlog_entries for part in self.parts)

    @property
    def durable(self) -> bool:
        """Whether it outlives its consumers."""
        return all(part.durable for part in self.parts)


def _topics(picture: Picture) -> Iterable[TopicSettings] | Doubt:
    found = picture.topics
    return Doubt(found.why) if isinstance(found, NotAsked) else found


def _subscriptions(picture: Picture) -> Iterable[Opened] | Doubt:
    found = _topics(picture)
    return found if isinstance(found, Doubt) else list(_opened(found))


def _opened(topics: Iterable[TopicSettings]) -> Iterator[Opened]:
    for topic in topics:
        named: dict[str, list[OpenedSubscription]] = {}
        for part in topic.opened.parts:
            for sub in part.subscriptions:
                named.setdefault(sub.name, []).append(sub)
        for name, parts in named.items():
            # Pulsar's own compacts a topic when there is enough of it
            if not is_ours(name) and not name.startswith("__"):
                yield Opened(topic.opened.name, parts)


def _abandoned(sub: Opened, picture: Picture) -> Judgement:
    if sub.consumers or not sub.entries or not sub.durable:
        return None
    used = [at for part in sub.parts for at in (part.last_consumed, part.last_acked) if at]
    oldest = [part.oldest for part in sub.parts if part.oldest]
    idle = picture.since(max(used)) if used else None
    if idle is not None and idle < DAY:
        return None
    waits = picture.since(min(oldest)) if oldest else None
    sizes = [part.backlog_size for part in sub.parts]
    return fault(
        sub.address,
        "topic stats",
        f"arcwatch history {quote(sub.address.partition('#')[0])}; if nobody needs it, dropping its"
        f" backlog: pulsar-admin topics unsubscribe -s {quote(sub.name)} {quote(sub.topic)}",
        last_consumer=f"{units.duration(idle)} ago" if used else "none since the topic was loaded",
        keeps=f"{units.things(sub.entries, 'entry')}, {units.size(sum(s or 0 for s in sizes))}",
        oldest=f"{units.duration(waits)} old" if waits is not None else "not known",
    )


def _generated(sub: Opened, picture: Picture) -> Judgement:
    if not sub.durable or not looks_generated(sub.name):
        return None
    return fault(
        sub.address,
        "topic stats",
        "name subscriptions after services; for a single client use a reader, or a non-durable"
        " subscription",
        consumers=str(sub.consumers),
        keeps=units.things(sub.entries, "entry"),
    )


def _holes(sub: Opened, picture: Picture) -> Judgement:
    holes = max(part.holes for part in sub.parts)
    if holes < MANY_HOLES:
        return None
    return fault(
        sub.address,
        "topic stats",
        "acknowledge the oldest messages, or set a dead letter policy; or skip the oldest, losing"
        f" it: pulsar-admin topics skip -n 1 -s {quote(sub.name)} TOPIC (each partition by name)",
        holes=units.whole(holes),
        stored_by_default="10,000",
    )


def _rows(picture: Picture) -> Iterable[PulsarSubscriptionRow]:
    return [sub for row in picture.store.pulsar_topics() for sub in row.subscriptions]


def _no_dead_letters(sub: PulsarSubscriptionRow, picture: Picture) -> Judgement:
    if not sub.redeliver_rate > 0:
        return None
    names = {row.topic for row in picture.store.pulsar_topics()}
    if any(f"{sub.topic}-{sub.name}{suffix}" in names for suffix in SUFFIXES):
        return None
    return fault(
        topic_address(sub.topic, sub.name),
        "/metrics/",
        "set one in the client (Shared or Key_Shared): in Python dead_letter_policy="
        "ConsumerDeadLetterPolicy(max_redeliver_count=16)",
        redelivered=f"{units.rate(sub.redeliver_rate)}/s",
        unacknowledged=units.whole(sub.unacked_messages),
        dead_letter_topic="none is loaded",
    )


def _blocked(sub: PulsarSubscriptionRow, picture: Picture) -> Judgement:
    if not sub.blocked:
        return None
    return fault(
        topic_address(sub.topic, sub.name),
        "/metrics/",
        "acknowledge messages, or negatively acknowledge those that fail, to have them redelivered",
        unacknowledged=units.whole(sub.unacked_messages),
        blocked="true",
    )


def _backlogs(picture: Picture) -> Iterable[BacklogRow] | Doubt:
    """Backlogs that were watched for long enough, and those of topics that were asked about."""
    rows = [one for one in picture.backlogs.values() if one.system == "pulsar" and not one.kind]
    topics = _topics(picture)
    asked = () if isinstance(topics, Doubt) else {topic.opened.name for topic in topics}
    found = [row for row in rows if row.lost_in == row.lost_in or row.place in asked]
    return topics if isinstance(topics, Doubt) and not found else found


def _lost(row: BacklogRow, picture: Picture) -> Judgement:
    loss = _loss(row, picture)
    if loss.seconds != loss.seconds:
        return Doubt(
            f"{row.address}: {loss.how or 'the age or growth of its backlog is not known'}"
        )
    if not loss.seconds < DAY:
        return None
    return fault(
        row.address,
        "policies and /metrics/",
        "add consumers, or raise the limit: the message TTL or backlog quota of the topic or its"
        " namespace",
        waiting=units.count(row.waiting),
        what_then=loss.how,
        in_about=units.duration(loss.seconds),
    )


def _loss(row: BacklogRow, picture: Picture) -> Loss:
    """The limit reached first, or why that is not known; one look is too short to see it coming."""
    if row.lost_in == row.lost_in:
        return Loss(row.lost_in, row.lost_how)
    topics = () if isinstance(picture.topics, NotAsked) else picture.topics
    topic = next(one for one in topics if one.opened.name == row.place)
    limits = _limits(topic, picture)
    if isinstance(limits, Doubt):
        return Loss(nan, limits.why)
    if not any(limits):
        return Loss(inf, "")
    growth = row.growth if row.growth == row.growth else row.in_rate - row.out_rate
    parts = [part for sub in _opened([topic]) if sub.address == row.address for part in sub.parts]
    oldest = [part.oldest for part in parts if part.oldest]
    sizes = [nan if part.backlog_size is None else part.backlog_size for part in parts]
    return on_pulsar(
        Waiting(
            row.waiting,
            sum(sizes),
            picture.now - min(oldest) if oldest else nan,
            Pace(row.in_rate, row.out_rate, growth),
            row.keeps_up,
        ),
        *limits,
    )


def _limits(topic: TopicSettings, picture: Picture) -> tuple[int | None, tuple[Quota, ...]] | Doubt:
    """The TTL and the quotas in effect for it."""
    spaces, broker, own = picture.namespaces, picture.broker, topic.limits
    if isinstance(spaces, NotAsked) or isinstance(broker, NotAsked) or isinstance(own, NotAsked):
        return Doubt("the limits of topics could not be read")
    name = namespace_of(topic.opened.name)
    space = next((one for one in spaces if one.name == name), None)
    if space is None:
        return Doubt(f"the policies of {name} were not read")
    every = default_quotas(broker) | {one.kind: one for one in (*space.quotas, *own.quotas)}
    ttl = ttl_of(space, picture) if own.ttl is None else own.ttl
    return ttl, tuple(one for one in every.values() if one.is_limited)


def _skew(topic: TopicSettings, picture: Picture) -> Judgement:
    held = [part.in_messages for part in topic.opened.parts]
    total = sum(held)
    if len(held) < 2 or not total >= ENOUGH or max(held) < SKEW * total / len(held):
        return None
    return fault(
        topic_address(topic.opened.name),
        "partitioned-stats",
        "use keys with more values, as a key is always one partition; or none, which gives up the"
        " order by key",
        fullest=units.things(max(held), "message"),
        mean=units.whole(total / len(held)),
        partitions=str(len(held)),
    )


def _schemas(topic: TopicSettings, picture: Picture) -> Judgement:
    if isinstance(topic.schema, NotAsked):
        return Doubt(topic.schema.why)
    if topic.schema is not None or topic.opened.name.endswith(tuple(SUFFIXES)):
        return None
    space = namespace_of(topic.opened.name)
    topics = () if isinstance(picture.topics, NotAsked) else picture.topics
    with_one = [one for one in topics if namespace_of(one.opened.name) == space and one.schema]
    if not with_one:
        return None
    return fault(
        topic_address(topic.opened.name),
        "schemas",
        f"pulsar-admin schemas upload {quote(topic.opened.name)} --filename FILE; then namespaces"
        " set-schema-validation-enforce --enable, which refuses producers without a schema",
        schema="none",
        with_one_in_its_namespace=str(len(with_one)),
    )


def _replicators(picture: Picture) -> Iterable[tuple[str, Replication]] | Doubt:
    found = _topics(picture)
    if isinstance(found, Doubt):
        return found
    parts = [part for topic in found for part in topic.opened.parts]
    return [(part.name, one) for part in parts for one in part.replication]


def _replicator(one: tuple[str, Replication], picture: Picture) -> Judgement:
    topic, remote = one
    if remote.connected or not remote.backlog_entries > 0:
        return None
    return fault(
        topic_address(topic),
        "topic stats",
        f"check that {remote.cluster} runs and is reached from here, at the address that"
        f" pulsar-admin clusters get {quote(remote.cluster)} shows",
        to=remote.cluster,
        connected="false",
        waiting=units.things(remote.backlog_entries, "entry"),
    )


def _parts(picture: Picture) -> Iterable[OpenedPart] | Doubt:
    found = _topics(picture)
    return found if isinstance(found, Doubt) else [p for t in found for p in t.opened.parts]


def _offload(part: OpenedPart, picture: Picture) -> Judgement:
    failed = part.last_offload_failed
    if not failed or failed < (part.last_offloaded or 0):
        return None
    return fault(
        topic_address(part.name),
        "topic stats",
        f"pulsar-admin topics offload-status {quote(part.name)}; check the bucket and credentials",
        failed=f"{units.duration(picture.since(failed))} ago",
        stored=units.size(part.storage_size),
    )


def _compaction(part: OpenedPart, picture: Picture) -> Judgement:
    run = part.compaction
    if run is None:
        return Doubt("the broker does not report compaction")
    if not run.failed_at or run.failed_at < (run.last or 0):
        return None
    return fault(
        topic_address(part.name),
        "topic stats",
        f"pulsar-admin topics compaction-status {quote(part.name)}; its error is in the broker's"
        " log",
        failed=f"{units.duration(picture.since(run.failed_at))} ago",
        stored=units.size(part.storage_size),
    )


def _libraries(picture: Picture) -> Iterable[tuple[str, str, tuple[str, ...]]] | Doubt:
    found = _topics(picture)
    if isinstance(found, Doubt):
        return found
    used: Counter[tuple[str, str, str]] = Counter()
    for topic in found:
        for part in topic.opened.parts:
            versions = [one.version for one in part.producers]
            versions += [one.version for sub in part.subscriptions for one in sub.consumers]
            used.update((*pulsar_client(version), topic.opened.name) for version in versions)
    kinds = sorted({(library, version) for library, version, _ in used if library})
    return [(*kind, tuple(sorted({t for *k, t in used if tuple(k) == kind}))) for kind in kinds]


def _library(one: tuple[str, str, tuple[str, ...]], picture: Picture) -> Judgement:
    library, version, topics = one
    why = is_outdated(library, version, PULSAR_CLIENTS)
    if why is None:
        return None
    return fault(
        f"{library} {version}",
        "topic stats",
        f"upgrade the client library: at least {why.first[0]}.{why.first[1]}",
        version=f"{version}, {why.why}",
        topics=f"{len(topics)}, {topic_address(topics[0])}",
    )


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "pulsar-subscription-pins",
        "pulsar",
        "warning",
        "subscription pins storage",
        "does every subscription with a backlog have consumers?",
        "Nothing it has not acknowledged can be deleted, and the bookies' disks fill.",
        "metrics",
        _subscriptions,
        _abandoned,
    ),
    Check(
        "pulsar-generated-name",
        "pulsar",
        "note",
        "subscription with a generated name",
        "do durable subscriptions have chosen names?",
        "Each start of a client may leave another behind, which keeps every message from then on.",
        "metrics",
        _subscriptions,
        _generated,
    ),
    Check(
        "pulsar-holes",
        "pulsar",
        "warning",
        "many acknowledgement holes",
        "are messages acknowledged nearly in order?",
        "A broker stores a limited number of ranges: after a restart the rest is redelivered.",
        "metrics",
        _subscriptions,
        _holes,
    ),
    Check(
        "pulsar-dlq-missing",
        "pulsar",
        "warning",
        "no dead letter policy",
        "does a subscription with redeliveries have a dead letter topic?",
        "A message that always fails is redelivered for ever: it takes consumers from the"
        " others, and on Key_Shared holds up its key.",
        "metrics",
        _rows,
        _no_dead_letters,
    ),
    Check(
        "pulsar-blocked",
        "pulsar",
        "critical",
        "blocked on unacknowledged messages",
        "are all subscriptions unblocked?",
        "The broker delivers nothing more until consumers acknowledge or disconnect.",
        "metrics",
        _rows,
        _blocked,
    ),
    Check(
        "pulsar-lost-soon",
        "pulsar",
        "critical",
        "backlog reaches a limit within a day",
        "will backlogs drain before they expire, are evicted, or block producers?",
        "Consumers are too slow: messages will be lost unread, or producers will be blocked.",
        "metrics",
        _backlogs,
        _lost,
    ),
    Check(
        "pulsar-skew",
        "pulsar",
        "warning",
        "skewed partitions",
        "are messages spread over all partitions?",
        "One partition, its broker and its consumer do the work of all; more partitions do not"
        " help.",
        "metrics",
        _topics,
        _skew,
    ),
    Check(
        "pulsar-no-schema",
        "pulsar",
        "note",
        "topic without schema beside others with one",
        "where topics of a namespace have schemas, do all of them?",
        "Anything can be published there, and consumers fail on it.",
        "metrics",
        _topics,
        _schemas,
    ),
    Check(
        "pulsar-replication",
        "pulsar",
        "critical",
        "remote cluster not connected",
        "is every remote cluster connected for which messages wait?",
        "Messages wait here and are kept; consumers there see none of them.",
        "metrics",
        _replicators,
        _replicator,
    ),
    Check(
        "pulsar-offload",
        "pulsar",
        "warning",
        "offload failed",
        "did the last offload succeed?",
        "Ledgers stay on the bookies, whose disks may be too small for them.",
        "metrics",
        _parts,
        _offload,
    ),
    Check(
        "pulsar-compaction",
        "pulsar",
        "warning",
        "compaction failed",
        "did the last compaction succeed?",
        "Readers of the compacted topic see old values, and each read takes longer.",
        "metrics",
        _parts,
        _compaction,
    ),
    Check(
        "pulsar-old-client",
        "pulsar",
        "warning",
        "outdated client library",
        "are client libraries recent?",
        "Old libraries reconnect less well, and have known defects.",
        "metrics",
        _libraries,
        _library,
    ),
)
