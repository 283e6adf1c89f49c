"""``/jsz`` of a NATS server, JSON to model.

Asked with ``config=1``: without it the server leaves out retention, limits and acknowledgement.

A replicated stream and each of its consumers choose their leaders apart, and only a leader knows:
a follower of a consumer reports ``num_pending: 0`` for it, whatever is waiting.  So every server
is asked for all it has, and :func:`led_by` keeps what it can know.

Field names and meanings follow ``server/monitor.go``, ``stream.go`` and ``consumer.go`` of
nats-server 2.2 to 2.15.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, compress
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from arcwatch.model.nats import (
    STREAM_FEATURES,
    JsAccount,
    JsConsumer,
    JsOrigin,
    JsPinned,
    JsReplica,
    JsStream,
    NatsJetStream,
)
from arcwatch.notation.own_names import is_ours

from .go_text import unix
from .nats_json import decode, limit, moment, of_one_server, placed
from .numbers import Count, Int64, known, known_or_none


class Replica(Struct):
    """A peer of a RAFT group: ``PeerInfo`` of ``server/stream.go``."""

    name: str
    current: bool = False
    offline: bool = False
    active: Int64 = 0
    lag: Count = 0


class _Raft(Struct):
    leader: str = ""
    replicas: list[Replica] | None = None


class _Fault(Struct):
    description: str = ""


class _Origin(Struct):
    name: str
    lag: Count = 0
    active: Int64 = -1
    error: _Fault | None = None


class _Transform(Struct):
    """``SubjectTransformConfig``, since nats-server 2.10."""

    dest: str = ""


class _StreamConfig(Struct):
    retention: str
    storage: str
    num_replicas: Int64
    max_msgs: Count
    max_bytes: Count
    max_age: Int64
    discard: str = ""
    duplicate_window: Int64 = 0
    max_msgs_per_subject: Count = -1
    # servers leave out what is off, and what they do not know
    allow_msg_ttl: bool = False
    allow_msg_schedules: bool = False
    allow_msg_counter: bool = False
    allow_atomic: bool = False
    allow_batched: bool = False
    subject_delete_marker_ttl: Int64 = 0
    subjects: tuple[str, ...] | None = None
    subject_transform: _Transform | None = None


class _StreamState(Struct):
    messages: Count
    bytes: Count
    first_seq: Count
    first_ts: str
    last_seq: Count
    last_ts: str
    num_subjects: Count | None = None
    num_deleted: Count = 0
    consumer_count: Count | None = None


class _ConsumerConfig(Struct):
    ack_policy: str
    durable_name: str = ""
    deliver_policy: str = ""
    filter_subject: str = ""
    filter_subjects: tuple[str, ...] | None = None
    deliver_subject: str = ""
    ack_wait: Int64 = 0
    max_deliver: Count = -1
    max_ack_pending: Count = 0
    max_waiting: Count = 0
    deliver_group: str = ""
    flow_control: bool = False
    pause_until: str = ""
    priority_policy: str = ""
    priority_groups: tuple[str, ...] | None = None


class _Pinned(Struct):
    group: str = ""
    pinned_client_id: str = ""
    pinned_ts: str = ""


class _Sequence(Struct):
    consumer_seq: Count
    stream_seq: Count
    last_active: str | None = None


class _Consumer(Struct):
    name: str
    config: _ConsumerConfig
    delivered: _Sequence
    ack_floor: _Sequence
    num_ack_pending: Count
    num_redelivered: Count
    num_waiting: Count
    num_pending: Count
    cluster: _Raft | None = None
    paused: bool = False
    push_bound: bool = False
    created: str = ""
    priority_groups: list[_Pinned] | None = None


class _Stream(Struct):
    name: str
    config: _StreamConfig
    state: _StreamState
    cluster: _Raft | None = None
    consumers: list[_Consumer] | None = field(name="consumer_detail", default=None)
    mirror: _Origin | None = None
    sources: list[_Origin] | None = None


class _Api(Struct, frozen=True):
    total: Count = 0
    errors: Count = 0


class _Account(Struct):
    name: str
    id: str
    memory: Count = 0
    storage: Count = 0
    # Of an account, what is "reserved" is its limit; of the server, what limits have set aside.
    reserved_memory: Count = 0
    reserved_storage: Count = 0
    api: _Api = _Api()
    streams: list[_Stream] | None = field(name="stream_detail", default=None)


class _Options(Struct, frozen=True):
    domain: str = ""


class _Jsz(Struct):
    server_id: str
    now: str
    accounts: Int64 = 0
    details: list[_Account] | None = field(name="account_details", default=None)
    config: _Options | None = None


_name = attrgetter("name")
_SEVERAL = re.compile(r"(?i)split|slice")
_FUNCTION = re.compile(r"\{\{.*?\}\}|\$\d+")
_JSZ = msgspec.json.Decoder(_Jsz)


def parse_jsz(body: bytes, where: str = "/jsz") -> NatsJetStream:
    """Read one page of ``/jsz``.  A server without JetStream has no streams; that is no error.

    Args:
        body: The body, JSON; about 1.5 KiB a consumer.
    """
    doc = decode(_JSZ, body, where)
    with placed(where, "$.now"):
        now = moment(doc.now)
    accounts = doc.details or []
    named = Counter(account.name for account in accounts)
    streams, usage = [], []
    for index, account in enumerate(accounts):
        # Two accounts may carry the same display name; their ids differ.
        name = account.name if named[account.name] == 1 else account.id
        usage.append(_usage(account, name))
        for at, stream in enumerate(account.streams or []):
            with placed(where, f"$.account_details[{index}].stream_detail[{at}]"):
                streams.append(_stream(stream, name))
    return NatsJetStream(
        doc.server_id,
        now,
        tuple(streams),
        accounts=max(doc.accounts, len(accounts)),
        usage=tuple(usage),
        domain=doc.config.domain if doc.config else "",
    )


def merge_jsz(pages: Sequence[NatsJetStream]) -> NatsJetStream:
    """All pages as one answer, in order of account and name; the last of duplicates.

    Args:
        pages: At least one, in the order they were asked for.

    Raises:
        WireError: The server restarted between two pages.
    """
    of_one_server(pages)
    usage = {report.account: report for report in chain.from_iterable(page.usage for page in pages)}
    streams = {
        (stream.account, stream.stream): stream
        for stream in chain.from_iterable(page.streams for page in pages)
    }
    return NatsJetStream(
        pages[0].server_id,
        pages[0].now,
        tuple([streams[key] for key in sorted(streams)]),
        accounts=pages[-1].accounts,
        usage=tuple([usage[name] for name in sorted(usage)]),
        domain=pages[0].domain,
    )


def led_by(server_name: str, report: NatsJetStream) -> NatsJetStream:
    """What this server reports as the leader.

    ``streams`` keeps the streams it leads, ``followed`` the others of which it leads a consumer;
    both keep only the consumers it leads.  Where nobody leads, the stream stays in ``streams``
    and the consumer with its stream: all of its servers report it, and none knows better.
    """
    led, followed = [], []
    for stream in report.streams:
        here = stream.leader in (server_name, "")
        ours = (server_name, "") if here else (server_name,)
        consumers = tuple([c for c in stream.consumers if c.leader in ours])
        if len(consumers) < len(stream.consumers):
            stream = replace(stream, consumers=consumers)
        if here:
            led.append(stream)
        elif consumers:
            followed.append(stream)
    return replace(report, streams=tuple(led), followed=tuple(followed))


def _stream(stream: _Stream, account: str) -> JsStream:
    config, state = stream.config, stream.state
    count, messages = known_or_none(state.consumer_count), known(state.messages)
    report = sorted(stream.consumers or [], key=_name)
    others = [row for row in report if not is_ours(row.name)]
    leader = stream.cluster.leader if stream.cluster else ""
    return JsStream(
        stream=stream.name,
        account=account,
        subjects=config.subjects or (),
        retention=config.retention,
        storage=config.storage,
        replicas=config.num_replicas,
        leader=leader,
        messages=messages,
        bytes=known(state.bytes),
        first_seq=known(state.first_seq),
        last_seq=known(state.last_seq),
        first_time=_checked_time(state.first_ts) if state.messages else None,
        last_time=_checked_time(state.last_ts),
        max_bytes=limit(config.max_bytes),
        max_messages=limit(config.max_msgs),
        max_age=config.max_age / 1e9 or None,
        # Go leaves out what is zero; servers before 2.8 never report it.
        num_subjects=known_or_none(state.num_subjects) if state.messages else 0,
        num_deleted=known(state.num_deleted),
        consumers=tuple([_consumer(row, leader, messages) for row in others]),
        consumer_count=count and max(0, count - len(report) + len(others)),
        peers=parse_peers(stream.cluster.replicas if stream.cluster else None),
        is_mirror=stream.mirror is not None,
        origins=_origins(stream),
        discard=config.discard,
        duplicate_window=config.duplicate_window / 1e9 or None,
        stored_as=_stored_as(config.subject_transform),
        max_per_subject=limit(config.max_msgs_per_subject) or None,
        allows=tuple(compress(STREAM_FEATURES, _allowed(config))),
        delete_marker_ttl=config.subject_delete_marker_ttl / 1e9 or None,
    )


def _allowed(config: _StreamConfig) -> tuple[bool, ...]:
    return (
        config.allow_msg_ttl,
        config.allow_msg_schedules,
        config.allow_msg_counter,
        config.allow_atomic,
        config.allow_batched,
    )


def _origins(stream: _Stream) -> tuple[JsOrigin, ...]:
    report = [stream.mirror] if stream.mirror else stream.sources or []
    return tuple(
        [
            # the server writes -1 of an origin that it has never reached
            JsOrigin(
                o.name,
                known(o.lag),
                o.active / 1e9 if o.active >= 0 else None,
                o.error.description if o.error else "",
            )
            for o in sorted(report, key=_name)
        ]
    )


def parse_peers(replicas: Sequence[Replica] | None) -> tuple[JsReplica, ...]:
    """The replicas of a RAFT group except the one that reports, in order of name."""
    return tuple(
        [
            # Go's zero duration: the leader has not heard of it yet
            JsReplica(r.name, r.current, r.offline, r.active / 1e9 or None, known(r.lag))
            for r in sorted(replicas or [], key=_name)
        ]
    )


def _usage(account: _Account, name: str) -> JsAccount:
    streams = account.streams or []
    return JsAccount(
        account=name,
        memory=known(account.memory),
        storage=known(account.storage),
        # limits by tier leave both at 0
        max_memory=limit(account.reserved_memory) or None,
        max_storage=limit(account.reserved_storage) or None,
        api_total=known(account.api.total),
        api_errors=known(account.api.errors),
        streams=len(streams),
        consumers=sum(len(stream.consumers or []) for stream in streams),
    )


def _checked_time(text: str) -> str | None:
    """The moment as it was written, with all its digits, once it is known to be one."""
    return None if unix(text) is None else text


_COUNTS = ("num_ack_pending", "num_redelivered", "num_waiting")
_SETTINGS = ("ack_policy", "deliver_policy", "deliver_subject", "deliver_group", "flow_control")
"""Fields that the model has by the same name: counts of a consumer, and its configuration."""


def _same_fields(consumer: _Consumer) -> dict[str, Any]:
    counts = {name: known(getattr(consumer, name)) for name in _COUNTS}
    return counts | {name: getattr(consumer.config, name) for name in _SETTINGS}


def _consumer(consumer: _Consumer, stream_leader: str, held: float) -> JsConsumer:
    config, delivered, floor = consumer.config, consumer.delivered, consumer.ack_floor
    one = (config.filter_subject,) if config.filter_subject else ()
    pending, groups = known(consumer.num_pending), consumer.priority_groups or ()
    return JsConsumer(
        name=consumer.name,
        durable=bool(config.durable_name),
        # what waits to be delivered lies in the stream (nats-server issues 5655 and 8140)
        num_pending=held if pending > held else pending,
        pending_reported=None if pending <= held else str(consumer.num_pending)[:24],
        delivered=known(delivered.consumer_seq),
        ack_floor=known(floor.consumer_seq),
        delivered_stream_seq=known(delivered.stream_seq),
        ack_floor_stream_seq=known(floor.stream_seq),
        last_delivered=unix(delivered.last_active) if delivered.last_active else None,
        last_ack=unix(floor.last_active) if floor.last_active else None,
        paused=consumer.paused,
        leader=consumer.cluster.leader if consumer.cluster else stream_leader,
        created=unix(consumer.created) if consumer.created else None,
        filters=config.filter_subjects or one,
        ack_wait=config.ack_wait / 1e9 or None,
        max_deliver=limit(config.max_deliver) or None,
        max_ack_pending=limit(config.max_ack_pending) or None,
        max_waiting=limit(config.max_waiting) or None,
        push_bound=consumer.push_bound,
        # the configuration keeps the time of a pause that is over
        pause_until=unix(config.pause_until) if consumer.paused else None,
        priority_policy=config.priority_policy,
        priority_groups=config.priority_groups or (),
        peers=parse_peers(consumer.cluster.replicas if consumer.cluster else None),
        pinned=tuple([_pinned(one) for one in groups if one.pinned_client_id]),
        **_same_fields(consumer),
    )


def _pinned(group: _Pinned) -> JsPinned:
    return JsPinned(group.group, group.pinned_client_id, unix(group.pinned_ts))


def _stored_as(transform: _Transform | None) -> str:
    """The destination of a transform, with wildcards for what it computes.

    >>> _stored_as(_Transform("new.{{wildcard(1)}}.$2")), _stored_as(None)
    ('new.*.*', '')
    >>> _stored_as(_Transform("by.{{splitFromLeft(1, 3)}}.x"))
    'by.>'
    """
    if transform is None:
        return ""
    found = list[str]()
    for token in _FUNCTION.sub(_wildcard, transform.dest).split("."):
        found.append(token)
        if token == ">":
            # what is split is of several tokens, and what follows is wherever it likes
            break
    return ".".join("*" if "*" in token else token for token in found)


def _wildcard(function: re.Match[str]) -> str:
    return ">" if _SEVERAL.search(function[0]) else "*"
