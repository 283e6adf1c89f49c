"""Create the Pulsar tenant ``arc`` from the table, through the admin REST API.

Idempotent: what exists is kept (the broker answers 409), policies are set again.
"""

from __future__ import annotations

import httpx

from .pulsar_topics import NAMESPACES, TENANT, TOPICS, Namespace, Topic

CONFLICT = 409


def is_ready(admin: httpx.Client) -> bool:
    """Whether the broker serves and knows its cluster, which a new one learns a moment later."""
    try:
        return admin.get("brokers/ready", timeout=2).is_success and bool(_clusters(admin))
    except (httpx.HTTPError, ValueError):  # or something else listens there
        return False


def set_up(admin: httpx.Client) -> None:
    """Create what is missing of tenant, namespaces, policies and topics.

    Args:
        admin: Its base URL ends in ``/admin/v2``.

    Raises:
        httpx.HTTPError: The broker did not answer, or refused.
    """
    _create(admin, f"tenants/{TENANT}", {"allowedClusters": _clusters(admin)})
    for namespace in NAMESPACES:
        _set_up_namespace(admin, namespace)
    for topic in TOPICS:
        _set_up_topic(admin, topic)


def stored_entries(admin: httpx.Client, topic: Topic) -> int:
    """Entries that ``topic`` still stores; 0 when it never held any.

    Raises:
        httpx.HTTPError: The broker did not answer, or refused.
    """
    answer = admin.get(f"{topic.path}/internalStats").raise_for_status()
    return int(answer.json()["numberOfEntries"])


def _clusters(admin: httpx.Client) -> list[str]:
    return list(admin.get("clusters", timeout=2).raise_for_status().json())


def _set_up_namespace(admin: httpx.Client, namespace: Namespace) -> None:
    path = f"namespaces/{TENANT}/{namespace.name}"
    _create(admin, path, None)
    retention = {
        "retentionTimeInMinutes": namespace.retention_minutes,
        "retentionSizeInMB": namespace.retention_mb,
    }
    admin.post(f"{path}/retention", json=retention).raise_for_status()
    admin.post(f"{path}/messageTTL", json=namespace.ttl).raise_for_status()


def _set_up_topic(admin: httpx.Client, topic: Topic) -> None:
    if topic.partitions:
        _create(admin, f"{topic.path}/partitions", topic.partitions)
    else:
        _create(admin, topic.path, None)
    for subscription in topic.subscriptions:
        if subscription.consumers == 0:
            _create(admin, f"{topic.path}/subscription/{subscription.name}", None)
        if subscription.rejects:
            _set_up_topic(admin, topic.dead_letters(subscription))


def _create(admin: httpx.Client, path: str, body: object) -> None:
    answer = admin.put(path, json=body) if body is not None else admin.put(path)
    if answer.status_code != CONFLICT:
        answer.raise_for_status()
