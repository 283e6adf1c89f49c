"""What the brokers of the demo said in an hour: read it, or record it anew.

``uv run python -m tests.store.recorded 3600`` starts a demo of its own, asks it as the screen does,
and replaces the recording: compressed readings, each after its length in four bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import lzma
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from arcwatch.commands.demo import StackStages, settings_for
from arcwatch.engine.engine import Engine
from arcwatch.model.reading import Failure, Reading
from arcwatch.notation.address import Topic, parse_address
from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from arcwatch.store.store import Store

FILE = Path(__file__).parents[1] / "data" / "demo-hour.msgpack.xz"

EVERY = {"jsz": 6, "metrics": 5, "topic": 10, "varz": 10, "connz": 20, "links": 20}
EVERY |= dict.fromkeys(("ready", "healthz"), 20)
EVERY |= dict.fromkeys(("accounts", "brokers", "transactions", "functions"), 60)
"""Seconds between two answers that are kept of each part; of all others, every one."""


def read():
    """The readings, in the order in which they were taken in."""
    data, decoder, at = lzma.decompress(FILE.read_bytes()), msgspec.msgpack.Decoder(Reading), 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        yield decoder.decode(data[at + 4 : end])
        at = end


class Recording(Store):
    """A store that keeps what it is told."""

    def __init__(self):
        super().__init__()
        self.kept: list[bytes] = []
        self._last: dict[tuple[str, str], float] = {}

    def apply(self, reading):
        key, every = (reading.source, reading.part), EVERY.get(reading.part, 0)
        is_due = reading.steady - self._last.get(key, float("-inf")) > every - 0.5
        if is_due or isinstance(reading.body, Failure):
            self._last[key] = reading.steady
            told = msgspec.msgpack.encode(reading)
            self.kept.append(len(told).to_bytes(4, "big") + told)
        super().apply(reading)


async def record(seconds):
    """Watch a demo for so long."""
    with tempfile.TemporaryDirectory() as home:
        stack = local.start(Path(home), ports=Ports.free(), traffic=True)
        store = Recording()
        engine = Engine(settings_for(stack.endpoints), store, stages=StackStages(stack))
        engine.watch_advisories()
        engine.watch_reports()
        task, end = asyncio.create_task(engine.run()), time.monotonic() + seconds
        try:
            while time.monotonic() < end and not task.done():
                await asyncio.sleep(1.0)
                engine.focus(dict.fromkeys(_topics(store)))
        finally:
            task.cancel()
            await asyncio.wait([task])
            stack.stop()
    FILE.write_bytes(lzma.compress(b"".join(store.kept), preset=9))


def _topics(store):
    """The topics with a backlog, as they are on the screen."""
    for row in store.backlogs()[:12]:
        place = parse_address(row.address)
        if isinstance(place, Topic):
            yield place.full_name.partition("#")[0]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(record(float(sys.argv[1])))
