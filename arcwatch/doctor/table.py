"""Every check, in the order that they are run and listed."""

from __future__ import annotations

from typing import Any

from . import (
    jetstream_consumers,
    jetstream_streams,
    nats_clients,
    nats_servers,
    pulsar_cluster,
    pulsar_namespaces,
    pulsar_topics,
)
from .check import Check

CHECKS: tuple[Check[Any], ...] = (
    *nats_servers.CHECKS,
    *nats_clients.CHECKS,
    *jetstream_streams.CHECKS,
    *jetstream_consumers.CHECKS,
    *pulsar_cluster.CHECKS,
    *pulsar_namespaces.CHECKS,
    *pulsar_topics.CHECKS,
)

BY_ID = {check.id: check for check in CHECKS}
