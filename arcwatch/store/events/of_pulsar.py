"""Events of Pulsar: from the differences between two rounds of the brokers' answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from arcwatch.model.pulsar import Bookie, PulsarBroker
from arcwatch.model.pulsar_opened import TopicAbout
from arcwatch.notation.address import topic_address
from arcwatch.notation.own_names import is_ours
from arcwatch.notation.topic_names import is_internal
from arcwatch.store.causes.cause import Severity
from arcwatch.store.pulsar.broker import Part
from arcwatch.store.pulsar.policy_rows import quota_of, retention_of
from arcwatch.store.pulsar.replicator_rows import PulsarReplicatorRow
from arcwatch.store.rows import PulsarSubscriptionRow, PulsarTopicRow
from arcwatch.text import units

from .compared import Change, Compared
from .event import Event, Kind
from .of_segments import Segments

RESTART = 5.0
"""Seconds by which the start of a broker has to differ."""
SURE = 10.0
"""Entries by which a backlog has to grow beyond what was published: a look is not one moment."""
MARKERS = 8.0
"""Entries a second and remote cluster that may wait and that nobody published: brokers note in the
topic which positions of replicated subscriptions are the same.  Of 4.0.8 they are 3."""
OPENED = 100
"""The last opened topics whose policies are remembered."""


def _quota(about: TopicAbout) -> str:
    return "; ".join(filter(None, map(quota_of, about.quotas))) or "none"


_POLICIES: Mapping[str, Callable[[TopicAbout], str]] = {
    "retention": retention_of,
    "ttl": lambda about: units.duration(about.ttl) if about.ttl else "none",
    "quota": _quota,
    "schema": lambda about: (
        f"{about.schema_type} v{about.schema_version}" if about.schema_type else "none"
    ),
}
"""What is compared of an open topic, by its name in ``unknown``."""

_LABELS = {"ttl": "TTL", "quota": "backlog quota"}


class PulsarEvents:
    """What is compared of one cluster."""

    def __init__(self) -> None:
        self._topics: Compared[PulsarTopicRow] = Compared(
            ("partitions", "producers", "offload_failed")
        )
        self._subscriptions: Compared[PulsarSubscriptionRow] = Compared(("consumers", "blocked"))
        self._bookies: Compared[str] = Compared(holds=1)
        self._read_only: dict[str, bool] = {}
        self._brokers: Compared[str] = Compared(holds=1)
        self._rounds = self._listings = self._bookie_lists = 0
        self._round_at = 0.0
        self._abouts: dict[str, TopicAbout] = {}
        self._replicators: Compared[PulsarReplicatorRow] = Compared(("is_cut_off",))
        self._segments = Segments()

    def of_page(
        self, before: PulsarBroker | None, after: PulsarBroker, at: float
    ) -> Iterator[Event]:
        """A broker that was restarted, or runs another version."""
        if before is None:
            return
        place, was, now = f"server:{after.broker}", before.version, after.version
        if abs((after.started or 0.0) - (before.started or 0.0)) > RESTART:
            yield Event(
                at, "pulsar", after.cluster, "restarted", place, "restarted", severity="warning"
            )
        if was != now:
            yield Event(at, "pulsar", after.cluster, "version", place, "version changed", was, now)

    def of_brokers(self, cluster: str, brokers: Sequence[str], at: float) -> Iterator[Event]:
        """Brokers that joined the cluster or left it."""
        found = self._brokers.update({name: name for name in brokers}, learning=not self._listings)
        self._listings += 1
        for kind, text, name in found.named(("came", "broker joined"), ("gone", "broker left")):
            yield Event(at, "pulsar", cluster, kind, f"server:{name}", text)

    def of_bookies(self, cluster: str, bookies: Sequence[Bookie], at: float) -> Iterator[Event]:
        """Bookies that were registered or removed, or stopped or resumed accepting writes."""
        listed = {bookie.id: bookie.id for bookie in bookies}
        found = self._bookies.update(listed, learning=not self._bookie_lists)
        self._bookie_lists += 1
        for kind, text, name in found.named(("came", "bookie registered"), ("gone", "bookie lost")):
            yield Event(at, "pulsar", cluster, kind, f"server:{name}", text)
        for one in bookies:
            # most answers do not report it
            now = self._read_only.get(one.id) if one.read_only is None else one.read_only
            if now is not None and now != self._read_only.setdefault(one.id, now):
                self._read_only[one.id] = now
                text = "bookie is read-only" if now else "bookie accepts writes again"
                severity: Severity = "warning" if now else "info"
                place = f"server:{one.id}"
                yield Event(at, "pulsar", cluster, "changed", place, text, severity=severity)

    def of_replicators(self, rows: Sequence[PulsarReplicatorRow], at: float) -> Iterator[Event]:
        """Remote clusters for which entries wait that are no longer connected, or are again."""
        by_key = {f"{row.topic} {row.remote}": row for row in rows if not row.stale}
        for change in self._replicators.update(by_key).changed:
            row = by_key[change.key]
            place = topic_address(row.topic, row.cursor)
            if change.after:
                lost = f"remote cluster {row.remote} disconnected"
                yield Event(at, "pulsar", row.cluster, "gone", place, lost, severity="critical")
            else:
                found = f"remote cluster {row.remote} reconnected"
                yield Event(at, "pulsar", row.cluster, "back", place, found)

    def of_about(self, cluster: str, about: TopicAbout, at: float) -> Iterator[Event]:
        """Policies and schema of an open topic that changed."""
        before = self._abouts.pop(about.name, about)
        self._abouts[about.name] = about
        while len(self._abouts) > OPENED:
            del self._abouts[next(iter(self._abouts))]
        for name, shown in _POLICIES.items():
            if name in (*before.unknown, *about.unknown):
                continue
            was, now = shown(before), shown(about)
            if was != now:
                place = topic_address(about.name)
                text = f"{_LABELS.get(name, name)} changed"
                yield Event(at, "pulsar", cluster, "changed", place, text, was, now)

    def of_topics(
        self,
        topics: Sequence[PulsarTopicRow],
        replicators: Sequence[PulsarReplicatorRow],
        at: float,
        parts_of: Callable[[str], Iterable[Part]],
    ) -> Iterator[Event]:
        """What a whole round of brokers' answers has that the one before had not."""
        remotes = Counter(row.topic for row in replicators)
        rows = {row.topic: row for row in topics if not row.stale and not is_internal(row.topic)}
        stale = any(row.stale for row in topics)
        before = self._subscriptions.known
        learning, seconds = not self._rounds, at - self._round_at
        self._rounds, self._round_at = self._rounds + 1, at
        subs = {
            f"{sub.topic}#{sub.name}": sub
            for row in rows.values()
            for sub in row.subscriptions
            if not is_ours(sub.name)
        }
        for key, sub in subs.items():
            if (was := before.get(key)) is not None and was is not sub and not stale:
                came = rows[sub.topic].msg_rate_in + MARKERS * remotes[sub.topic]
                yield from _cursor(was, sub, came * seconds, at)
        known = {row.topic for row in self._topics.known.values()}
        yield from self._of_rows(rows, at, learning=learning, stale=stale)
        scaled = {
            topic: [part.topic.name for part in parts_of(topic)]
            for topic in rows
            if topic.startswith("topic://")
        }
        for topic, (fewer, more) in self._segments.update(scaled):
            place = topic_address(topic)
            yield Event(
                at, "pulsar", rows[topic].cluster, "changed", place, "segments", fewer, more
            )
        found = self._subscriptions.update(subs, learning=learning, frozen=stale)
        # a topic that is loaded brings its subscriptions along
        for _, sub in found.came:
            if sub.topic in known:
                yield _event("created", "subscription created", sub, at)
        for _, sub in found.went:
            if sub.topic in rows:
                yield _event("deleted", "subscription deleted", sub, at)
        yield from (_changed(subs[change.key], change, at) for change in found.changed)

    def _of_rows(
        self, rows: dict[str, PulsarTopicRow], at: float, *, learning: bool, stale: bool
    ) -> Iterator[Event]:
        found = self._topics.update(rows, learning=learning, frozen=stale)
        for kind, text, row in found.named(
            ("created", "topic created or loaded"), ("deleted", "topic deleted or unloaded")
        ):
            yield Event(at, "pulsar", row.cluster, kind, topic_address(row.topic), text)
        for change in found.changed:
            row = rows[change.key]
            if change.field == "partitions" and row.topic.startswith("topic://"):
                # segments that were split are still counted
                continue
            if change.field == "offload_failed":
                yield from _offload(row, change, at)
                continue
            was, now = units.whole(change.before), units.whole(change.after)
            clients: Kind = "came" if change.after > change.before else "went"
            what: Kind = "changed" if change.field == "partitions" else clients
            place = topic_address(row.topic)
            yield Event(at, "pulsar", row.cluster, what, place, change.field, was, now)


def _offload(row: PulsarTopicRow, change: Change, at: float) -> Iterator[Event]:
    place = topic_address(row.topic)
    if change.after is None:
        yield Event(at, "pulsar", row.cluster, "back", place, "offloading works again")
    elif change.before is None:
        text = "offloading failed"
        yield Event(at, "pulsar", row.cluster, "gone", place, text, severity="warning")


def _cursor(
    was: PulsarSubscriptionRow, now: PulsarSubscriptionRow, came: float, at: float
) -> Iterator[Event]:
    """A cursor that was moved back: more waits than was there and has come."""
    if now.backlog_entries - was.backlog_entries > came + SURE:
        before, after = units.whole(was.backlog_entries), units.whole(now.backlog_entries)
        yield Event(
            at,
            "pulsar",
            now.cluster,
            "cursor",
            topic_address(now.topic, now.name),
            "cursor moved back, entries waiting",
            before,
            after,
        )


def _changed(sub: PulsarSubscriptionRow, change: Change, at: float) -> Event:
    if change.field == "blocked":
        text = "blocked on unacknowledged messages" if change.after else "no longer blocked"
        return _event("changed", text, sub, at)
    more = change.after > change.before
    event = _event("came" if more else "went", "consumers", sub, at)
    was, now = units.whole(change.before), units.whole(change.after)
    severity: Severity = "info" if change.after else "warning"
    return replace(event, before=was, after=now, severity=severity)


def _event(kind: Kind, text: str, sub: PulsarSubscriptionRow, at: float) -> Event:
    return Event(at, "pulsar", sub.cluster, kind, topic_address(sub.topic, sub.name), text)
