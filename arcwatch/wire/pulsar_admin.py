"""Answers of a broker's admin API (``/admin/v2`` of Pulsar 4.0) -> model.

Only the fields that are shown are named here: what a newer broker adds is ignored, what a field
turns into is an error that says which.

Schemas are of ``GET /admin/v2/schemas/{tenant}/{namespace}/{topic}/schema/{version}``:
``GetSchemaResponse``.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from arcwatch.errors import WireError
from arcwatch.model.message import Schema
from arcwatch.model.pulsar import (
    Bookie,
    Member,
    PulsarBookies,
    PulsarBrokers,
    PulsarHealth,
    PulsarNames,
    PulsarNamespaces,
    PulsarTenants,
    PulsarTopic,
    ResourceGroup,
    SubscriptionDetail,
)
from arcwatch.model.pulsar_opened import Draining
from arcwatch.text.control_characters import printable

from .documents import Count, Int64, decoded, known, known_or_none, seconds_of

HINT = "is this a Pulsar broker's web service? 8080 is usual, 8443 with TLS"
"""What to try when something answers that is not Pulsar's admin API."""

_BrokerId = Annotated[str, Meta(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s/?#@\[\]:]+):\d{1,5}$")]
"""``host:port``, and nothing that would make it a path or another host in an URL."""

T = TypeVar("T")


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


MOST = 10_000
"""Bookies that are kept."""


class _Id(Struct):
    bookieId: str


class _All(Struct):
    bookies: list[_Id]


class _Rack(Struct):
    rack: str | None = None


_all = msgspec.json.Decoder(_All)
_racks = msgspec.json.Decoder(dict[str, dict[str, _Rack]])


def parse_bookies(answer: bytes, racks: bytes, where: str) -> PulsarBookies:
    """The answers of ``bookies/all``, ``{"bookies":[{"bookieId":"b1:3181"}]}``, and ``racks-info``.

    Args:
        answer: The first; empty where there is none.
        racks: The second, ``{"default":{"b1:3181":{"rack":"/r1","hostname":"b1"}}}``; may be empty.
    """
    if not answer:
        return PulsarBookies(None)
    groups = decode(_racks, racks, f"{where}/racks-info") if racks else {}
    rack = {name: place.rack or "" for group in groups.values() for name, place in group.items()}
    names = sorted(bookie.bookieId for bookie in decode(_all, answer, f"{where}/all").bookies)
    return PulsarBookies(tuple(Bookie(name, rack.get(name, "")) for name in names[:MOST]))


class _BookieState(Struct, frozen=True, rename="camel"):
    """``BookieStateService.BookieState`` of BookKeeper 4.17."""

    read_only: bool


class _BookieSpace(Struct, frozen=True, rename="camel"):
    """``BookieInfoService.BookieInfo``."""

    free_space: Count
    total_space: Count


_bookie_state = msgspec.json.Decoder(_BookieState)
_bookie_space = msgspec.json.Decoder(_BookieSpace)
_underreplicated = msgspec.json.Decoder(list[Int64] | dict[str, msgspec.Raw])
NONE_UNDER = b"No under replicated ledgers found"


def parse_bookie_state(body: bytes, where: str) -> bool:
    """The answer of a bookie's ``/api/v1/bookie/state``: whether it is read-only."""
    return decode(_bookie_state, body, where).read_only


def parse_bookie_space(body: bytes, where: str) -> tuple[int | None, int | None]:
    """The answer of a bookie's ``/api/v1/bookie/info``: bytes free, and of all."""
    report = decode(_bookie_space, body, where)
    return known_or_none(report.free_space), known_or_none(report.total_space)


def parse_underreplicated(body: bytes, where: str) -> int:
    """How many ledgers a bookie's ``list_under_replicated_ledger`` names."""
    if body.strip() == NONE_UNDER:
        return 0
    return len(decode(_underreplicated, body, where))


class _ResourceGroup(Struct, frozen=True, rename="camel"):
    """``ResourceGroup``; 0 and less is no limit."""

    publish_rate_in_msgs: Int64 | None = None
    publish_rate_in_bytes: Int64 | None = None
    dispatch_rate_in_msgs: Int64 | None = None
    dispatch_rate_in_bytes: Int64 | None = None


_resource_group = msgspec.json.Decoder(_ResourceGroup)


def parse_resource_groups(body: bytes, where: str) -> tuple[str, ...]:
    """The answer of ``resourcegroups``: their names."""
    names = decode(_names, body, where)
    return tuple(sorted(printable(name, limit=200) for name in names[:MOST]))


def parse_resource_group(name: str, body: bytes, where: str) -> ResourceGroup:
    """The answer of ``resourcegroups/{group}``."""
    one = decode(_resource_group, body, where)
    sent = (one.publish_rate_in_msgs, one.publish_rate_in_bytes)
    limits = (*sent, one.dispatch_rate_in_msgs, one.dispatch_rate_in_bytes)
    first, second, third, fourth = (each if each and each > 0 else None for each in limits)
    return ResourceGroup(name, (first, second, third, fourth))


MOST_NAMES = 20_000
"""Names of one list that are kept; the rest is counted."""

_names = msgspec.json.Decoder(list[str])


def parse_tenants(body: bytes, where: str) -> PulsarTenants:
    """The answer of ``tenants``: ``["public","pulsar"]``."""
    found = decode(_names, body, where)
    # a slash would make a tenant's name a path of its own
    return PulsarTenants(tuple(sorted(name for name in found if name and "/" not in name)))


def parse_namespaces(tenant: str, body: bytes, where: str) -> PulsarNamespaces:
    """The answer of ``namespaces/{tenant}``: ``["public/default"]``."""
    found = decode(_names, body, where)
    return PulsarNamespaces(tenant, tuple(sorted(_under(f"{tenant}/", found))))


def parse_names(
    namespace: str, topics: bytes, partitioned: bytes, where: str, scalable: bytes = b"[]"
) -> PulsarNames:
    """The answers of ``persistent/{namespace}`` and of its ``/partitioned``.

    Args:
        namespace: ``tenant/namespace``; a name that is not in it is left out.
        partitioned: The partitioned topics, without numbers.
        scalable: The answer of ``scalable/{namespace}``, of Pulsar 5.0.
    """
    prefix = f"persistent://{namespace}/"
    plain = _under(prefix, decode(_names, topics, where))
    plain += _under(f"topic://{namespace}/", decode(_names, scalable, f"{where} (scalable)"))
    bases = _under(prefix, decode(_names, partitioned, f"{where}/partitioned"))
    left_out = max(0, len(plain) - MOST_NAMES) + max(0, len(bases) - MOST_NAMES)
    return PulsarNames(namespace, tuple(plain[:MOST_NAMES]), tuple(bases[:MOST_NAMES]), left_out)


def _under(prefix: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(prefix) and len(name) > len(prefix)]


MAX_DEFINITION = 1024 * 1024
"""Characters; a broker keeps one in an entry of a ledger, and thousands may be in use."""
MAX_PROPERTIES = 256 * 1024
"""Characters of all properties; those of ``PROTOBUF`` list a message's fields."""


class _Answer(Struct, frozen=True):
    """``GetSchemaResponse``; ``data`` is text for any type of schema."""

    type: str
    version: Int64 | None = None
    data: str = ""
    properties: dict[str, str] | None = None
    timestamp: Int64 = 0


class _Answers(Struct, frozen=True):
    """``GetAllVersionsSchemaResponse``."""

    getSchemaResponses: list[_Answer]


_answers = msgspec.json.Decoder(_Answers)
_answer = msgspec.json.Decoder(_Answer)


def parse_schema_version(body: bytes, where: str) -> Schema:
    """The answer about one version of a topic's schema."""
    return _schema(decode(_answer, body, where), where)


def parse_schema_versions(body: bytes, where: str) -> list[Schema]:
    """The answer about all versions of a topic's schema; see :func:`parse_schema_version`."""
    return [_schema(each, where) for each in decode(_answers, body, where).getSchemaResponses]


def _schema(report: _Answer, where: str) -> Schema:
    properties = report.properties or {}
    size = sum(len(name) + len(value) for name, value in properties.items())
    if len(report.data) > MAX_DEFINITION or size > MAX_PROPERTIES:
        why = f"{len(report.data):,} characters, and {size:,} of properties"
        raise WireError("a schema too large", where=where, why=why, hint=HINT)
    definition = report.data.encode("utf-8", "replace")
    created = seconds_of(report.timestamp)
    return Schema(report.type, definition, report.version, properties, created)
