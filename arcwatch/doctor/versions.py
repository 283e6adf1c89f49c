"""Versions of servers and clients, as they call themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from arcwatch.notation.versions import series

_PULSAR = re.compile(r"Pulsar[- ]?([A-Za-z+#]*)[-v ]*?v?(\d{1,4}\.\d{1,4}[\w.]*)")


NATS_ENDED: Mapping[tuple[int, int], str] = {
    (2, 12): "2026-09-19",
    (2, 11): "2026-04-27",
    (2, 10): "2025-09-22",
}
"""When each series of nats-server got its last repairs: two are maintained at a time, so that the
older ends when a new one is released.  docs.nats.io/release-notes, which lists 2.10 and before as
ended; 2.15 was out when BOSH 283.1.11 took it up."""

PULSAR_ENDED: Mapping[tuple[int, int], str] = {
    (4, 2): "2026-09-24",
    (4, 1): "2026-03-08",
    (4, 0): "2027-10-21",
    (3, 3): "2024-12-05",
    (3, 2): "2024-08-05",
    (3, 1): "2024-02-10",
    (3, 0): "2026-05-02",
    (2, 11): "2024-01-11",
}
"""When security support of each series ends: pulsar.apache.org/contribute/release-policy."""


def ended(version: str, dates: Mapping[tuple[int, int], str], now: float) -> str:
    """The day when a version's series got its last repairs, if that is past; empty if not.

    Of a series newer than all in ``dates`` nothing is known; an older one ended before them.

    >>> ended("4.0.8", PULSAR_ENDED, 1.8e9), ended("3.3.6", PULSAR_ENDED, 1.8e9)
    ('', '2024-12-05')
    >>> ended("2.9.25", NATS_ENDED, 1.8e9), ended("2.15.1", NATS_ENDED, 1.8e9)
    ('before 2025-09-22', '')
    """
    found = series(version)
    if found is None or found > max(dates):
        return ""
    day = dates.get(found)
    if day is None:
        return f"before {dates[min(dates)]}" if found < min(dates) else ""
    return day if datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() <= now else ""


class Outdated(NamedTuple):
    """The first version of a client library that is not years old, or lacks a known defect."""

    first: tuple[int, int]
    why: str


NATS_CLIENTS: Mapping[str, Outdated] = {
    "go": Outdated((1, 31), "released before 2024"),
    "python3": Outdated((2, 7), "released before 2024"),
    "java": Outdated((2, 17), "released before 2024"),
    "nats.js": Outdated((2, 17), "released before 2024"),
    "rust": Outdated((0, 33), "released before 2024"),
    "C": Outdated((3, 7), "released before 2024"),
}
"""By ``lang`` of ``/connz``; other libraries are not judged.

nats.go 1.31 is of 2023-10-15 and 1.32 of 2024-01-12 (deps.dev); nats-py 2.6 of October 2023 and 2.7
of 2024 (packages of Alpine); async-nats 0.33 of December 2023 (docs.rs).  Of Java, JavaScript and C
no dated list was found: these limits are estimates.
"""

PULSAR_CLIENTS: Mapping[str, Outdated] = {
    "CPP": Outdated((3, 4), "released before 2024"),
    "Java": Outdated((3, 0), "of a series no longer maintained"),
    "Go": Outdated((0, 12), "released before 2024"),
    "Python": Outdated((3, 4), "released before 2024"),
}
"""By the library's name in ``clientVersion``; other libraries are not judged.  C++ and Python 3.3
and Go 0.11 are of July and August 2023 (downloads.apache.org/pulsar); Java comes with the broker's
releases: pulsar.apache.org/contribute/release-policy."""


def pulsar_client(version: str) -> tuple[str, str]:
    """Library and version of a Pulsar client; both empty where it does not report them.

    >>> pulsar_client("Pulsar-CPP-v3.5.1"), pulsar_client("Pulsar-Java-v4.0.8"), pulsar_client("x")
    (('CPP', '3.5.1'), ('Java', '4.0.8'), ('', ''))
    """
    found = _PULSAR.match(version)
    return (found[1] or "Java", found[2]) if found else ("", "")


def is_outdated(library: str, version: str, known: Mapping[str, Outdated]) -> Outdated | None:
    """Why a client is too old; None where it is not, or cannot be judged."""
    limit, found = known.get(library), series(version)
    return limit if limit and found and found < limit.first else None
