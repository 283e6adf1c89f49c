"""Answers of ``analyzeBacklog``, and of ``stats`` asked for the oldest message -> model."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError

from .numbers import Int64, seconds_of
from .pulsar_admin import decode

_ID = re.compile(r"(-?\d{1,19}):(-?\d{1,19})(?::.*)?", re.ASCII)


class Analysis(NamedTuple):
    """One scan of a backlog."""

    entries: int
    messages: int
    next: tuple[int, int] | None
    """The ledger and entry to go on from, where the broker stopped before the end."""


class _Analysis(Struct, frozen=True, rename="camel"):
    """``AnalyzeSubscriptionBacklogResult``."""

    entries: Int64
    messages: Int64
    aborted: bool = False
    last_message_id: str | None = None


class _Subscription(Struct, frozen=True, rename="camel"):
    earliest_msg_publish_time_in_backlog: Int64 = 0


class _Stats(Struct, frozen=True, rename="camel"):
    subscriptions: dict[str, _Subscription]


_analysis = msgspec.json.Decoder(_Analysis)
_stats = msgspec.json.Decoder(_Stats)


def parse_analysis(body: bytes, where: str) -> Analysis:
    """The answer of ``subscription/{s}/analyzeBacklog``."""
    report = decode(_analysis, body, where)
    if not report.aborted:
        return Analysis(report.entries, report.messages, None)
    found = _ID.fullmatch(report.last_message_id or "")
    if found is None or report.entries < 1:
        raise WireError(
            "not how far a scan came", where=where, why=str(report.last_message_id)[:60]
        )
    return Analysis(report.entries, report.messages, (int(found[1]), int(found[2]) + 1))


def parse_earliest(body: bytes, where: str) -> dict[str, float]:
    """Unix seconds of the oldest message in the backlog, by subscription that has one.

    The answer of ``stats``, asked with ``getEarliestTimeInBacklog``.
    """
    report = decode(_stats, body, where).subscriptions
    times = {name: sub.earliest_msg_publish_time_in_backlog for name, sub in report.items()}
    return {name: at for name, ms in times.items() if (at := seconds_of(ms)) is not None}
