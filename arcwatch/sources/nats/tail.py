"""Follow a core NATS subject, completely or as much of it as does no harm.

A subscription's cost to others is what the server has to send it.  So outside full mode the
*server* is told how many messages to send (``UNSUB sid max``), and is asked again while it is well:
whatever the publishers do, no more than that is ever under way to here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.model.message import Message
from arcwatch.model.tail import Mode, TailOptions
from arcwatch.notation.address import Subject
from arcwatch.notation.times import format_time
from arcwatch.runtime.boundary import salvaged
from arcwatch.sources.connections import Servers
from arcwatch.sources.intake import Lane
from arcwatch.sources.tail_start import Start
from arcwatch.wire.nats_protocol import Delivery, read_headers

from .connection import Listener, NatsConnection
from .replies import INBOXES, Replies
from .sampling import Allowance, RateMeter, Windows

BEAT = 0.1
"""Seconds between two looks at what the server may send."""
MOST_NAMES = 20_000
"""Subjects whose text is remembered."""
_OTHERS = ("_INBOX.", "$")
"""How subjects begin that carry the plumbing: replies, ``$JS``, ``$KV``, ``$SYS``, ``$SRV``."""
CALM = 10.0
"""Seconds without a sign of harm before all messages are asked for again."""


class SubjectTail(Listener):
    """Follows one subject into a lane."""

    def __init__(
        self,
        connection: NatsConnection,
        lane: Lane,
        subject: str,
        options: TailOptions,
        context: str,
    ) -> None:
        self._connection, self._lane, self._subject = connection, lane, subject
        self._options, self._context = options, context
        self._mode_asked: Mode = options.mode
        self._names: dict[bytes, tuple[str, str] | None] = {}
        self._shows_hidden = options.hidden or subject.startswith(_OTHERS)
        self._sid: bytes | None = None
        self._granted = self._received = 0
        self._average = 1024.0
        self._allowance = Allowance(options.max_rate)
        self._windows = Windows(options.max_rate)
        self._harmed_until = 0.0
        self._is_over = False
        self._was_followed = lane.resumed is not None
        self._gap_since = lane.resumed.at if lane.resumed else None
        self._checks: set[asyncio.Task[None]] = set()
        self._pace = RateMeter()
        self._replies = Replies() if options.requests else None
        self._inboxes: bytes | None = None

    async def follow(self) -> None:
        """Follow the subject until cancelled."""
        self._connection.add(self)
        try:
            while True:
                await asyncio.sleep(BEAT)
                self._beat(time.monotonic())
        finally:
            self._connection.remove(self)
            for check in tuple(self._checks):
                check.cancel()
            self._end()

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Change the mode from now on."""
        self._mode_asked, self._harmed_until = mode, 0.0
        if requests != (self._replies is not None):
            self._replies = Replies() if requests else None
        if self._connection.is_connected and self._lane.state == "following":
            self._begin()

    def harmed(self, why: str) -> None:
        """Take less for a while: the server buffers for us or stalls publishers."""
        if self._mode_asked != "auto":
            return
        self._harmed_until = time.monotonic() + CALM
        if self._lane.mode == "full":
            self._switch_to_sampling(why)

    def connected(self) -> None:
        """Subscribe, or subscribe again."""
        lane = self._lane
        self._begin()
        lane.since = lane.since or time.time_ns()
        if self._was_followed:
            self._run(self._end_gap(self._sid))
        else:
            self._was_followed = True
            lane.set_state("following")

    def lost(self, why: str) -> None:
        """Record the loss; a new connection subscribes again."""
        self._sid = self._inboxes = None
        if self._was_followed and self._gap_since is None:
            # what the server sent after that, or was sent, nobody knows
            self._gap_since = self._connection.last_contact
        hint = "" if self._was_followed else "check the address: --nats, NATS_URL"
        self._lane.set_disconnected(f"{self._connection.where}: {why}", hint)

    def refused(self, subject: str, why: str) -> None:
        """Record the denial; other subscriptions continue."""
        if subject == INBOXES and self._replies:
            self._inboxes = None
            self._lane.set_state("following", why, "replies are not shown; the requests are")
        elif subject == self._subject:
            self._sid = None
            hint = "use a subject this user may subscribe to, or log in as another user"
            self._lane.set_state("failed", why, hint)

    def _begin(self) -> None:
        self._end()
        full = self._mode_asked == "full" or (
            self._mode_asked == "auto"
            and self._options.max_rate is None
            and time.monotonic() >= self._harmed_until
        )
        self._lane.mode = "full" if full else "sampled"
        if self._replies and self._lane.mode == "full":
            # before the requests, so that no reply is missed
            self._inboxes = self._connection.subscribe(INBOXES, self._deliver_replies)
        now = time.monotonic()
        if self._mode_asked == "full":
            self._granted = 0
        elif full:
            self._granted = self._allowance.begin(now)
        else:
            self._windows.begin(now)
            self._granted = self._windows.open(now, self._average)
        self._subscribe()

    def _subscribe(self) -> None:
        self._received, self._is_over = 0, False
        self._sid = self._connection.subscribe(self._subject, self._deliver, self._granted)
        self._check(self._sid, -1)

    async def _end_gap(self, sid: bytes | None) -> None:
        """Record which messages may be missing once the server has the new subscription."""
        while not await self._connection.reached():
            if sid != self._sid:
                return
            await asyncio.sleep(BEAT)
        if sid != self._sid or self._gap_since is None:
            return
        # format_time() cuts
        begin, end = format_time(self._gap_since, 3), format_time(time.time_ns() + 1_000_000, 3)
        self._gap_since = None
        self._lane.gaps += 1
        text = f"reconnected: messages sent between {begin} and {end} may be missing"
        self._lane.set_state("following", text)

    def _check(self, sid: bytes, granted: int) -> None:
        self._run(self._checked(sid, granted))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _checked(self, sid: bytes, granted: int) -> None:
        """Check whether the server processed the commands in time.

        Had it sent all it might before it was asked for more, it has ended the subscription,
        and says nothing: then exactly that many have come.
        """
        if not await self._connection.reached() or sid != self._sid:
            return
        if granted < 0:
            self._windows.opened(time.monotonic())
        elif self._received == granted:
            self._is_over = True

    def _end(self) -> None:
        for sid in (self._sid, self._inboxes):
            if sid:
                self._connection.unsubscribe(sid)
        self._sid = self._inboxes = None

    def _beat(self, now: float) -> None:
        if self._lane.state != "following" or self._mode_asked == "full" or not self._sid:
            return
        used_up = self._is_over or self._received >= self._granted
        if self._lane.mode == "full":
            self._pace.update(now, self._received)
            if used_up:
                self._switch_to_sampling(f"more than {self._allowance.rate:,.0f} msg/s")
            else:
                self._grant(self._allowance.grow(now, self._received, self._average))
        elif self._windows.is_due(now):
            self._next_window(now, used_up=used_up)

    def _next_window(self, now: float, *, used_up: bool) -> None:
        windows = self._windows
        if not used_up:
            # slower than a window: it goes on, and nothing is missed
            self._grant(windows.extend(now, self._received, self._average))
        else:
            windows.close(now)
            self._end()
            self._granted = windows.open(now, self._average)
            self._subscribe()
        lane = self._lane
        lane.sampled_away, lane.ratio = windows.away, windows.ratio
        calm = now >= self._harmed_until and windows.calm_for(now) >= CALM / 2
        if self._mode_asked == "auto" and self._options.max_rate is None and calm:
            # the subscription goes on; only its limit is set again
            self._allowance.begin(now, self._granted)
            lane.mode, lane.text, lane.hint, lane.ratio = "full", "", "", 1.0

    def _switch_to_sampling(self, why: str) -> None:
        lane = self._lane
        self._end()
        lane.mode, lane.text = "sampled", f"sampled: {why}"
        lane.hint = "--mode full receives every message, even if that slows publishers down"
        now = time.monotonic()
        self._windows.begin(now, self._pace.rate)
        self._granted = self._windows.open(now, self._average)
        self._subscribe()

    def _grant(self, most: int) -> None:
        if self._sid and most > self._granted:
            before, self._granted = self._granted, most
            self._connection.limit(self._sid, most)
            self._check(self._sid, before)

    def _deliver(self, deliveries: list[Delivery]) -> None:
        self._received += len(deliveries)
        messages, size = self._read(deliveries)
        if self._replies:
            self._take_replies(self._replies.to(deliveries))
        if self._lane.mode == "sampled":
            self._windows.update(time.monotonic(), len(deliveries))
        if messages:
            average = size / len(messages)
            self._average += (average - self._average) * (0.5 if average > self._average else 0.05)
            self._lane.take(messages, size)

    def _deliver_replies(self, deliveries: list[Delivery]) -> None:
        if self._replies:
            self._take_replies(self._replies.among(deliveries))

    def _take_replies(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries:
            self._lane.take(*self._read(deliveries, hidden=True))

    def _read(
        self, deliveries: Sequence[Delivery], *, hidden: bool = False
    ) -> tuple[list[Message], int]:
        messages = salvaged(
            deliveries,
            partial(self._read_some, hidden=hidden),
            self._bare,
            "the message could not be read",
        )
        return list(messages), sum(message.size for message in messages)

    def _read_some(self, deliveries: Sequence[Delivery], *, hidden: bool) -> list[Message]:
        names, context, origin = self._names, self._context, self._lane.origin
        now = time.time_ns()
        messages = []
        for subject, _, reply, head, body in deliveries:
            name = names.get(subject) if subject in names else self._name(subject)
            if name is None and not hidden:
                continue
            if name is None:
                name = (text := subject.decode("utf-8", "replace")), f"nats:{text}"
            messages.append(
                Message(
                    "nats",
                    name[1],
                    now,
                    len(body),
                    body,
                    context,
                    origin,
                    name[0],
                    headers=read_headers(head).named if head else (),
                    reply=reply.decode("utf-8", "replace") if reply else None,
                )
            )
        return messages

    def _bare(self, delivery: Delivery, error: ArcwatchError) -> Message:
        subject, body = delivery.subject.decode("utf-8", "replace"), delivery.body
        return Message(
            "nats",
            f"nats:{subject}",
            time.time_ns(),
            len(body),
            body,
            self._context,
            self._lane.origin,
            subject,
            unread=error.headline,
        )

    def _name(self, raw: bytes) -> tuple[str, str] | None:
        """The subject and its address; None for one that is not shown."""
        if len(self._names) >= MOST_NAMES:
            self._names.clear()
        subject = raw.decode("utf-8", "replace")
        hidden = subject.startswith(_OTHERS) and not self._shows_hidden
        self._names[raw] = None if hidden else (subject, f"nats:{subject}")
        return self._names[raw]


def core_tail(
    servers: Servers, lane: Lane, address: Subject, start: Start, options: TailOptions
) -> SubjectTail:
    """The follower of a core NATS subject.

    Raises:
        UsageError: Core NATS keeps nothing to begin earlier with, or is left out.
    """
    if not start.is_new:
        raise UsageError(
            "core NATS keeps no messages",
            where=lane.address,
            why="there are no earlier messages to start from",
            hint="remove --since, or use the stream that stores them: js:STREAM",
        )
    servers.watch_load()
    return SubjectTail(servers.nats(), lane, address.subject, options, servers.context)
