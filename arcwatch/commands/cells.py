"""How a field of a row reads as text: the figure of ``--json`` with its unit, as on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from arcwatch.model.pulsar_opened import Draining
from arcwatch.store.backlog.ranking import short_topic
from arcwatch.store.causes.cause import Cause
from arcwatch.text import units
from arcwatch.text.control_characters import elide_middle, printable

WIDEST = 60
"""Characters of the widest cell."""

_NUMBERS = "cid port partitions schema_version"
_DURATIONS = (
    "ack_wait active average delay delete_marker_ttl deletion_lag drains_in duplicate_window idle"
    " interval latency left lived lost_in max_age open_for read_latency retention_seconds rtt"
    " seconds timeout threshold_seconds times_out_in ttl uptime write_deadline"
)
_MOMENTS = (
    "at config_loaded connected_since created failed_at first_closed held_since last last_ack"
    " last_acked last_activity last_consumed last_delivered last_invoked last_offload_failed"
    " last_offloaded last_published offload_failed oldest pause_until sealed since start stop time"
    " tls_cert_not_after"
)
_SIZES = (
    "backlog_size bytes compacted_size direct_max direct_used free heap_max heap_used in_bytes"
    " js_max_memory js_max_storage js_memory js_reserved_memory js_reserved_storage js_storage"
    " max_bytes max_memory max_payload max_pending max_storage mem memory offloaded_size out_bytes"
    " pending_bytes read_bytes retention_size size storage storage_size threshold_size total"
)
_RATES = (
    "ack_rate api_rate dead_letter_rate delivered_rate drop_rate failed_rate in_msgs_rate in_rate"
    " messages_rate msg_rate_in msg_rate_out msgs_rate out_msgs_rate out_rate rate redeliver_rate"
    " redelivered stalls_rate"
)
_BYTE_RATES = "in_bytes_rate offload_rate out_bytes_rate read_rate throughput_in throughput_out"


def cell(row: object, field: str) -> str:
    """One field of a row as text, safe on a terminal; ``–`` is not known.

    Args:
        row: A struct; some figures need others beside them to be read.
    """
    value = getattr(row, field)
    if field == "messages" and value != value and getattr(row, "entries", None) is not None:
        return f"{cell(row, 'entries')} entries"
    if value is None and field.endswith("_limit"):
        return "no limit"
    if value is None or value != value:
        return units.UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return elide_middle(_figure(row, field, value), WIDEST)
    if isinstance(value, Cause):
        value = value.text
    if isinstance(value, tuple):
        if field == "says":
            return printable("; ".join(value), limit=1_000)
        value = " ".join(map(str, value))
    if isinstance(value, Draining):
        return f"{value.hashes:,} hashes, {value.unacked:,} unacked" if value.hashes else "none"
    if isinstance(value, dict):
        counted = [(k, f"{n:,}" if isinstance(n, int) else " ".join(n)) for k, n in value.items()]
        value = ", ".join(map(" ".join, counted)) or "none"
    if field == "name" and not value:
        return "(no name)"
    if field == "topic":
        value = short_topic(value)
    return elide_middle(printable(str(value), limit=10_000), WIDEST)


def _figure(row: Any, field: str, value: float) -> str:
    if field in ("retention_seconds", "retention_size") and value < 0:
        return "unlimited"
    match field:
        case "age":
            return units.age(value, at_least=row.age_at_least, exact=row.age_exact)
        case "drains_in" if getattr(row, "keeps_up", False):
            return "keeping up"
        case "messages":
            # of a backlog; all that others count is exact
            return units.estimate(value, exact=getattr(row, "exact", True))
        case "backlog_messages":
            return units.estimate(value)
    return FORMS.get(field, units.whole)(value)


def moment(value: float) -> str:
    """Unix seconds as RFC 3339; ``–`` where no calendar has the year.

    >>> moment(1_796_024_543.0), moment(1e300)
    ('2026-11-30T07:42:23.000Z', '–')
    """
    try:
        return units.rfc3339(value)
    except (ValueError, OverflowError, OSError):
        return units.UNKNOWN


FORMS: Mapping[str, Callable[[float], str]] = {
    **dict.fromkeys(_NUMBERS.split(), lambda value: str(int(value))),
    **dict.fromkeys(_DURATIONS.split(), units.duration),
    **dict.fromkeys(_MOMENTS.split(), moment),
    **dict.fromkeys(_SIZES.split(), units.size),
    **dict.fromkeys(_RATES.split(), units.rate),
    **dict.fromkeys(_BYTE_RATES.split(), lambda value: f"{units.size(value)}/s"),
    "cpu": lambda value: f"{value:.0f}%",
    "growth": units.signed_rate,
    **dict.fromkeys(("limit_used", "used"), lambda value: f"{value:.0%}"),
    **dict.fromkeys(("in_bytes_limit", "out_bytes_limit"), lambda value: f"{units.size(value)}/s"),
}
"""Each figure that is not a plain count."""
FIGURES = frozenset((*FORMS, "age", "messages", "entries", "backlog_messages"))
"""What is a figure also where it is not known."""
