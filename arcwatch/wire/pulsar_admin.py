"""Answers of a broker's admin API (``/admin/v2`` of Pulsar 4.0) -> model.

Only the fields that are shown are named here: what a newer broker adds is ignored, what a field
turns into is an error that says which.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from arcwatch.errors import WireError
from arcwatch.model.pulsar import (
    Member,
    PulsarBrokers,
    PulsarHealth,
    PulsarTopic,
    ResourceGroup,
    SubscriptionDetail,
)
from arcwatch.model.pulsar_opened import Draining
from arcwatch.text.control_characters import printable

from .documents import decoded
from .numbers import Count, Int64, known, known_or_none, seconds_of

HINT = "is this a Pulsar broker's web service? 8080 is usual, 8443 with TLS"
"""What to try when something answers that is not Pulsar's admin API."""

_BrokerId = Annotated[str, Meta(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s/?#@\[\]:]+):\d{1,5}$")]
"""``host:port``, and nothing that would make it a path or another host in an URL."""

T = TypeVar("T")

MOST_GROUPS = 10_000
"""Most resource groups that are kept."""


class Drained(Struct, frozen=True, rename="camel"):
    """Draining hashes in statistics of consumers and subscriptions, since Pulsar 4.0."""

    draining_hashes_count: Count | None = None
    draining_hashes_unacked_messages: Count = 0
    draining_hashes_cleared_total: Count = 0


class _Consumer(Drained, frozen=True, rename="camel"):
    """``ConsumerStatsImpl``."""

    consumer_name: str | None = None
    address: str | None = None
    unacked_messages: Count = 0
    available_permits: Int64 = 0
    last_consumed_timestamp: Int64 = 0
    last_acked_timestamp: Int64 = 0


class _Subscription(Struct, frozen=True, rename="camel"):
    """``SubscriptionStatsImpl``."""

    type: str | None = None
    backlog_size: Count = -1
    is_durable: bool = True
    last_mark_delete_advanced_timestamp: Int64 = 0
    non_contiguous_deleted_messages_ranges: Count = 0
    consumers: list[_Consumer] = []


class _Stats(Struct, frozen=True, rename="camel"):
    """``TopicStatsImpl``."""

    msg_in_counter: Count
    subscriptions: dict[str, _Subscription]
    ongoing_txn_count: Count = 0
    last_offload_success: Int64 = field(default=0, name="lastOffloadSuccessTimeStamp")
    last_offload_failure: Int64 = field(default=0, name="lastOffloadFailureTimeStamp")


class _InternalStats(Struct, frozen=True, rename="camel"):
    """``PersistentTopicInternalStats``; a non-persistent topic answers with zeroes."""

    entries_added_counter: Count


class _Reason(Struct, frozen=True):
    """The body of most refusals."""

    reason: str = ""


class _Lookup(Struct, frozen=True, rename="camel"):
    """``LookupData``."""

    http_url: str = ""
    http_url_tls: str = ""


_brokers = msgspec.json.Decoder(list[_BrokerId])
_lookup = msgspec.json.Decoder(_Lookup)
_stats = msgspec.json.Decoder(_Stats)
_internal_stats = msgspec.json.Decoder(_InternalStats)
_clusters = msgspec.json.Decoder(list[str])
_reason = msgspec.json.Decoder(_Reason)


def parse_brokers(body: bytes, where: str) -> PulsarBrokers:
    """The answer of ``brokers``: ``["10.0.0.7:8080"]``, in an order that stays."""
    found = decode(_brokers, body, where)
    return PulsarBrokers(tuple(sorted(set(found))))


def parse_clusters(body: bytes, where: str) -> tuple[str, ...]:
    """Parse ``clusters``: ``["standalone"]``, geo-replication clusters included."""
    found = decode(_clusters, body, where)
    return tuple(found)


def parse_owner(body: bytes, where: str) -> tuple[str, ...]:
    """Parse ``lookup/v2``: ``host:port`` of the owner's web service, with or without TLS."""
    report = decode(_lookup, body, where)
    return tuple(url.partition("://")[2] for url in (report.http_url, report.http_url_tls) if url)


def parse_ready(broker: str, status: int, body: bytes) -> PulsarHealth:
    """Parse ``brokers/ready``: ``ok``, or the reason.  Plain text labelled as JSON.

    Args:
        status: Of the answer; 404 and 405 are of a version that has no such endpoint, and
            anything else but 200 of a broker that is not ready.
    """
    text = body[:1000].decode("utf-8", "replace").strip()
    if status == 200 and text == "ok":
        return PulsarHealth(broker, True, "")
    if status in (404, 405):
        # where there is no such endpoint, the broker takes ``ready`` for the name of a cluster
        return PulsarHealth(broker, None, "")
    return PulsarHealth(broker, False, parse_reason(body) or f"HTTP {status}")


def parse_topic(name: str, stats: bytes, internal_stats: bytes, where: str) -> PulsarTopic:
    """The answers of one topic's ``stats`` and ``internalStats``.

    Args:
        stats: Asked with ``subscriptionBacklogSize``.
    """
    report = decode(_stats, stats, f"{where}/stats")
    added = decode(_internal_stats, internal_stats, f"{where}/internalStats")
    return PulsarTopic(
        name=name,
        in_messages=known(report.msg_in_counter),
        entries_added=known(added.entries_added_counter),
        subscriptions=tuple(
            SubscriptionDetail(
                name=subscription,
                # the text None is how the broker says that nobody has subscribed yet
                type=None if found.type == "None" else found.type,
                backlog_size=known_or_none(found.backlog_size),
                durable=found.is_durable,
                holes=known_or_none(found.non_contiguous_deleted_messages_ranges) or 0,
                moved=seconds_of(found.last_mark_delete_advanced_timestamp),
                consumers=tuple(map(_member, found.consumers)),
            )
            for subscription, found in report.subscriptions.items()
        ),
        transactions=int(known_or_none(report.ongoing_txn_count) or 0),
        last_offloaded=seconds_of(report.last_offload_success),
        last_offload_failed=seconds_of(report.last_offload_failure),
    )


def _member(report: _Consumer) -> Member:
    return Member(
        name=report.consumer_name or "",
        # Java writes an address without a host name as ``/10.0.0.7:45060``
        address=(report.address or "").lstrip("/"),
        unacked=known(report.unacked_messages),
        permits=report.available_permits,
        last_consumed=seconds_of(report.last_consumed_timestamp),
        last_acked=seconds_of(report.last_acked_timestamp),
        draining=draining(report),
    )


def draining(report: Drained) -> Draining | None:
    """None if the broker does not count them."""
    hashes = known_or_none(report.draining_hashes_count)
    if hashes is None:
        return None
    unacked = known_or_none(report.draining_hashes_unacked_messages) or 0
    return Draining(hashes, unacked, known_or_none(report.draining_hashes_cleared_total) or 0)


def is_lacking(status: int, body: bytes) -> bool:
    """Whether a broker's version has no such endpoint.

    Its own refusals are JSON with a ``reason``; what no resource of it serves is answered by the
    web server in front, with a page or with nothing.
    """
    return status in (404, 405) and (not body.strip() or body.lstrip().startswith(b"<"))


def parse_reason(body: bytes) -> str:
    """The first words of a refusal: of its ``reason`` where it is JSON, else of the text."""
    try:
        words = decoded(_reason, body, "not an error response").reason
    except WireError:
        words = body[:1000].decode("utf-8", "replace")
    lines = words.strip().splitlines()
    return printable(lines[0].strip(), limit=160) if lines else ""


def decode(decoder: msgspec.json.Decoder[T], body: bytes, where: str) -> T:
    """Decode ``body``."""
    return decoded(decoder, body, "not an answer from Pulsar's admin API", where, HINT)


class _ResourceGroup(Struct, frozen=True, rename="camel"):
    """``ResourceGroup``; 0 and less is no limit."""

    publish_rate_in_msgs: Int64 | None = None
    publish_rate_in_bytes: Int64 | None = None
    dispatch_rate_in_msgs: Int64 | None = None
    dispatch_rate_in_bytes: Int64 | None = None


_resource_groups = msgspec.json.Decoder(list[str])
_resource_group = msgspec.json.Decoder(_ResourceGroup)


def parse_resource_groups(body: bytes, where: str) -> tuple[str, ...]:
    """The answer of ``resourcegroups``: their names."""
    names = decode(_resource_groups, body, where)
    return tuple(sorted(printable(name, limit=200) for name in names[:MOST_GROUPS]))


def parse_resource_group(name: str, body: bytes, where: str) -> ResourceGroup:
    """The answer of ``resourcegroups/{group}``."""
    one = decode(_resource_group, body, where)
    sent = (one.publish_rate_in_msgs, one.publish_rate_in_bytes)
    limits = (*sent, one.dispatch_rate_in_msgs, one.dispatch_rate_in_bytes)
    first, second, third, fourth = (each if each and each > 0 else None for each in limits)
    return ResourceGroup(name, (first, second, third, fourth))
