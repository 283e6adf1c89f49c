"""The accounts of one NATS server: client traffic and JetStream usage."""

from __future__ import annotations

from math import nan

from msgspec import Struct

from arcwatch.model.nats import JsAccount, NatsJetStream
from arcwatch.model.nats_links import NatsAccount, NatsAccounts
from arcwatch.store.rows import NatsAccountRow
from arcwatch.store.series.rates import Counted, rates_between

from .build_rows import TRAFFIC, Place, account_row

_UNKNOWN = (nan,) * len(TRAFFIC)


class _Usage(Struct, frozen=True):
    """An account's usage from ``/jsz``, and its JetStream API requests per second."""

    report: JsAccount
    api_rate: float


class _Traffic(Struct, frozen=True):
    """An account's counters from ``/accstatz``, with rates."""

    report: NatsAccount
    rates: tuple[float, ...]


class ServerAccounts:
    """The accounts reported by one server, from two endpoints."""

    def __init__(self) -> None:
        self.rows: tuple[NatsAccountRow, ...] = ()
        """Those with JetStream and those without, in order of name."""
        self._kept: dict[str, _Usage] = {}
        self._sent: dict[str, _Traffic] = {}
        self._old: frozenset[str] = frozenset()
        self._counted: Counted[str] | None = None

    def update_usage(self, answer: NatsJetStream, api: dict[str, float], place: Place) -> None:
        """Apply JetStream usage; ``api`` is requests per second by account."""
        self._kept = {
            report.account: _Usage(report, api[report.account]) for report in answer.usage
        }
        self._old -= {"jsz"}
        self.name(place)

    def update_traffic(self, answer: NatsAccounts, place: Place) -> None:
        """Apply client traffic."""
        totals = {
            a.account: (a.in_msgs, a.out_msgs, a.in_bytes, a.out_bytes) for a in answer.accounts
        }
        counted = Counted(answer.server_id, answer.now, totals)
        rates = rates_between(self._counted, counted)
        self._counted = counted
        self._sent = {
            report.account: _Traffic(report, rates[report.account]) for report in answer.accounts
        }
        self._old -= {"accounts"}
        self.name(place)

    def paused(self) -> None:
        """Discard the previous counters, so that no rate spans a pause."""
        self._counted = None

    def missed(self, part: str, place: Place) -> None:
        """Mark the rows of one endpoint as stale."""
        self._old |= {part}
        if part == "jsz":
            self._kept = {name: _Usage(kept.report, nan) for name, kept in self._kept.items()}
        else:
            self._sent = {
                name: _Traffic(sent.report, _UNKNOWN) for name, sent in self._sent.items()
            }
        self.name(place)

    def name(self, place: Place) -> None:
        """Rebuild the rows with the cluster's and server's names."""
        self.rows = tuple([self._row(name, place) for name in sorted({*self._kept, *self._sent})])

    def _row(self, name: str, place: Place) -> NatsAccountRow:
        kept, sent = self._kept.get(name), self._sent.get(name)
        stale = bool((kept and "jsz" in self._old) or (sent and "accounts" in self._old))
        return account_row(
            place,
            name,
            kept.report if kept else None,
            sent.report if sent else None,
            api_rate=kept.api_rate if kept else nan,
            rates=sent.rates if sent else _UNKNOWN,
            stale=stale,
        )
