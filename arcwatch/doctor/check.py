"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from shlex import quote
from typing import Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from arcwatch.model.reading import System

from .picture import Picture

T = TypeVar("T")

Severity: TypeAlias = Literal["critical", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "note")
"""The worst first."""


class Evidence(Struct, frozen=True):
    """One figure that anybody can look up."""

    figure: str
    value: str
    source: str
    """``/varz of n1``, ``/metrics/``: where the figure is from."""


class Fault(Struct, frozen=True):
    """Something that is not as it should be, at one place."""

    place: str
    """An address, or a server's name."""
    evidence: tuple[Evidence, ...]
    mend: str
    """The command, or the setting, that mends it."""
    severity: Severity | None = None
    """Where it is another than the check's."""


class Doubt(Struct, frozen=True):
    """It cannot be judged, and why."""

    why: str


Judgement: TypeAlias = Fault | Doubt | None
"""None is well."""


@dataclass(frozen=True)
class Check(Generic[T]):
    """One question to the places of one kind.

    Attributes:
        id: What silences and scripts call it.
        system: Whose.
        severity: Of its faults, unless they have their own.
        finding: The fault in a few words, as an operator would say it.
        question: What is asked of each place.
        why: What comes of the fault.
        needs: The question to servers whose answer it looks at, as a
            :class:`~arcwatch.store.contact.Contact` calls it.
        over: The places it asks about, or why these are not known.
        judge: The answer at one of them.
    """

    id: str
    system: System
    severity: Severity
    finding: str
    question: str
    why: str
    needs: str
    over: Callable[[Picture], Iterable[T] | Doubt]
    judge: Callable[[T, Picture], Judgement]


def fault(
    place: str, source: str, mend: str, severity: Severity | None = None, /, **figures: str
) -> Fault:
    """A fault whose figures are all from one answer; ``_`` in their names is a blank."""
    evidence = [Evidence(name.replace("_", " "), text, source) for name, text in figures.items()]
    return Fault(place, tuple(evidence), mend, severity)


def named(*names: str) -> str:
    """Names as the last words of a command, quoted, and none of them taken for a flag.

    >>> named("ORDERS", "a b"), named("-x", "c")
    ("ORDERS 'a b'", '-- -x c')
    """
    marked = ["--"] * any(name.startswith("-") for name in names)
    return " ".join((*marked, *map(quote, names)))
