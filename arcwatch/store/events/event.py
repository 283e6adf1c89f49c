"""One event, and the bounded list of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from itertools import islice
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.store.causes.cause import Severity

How: TypeAlias = Literal["compared", "reported", "arcwatch"]
"""``compared``: two looks differ, so that it happened between them.  ``reported``: a server named
the moment.  ``arcwatch``: arcwatch itself did it, or found it."""

Kind: TypeAlias = Literal[
    "restarted",
    "version",
    "gone",
    "back",
    "leader",
    "created",
    "deleted",
    "changed",
    "came",
    "went",
    "slow-consumer",
    "cursor",
    "limit",
    "cause",
    "fired",
    "acknowledged",
    "silenced",
    "resolved",
    "gap",
]
"""What can happen."""

MOST = 1_000
"""Events that are kept, the newest."""
OF_SERVERS = frozenset({"restarted", "gone", "back"})
"""What happens to servers, and to all that they keep."""

_WORST_FIRST: Sequence[Severity] = ("critical", "warning", "info")

AT_ONCE = 8
"""Events of one kind at one moment beyond which they are one."""
OF_CLUSTERS = ("pulsar:", "non-persistent:", "js:")
"""Beginnings of the addresses that get the prefix of their cluster if there are several."""


class Event(Struct, frozen=True, gc=False):
    """Something that happened."""

    at: float
    """Unix seconds; of what was compared, of the look that noticed it."""
    system: str
    """``nats`` or ``pulsar``; empty where it is about arcwatch."""
    cluster: str
    kind: Kind
    place: str
    """The address of what it happened to; of a server, broker or client its name."""
    text: str
    """What happened there, in words: ``leader moved``."""
    before: str = ""
    after: str = ""
    """What was and is, where that can be said."""
    how: How = "compared"
    severity: Severity = "info"

    @property
    def stale(self) -> bool:
        """What happened does not become old."""
        return False

    def within(self, prefix: str) -> Event:
        """The same, its address with the prefix of its cluster."""
        is_address = prefix and self.place.startswith(OF_CLUSTERS)
        return replace(self, place=prefix + self.place) if is_address else self

    @property
    def change(self) -> str:
        """``n1 → n2``, or ``n2`` if nothing was there before; empty if there is nothing to say."""
        return f"{self.before} → {self.after or '–'}" if self.before else self.after


class EventLog:
    """The newest events, oldest first.  Changed by :class:`~arcwatch.store.store.Store` alone.

    Iterating gives :class:`Event` rows from the oldest to the newest; :meth:`newest` the last few.
    """

    def __init__(self) -> None:
        self.version = 0
        """Grows with every event."""
        self.dropped = 0
        """Events that were evicted."""
        self._events: deque[Event] = deque(maxlen=MOST)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def newest(self, count: int = MOST, *, inside: str = "", system: str = "") -> list[Event]:
        """The newest events first.

        Args:
            inside: An address; only what happened to it, or to its subscriptions or consumers,
                and when nothing was read.
        """
        found = (
            one
            for one in reversed(self._events)
            if system in ("", one.system)
            and (not inside or one.kind == "gap" or f"{one.place}#".startswith(f"{inside}#"))
        )
        return list(islice(found, count))

    def about(
        self, address: str, *, inside: bool = False, servers: str = ""
    ) -> list[tuple[float, str]]:
        """When what happened to an address, and when nothing was read; the oldest first.

        See :meth:`described`.
        """
        found = self.described(address, inside=inside, servers=servers)
        return [(one.at, text) for one, text in found]

    def described(
        self, address: str, *, inside: bool = False, servers: str = ""
    ) -> Iterator[tuple[Event, str]]:
        """What happened to an address, with its words; the oldest first.

        Args:
            address: Of a row; empty has no events of its own.
            inside: Whether what happened to its subscriptions or consumers counts.
            servers: The system whose servers count where they were gone or began anew.
        """
        for one in self._events:
            inner = one.place.removeprefix(f"{address}#") if inside and address else one.place
            if one.kind == "gap" or one.place == address != "":
                yield one, f"{one.text}  {one.change}".rstrip()
            elif inner != one.place:
                yield one, f"#{inner} {one.text}  {one.change}".rstrip()
            elif one.kind in OF_SERVERS and one.system == servers != "" and _is_server(one):
                yield one, f"{one.place} {one.text}  {one.change}".rstrip()

    def freeze(self) -> EventLog:
        """An independent copy."""
        frozen = copy(self)
        frozen._events = self._events.copy()
        return frozen

    def restore(self, events: Sequence[Event]) -> None:
        """Put what happened before in front, oldest first; see :attr:`version`."""
        room = MOST - len(self._events)
        kept = list(events)[-room:] if room > 0 else []
        self._events.extendleft(reversed(kept))
        self.version += len(kept)

    def add(self, events: Iterable[Event]) -> None:
        """Append what one look found; many of one kind become one event."""
        groups: dict[tuple[str, str, str, str], list[Event]] = {}
        for event in events:
            key = (event.system, event.cluster, event.kind, event.text)
            groups.setdefault(key, []).append(event)
        for group in groups.values():
            kept = group if len(group) <= AT_ONCE else [_folded(group)]
            self.dropped += max(0, len(self._events) + len(kept) - MOST)
            self._events.extend(kept)
            self.version += len(kept)


def _is_server(one: Event) -> bool:
    return not one.place.startswith(("pulsar:", "non-persistent:", "js:", "nats:"))


def _folded(group: Sequence[Event]) -> Event:
    first = group[0]
    text = f"{first.text}, and {len(group) - 1:,} more"
    worst = min((one.severity for one in group), key=_WORST_FIRST.index)
    return replace(first, text=text, before="", after="", severity=worst)
