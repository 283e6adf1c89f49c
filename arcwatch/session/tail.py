"""Tailing on the screen: the process that receives messages, and the ring that keeps them."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.filters.highlight import Found, Kind, found_by, kind_of
from arcwatch.history.decoding import ValueDecoder
from arcwatch.model.message import Decoded, Message, Source
from arcwatch.model.reading import System
from arcwatch.model.tail import Counts, Frame, Mode, TailOptions
from arcwatch.notation.address import Address, Stream, Subject, Topic, parse_address
from arcwatch.store.messages.filtered_ring import FilteredRing
from arcwatch.store.messages.matches import Verdict
from arcwatch.store.messages.notices import Notice
from arcwatch.store.messages.ring import MessageRing

from .queue_groups import QueueGroups
from .tail_analysis import TailAnalysis
from .tail_notices import TailNotices

if TYPE_CHECKING:
    from arcwatch.config.settings import Settings
    from arcwatch.filters.filter import Filter

MODES: tuple[Mode, ...] = ("auto", "full", "sampled")

RATED = 1.0
"""Seconds that a rate is of, at least."""


class Feed(Protocol):
    """Follows addresses; :class:`~arcwatch.processes.tail_client.TailProcess` does."""

    def add(self, address: str) -> int:
        """Follow one more address; its number."""

    def remove(self, address: str) -> None:
        """Follow an address no longer."""

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Follow all addresses another way from now on; ``requests`` brings replies as well."""

    def frames(self) -> AsyncIterator[Frame]:
        """Messages as they arrive, and counts whenever they change; ends only with an error."""


OpenFeed = Callable[[TailOptions], AbstractAsyncContextManager[Feed]]


def feed_of(settings: Settings) -> OpenFeed:
    """Tails in a process of their own, on what these settings name."""

    def opened(options: TailOptions) -> AbstractAsyncContextManager[Feed]:
        # imported when something is tailed for the first time: most starts never get there
        from arcwatch.processes.tail_client import TailProcess

        return TailProcess(settings, options)

    return opened


class Tailing:
    """Any number of addresses, and the messages they brought.

    Nothing is started before the first address is added.

    Args:
        open_feed: Starts to follow; see :func:`feed_of`.
        keep_bytes: And bytes of them.
        now: Nanoseconds since the epoch.
    """

    def __init__(
        self,
        open_feed: OpenFeed,
        *,
        keep: int = 100_000,
        keep_bytes: int = 256_000_000,
        recent: Sequence[str] = (),
        values: ValueDecoder | None = None,
        groups: QueueGroups | None = None,
        steady: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._open_feed = open_feed
        self.values = values or ValueDecoder()
        self.groups = groups or QueueGroups()
        self.ring = MessageRing(keep, keep_bytes)
        self.kept = FilteredRing(self.ring)
        self.analysis = TailAnalysis(self.ring, now=lambda: now() / 1e9, steady=steady)
        self.recent = list(recent)
        self.mode: Mode = "auto"
        self.requests = False
        """Whether replies are brought as well, and paired with the requests."""
        self.failure: ArcwatchError | None = None
        """Why nothing is followed any more, where that is so."""
        self._followed: dict[str, int | None] = {}
        self._systems: dict[str, System | None] = {}
        self._counts: dict[int, Counts] = {}
        self._steady, self._now = steady, now
        self._notices = TailNotices()
        self._origins: dict[int, str] = {}
        self._nths: dict[str, tuple[Source, int]] = {}
        self._rated: tuple[float, dict[int, int]] = (steady(), {})
        self._rates: dict[int, float] = {}
        self._feed: Feed | None = None
        self._added = asyncio.Event()
        self._look = asyncio.Event()
        self._changes = 0
        self._filter_text = self._applied = ""
        self._unread: str | None = None
        self.filter_problem: ArcwatchError | None = None
        """Why the filter cannot be read, where that is so."""

    # -- what is followed ---------------------------------------------------------------------

    @property
    def addresses(self) -> Sequence[str]:
        """The followed addresses, in the order they were added."""
        return list(self._followed)

    @property
    def named(self) -> Sequence[str]:
        """All addresses that were ever followed, whose messages may still be kept."""
        return list(self._nths)

    @property
    def counts(self) -> Sequence[Counts]:
        """The counts of each, in that order."""
        return [
            self._counts.get(-1 if origin is None else origin, Counts(address, origin or 0))
            for address, origin in self._followed.items()
        ]

    @property
    def version(self) -> object:
        """Changes with every message, count and setting."""
        found = self.kept.matches
        scanned = (found.scanned_to, found.matched, found.failed) if found else None
        self._rate()
        self.analysis.beat()
        return self.analysis.version, self._changes, self.ring.end, scanned

    def rate(self, origin: int) -> float:
        """Messages a second that arrived from an address of late; ``nan`` until that is known."""
        counts = self._counts.get(origin)
        if counts and counts.state != "following":
            # nobody looks, so nobody knows
            return math.nan
        return self._rates.get(origin, math.nan)

    @property
    def total_rate(self) -> float | None:
        """Messages a second received lately from all addresses, of any context.

        For the badge that shows in every view that a tail is running.  None where nothing is
        tailed, ``nan`` until it is known.
        """
        return self._sum_rates(self._followed) if self._followed else None

    def rate_of(self, system: System) -> float | None:
        """Messages a second that this session's own tail takes of what a system sends out.

        They are part of the ``out`` figure of the servers, which cannot separate them: "out
        1,271/s, tail 75".  Addresses of other contexts are left out, whose servers are not those
        on the screen.  None where nothing of that system is tailed, ``nan`` until it is known.
        """
        own = [address for address in self._followed if self._systems[address] == system]
        return self._sum_rates(own) if own else None

    def _sum_rates(self, addresses: Iterable[str]) -> float:
        origins = [self._followed[address] for address in addresses]
        self._rate()
        known = [rate for o in origins if o is not None and not math.isnan(rate := self.rate(o))]
        return sum(known) if known else math.nan

    def _rate(self) -> None:
        at, before = self._rated
        elapsed = self._steady() - at
        if elapsed < RATED:
            return
        seen = {origin: counts.seen for origin, counts in self._counts.items()}
        rates = {o: (now - before[o]) / elapsed for o, now in seen.items() if o in before}
        if rates != self._rates:
            self._rates = rates
            self._changes += 1
        self._rated = (at + elapsed, seen)
        self._note(self._notices.left_out(self._now()))

    @property
    def look_version(self) -> object:
        """Changes when messages that are there may read differently."""
        return self.values.version, tuple(self._followed)

    def mark_of(self, address: str) -> tuple[Source, int] | None:
        """What an address is of, and which of those of its kind it is, counted from 0.

        It is the same for as long as the program runs, whatever is tailed besides.
        """
        return self._nths.get(address)

    def address_of(self, origin: int) -> str:
        """The address with this number, also where it is tailed no longer."""
        return self._origins.get(origin, "")

    def _name(self, text: str, place: Address) -> None:
        kind: Source = "nats"
        if not isinstance(place, Subject):
            kind = "js" if isinstance(place, Stream) else "pulsar"
        known = [nth for source, nth in self._nths.values() if source == kind]
        self._nths.setdefault(text, (kind, len(known)))

    def _number(self, address: str) -> None:
        if (origin := self._followed[address]) is not None:
            self._origins[origin] = address

    def add(self, address: str) -> str:
        """Follow one more address, or the one already followed.

        Returns:
            The address in its canonical spelling.
        """
        place = parse_address(address)
        text = str(place)
        if text not in self._followed:
            system: System = "pulsar" if isinstance(place, Topic) else "nats"
            self._systems[text] = None if place.context else system
            self._name(text, place)
            self._followed[text] = self._feed.add(text) if self._feed else None
            self._number(text)
        self.recent[:] = [text, *(each for each in self.recent if each != text)]
        self.failure = None
        self._added.set()
        self._changes += 1
        return text

    def find_members(self, pattern: str) -> None:
        """Follow an address, and track which members are alive by its messages."""
        address = self.add(pattern)
        self.analysis.listen_for(
            address, lambda message: self._followed.get(address) == message.origin
        )

    def remove(self, address: str) -> None:
        """Follow an address no longer; its messages stay where they are."""
        if self._followed.pop(address, self) is not self:
            if self._feed:
                self._feed.remove(address)
            self._changes += 1

    def set_mode(self, mode: Mode) -> None:
        """Follow all addresses another way."""
        self.mode = mode
        self._set_mode()

    def pair_requests(self) -> None:
        """Bring the replies to requests as well from now on, and pair them."""
        self.analysis.pair_requests(self._is_whole)
        if not self.requests:
            self.requests = True
            self._set_mode()

    def _is_whole(self, message: Message) -> bool:
        counts = self._counts.get(message.origin)
        return counts is None or counts.mode == "full"

    def _set_mode(self) -> None:
        if self._feed:
            self._feed.set_mode(self.mode, requests=self.requests)
        self._changes += 1

    async def run(self) -> None:
        """Receive messages until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._filter())
            group.create_task(self.values.learn())
            group.create_task(self.groups.learn())
            group.create_task(self.analysis.run())

    async def _follow(self) -> None:
        while True:
            self._added.clear()
            if self._followed and self.failure is None:
                try:
                    await self._bring()
                except ArcwatchError as error:
                    self.failure = error
                    self._changes += 1
            else:
                await self._added.wait()

    async def _bring(self) -> None:
        asked = list(self._followed)
        try:
            options = TailOptions(tuple(asked), self.mode, requests=self.requests, clock="received")
            async with self._open_feed(options) as feed:
                self._feed = feed
                self._settle(feed, asked)
                async for frame in feed.frames():
                    self.take(frame)
        finally:
            self._feed = None

    def _settle(self, feed: Feed, asked: Sequence[str]) -> None:
        """Number the addresses, and send those added or removed since the feed was opened."""
        for address in asked:
            if address not in self._followed:
                feed.remove(address)
        for address in self._followed:
            known = address in asked
            self._followed[address] = asked.index(address) if known else feed.add(address)
            self._number(address)
        self._changes += 1

    def take(self, frame: Frame) -> None:
        """Keep received messages."""
        at = self._now()
        self._note(self._notices.recovered(frame.counts, at))
        self.ring.append(frame.messages, frame.count)
        for counts in frame.counts:
            self._counts[counts.origin] = counts
        self._note(self._notices.lost(frame.counts, at))
        self._changes += 1
        self._look.set()
        self.analysis.notify()
        self.analysis.note(frame.counts)

    def _note(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self.kept.notices.add(self.ring.end, notice)
            self._changes += 1

    # -- the filter ---------------------------------------------------------------------------

    @property
    def filter(self) -> str:
        """What messages are filtered by, as it was written."""
        return self._filter_text

    @property
    def found(self) -> Found | None:
        """Finds in a shown text what the filter of the rows looks for; None without a filter."""
        return found_by(self._applied) if self._applied else None

    def set_filter(self, text: str) -> None:
        """Show what passes this filter; everything, where it is empty.

        It is read in the background, since a jq program is compiled for that; where it cannot
        be, ``filter_problem`` has the reason and the last one stays.
        """
        self._filter_text = text
        self.filter_problem = None
        self._unread = text if text.strip() else None
        if self._unread is None:
            self._applied = ""
            self.kept.narrow(None)
        self._changes += 1
        self._look.set()

    @property
    def filter_kind(self) -> Kind:
        """What kind of filter it is, finished or not."""
        return kind_of(self._filter_text)

    @property
    def applied(self) -> str:
        """The filter that keeps the rows: while another is read, or cannot be, the last one."""
        return self._applied

    @property
    def is_reading(self) -> bool:
        """Whether the filter has yet to be read, and the one before it still keeps the rows."""
        return self._unread is not None

    @property
    def is_looking(self) -> bool:
        """Whether the filter has yet to be read, or messages to be looked at."""
        return self._unread is not None or self.kept.behind is not None

    def hold(self, held: bool) -> None:
        """Freeze the rows, or release them."""
        if held != self.kept.held:
            self.kept.hold(held)
            self._changes += 1
            self._look.set()

    async def _filter(self) -> None:
        while True:
            await self._look.wait()
            self._look.clear()
            while self._unread is not None:
                await self._read_filter(self._unread)
            while (matches := self.kept.behind) and self._unread is None:
                # on a thread: no key waits for jq, or for a search through a large body
                if chunk := matches.chunk():
                    matches.settle(chunk, await asyncio.to_thread(matches.sift, chunk.messages))

    async def _read_filter(self, text: str) -> None:
        try:
            parsed: Filter | ArcwatchError = await asyncio.to_thread(_parsed, text)
        except ArcwatchError as error:
            parsed = error
        if self._unread is not text:
            # something else was typed meanwhile
            return
        self._unread = None
        if isinstance(parsed, ArcwatchError):
            self.filter_problem = parsed
        else:
            self._applied = text
            self.kept.narrow(partial(_sifted, parsed, self.values.read))
        self._changes += 1


def _parsed(text: str) -> Filter:
    from arcwatch.filters.filter import parse_filters

    return parse_filters([text])


def _sifted(
    keeps: Filter, read: Callable[[Message], Decoded], messages: Sequence[Message]
) -> Sequence[Verdict]:
    from arcwatch.filters.filter import judged

    return judged(keeps, [(message, partial(read, message)) for message in messages])


async def nothing(options: TailOptions) -> AsyncIterator[Feed]:
    """A feed for a screen without one."""
    raise UsageError("nothing can be tailed here")
    yield  # a generator, so that it is one to type checkers too


no_feed: OpenFeed = contextlib.asynccontextmanager(nothing)
