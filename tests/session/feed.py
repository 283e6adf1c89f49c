"""What brings messages to a tail, without a process."""

import asyncio
from contextlib import asynccontextmanager


class Feed:
    """Brings what it is given, and notes what it is asked for."""

    def __init__(self):
        self.asked, self._frames = [], asyncio.Queue()
        self._origins, self.is_open = 0, asyncio.Event()

    @asynccontextmanager
    async def opened(self, options):
        self.asked.append(options)
        self._origins = len(options.addresses)
        self.is_open.set()
        yield self

    def add(self, address):
        self.asked.append(("add", address))
        self._origins += 1
        return self._origins - 1

    def remove(self, address):
        self.asked.append(("remove", address))

    def set_mode(self, mode, *, requests):
        self.asked.append(("mode", mode, requests))

    async def frames(self):
        while (frame := await self._frames.get()) is not None:
            if isinstance(frame, Exception):
                raise frame
            yield frame

    def bring(self, frame):
        self._frames.put_nowait(frame)
