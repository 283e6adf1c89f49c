"""An opened JetStream consumer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arcwatch.store.charted import Charted
from arcwatch.store.rows import NatsConsumerRow, NatsStreamRow
from arcwatch.text import units
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.detail import Detail, Fact
from arcwatch.ui.views.sheets import Sheet
from arcwatch.ui.widgets.panel import PanelTone

from . import stream_tables
from .details import charted


class ConsumerDetail(Detail[NatsConsumerRow]):
    """Backlog, diagnosis, configuration, and the stream's other consumers."""

    KIND = NatsConsumerRow

    def __init__(self, showing: ViewContext) -> None:
        others = stream_tables.consumers(showing, "consumer-others")
        stream = stream_tables.streams(showing, "consumer-stream")
        super().__init__(
            showing,
            [
                Sheet("Others", others, "No other consumers on this stream."),
                Sheet("Stream", stream, "No server reports this stream."),
            ],
        )

    @property
    def title(self) -> str:
        return f"js:{self._row.stream}#{self._row.name}" if self._row else ""

    def facts(self) -> Sequence[Fact]:
        if self._row is None:
            return ()
        key = _key(self._row)
        rows = self._showing.store.nats_consumers()
        found = next((row for row in rows if _key(row) == key), None)
        self._row = found or self._row
        gone = [] if found else [Fact("state", "gone", "bad")]
        paused = [Fact("state", self._pause(self._row), "warn")] if self._row.paused else []
        made = self._row.created
        since = [Fact("since", self.when(made))] if made else []
        groups = self._groups(self._row)
        progress = self._progress(self._row)
        return [*gone, *paused, *groups, *progress, *_asked_for(self._row), *since]

    def rows(self, sheet: Sheet) -> Sequence[Any]:
        if self._row is None:
            return ()
        place, key, store = _place(self._row), _key(self._row), self._showing.store
        if sheet.id == "consumer-stream":
            return [row for row in store.nats_streams() if _place(row) == place]
        others = (row for row in store.nats_consumers() if _place(row) == place)
        return [row for row in others if _key(row) != key]

    def charted(self, row: Any | None) -> Charted | None:
        """See :meth:`Detail.charted`; its own series, whatever other rows the table has."""
        return charted(self._showing, self._row) if self._row else None

    def _progress(self, row: NatsConsumerRow) -> list[Fact]:
        unacked = units.whole(row.num_ack_pending)
        most, full = row.max_ack_pending, _is_full(row)
        return [
            Fact("pending", f"{units.whole(row.num_pending)} undelivered"),
            Fact("unacked", f"{unacked} of {units.whole(most)}" if most else unacked, _warn(full)),
            *([Fact("", "max ack pending reached", "warn")] if full else []),
            Fact("delivered", f"{units.rate(row.delivered_rate)} msg/s"),
            Fact("acked", f"{units.rate(row.ack_rate)} msg/s"),
            Fact("redelivered", units.whole(row.num_redelivered), _warn(row.num_redelivered > 0)),
            Fact("last", f"#{row.delivered_seq}  {self.when(row.last_delivered, 'never')}"),
            Fact("ack floor", f"#{row.ack_floor_seq}  {self.when(row.last_ack, 'never')}"),
        ]

    def _pause(self, row: NatsConsumerRow) -> str:
        """Until when; if the server does not report that, only that it is paused."""
        if row.pause_until is None:
            return "paused"
        left = units.duration(max(0.0, row.pause_until - self._showing.store.now))
        return f"paused until {self.when(row.pause_until)}, {left} left"

    def _groups(self, row: NatsConsumerRow) -> list[Fact]:
        if not row.priority_groups:
            return []
        held = [
            Fact(f"pinned {one.group}", f"{one.client} since {self.when(one.since)}")
            for one in row.pinned
        ]
        policy = row.priority_policy.replace("_", " ")
        return [Fact("priority", f"{', '.join(row.priority_groups)}: {policy}"), *held]


def _asked_for(row: NatsConsumerRow) -> list[Fact]:
    pulls = units.whole(row.num_waiting)
    most = f" of {units.whole(row.max_waiting)}" if row.max_waiting else ""
    how = f"to {row.deliver_subject}" if row.deliver_subject else f"{pulls}{most} waiting pulls"
    wait = units.duration(row.ack_wait) if row.ack_wait else units.UNKNOWN
    return [
        Fact("delivery", how),
        Fact("filter", " ".join(row.filters) or "none"),
        Fact("deliver policy", row.deliver_policy.replace("_", " ") or units.UNKNOWN),
        Fact("ack policy", row.ack_policy),
        Fact("ack wait", wait),
        Fact("max deliver", f"{row.max_deliver:,}" if row.max_deliver else "unlimited"),
        Fact("kind", "durable" if row.durable else "ephemeral"),
        Fact("leader", row.leader or units.UNKNOWN),
        Fact("stream", row.stream),
        Fact("account", row.account),
    ]


def _is_full(row: NatsConsumerRow) -> bool:
    return bool(row.max_ack_pending and row.num_ack_pending >= row.max_ack_pending)


def _place(row: NatsConsumerRow | NatsStreamRow) -> tuple[str, str, str]:
    return row.cluster, row.account, row.stream


def _key(row: NatsConsumerRow) -> tuple[str, ...]:
    return (*_place(row), row.name)


def _warn(is_wrong: bool) -> PanelTone:
    return "warn" if is_wrong else ""
