"""The steps of checking an address, with duration and result: DNS, TCP, TLS."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from arcwatch.config.credentials import NO_CREDENTIALS, Tls
from arcwatch.errors import ArcwatchError
from arcwatch.model.examined import Step, Verdict
from arcwatch.model.reading import System
from arcwatch.notation.server_url import shown
from arcwatch.runtime.boundary import boundary
from arcwatch.sources.net.peer import Peer, Wire, connected, resolved, secured
from arcwatch.text import units

T = TypeVar("T")

SOON = 30 * 86400.0
"""Seconds before its end that a certificate or a token is worth a warning."""


class Examination:
    """The steps at one address (``url``: the address, which is shown without its secrets)."""

    def __init__(self, system: System, url: str) -> None:
        self._system, self._place = system, shown(url)
        parts = urlsplit(url)
        secured_scheme = parts.scheme in ("https", "wss")
        self.host, self.port = parts.hostname or "", parts.port or (443 if secured_scheme else 80)
        self.failed = False
        """Whether a step has failed, after which no other makes sense."""

    def step(
        self,
        name: str,
        verdict: Verdict,
        answer: str,
        *,
        hint: str = "",
        took: float | None = None,
        expires: float | None = None,
    ) -> Step:
        """Build one step."""
        self.failed = self.failed or verdict == "failed"
        return Step(self._system, self._place, name, verdict, answer, hint, took, expires)

    async def trying(
        self, name: str, attempt: Awaitable[T], answer: Callable[[T], str]
    ) -> tuple[Step, T | None]:
        """Run one step and time it."""
        begun = time.perf_counter()
        try:
            with boundary(f"{name} could not be checked", self._place):
                found = await attempt
        except ArcwatchError as error:
            took = time.perf_counter() - begun
            why = f"{error.what}: {error.why}" if error.why else error.what
            return self.step(name, "failed", why, hint=error.hint, took=took), None
        took = time.perf_counter() - begun
        return self.step(name, "ok", answer(found), took=took), found

    def of_peer(self, peer: Peer, tls: Tls, took: float) -> Step:
        """The result of a handshake."""
        if tls.insecure:
            answer = f"{peer.protocol}, certificate not checked"
            hint = "remove --tls-insecure, and name the CA with --tls-ca"
            return self.step("TLS", "warning", answer, hint=hint, took=took)
        answer = f"{peer.protocol}, {peer.subject} by {peer.issuer}"
        verdict, hint = expiry(peer.expires)
        if not tls.verify_name:
            verdict, hint = "warning", "verify its name too: verify_name = true"
        ends = f", until {units.rfc3339(peer.expires)}" if peer.expires else ""
        return self.step("TLS", verdict, answer + ends, hint=hint, took=took, expires=peer.expires)


def expiry(until: float | None) -> tuple[Verdict, str]:
    """The verdict on an expiry date."""
    if until is None:
        return "ok", ""
    left = until - time.time()
    if left < 0:
        return "failed", "it has expired: renew it"
    if left < SOON:
        return "warning", f"it expires in {units.duration(left)}: renew it"
    return "ok", ""


def login_words(method: str) -> str:
    """The login of a step: ``as user me``, or that there are no credentials."""
    return method if method == NO_CREDENTIALS else f"as {method}"


async def reach(
    at: Examination, tls: Tls | None, then: Callable[[Wire], AsyncIterator[Step]] | None = None
) -> AsyncIterator[Step]:
    """Check DNS, TCP, and TLS if it starts at once.

    Args:
        tls: Whom to trust; None where the port speaks in the clear, or begins so.
    """
    step, _ = await at.trying("DNS", resolved(at.host), " ".join)
    yield step
    if at.failed:
        return
    begun = time.perf_counter()
    try:
        async with connected(at.host, at.port) as wire:
            yield at.step("TCP", "ok", f"port {at.port} open", took=time.perf_counter() - begun)
            if tls:
                yield await shake(at, wire, tls)
            if then and not at.failed:
                async for step in then(wire):
                    yield step
    except ArcwatchError as error:
        why = f"{error.what}: {error.why}" if error.why else error.what
        took = time.perf_counter() - begun
        yield at.step("TCP", "failed", why, hint=error.hint, took=took)


async def shake(at: Examination, wire: Wire, tls: Tls) -> Step:
    """Upgrade the connection to TLS and return the peer."""
    begun = time.perf_counter()
    step, peer = await at.trying("TLS", secured(wire, at.host, tls), str)
    return at.of_peer(peer, tls, time.perf_counter() - begun) if peer else step
