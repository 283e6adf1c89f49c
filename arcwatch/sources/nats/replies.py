"""Match messages in inboxes to observed requests.  Pure.

A reply may reach us before its request does: they come by ways of their own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from arcwatch.wire.nats_protocol import Delivery

INBOXES = "_INBOX.>"
"""Where client libraries have replies sent, by default."""
MOST_REQUESTS = 20_000
"""Requests whose reply is waited for."""
MOST_EARLY = 1_000
"""Messages of inboxes that may yet turn out to be replies."""


class Replies:
    """Separates replies to observed requests from other messages in the inboxes."""

    def __init__(self) -> None:
        self._asked: OrderedDict[bytes, None] = OrderedDict()
        self._early: OrderedDict[bytes, Delivery] = OrderedDict()

    def to(self, requests: Iterable[Delivery]) -> list[Delivery]:
        """Record requests; return replies that arrived before them."""
        found = []
        for request in requests:
            if request.reply is None:
                continue
            if early := self._early.pop(request.reply, None):
                found.append(early)
            self._asked[request.reply] = None
            if len(self._asked) > MOST_REQUESTS:
                self._asked.popitem(last=False)
        return found

    def among(self, deliveries: Iterable[Delivery]) -> list[Delivery]:
        """The replies among messages in inboxes; a request can have several."""
        found = []
        for delivery in deliveries:
            if delivery.subject in self._asked:
                found.append(delivery)
                continue
            self._early[delivery.subject] = delivery
            if len(self._early) > MOST_EARLY:
                self._early.popitem(last=False)
        return found
