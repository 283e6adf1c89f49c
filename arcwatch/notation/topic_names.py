"""What topics' full names reveal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

COMPACTION = "__compaction"
"""The subscription whose cursor is the end of compaction: ``Compactor.COMPACTION_SUBSCRIPTION``.
What waits in it waits for the next compaction, not for a consumer."""

_PARTITION = "-partition-"
_SEGMENT = "segment://"
_PENDING_ACKS = "__transaction_pending_ack"

KNOWN = 32_768
"""Names whose parts are remembered: the same thousands are asked about with every answer, and
looking one up costs a tenth of cutting it."""


@lru_cache(maxsize=KNOWN)
def base_name(topic: str) -> str:
    """The topic that a partition of this name belongs to, or the topic itself.

    A number with a leading zero is part of the name (``TopicName.getPartitionIndex``).  By its
    name alone a topic may look like a partition that it is not: see :func:`topics_of`.

    >>> base_name("persistent://a/b/c-partition-12"), base_name("persistent://a/b/c-partition-07")
    ('persistent://a/b/c', 'persistent://a/b/c-partition-07')

    A segment belongs to a scalable topic, of Pulsar 5.0: its hash range and number come last.

    >>> base_name("segment://a/b/c/0000-7fff-4")
    'topic://a/b/c'
    """
    if topic.startswith(_SEGMENT):
        return f"topic://{topic.removeprefix(_SEGMENT).rpartition('/')[0]}"
    return topic if partition_of(topic) is None else topic.rpartition(_PARTITION)[0]


@lru_cache(maxsize=KNOWN)
def partition_of(topic: str) -> int | None:
    """The number at the end of a partition's name; None of any other name.

    >>> partition_of("persistent://a/b/c-partition-12"), partition_of("persistent://a/b/c")
    (12, None)
    """
    base, mark, number = topic.rpartition(_PARTITION)
    if not (base and mark and number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return None if number[0] == "0" < number else int(number)


def topics_of(
    names: Iterable[str], partitioned: Callable[[str], bool | None]
) -> tuple[dict[str, str], set[str]]:
    """The topic that each loaded topic or partition belongs to.

    The metrics of brokers lack which topics are partitioned.  What has a partition's name
    is one, unless the topic without the number is loaded as well, which a partitioned one never
    is; or unless the numbers have gaps and the list of partitioned topics lacks it.

    Args:
        partitioned: Whether the topic of this name has partitions; None where that is not known.

    Returns:
        The topic of each name, and the namespaces whose lists would show more.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(base_name(name), []).append(name)
    topics: dict[str, str] = {}
    unsure: set[str] = set()
    for base, group in groups.items():
        whole = base in group
        if not (whole or group[0].startswith(_SEGMENT)) and max(
            partition_of(name) or 0 for name in group
        ) >= len(group):
            unsure.add(namespace_of(base))
            whole = partitioned(base) is False
        topics |= {name: name for name in group} if whole else dict.fromkeys(group, base)
    return topics, unsure


@lru_cache(maxsize=KNOWN)
def namespace_of(topic: str) -> str:
    """The namespace that a topic is in.

    >>> namespace_of("persistent://arc/agents/it/has/slashes")
    'arc/agents'
    """
    tenant, _, rest = topic.partition("://")[2].partition("/")
    return f"{tenant}/{rest.partition('/')[0]}"


@lru_cache(maxsize=KNOWN)
def is_internal(topic: str) -> bool:
    """Whether Pulsar keeps this topic for itself: policies, transactions, health checks.

    Source: ``SystemTopicNames`` of Pulsar 4.0; a subscription's ``…__transaction_pending_ack``
    bears the name of its topic.

    >>> is_internal("persistent://a/b/__change_events"), is_internal("persistent://a/b/c")
    (True, False)
    >>> is_internal("persistent://a/b/c-sub__transaction_pending_ack-partition-0")
    True
    """
    tenant, _, rest = topic.partition("://")[2].partition("/")
    name = base_name(rest.rpartition("/")[2])
    return tenant == "pulsar" or name.startswith("__") or name.endswith(_PENDING_ACKS)
