"""Expiry dates of server certificates and of our credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from arcwatch.model.reading import Expiries, System
from arcwatch.store.nats.server import NatsServerState


class ExpiryRow(Struct, frozen=True, gc=False):
    """One certificate, JWT or token."""

    system: System
    what: str
    place: str
    subject: str
    at: float
    """Unix seconds."""
    left: float
    """Seconds until then; less than 0 since it has ended."""

    @property
    def ours(self) -> bool:
        """Whether it is our credential; otherwise a server's certificate."""
        return self.what != "certificate"


def expiry_rows(
    answer: Mapping[tuple[str, System], Expiries], servers: Iterable[NatsServerState], now: float
) -> list[ExpiryRow]:
    """All expiry dates, earliest first.

    Args:
        servers: NATS servers, which report when the certificate of their client port ends.
        now: Unix seconds.
    """
    rows = [
        ExpiryRow(system, one.what, one.place, one.subject, one.at, one.at - now)
        for (_, system), expiries in answer.items()
        for one in expiries.found
    ]
    rows += [ExpiryRow("nats", *of_server, of_server[-1] - now) for of_server in _expiries(servers)]
    return sorted(rows, key=lambda row: row.at)


def certificate_of(answer: Expiries | None, broker: str, *, is_only: bool) -> float | None:
    """Expiry of a Pulsar broker's certificate, Unix seconds; None if unknown.

    Args:
        broker: ``HOST:PORT`` as the cluster lists it.
        is_only: Whether it is the only one, which is asked where the settings say, and not there.
    """
    shown = [one for one in answer.found if one.what == "certificate"] if answer else []
    return min((one.at for one in shown if is_only or one.place == broker), default=None)


def _expiries(servers: Iterable[NatsServerState]) -> Iterator[tuple[str, str, str, float]]:
    for state in servers:
        until = state.server.tls_cert_not_after if state.server else None
        if until is not None:
            yield "certificate", state.name, "", until
