"""Requests and their replies, and requests still open."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable

from msgspec import Struct

from arcwatch.model.message import Message

MOST_OPEN = 10_000
"""Requests that wait for a reply; beyond, the oldest counts as unanswered."""
MOST_PAIRS = 2_000
"""Exchanges remembered that are over."""
WAIT = 5.0
"""Seconds after which a request has «no reply yet»: longer than most clients wait."""


class Exchange(Struct, frozen=True):
    """A request and its first reply.

    Attributes:
        request: As it was seen.
        reply: None as long as there is none.
        latency: Seconds between the two, both as they came here; None without a reply.
        waits: Whether a reply may still be in time.
    """

    request: Message
    reply: Message | None = None
    latency: float | None = None
    waits: bool = False


class Requests:
    """Pairs requests with replies.

    Attributes:
        answered: Requests that had a reply.
        unanswered: Requests that had none within :data:`WAIT`, or were too many to wait for.
    """

    def __init__(self) -> None:
        self.answered = self.unanswered = 0
        self._open: OrderedDict[str, Message] = OrderedDict()
        self._early: OrderedDict[str, Message] = OrderedDict()
        self._over: deque[Exchange] = deque(maxlen=MOST_PAIRS)
        self._pace: deque[float] = deque(maxlen=MOST_PAIRS)

    def update(self, messages: Iterable[Message]) -> list[Exchange]:
        """Add messages in their order; return the completed exchanges.

        Returns:
            Exchanges that are complete now.
        """
        done = []
        for message in messages:
            exchange = self._paired(message)
            if exchange:
                done.append(exchange)
                self._over.append(exchange)
        return done

    def overdue(self, now: int) -> list[Exchange]:
        """Requests that exceeded the timeout by ``now``, nanoseconds; each is returned once."""
        found = []
        while self._open:
            reply, request = next(iter(self._open.items()))
            enough = now - request.received_time > WAIT * 1e9 or len(self._open) > MOST_OPEN
            if not enough:
                break
            del self._open[reply]
            self.unanswered += 1
            found.append(Exchange(request))
        self._over.extend(found)
        return found

    def open(self) -> list[Exchange]:
        """Open requests, oldest first."""
        return [Exchange(request, waits=True) for request in self._open.values()]

    def recent(self) -> list[Exchange]:
        """Completed exchanges, latest first."""
        return list(reversed(self._over))

    def latencies(self) -> list[float]:
        """Seconds until the recent replies, unordered."""
        return list(self._pace)

    def _paired(self, message: Message) -> Exchange | None:
        subject = message.subject or ""
        if request := self._open.pop(subject, None):
            return self._complete(request, message)
        if message.reply is None:
            # the reply may overtake the request on its way to here
            if subject.startswith("_INBOX."):
                _keep(self._early, subject, message, most=1_000)
            return None
        if reply := self._early.pop(message.reply, None):
            return self._complete(message, reply)
        _keep(self._open, message.reply, message, most=2 * MOST_OPEN)
        return None

    def _complete(self, request: Message, reply: Message) -> Exchange:
        latency = max(0, reply.received_time - request.received_time) / 1e9
        self.answered += 1
        self._pace.append(latency)
        return Exchange(request, reply, latency)


def _keep(kept: OrderedDict[str, Message], key: str, message: Message, *, most: int) -> None:
    kept[key] = message
    if len(kept) > most:
        kept.popitem(last=False)
