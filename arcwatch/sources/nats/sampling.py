"""Bound the messages a server may send us, and estimate those not requested.  Pure.

Both count from a subscription's first message, as ``UNSUB sid max`` does.
"""

from __future__ import annotations

from collections import deque
from statistics import median

CEILING = 50_000.0
"""Messages a second that are all asked for; beyond, a subscriber is felt by the publishers."""
BURST = 25_000
"""Messages that may come at once although they are more."""
START = 5_000
"""Messages of the first grant, while neither their rate nor their size is known."""
FIRST = 500
"""Messages of the smallest window."""
BYTES = 8 << 20
"""Bytes under way to here, at most: an eighth of what a server keeps for a client before it
closes the connection (``max_pending``, 64 MiB), and far below what makes it hold publishers up."""
EVERY = 0.25
"""Seconds between the beginnings of two windows."""
SHARE = 0.025
"""Part of the time that windows are open, where the rate is high: 1 in 40."""
LARGEST = 2_000
"""Messages of a window, at most."""
RECENT = 12
"""Windows that an estimate is made of: three seconds of them."""
ENOUGH = 4
"""Windows that make an estimate: one or two may have met a burst."""
CALM = 0.6
"""Part of :data:`CEILING` below which all messages may be asked for again."""


class Allowance:
    """A token bucket for the messages of a subject.

    Args:
        rate: Messages a second; None is :data:`CEILING`.
    """

    def __init__(self, rate: float | None = None) -> None:
        self.rate = rate or CEILING
        self._granted, self._at = 0.0, 0.0

    def begin(self, now: float, granted: int | None = None) -> int:
        """The first grant, or one given before."""
        granted = min(START, BURST) if granted is None else granted
        self._granted, self._at = float(granted), now
        return granted

    def grow(self, now: float, received: int, average: float) -> int:
        """The number of messages allowed in total by now (``average``: bytes of one of them)."""
        room = min(BURST, BYTES / max(average, 1.0))
        filled = self._granted + max(self.rate * (now - self._at), FIRST)
        self._granted, self._at = max(self._granted, min(filled, received + room)), now
        return int(self._granted)


class RateMeter:
    """The rate of a counter over its last few readings (``rate``: per second)."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._points: deque[tuple[float, int]] = deque(maxlen=4)

    def update(self, now: float, count: int) -> None:
        """Add a reading; a decrease is a restart."""
        if self._points and count < self._points[-1][1]:
            self._points.clear()
        self._points.append((now, count))
        (begun, first), (ended, last) = self._points[0], self._points[-1]
        self.rate = (last - first) / (ended - begun) if ended > begun else 0.0


class Windows:
    """Short samples of a subject, and an estimate of the messages between them.

    Attributes:
        away: Messages that passed unseen since the first window, an estimate.

    Args:
        rate: Messages a second to see at most; None is whatever :data:`SHARE` comes to.
    """

    def __init__(self, rate: float | None = None) -> None:
        self.away = 0.0
        self._cap = max(1, int(rate * EVERY)) if rate else LARGEST
        self._recent: deque[tuple[int, float, float]] = deque(maxlen=RECENT)
        self._asked = self._first = self._last = self._ended = 0.0
        self._opened: float | None = None
        self._seen = self._first_seen = 0
        self._used_up = False
        self._unpriced = 0.0
        self._calm_since: float | None = None

    @property
    def pace(self) -> float:
        """Messages per second; 0 before the first window.

        It is the middle one of the last windows': traffic comes in bursts, and a window that
        meets one at once overestimates, one that waits for one underestimates.
        """
        paces = [seen / opened for seen, opened, _ in self._recent]
        return median(paces) if paces else 0.0

    @property
    def ratio(self) -> float:
        """The sampling ratio of the last few windows: one message in so many."""
        opened = sum(seconds for _, seconds, _ in self._recent)
        shut = sum(seconds for _, _, seconds in self._recent)
        return (opened + shut) / opened if opened and self._used_up else 1.0

    def begin(self, now: float, pace: float = 0.0) -> None:
        """Forget earlier windows; ``pace`` is the known rate, if any."""
        self._recent.clear()
        self._used_up = pace > 0
        if pace:
            self._recent.extend([(int(pace), 1.0, 0.0)] * (RECENT // 3))
        self._calm_since, self._ended = None, now

    def open(self, now: float, average: float) -> int:
        """Start a window; return the messages it may receive, of ``average`` bytes each."""
        self._asked = self._first = self._last = now
        self._opened = None
        self._seen = self._first_seen = 0
        size = max(FIRST, self.pace * EVERY * SHARE)
        return max(1, int(min(size, self._cap, LARGEST, BYTES / max(average, 1.0))))

    def opened(self, now: float) -> None:
        """Record that the server opened the window, which can take longer than it lasts."""
        self._opened = now

    def update(self, now: float, count: int) -> None:
        """Count received messages."""
        if not self._seen:
            self._first, self._first_seen = now, count
        self._seen += count
        self._last = now

    def is_due(self, now: float) -> bool:
        """Whether the next window is due."""
        return now - self._asked >= EVERY

    def extend(self, now: float, received: int, average: float) -> int:
        """Extend a window with allowance left; return its total allowance."""
        self._set_used_up(used_up=False)
        self._measured(now, self._seen, now - self._asked, 0.0)
        self._ended = now
        return received + self.open(now, average)

    def close(self, now: float) -> None:
        """Count what passed before an exhausted window since the last message seen."""
        begun, seen = self._first, self._seen - self._first_seen
        # where traffic began within this window, all it shows is how fast it then was
        if self._used_up and self._opened is not None and self._opened < self._first:
            begun, seen = self._opened, self._seen
        self._set_used_up(used_up=True)
        shut, self._ended = max(0.0, begun - self._ended), self._last
        if seen and self._last > begun:
            self._measured(now, seen, self._last - begun, shut)
        self._unpriced += shut
        if len(self._recent) >= ENOUGH:
            self._price()

    def calm_for(self, now: float) -> float:
        """Seconds for which all messages would have fit the allowance."""
        return now - self._calm_since if self._calm_since is not None else 0.0

    def _measured(self, now: float, seen: int, opened: float, shut: float) -> None:
        self._recent.append((seen, max(opened, 1e-4), shut))
        calm = self.pace < CEILING * CALM
        self._calm_since = (self._calm_since or now) if calm else None

    def _set_used_up(self, *, used_up: bool) -> None:
        """Reset the rate when windows become exhausted, or no longer are."""
        if used_up != self._used_up:
            self._price()
            self._recent.clear()
            self._used_up = used_up

    def _price(self) -> None:
        """Estimate the messages between windows once the rate is known."""
        if self._recent:
            self.away += self.pace * self._unpriced
            self._unpriced = 0.0
