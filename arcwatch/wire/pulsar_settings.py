"""A broker's settings and a namespace's policies: answers of the admin API of Pulsar -> model."""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from arcwatch.model.pulsar_settings import BrokerSettings, NamespaceSettings
from arcwatch.text.control_characters import printable

from .numbers import Int32, Int64
from .pulsar_admin import decode
from .pulsar_policies import QuotaPolicy, RetentionPolicy, quotas_of, retention_of
from .pulsar_topic_policies import BROKER_SETTINGS

NEEDED = frozenset(
    {
        "allowAutoTopicCreation",
        "allowAutoTopicCreationType",
        "authenticateMetricsEndpoint",
        "authenticationEnabled",
        "authorizationEnabled",
        "backlogQuotaDefaultLimitBytes",
        "backlogQuotaDefaultLimitGB",
        "backlogQuotaDefaultLimitSecond",
        "backlogQuotaDefaultRetentionPolicy",
        "bindAddress",
        "brokerServicePort",
        "brokerServicePortTls",
        "managedLedgerDefaultAckQuorum",
        "managedLedgerDefaultEnsembleSize",
        "managedLedgerDefaultWriteQuorum",
        "maxUnackedMessagesPerConsumer",
        "ttlDurationDefaultInSeconds",
    }
    | BROKER_SETTINGS
)
"""What is read of some 500 settings: none of these is a secret."""

LONGEST = 200
"""Characters of one setting."""


class _Bookies(Struct, frozen=True):
    """``PersistencePolicies``."""

    ensemble: Int32 = field(name="bookkeeperEnsemble", default=0)
    write: Int32 = field(name="bookkeeperWriteQuorum", default=0)
    ack: Int32 = field(name="bookkeeperAckQuorum", default=0)


class _Offload(Struct, frozen=True):
    """``OffloadPoliciesImpl``."""

    threshold: Int64 | None = field(name="managedLedgerOffloadThresholdInBytes", default=None)


class _Policies(Struct, frozen=True):
    """``Policies``."""

    quotas: dict[str, QuotaPolicy] = field(name="backlog_quota_map", default={})
    retention: RetentionPolicy | None = field(name="retention_policies", default=None)
    ttl: Int32 | None = field(name="message_ttl_in_seconds", default=None)
    persistence: _Bookies | None = None
    offload_threshold: Int64 | None = None
    offload: _Offload | None = field(name="offload_policies", default=None)
    resource_group: str | None = field(name="resource_group_name", default=None)


_settings = msgspec.json.Decoder(dict[str, str | None])
_policies = msgspec.json.Decoder(_Policies)


def parse_broker_settings(body: bytes, where: str) -> BrokerSettings:
    """The answer of ``brokers/configuration/runtime``: those settings that are :data:`NEEDED`."""
    report = decode(_settings, body, where)
    return {name: _plain(report[name] or "") for name in sorted(NEEDED & report.keys())}


def parse_policies(name: str, body: bytes, where: str) -> NamespaceSettings:
    """The answer of ``namespaces/{namespace}``."""
    report = decode(_policies, body, where)
    kept = report.persistence
    threshold = report.offload.threshold if report.offload else report.offload_threshold
    return NamespaceSettings(
        name,
        quotas=tuple(quotas_of(report.quotas).values()),
        retention=retention_of(report.retention),
        ttl=report.ttl,
        bookies=(kept.ensemble, kept.write, kept.ack) if kept and kept.ensemble else None,
        offload_bytes=threshold,
        resource_group=report.resource_group or "",
    )


def _plain(text: str) -> str:
    """A setting as ``broker.conf`` has it: of an optional one what is in Java's ``Optional[6650]``.

    >>> _plain("Optional[6650]"), _plain("Optional.empty"), _plain("true")
    ('6650', '', 'true')
    """
    if text == "Optional.empty":
        return ""
    inner = text.removeprefix("Optional[")
    return printable(inner.removesuffix("]") if inner != text else text, limit=LONGEST)
