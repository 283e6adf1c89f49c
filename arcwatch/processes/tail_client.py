"""Client of the tail process, so that a flood of messages does not block the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec.structs import replace

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.model.tail import Counts, Frame, Mode, Resumed, TailOptions
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.memory_bound import EXIT_CODE as OUTGROWN
from arcwatch.runtime.memory_bound import why_ended

from .child import Child, Restarts
from .frames import Add, Command, Remove, SetMode, Start, decode_frame, encode


class TailProcess:
    """The same as :class:`~arcwatch.sources.tail.Tail`, run by one :class:`Child`.

    A child that ends by itself is started again, and goes on after the last message that it
    handed on, where the servers keep messages; where they do not, that is a gap.  While there is
    none, the counts show it.
    """

    def __init__(self, settings: Settings, options: TailOptions) -> None:
        self._settings, self._options = settings, options
        self._addresses = list(options.addresses)
        self._child = Child("arcwatch.processes.tail_server")
        self._runs, self._restarts = False, Restarts()
        self._before: dict[int, Counts] = {}
        self._counts: dict[int, Counts] = {}
        self._reported: tuple[Counts, ...] = ()
        self._places: dict[int, dict[str, str]] = {}
        self._at = 0

    async def __aenter__(self) -> TailProcess:
        await self._begin()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._child.end()

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._child.pid if self._runs else None

    def add(self, address: str) -> int:
        """Follow one more address; return its number, which its messages and counts carry."""
        self._addresses.append(address)
        self._send(Add(address))
        return len(self._addresses) - 1

    def remove(self, address: str) -> None:
        """Stop following an address; earlier messages may still be in a frame."""
        for origin, own in enumerate(self._addresses):
            if own == address:
                self._addresses[origin] = ""
                self._counts.pop(origin, None)
        self._send(Remove(address))

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Follow all addresses another way from now on."""
        self._options = replace(self._options, mode=mode, requests=requests)
        self._send(SetMode(mode, requests))

    async def frames(self) -> AsyncIterator[Frame]:
        """Messages as they arrive, and counts whenever they change.

        Raises:
            SourceError: The child ends again and again.
        """
        while True:
            yield await self.next_frame()

    async def next_frame(self) -> Frame:
        """The next of them.

        Raises:
            SourceError: The child ends again and again.
        """
        while True:
            if not self._runs:
                await self._restarts.wait()
                await self._begin()
            frame = await self._received()
            if frame is None:
                return self._ended(await self._child.code())
            if frame.count or frame.counts != self._reported:
                self._reported = frame.counts
                return frame

    async def _begin(self) -> None:
        resumed = {
            origin: Resumed(self._at, self._places.get(origin, {}))
            for origin, counts in self._counts.items()
            if counts.since is not None
        }
        options = replace(self._options, addresses=tuple(self._addresses), resumed=resumed)
        self._before = {origin: _settled(counts) for origin, counts in self._counts.items()}
        await self._child.start()
        self._restarts.started()
        self._runs = True
        self._send(Start(self._settings, options))

    async def _received(self) -> Frame | None:
        """The next frame, on top of what earlier children reported; None once it has ended."""
        part = await self._child.receive()
        try:
            with boundary("the answer of the tail process could not be read"):
                frame = decode_frame(part) if part else None
        except ArcwatchError:
            frame = None
        if frame is None:
            return None
        for origin, place, last in frame.places:
            self._places.setdefault(origin, {})[place] = last
        self._at = frame.at or self._at
        counts = tuple(_sum(self._before.get(each.origin), each) for each in frame.counts)
        self._counts = {each.origin: each for each in counts}
        return replace(frame, counts=counts)

    def _ended(self, code: int) -> Frame:
        self._runs = False
        what, (how, hint) = "the tail process ended", why_ended(code)
        if code == OUTGROWN:
            # it would again
            raise SourceError(what, why=how, hint=hint)
        if not self._restarts.ended():
            raise SourceError(
                what, why=f"{self._restarts.ends} times in a row, last: {how}", hint=hint
            )
        text = f"{what} ({how}) and is being restarted"
        self._reported = tuple(_away(each, text) for each in self._counts.values())
        return Frame(b"\x90", 0, 0, 0, self._reported)

    def _send(self, command: Command) -> None:
        self._child.send(encode(command))


def _away(counts: Counts, text: str) -> Counts:
    """Counts while there is no child: one that was never connected has lost nothing."""
    if counts.state == "failed":
        return counts
    if counts.since is None:
        return replace(counts, state="connecting", text="", hint="")
    return replace(counts, state="reconnecting", text=text, hint="")


def _settled(counts: Counts) -> Counts:
    """Totals of a child that has ended: what it had and did not hand on is lost with it.

    What servers keep is read, and counted, once more.
    """
    kept = not counts.address.startswith("nats:")
    lost = counts.waiting
    return replace(
        counts,
        seen=counts.seen - (lost if kept else 0),
        dropped_here=counts.dropped_here + (0 if kept else lost),
        waiting=0,
    )


def _sum(before: Counts | None, now: Counts) -> Counts:
    """Totals since the address was asked for, whichever child counted."""
    if before is None:
        return now
    return replace(
        now,
        seen=before.seen + now.seen,
        seen_bytes=before.seen_bytes + now.seen_bytes,
        dropped_here=before.dropped_here + now.dropped_here,
        sampled_away=before.sampled_away + now.sampled_away,
        gaps=before.gaps + now.gaps,
        since=before.since or now.since,
    )
