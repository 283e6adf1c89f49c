"""What a topic's full name tells: where it lies, whose partition it is, and whom it serves."""

from __future__ import annotations

from functools import lru_cache

_PARTITION = "-partition-"

KNOWN = 32_768
"""Names whose parts are remembered: the same thousands are asked about with every answer, and
looking one up costs a tenth of cutting it."""


@lru_cache(maxsize=KNOWN)
def base_name(topic: str) -> str:
    """The topic that a partition belongs to, or the topic itself.

    >>> base_name("persistent://a/b/c-partition-12"), base_name("persistent://a/b/c-partition-x")
    ('persistent://a/b/c', 'persistent://a/b/c-partition-x')
    """
    base, mark, number = topic.rpartition(_PARTITION)
    return base if mark and number.isascii() and number.isdigit() else topic


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

    >>> is_internal("persistent://a/b/__change_events"), is_internal("persistent://a/b/c")
    (True, False)
    """
    tenant, _, rest = topic.partition("://")[2].partition("/")
    return tenant == "pulsar" or rest.rpartition("/")[2].startswith("__")
