"""Dead letters and retries of both systems, with the subscription or consumer concerned.

Pulsar's clients send such messages to topics that they name after the topic and the subscription
(``RetryMessageUtil``).  JetStream keeps them in the stream, and says once that it gave up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import nan
from typing import NamedTuple

from msgspec import Struct

from arcwatch.model.nats_advisories import JsAdvisory
from arcwatch.notation.address import Stream, topic_address
from arcwatch.notation.topic_names import base_name
from arcwatch.store.rows import NatsStreamRow, PulsarTopicRow

from .advisories import AdvisoryCount

SUFFIXES = {"-DLQ": "dead letters", "-RETRY": "retries"}
"""What the names end with, and what is in there."""


class DeadLetterRow(Struct, frozen=True, gc=False):
    """The messages of one subscription or consumer that were not consumed, by cause."""

    system: str
    """``pulsar`` or ``js``."""
    cluster: str
    source: str
    """The address of the subscription or consumer; empty where none of that name is known."""
    what: str
    """``dead letters`` or ``retries`` on Pulsar, ``gave up`` or ``terminated`` of JetStream, and
    ``stranded`` of a work queue that still holds them."""
    place: str
    """The address of the messages: a topic of their own, or the consumer's stream."""
    count: float
    """Sent there since a broker loaded that topic; of JetStream the advisories received."""
    rate: float
    """Per second; of JetStream over the last minute."""
    waiting: float | None
    """Entries that wait there; None without a subscription."""
    last: float | None
    """Unix seconds of the newest that was seen to come; None where none was."""
    last_id: str
    """A time to go to in the history of ``place``: ``#17``; empty is its end."""
    cause: str
    """Why the newest was not consumed, as far as anybody says."""
    stale: bool
    messages: tuple[JsAdvisory, ...] = ()
    """Of JetStream, the newest first."""


class DeadTopic(NamedTuple):
    """One dead letter or retry topic."""

    topic: str
    what: str
    source: tuple[str, str]
    """The topic and the subscription; both are empty where they are not known."""


class DeadTopics:
    """The dead letter and retry topics of a cluster."""

    def __init__(self, topics: tuple[PulsarTopicRow, ...]) -> None:
        self.of = topics
        self.found = tuple(_found(topics))
        self._by_source: dict[tuple[str, str], list[DeadTopic]] = {}
        for dead in self.found:
            self._by_source.setdefault(dead.source, []).append(dead)

    def of_subscription(self, topic: str, subscription: str) -> list[DeadTopic]:
        """The dead letter topic of a subscription."""
        return self._by_source.get((topic, subscription), [])


def _found(topics: Iterable[PulsarTopicRow]) -> Iterator[DeadTopic]:
    named = [
        (row.topic, suffix, what)
        for row in topics
        for suffix, what in SUFFIXES.items()
        if row.topic.endswith(suffix)
    ]
    if not named:
        return
    readers = {row.topic: {sub.name for sub in row.subscriptions} for row in topics}
    for topic, suffix, what in named:
        yield DeadTopic(topic, what, _source(topic.removesuffix(suffix), readers))


def _source(stem: str, readers: dict[str, set[str]]) -> tuple[str, str]:
    """Split a name at its last hyphen that fits: both parts may contain hyphens.

    >>> _source("a-b-c", {"a": {"b-c"}, "a-b": {"x"}})
    ('a', 'b-c')
    >>> _source("a-partition-1-s", {"a": {"s"}})
    ('a', 's')
    """
    for at in range(len(stem) - 1, 0, -1):
        if stem[at] == "-":
            # a client that reads partitions one by one names them after each
            topic, subscription = base_name(stem[:at]), stem[at + 1 :]
            if subscription in readers.get(topic, ()):
                return topic, subscription
    return "", ""


def pulsar_row(
    dead: DeadTopic, row: PulsarTopicRow, in_messages: float, last: float | None, prefix: str
) -> DeadLetterRow:
    """The row of a dead letter or retry topic.

    Args:
        last: Unix seconds when one was seen to come; None where none was.
        prefix: What begins the addresses of its cluster.
    """
    retried = dead.what == "retries"
    return DeadLetterRow(
        system="pulsar",
        cluster=row.cluster,
        source=prefix + topic_address(*dead.source) if dead.source[0] else "",
        what=dead.what,
        place=prefix + topic_address(row.topic),
        count=in_messages,
        rate=row.msg_rate_in,
        waiting=row.backlog_entries if row.subscriptions else None,
        last=last,
        last_id="",
        cause="waiting for a retry" if retried else "max redeliveries reached",
        stale=row.stale,
    )


def jetstream_rows(
    advisories: Iterable[AdvisoryCount], streams: Iterable[NatsStreamRow], prefix: str
) -> list[DeadLetterRow]:
    """The rows of advisory counts, with the cluster taken from ``streams``.

    Args:
        prefix: What begins the addresses of the cluster.
    """
    clusters = {row.stream: row.cluster for row in streams}
    return [
        _jetstream_row(answer, clusters.get(answer.messages[0].stream, ""), prefix)
        for answer in advisories
    ]


def _jetstream_row(answer: AdvisoryCount, cluster: str, prefix: str) -> DeadLetterRow:
    newest = answer.messages[0]
    return DeadLetterRow(
        system="js",
        cluster=cluster,
        source=prefix + str(Stream(newest.stream, consumer=newest.consumer)),
        what=newest.kind,
        place=prefix + str(Stream(newest.stream)),
        count=answer.count,
        rate=answer.rate,
        waiting=None,
        last=newest.at,
        last_id=f"#{newest.sequence}",
        cause=cause_of(newest),
        stale=False,
        messages=answer.messages,
    )


def stranded_row(row: NatsStreamRow, count: float, address: str) -> DeadLetterRow:
    """The row of a work queue with messages that no consumer will get."""
    return DeadLetterRow(
        system="js",
        cluster=row.cluster,
        source="",
        what="stranded",
        place=address,
        count=count,
        rate=nan,
        waiting=None,
        last=None,
        last_id="",
        cause="max deliveries reached, or no filter matches",
        stale=row.stale,
    )


def cause_of(advisory: JsAdvisory) -> str:
    """Why a message is not redelivered.

    >>> cause_of(JsAdvisory("S", "c", "gave up", 7, 5, 0.0))
    '5 deliveries, no acknowledgement'
    >>> cause_of(JsAdvisory("S", "c", "terminated", 7, 1, 0.0, "bad checksum"))
    'bad checksum'
    """
    if advisory.reason:
        return advisory.reason
    if advisory.kind == "terminated":
        return f"terminated at delivery {advisory.deliveries:,}"
    return f"{advisory.deliveries:,} deliveries, no acknowledgement"
