"""The tail in a process of its own, so that no flood reaches whoever draws the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType

from arcwatch.config import Settings
from arcwatch.errors import SourceError
from arcwatch.model.tail import Frame, Mode, TailOptions

from .child import Child
from .memory_bound import why_ended
from .tail_wire import Add, Command, Remove, SetMode, Start, decode_frame, encode


class TailProcess:
    """The same as :class:`~arcwatch.sources.tail.Tail`, run by one :class:`Child`.

    Args:
        settings: Where to look.
        options: What to follow, and at what cost.
    """

    def __init__(self, settings: Settings, options: TailOptions) -> None:
        self._start = Start(settings, options)
        self._origins = len(options.addresses)
        self._child = Child("arcwatch.sources.tail_child")

    async def __aenter__(self) -> TailProcess:
        await self._child.start()
        self._tell(self._start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._child.end()

    @property
    def pid(self) -> int | None:
        """The child's process id."""
        return self._child.pid

    def add(self, address: str) -> int:
        """Follow one more address.

        Returns:
            Its number, which its messages and counts carry.
        """
        self._tell(Add(address))
        origin, self._origins = self._origins, self._origins + 1
        return origin

    def remove(self, address: str) -> None:
        """Follow an address no longer; messages that came before may still be in a frame."""
        self._tell(Remove(address))

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Follow all addresses another way from now on."""
        self._tell(SetMode(mode, requests))

    async def frames(self) -> AsyncIterator[Frame]:
        """Messages as they come, and counts whenever they change.

        Raises:
            SourceError: The child has ended, which nobody asked it to.
        """
        while True:
            yield await self.next_frame()

    async def next_frame(self) -> Frame:
        """The next of them.

        Raises:
            SourceError: The child has ended, which nobody asked it to.
        """
        if part := await self._child.part():
            return decode_frame(part)
        why, hint = why_ended(await self._child.code())
        raise SourceError("the tail's process has ended", why=why, hint=hint)

    def _tell(self, command: Command) -> None:
        self._child.tell(encode(command))
