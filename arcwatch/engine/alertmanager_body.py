"""Encode alerts as the JSON body of Alertmanager's webhook, version 4.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from arcwatch.store.alerts.row import AlertRow
from arcwatch.text import units

MOST = 200
"""Alerts in one body; of more only the number is sent."""
_NEVER = "0001-01-01T00:00:00Z"
"""What Go writes for no time, which receivers take for an alert that goes on."""


def bodies(rows: Sequence[AlertRow], context: str) -> list[bytes]:
    """The request bodies for changed alerts, one for each rule."""
    by_rule: dict[str, list[AlertRow]] = {}
    for row in rows:
        by_rule.setdefault(row.rule, []).append(row)
    return [_body(rule, group, context) for rule, group in by_rule.items()]


def _body(rule: str, rows: Sequence[AlertRow], context: str) -> bytes:
    firing = any(row.state == "firing" for row in rows)
    common = {"alertname": rule, "severity": rows[0].severity, "context": context}
    group = {"alertname": rule, "context": context}
    return msgspec.json.encode(
        {
            "version": "4",
            "groupKey": f"{{}}:{{alertname={rule!r}, context={context!r}}}",
            "truncatedAlerts": max(0, len(rows) - MOST),
            "status": "firing" if firing else "resolved",
            "receiver": "arcwatch",
            "groupLabels": group,
            "commonLabels": common,
            "commonAnnotations": {"hint": rows[0].hint},
            "externalURL": "",
            "alerts": [_alert(row, common) for row in rows[:MOST]],
        }
    )


def _alert(row: AlertRow, common: dict[str, str]) -> dict[str, Any]:
    labels = {**common, "system": row.system, "cluster": row.cluster, "address": row.address}
    identity = "\0".join(f"{key}\0{labels[key]}" for key in sorted(labels))
    return {
        "status": row.state,
        "labels": labels,
        "annotations": {
            "summary": f"{row.when}: {row.address} {row.shown}",
            "value": row.shown,
            "hint": row.hint,
        },
        "startsAt": units.rfc3339(row.since),
        "endsAt": _NEVER if row.ended is None else units.rfc3339(row.ended),
        "generatorURL": "",
        "fingerprint": hashlib.blake2b(identity.encode(), digest_size=8).hexdigest(),
    }
