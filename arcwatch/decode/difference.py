"""Differences between two values: fields added, removed or changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

MOST = 1_000
"""Differences between two values that are listed, at most."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands for a field that is not there, which is not the same as one that is null."""


class Difference(msgspec.Struct, frozen=True):
    """One place where two values differ.

    Attributes:
        path: Keys and indexes from the root: ``task.steps[3].ms``; empty for the root itself.
        before: What was there, or :data:`ABSENT`.
        after: What is there, or :data:`ABSENT`.
    """

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, most: int = MOST) -> list[Difference]:
    """Where two values differ, in the order of the later one; at most ``most`` places.

    Lists are compared place by place.

    >>> [(d.path, d.before, d.after) for d in differences({"a": [1, 2]}, {"a": [1, 3], "b": 0})]
    [('a[1]', 2, 3), ('b', ABSENT, 0)]
    """
    found = list[Difference]()
    # a stack of what is still to be compared: depth is the sender's choice
    stack = [iter([("", before, after)])]
    while stack and len(found) < most:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            continue
        path, was, now = step
        if isinstance(was, dict) and isinstance(now, dict):
            stack.append(_fields(path, was, now))
        elif isinstance(was, list) and isinstance(now, list):
            stack.append(_places(path, was, now))
        elif type(was) is not type(now) or was != now:
            found.append(Difference(path, was, now))
    return found


def _fields(path: str, was: dict[Any, Any], now: dict[Any, Any]) -> Iterator[tuple[str, Any, Any]]:
    dot = f"{path}." if path else ""
    for key, value in now.items():
        yield f"{dot}{key}", was.get(key, ABSENT), value
    for key, value in was.items():
        if key not in now:
            yield f"{dot}{key}", value, ABSENT


def _places(path: str, was: list[Any], now: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    for nth in range(max(len(was), len(now))):
        yield (
            f"{path}[{nth}]",
            was[nth] if nth < len(was) else ABSENT,
            now[nth] if nth < len(now) else ABSENT,
        )
