"""The rows that an alert is about: its target and everything that contains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from .rules import Severity

Marks: TypeAlias = Mapping[tuple[str, str], Severity]
"""The worst that fires, by cluster and address; the cluster is empty where it is unknown."""


def marks_of(fired: Iterable[tuple[str, str, Severity]]) -> Marks:
    """The marks of rows with these addresses.

    >>> sorted(address for _, address in marks_of([("c", "pulsar:a/b/x#s", "warning")]))
    ['pulsar:a/*', 'pulsar:a/b/*', 'pulsar:a/b/x', 'pulsar:a/b/x#s']
    """
    marks: dict[tuple[str, str], Severity] = {}
    for cluster, address, severity in fired:
        for place in _within(address):
            if severity == "critical" or (cluster, place) not in marks:
                marks[cluster, place] = severity
    return marks


def mark_of(marks: Marks, cluster: str, address: str) -> Severity | None:
    """The mark of one row, if any."""
    if not marks or not address:
        return None
    return marks.get((cluster, address)) or marks.get(("", address))


def _within(address: str) -> Iterator[str]:
    """An address and those of its parents: a topic, its namespace, its tenant."""
    yield address
    # of connections it is the name that they share, which no row is about
    outer = address.partition("#")[0]
    if outer != address:
        yield outer
    scheme, parts = outer.partition(":")[0], outer.partition(":")[2].lstrip("/").split("/")
    if scheme in ("pulsar", "non-persistent") and len(parts) >= 3:
        yield f"pulsar:{parts[0]}/{parts[1]}/*"
        yield f"pulsar:{parts[0]}/*"
