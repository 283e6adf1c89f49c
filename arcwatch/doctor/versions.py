"""Versions of servers and clients, as they call themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from arcwatch.notation.versions import series

_PULSAR = re.compile(r"Pulsar[- ]?([A-Za-z+#]*)[-v ]*?v?(\d{1,4}\.\d{1,4}[\w.]*)")


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
"""By ``lang`` of ``/connz``; other libraries are not judged."""

PULSAR_CLIENTS: Mapping[str, Outdated] = {
    "CPP": Outdated((3, 4), "released before 2024"),
    "Java": Outdated((3, 0), "of a series no longer maintained"),
    "Go": Outdated((0, 12), "released before 2024"),
    "Python": Outdated((3, 4), "released before 2024"),
}
"""By the library's name in ``clientVersion``; other libraries are not judged."""


def pulsar_client(version: str) -> tuple[str, str]:
    """Library and version of a Pulsar client; both empty where it does not say.

    >>> pulsar_client("Pulsar-CPP-v3.5.1"), pulsar_client("Pulsar-Java-v4.0.8"), pulsar_client("x")
    (('CPP', '3.5.1'), ('Java', '4.0.8'), ('', ''))
    """
    found = _PULSAR.match(version)
    return (found[1] or "Java", found[2]) if found else ("", "")


def is_outdated(library: str, version: str, known: Mapping[str, Outdated]) -> Outdated | None:
    """Why a client is too old; None where it is not, or cannot be judged."""
    limit, found = known.get(library), series(version)
    return limit if limit and found and found < limit.first else None
