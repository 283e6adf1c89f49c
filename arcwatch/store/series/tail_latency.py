"""Latencies of tailed messages since their publishing, and of requests until their reply.

Two clocks are between a message's publish time and ours: a JetStream server's, or a Pulsar
producer's.  What one of them is ahead of the other is in every figure, so that those of two
producers cannot be compared; a message from the future says that at least so much is.  Core NATS
carries no time: there a request and its reply are timed, both by our clock.
"""

from __future__ import annotations

from collections.abc import Iterable

from arcwatch.model.latency import Latency
from arcwatch.model.message import Message
from arcwatch.model.reading import System
from arcwatch.store.messages.requests import Exchange

from .histogram import Latencies, LatencyMeter

MOST = 16
"""Places that are measured separately, 540 kB each; what is beyond is measured as one."""

OTHERS = "others"


class TailLatency:
    """Measures tailed messages and requests.

    Attributes:
        passed_over: Messages that came too fast to be measured.
    """

    def __init__(self) -> None:
        self.passed_over = 0
        self._places: dict[tuple[System, str, str], _Measured] = {}

    def update(self, messages: Iterable[Message]) -> None:
        """Measure messages that carry a publish time."""
        for message in messages:
            if message.publish_time is None:
                continue
            seconds = (message.received_time - message.publish_time) / 1e9
            if message.source == "js":
                self._measured("nats", "stream to here", message.address).record(seconds)
            else:
                place = f"{message.address} {message.producer or ''}".rstrip()
                self._measured("pulsar", "producer to here", place).record(seconds)

    def exchanged(self, exchanges: Iterable[Exchange]) -> None:
        """Measure completed requests."""
        for exchange in exchanges:
            if exchange.latency is not None:
                place = self._measured("nats", "request to reply", exchange.request.address)
                place.record(exchange.latency)

    def acknowledged(self, consumer: str, seconds: float) -> None:
        """Measure one acknowledgement, as reported by the server."""
        self._measured("nats", "delivery to ack", consumer).record(seconds)

    def snapshot(self) -> list[tuple[System, Latency]]:
        """The current figures of each place; restarts the count of the last seconds."""
        return [
            (system, place.snapshot(name, where, self.passed_over))
            for (system, name, where), place in self._places.items()
        ]

    def all_of(self, name: str, where: str) -> Latencies | None:
        """All measurements of one place."""
        keyed = self._places.items()
        return next((p.measuring.all for (_, *key), p in keyed if key == [name, where]), None)

    def _measured(self, system: System, name: str, where: str) -> _Measured:
        key = (system, name, where)
        if key not in self._places and len(self._places) >= MOST:
            key = (system, name, OTHERS)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Measured()
        return place


class _Measured:
    def __init__(self) -> None:
        self.measuring = LatencyMeter()
        self._early, self._earliest = 0, 0.0

    def record(self, seconds: float) -> None:
        if seconds < 0:
            self._early += 1
            self._earliest = min(self._earliest, seconds)
        self.measuring.record(seconds)

    def snapshot(self, name: str, where: str, passed_over: int) -> Latency:
        note = _CLOCKS[name]
        if self._early:
            note += (
                f"; {self._early:,} are dated in the future, and count as 1 µs: that clock is "
                f"at least {-self._earliest * 1000:,.1f} ms ahead of ours"
            )
        if passed_over:
            note += f"; {passed_over:,} messages arrived too fast to be measured"
        return self.measuring.snapshot(name, "tail", where, note=note)


_CLOCKS = {
    "stream to here": "from the server's clock at storing to this clock",
    "producer to here": "from the producer's clock, in whole ms, to this clock: one producer each",
    "delivery to ack": "by the server, of the messages sampled by sample_freq",
    "request to reply": "both by this clock, on arrival",
}
