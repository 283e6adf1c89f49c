"""Check a Pulsar broker: its binary port and its web service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

from arcwatch.config.credentials import NO_CREDENTIALS, PulsarCredentials
from arcwatch.config.reveal import reveal
from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.model.examined import Step
from arcwatch.sources.net.http import get, new_client
from arcwatch.sources.net.peer import PATIENCE, Wire
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.handshake import let_in
from arcwatch.sources.pulsar.web_login import login_of
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.wire.credentials import claims_of

from .step import Examination, expiry, login_words, reach


async def examine_broker(url: str, who: PulsarCredentials) -> AsyncIterator[Step]:
    """Check the binary port, from name resolution to the login."""
    if not url:
        return
    at = Examination("pulsar", url)
    encrypted = urlsplit(url).scheme == "pulsar+ssl"
    async for step in reach(at, who.tls if encrypted else None, lambda w: _entered(at, w, who)):
        yield step


async def _entered(at: Examination, wire: Wire, who: PulsarCredentials) -> AsyncIterator[Step]:
    if not wire.writer.get_extra_info("ssl_object") and who.method != NO_CREDENTIALS:
        hint = "write pulsar+ssl:// and the port that speaks TLS, usually 6651"
        yield at.step(
            "TLS", "warning", "none: credentials and messages are sent unencrypted", hint=hint
        )
    until = None
    with suppress(ArcwatchError):
        # one that cannot be read is reported by the login
        until = claims_of(reveal(who.token)).expires if who.token else None
    if until:
        verdict, hint = expiry(until)
        reading = f"token until {units.rfc3339(until)}"
        yield at.step("expiry", verdict, reading, hint=hint, expires=until)
    at.failed = False
    step, _ = await at.trying(
        "login", _let_in(wire, who), lambda v: f"{login_words(who.method)}, {v}"
    )
    yield step


async def _let_in(wire: Wire, who: PulsarCredentials) -> str:
    try:
        return await let_in(wire, who)
    except ArcwatchError as error:
        # it may be about another place: where a secret is kept, or who issues it
        raise SourceError(error.headline, hint=error.hint) from error


async def examine_admin(url: str, who: PulsarCredentials) -> AsyncIterator[Step]:
    """Check the web service, from name resolution to permissions."""
    at = Examination("pulsar", url)
    https = urlsplit(url).scheme == "https"
    async for step in reach(at, who.tls if https else None):
        yield step
    if at.failed:
        return
    async with new_client(who.tls, login_of(who)) as client:

        async def ask(path: str) -> bytes:
            return (await get(client, f"{url}{path}", timeout=PATIENCE, limit=1 << 24))[1]

        cluster = PulsarCluster(url, client, timeout=PATIENCE)
        # open to everyone who is logged in
        step, _ = await at.trying("version", _version(cluster), lambda reading: f"Pulsar {reading}")
        yield step
        asked: tuple[tuple[str, Callable[[], Awaitable[object]], str], ...] = (
            ("brokers", cluster.list_brokers, "only this broker is monitored"),
            ("metrics", lambda: ask("/metrics/"), "no figures are available"),
            ("tenants", lambda: ask("/admin/v2/tenants"), "idle topics are not listed"),
        )
        for name, asking, without in asked:
            yield await _permission(at, name, asking(), without)


async def _permission(at: Examination, name: str, asking: Awaitable[object], without: str) -> Step:
    step, _ = await at.trying(f"permissions: {name}", asking, lambda _: "may be read")
    if step.verdict == "ok":
        return step
    at.failed = False
    return at.step(
        step.name, "warning", f"{step.result}; {without}", hint=step.hint, took=step.took
    )


async def _version(cluster: PulsarCluster) -> str:
    reading = await cluster.version()
    if reading is None:
        # what is no broker does not list any either
        await cluster.brokers()
    return "of a version too old to report it" if reading is None else printable(reading, limit=40)
