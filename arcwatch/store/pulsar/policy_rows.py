"""The rates and settings of an open topic in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from arcwatch.model.pulsar_opened import Quota, TopicAbout, TopicPolicy
from arcwatch.text import units
from arcwatch.text.control_characters import printable


class TopicPolicyRow(Struct, frozen=True, gc=False):
    """One rate or setting, and who set it."""

    name: str
    """``publish rate``."""
    limit: str
    set_by: str
    stale: bool = False


def policy_rows(policies: Iterable[TopicPolicy]) -> Iterator[TopicPolicyRow]:
    """A row for each policy."""
    for one in policies:
        whose = one.set_by or units.UNKNOWN
        yield TopicPolicyRow(one.name.replace("_", " "), limit_of(one), whose)


def limit_of(policy: TopicPolicy) -> str:
    """The limit in words: ``100 msg/s, 5 MB/s``.

    >>> limit_of(TopicPolicy("dispatch_rate", "topic", 100, 5_000_000, 1))
    '100 msg/s, 5.00 MB/s'
    >>> limit_of(TopicPolicy("dispatch_rate", "topic", 100, None, 2, "above the publish rate"))
    '100 msg per 2.0s above the publish rate'
    >>> limit_of(TopicPolicy("compaction_threshold", "broker"))
    'no limit'
    """
    if not policy.set_by:
        return units.UNKNOWN
    limits = _rates(policy) if policy.name.endswith("_rate") else _plain(policy)
    return " ".join(filter(None, (", ".join(limits), policy.value))) or "no limit"


_THEN = {
    "producer_request_hold": "producers wait",
    "producer_exception": "producers are refused",
    "consumer_backlog_eviction": "the oldest are evicted",
}
"""By BacklogQuota.RetentionPolicy of the broker."""


def quota_of(quota: Quota) -> str:
    """The limit, and what happens at it; empty without a limit.

    >>> quota_of(Quota("destination_storage", 10_000_000_000, None, "producer_exception"))
    '10.0 GB, then producers are refused'
    """
    is_age = quota.kind == "message_age"
    limit = (quota.seconds if is_age else quota.size) or 0
    if limit <= 0:
        return ""
    shown = units.duration(limit) if is_age else units.size(limit)
    return f"{shown}, then {_THEN.get(quota.policy, printable(quota.policy) or units.UNKNOWN)}"


def retention_of(about: TopicAbout) -> str:
    """How long and how much is kept of what was acknowledged; the first limit that is met holds."""
    seconds, size = about.retention_seconds, about.retention_size
    if not seconds or not size:
        return "none"
    limits = [units.duration(seconds)] * (seconds >= 0) + [units.size(size)] * (size >= 0)
    return ", ".join(limits) or "unlimited"


def _rates(policy: TopicPolicy) -> Iterator[str]:
    per = "/s" if policy.seconds in (None, 1) else f" per {units.duration(policy.seconds)}"
    what = "subscribes per consumer" if policy.name == "subscribe_rate" else "msg"
    if policy.messages is not None:
        yield f"{policy.messages:,} {what}{per}"
    if policy.size is not None:
        yield f"{units.size(policy.size)}{per}"


def _plain(policy: TopicPolicy) -> Iterator[str]:
    if policy.size is not None:
        yield units.size(policy.size)
    if policy.seconds is not None:
        yield units.duration(policy.seconds)
