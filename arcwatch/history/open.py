"""Open the history of an address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from arcwatch.config.settings import Settings, load
from arcwatch.errors import UsageError
from arcwatch.notation.address import Stream, Subject, Topic, parse_address

if TYPE_CHECKING:
    from arcwatch.sources.history import History


@asynccontextmanager
async def open_history(
    settings: Settings, text: str, places: Sequence[str] = ()
) -> AsyncIterator[History]:
    """The history of an address, whose connections end with the block.

    Args:
        settings: Where to look, unless the address names another context.
        places: The addresses of the topics and partitions that it stood for when it was opened
            before, so that positions from then fit; none takes those that there are now.

    Raises:
        UsageError: It is none, or nothing is stored there.
        NotThereError: There is no such topic or stream.
    """
    # imported when a history is opened for the first time: most starts never get there
    from arcwatch.sources.connections import Servers

    address = parse_address(text)
    if address.context:
        settings = load({}, context=address.context)
    servers = Servers(settings)
    try:
        history: History
        match address:
            case Topic():
                address.check_readable()
                from arcwatch.sources.pulsar.history import pulsar_history

                history = await pulsar_history(servers, address, places)
            case Stream():
                from arcwatch.sources.jetstream.history import stream_history

                history = await stream_history(servers, address)
            case Subject():
                hint = "use a stream that stores it: js:STREAM/SUBJECT"
                why = "core NATS stores nothing"
                raise UsageError("no history", where=str(address), why=why, hint=hint)
        try:
            yield history
        finally:
            await history.close()
    finally:
        await servers.close()
