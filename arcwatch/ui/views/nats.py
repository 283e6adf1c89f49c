"""View 2: NATS connections, JetStream streams and consumers, and the servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from arcwatch.model.reading import System
from arcwatch.store.nats import consumer_key, stream_key
from arcwatch.store.rows import (
    NatsConnectionRow,
    NatsConsumerRow,
    NatsServerRow,
    NatsStreamRow,
)
from arcwatch.ui.showing import Showing

from . import nats_tables
from .sheets import Charted, Sheet
from .tables import TablesView


class NatsView(TablesView):
    """Who is connected and how much they say; what JetStream keeps, and who lags behind."""

    NAME: ClassVar[str] = "NATS"
    SYSTEM: ClassVar[System] = "nats"

    def __init__(self, showing: Showing) -> None:
        connections, servers = nats_tables.connections(showing), nats_tables.servers(showing)
        super().__init__(
            showing,
            [
                Sheet("Connections", connections, "No client is connected.", totals=True),
                Sheet("Streams", nats_tables.streams(), "JetStream keeps no stream yet."),
                Sheet("Consumers", nats_tables.consumers(), "Nobody reads a stream yet."),
                Sheet("Servers", servers, "No server has answered yet.", totals=True),
            ],
        )

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        """See :meth:`TablesView.rows`."""
        store = self.showing.store
        rows: Mapping[str, Callable[[], Sequence[Any]]] = {
            "connections": store.nats_connections,
            "streams": store.nats_streams,
            "consumers": store.nats_consumers,
            "servers": store.nats_servers,
        }
        return rows[sheet.id]()

    def count(self, sheet: Sheet) -> str:
        """How many there are; of connections, also how many more the servers have."""
        have = len(self.rows(sheet))
        total = sum(state.total_connections or 0 for state in self.showing.store.nats)
        more = sheet.id == "connections" and have < total
        return f"{have:,} of {total:,}" if more else f"{have:,}"

    def charted(self, row: Any) -> Charted | None:
        """See :meth:`TablesView.charted`."""
        both = (("in msg/s", "in_msgs"), ("out msg/s", "out_msgs"))
        for state in self.showing.store.nats:
            match row:
                case NatsConnectionRow() if row.server_name == state.name:
                    title = f"{row.name or '(no name)'}  {row.ip}:{row.port}"
                    return Charted(title, state.connection_traffic, str(row.cid), both)
                case NatsStreamRow() if (key := stream_key(row)) in state.stream_rates:
                    return Charted(row.stream, state.stream_rates, key, both[:1])
                case NatsConsumerRow() if (key := consumer_key(row)) in state.consumer_rates:
                    lines = (("in msg/s", "in_msgs"), ("acknowledged msg/s", "ack"))
                    return Charted(f"{row.stream}#{row.name}", state.consumer_rates, key, lines)
                case NatsServerRow() if row.url == state.url:
                    return Charted(row.server_name, state.traffic, state.url, both)
        return None

    def go_to(self, place: str, member: str) -> None:
        """Put the cursor on a stream, or a consumer of it."""
        self.turn_to("consumers" if member else "streams")
        self.select_shown(lambda row: row.stream == place and (not member or row.name == member))
