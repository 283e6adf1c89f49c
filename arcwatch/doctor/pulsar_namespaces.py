"""Checks of Pulsar's namespaces: policies that contradict each other, or are missing."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote
from typing import Any

from arcwatch.model.pulsar_opened import Quota
from arcwatch.model.pulsar_settings import (
    BrokerSettings,
    NamespaceSettings,
    NotAsked,
    default_quotas,
    number_of,
)
from arcwatch.text import units

from .check import Check, Doubt, Judgement, fault
from .picture import Picture

KINDS = 2
"""Quotas are of storage and of age."""


def _namespaces(picture: Picture) -> Iterable[NamespaceSettings] | Doubt:
    found = picture.namespaces
    return Doubt(found.why) if isinstance(found, NotAsked) else found


def _of(space: NamespaceSettings, mend: str, **figures: str) -> Judgement:
    return fault(space.name, f"policies of {space.name}", mend, **figures)


def _broker(picture: Picture) -> BrokerSettings:
    return {} if isinstance(picture.broker, NotAsked) else picture.broker


def ttl_of(space: NamespaceSettings, picture: Picture) -> int | None:
    """Seconds, 0 for never; None where neither is known."""
    if space.ttl is not None:
        return space.ttl
    return number_of(_broker(picture), "ttlDurationDefaultInSeconds")


def _size_quota(space: NamespaceSettings) -> Quota | None:
    return next((quota for quota in space.quotas if quota.size is not None), None)


def _age_quota(space: NamespaceSettings) -> Quota | None:
    return next((quota for quota in space.quotas if quota.seconds is not None), None)


def _no_quota(space: NamespaceSettings, picture: Picture) -> Judgement:
    ttl = ttl_of(space, picture)
    quotas = default_quotas(_broker(picture)) | {quota.kind: quota for quota in space.quotas}
    if (ttl or 0) > 0 or any(quota.is_limited for quota in quotas.values()):
        return None
    if len(quotas) < KINDS or ttl is None:
        return Doubt(f"{space.name} has none, and the broker's defaults may not be read")
    return _of(
        space,
        f"pulsar-admin namespaces set-backlog-quota {quote(space.name)} --limit 10G"
        " --policy producer_exception; beyond it publishing fails",
        backlog_quota="none",
        message_ttl="none",
        default_of_the_broker="overridden" if space.quotas else "none",
    )


def _against_retention(space: NamespaceSettings, picture: Picture) -> Judgement:
    quota, kept = _size_quota(space), space.retention
    if quota is None or quota.size is None or kept is None or kept[1] <= 0:
        return None
    if quota.size < kept[1]:
        return None
    return _of(
        space,
        f"pulsar-admin namespaces set-retention {quote(space.name)} --time … --size …, the size"
        " larger than the quota",
        backlog_quota=units.size(quota.size),
        retention=units.size(kept[1]),
    )


def _ttl_first(space: NamespaceSettings, picture: Picture) -> Judgement:
    quota, ttl = _age_quota(space), ttl_of(space, picture)
    if quota is None or quota.seconds is None:
        return None
    if ttl is None:
        return Doubt(f"{space.name} sets no TTL, and the broker's default may not be read")
    if not 0 < ttl <= quota.seconds:
        return None
    return _of(
        space,
        f"pulsar-admin namespaces set-message-ttl {quote(space.name)} --messageTTL SECONDS, more"
        " than the quota",
        ttl=units.duration(ttl),
        quota_of_age=units.duration(quota.seconds),
        policy=quota.policy,
    )


def _evicts(space: NamespaceSettings, picture: Picture) -> Judgement:
    limited = [quota for quota in space.quotas if quota.is_limited]
    found = [quota for quota in limited if quota.policy == "consumer_backlog_eviction"]
    if not found:
        return None
    quota = found[0]
    if quota.size is not None:
        limit, flags = units.size(quota.size), f"--limit {quota.size}"
    else:
        limit = units.duration(quota.seconds)
        flags = f"--type message_age --limitTime {quota.seconds or 0:.0f}"
    return _of(
        space,
        f"pulsar-admin namespaces set-backlog-quota {quote(space.name)} {flags} --policy"
        " producer_exception; at the limit publishing then fails",
        policy="consumer_backlog_eviction",
        limit=limit,
    )


def _for_ever(space: NamespaceSettings, picture: Picture) -> Judgement:
    if space.retention != (-1, -1):
        return None
    if space.offload_bytes is not None and space.offload_bytes >= 0:
        return None
    return _of(
        space,
        f"pulsar-admin namespaces set-retention {quote(space.name)} --time 7d --size 100G, with"
        " limits of your own: acknowledged messages beyond them are deleted; or offload",
        retention="without limit",
        offloading="never",
    )


def _half_set(space: NamespaceSettings, picture: Picture) -> Judgement:
    kept = space.retention
    # 0 beside a limit switches retention off altogether
    if kept is None or kept == (0, 0) or 0 not in kept:
        return None
    seconds, size = kept
    return _of(
        space,
        f"pulsar-admin namespaces set-retention {quote(space.name)} --time 3h --size -1",
        time=units.duration(seconds) if seconds >= 0 else "without limit",
        size=units.size(size) if size >= 0 else "without limit",
    )


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "pulsar-no-quota",
        "pulsar",
        "warning",
        "backlogs without limit",
        "is the backlog of every namespace limited?",
        "One subscription without consumers keeps every message until the bookies' disks are full.",
        "brokers",
        _namespaces,
        _no_quota,
    ),
    Check(
        "pulsar-quota-retention",
        "pulsar",
        "warning",
        "backlog quota not below retention",
        "is the backlog quota smaller than the retention size?",
        "Pulsar requires retention to be larger than the quota, and refuses later changes of"
        " either policy.",
        "brokers",
        _namespaces,
        _against_retention,
    ),
    Check(
        "pulsar-ttl-quota",
        "pulsar",
        "warning",
        "TTL shorter than the age quota",
        "do age quotas act before messages expire?",
        "Messages expire unread before the quota holds anybody up: it never acts.",
        "brokers",
        _namespaces,
        _ttl_first,
    ),
    Check(
        "pulsar-quota-evicts",
        "pulsar",
        "note",
        "quota that discards messages",
        "do quotas hold up producers rather than discard messages?",
        "At the limit the slowest subscription loses its oldest messages, without an error.",
        "brokers",
        _namespaces,
        _evicts,
    ),
    Check(
        "pulsar-keeps-for-ever",
        "pulsar",
        "warning",
        "messages kept for ever",
        "are consumed messages deleted or offloaded at some time?",
        "The bookies' disks fill with consumed messages; when they are full, publishing stops.",
        "brokers",
        _namespaces,
        _for_ever,
    ),
    Check(
        "pulsar-half-retention",
        "pulsar",
        "warning",
        "retention that keeps nothing",
        "are both limits of retention set, or neither?",
        "A zero beside another limit turns retention off: acknowledged messages are deleted.",
        "brokers",
        _namespaces,
        _half_set,
    ),
)
