"""Expiry dates of server certificates and of our credentials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from arcwatch.model.expiry import Expiries
from arcwatch.model.reading import System
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
    cluster: str = ""
    """Its cluster if there are several, else empty."""

    @property
    def ours(self) -> bool:
        """Whether it is our credential; otherwise a server's certificate."""
        return self.what != "certificate"


def expiry_rows(
    answer: Mapping[tuple[str, System], Expiries],
    servers: Iterable[NatsServerState],
    called: Mapping[str, str],
    now: float,
) -> list[ExpiryRow]:
    """All expiry dates, earliest first.

    Args:
        servers: NATS servers, which report when the certificate of their client port ends.
        called: The names of several clusters, by context.
        now: Unix seconds.
    """
    rows = [
        ExpiryRow(
            system, one.what, one.place, one.subject, one.at, one.at - now, called.get(of, "")
        )
        for (of, system), expiries in answer.items()
        for one in expiries.found
    ]
    rows += [
        ExpiryRow("nats", "certificate", state.name, "", until, until - now, state.called)
        for state in servers
        if state.server and (until := state.server.tls_cert_not_after) is not None
    ]
    return sorted(rows, key=lambda row: row.at)


def certificate_of(answer: Expiries | None, broker: str, *, is_only: bool) -> float | None:
    """Expiry of a Pulsar broker's certificate, Unix seconds; None if unknown.

    Args:
        broker: ``HOST:PORT`` as the cluster lists it.
        is_only: Whether it is the only one, which is asked where the settings say, and not there.
    """
    shown = [one for one in answer.found if one.what == "certificate"] if answer else []
    return min((one.at for one in shown if is_only or one.place == broker), default=None)
