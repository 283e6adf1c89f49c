"""Whether a connection to NATS was made, or why not."""

import asyncio

from arcwatch.sources.nats.connection import Listener


class Outcome(Listener):
    def __init__(self):
        self.said = asyncio.Queue()

    def connected(self):
        self.said.put_nowait("connected")

    def lost(self, why):
        self.said.put_nowait(why)
