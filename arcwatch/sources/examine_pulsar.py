"""Looks into a Pulsar broker: its binary port and its web service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

from arcwatch import units
from arcwatch.credentials import PulsarCredentials
from arcwatch.errors import SourceError
from arcwatch.jwt_claims import claims_of
from arcwatch.model.examined import Step
from arcwatch.secret import reveal
from arcwatch.text import printable
from arcwatch.wire.pulsar_connect import LARGEST, connect_frame, parse_connected

from .broker_login import access_token, login_of
from .examine import Examination, expiry, reach
from .http import get, new_client
from .peer import PATIENCE, Wire
from .pulsar import PulsarCluster


async def examine_broker(url: str, who: PulsarCredentials) -> AsyncIterator[Step]:
    """The binary port: from its name to whether we are let in."""
    if not url:
        return
    at = Examination("pulsar", url)
    encrypted = urlsplit(url).scheme == "pulsar+ssl"
    async for step in reach(at, who.tls if encrypted else None, lambda w: _entered(at, w, who)):
        yield step


async def _entered(at: Examination, wire: Wire, who: PulsarCredentials) -> AsyncIterator[Step]:
    if not wire.writer.get_extra_info("ssl_object") and who.method != "nothing":
        hint = "write pulsar+ssl:// and the port that speaks TLS, usually 6651"
        yield at.step("TLS", "warning", "none: secrets and messages go in the clear", hint=hint)
    if who.token and (until := claims_of(reveal(who.token)).expires):
        verdict, hint = expiry(until)
        told = f"token until {units.rfc3339(until)}"
        yield at.step("expiry", verdict, told, hint=hint, expires=until)
    at.failed = False
    step, _ = await at.trying("login", _let_in(wire, who), lambda v: f"as {who.method}, {v}")
    yield step


async def _let_in(wire: Wire, who: PulsarCredentials) -> str:
    """The broker's version.

    Raises:
        SourceError: We are not let in.
    """
    method, secret = await _proof(who)
    try:
        async with asyncio.timeout(PATIENCE):
            wire.writer.write(connect_frame(method, secret))
            await wire.writer.drain()
            sizes = await wire.reader.readexactly(8)
            size = min(int.from_bytes(sizes[4:], "big"), LARGEST)
            good, said = parse_connected(await wire.reader.readexactly(size))
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
        hint = "is this its binary port? with TLS it is usually 6651, and pulsar+ssl://"
        raise SourceError("no answer of a Pulsar broker", hint=hint) from error
    said = printable(said, limit=160)
    if not good:
        hint = "check for whom the token is, when it ends, and that the broker knows its key"
        raise SourceError("login refused", why=said, hint=hint)
    return said


async def _proof(who: PulsarCredentials) -> tuple[str, bytes]:
    if who.token:
        return "token", reveal(who.token).strip().encode()
    if who.user and who.password:
        return "basic", f"{reveal(who.user)}:{reveal(who.password)}".encode()
    if who.oauth2:
        return "token", (await access_token(who.oauth2, who))[0].encode()
    return ("tls", b"") if who.tls.cert else ("", b"")


async def examine_admin(url: str, who: PulsarCredentials) -> AsyncIterator[Step]:
    """The web service: from its name to what we may ask it."""
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
        # open to everyone who is somebody
        step, _ = await at.trying("version", _version(cluster), lambda told: f"Pulsar {told}")
        yield step
        asked: tuple[tuple[str, Callable[[], Awaitable[object]], str], ...] = (
            ("brokers", cluster.list_brokers, "only the broker that is asked is watched"),
            ("metrics", lambda: ask("/metrics/"), "there are no figures"),
            ("tenants", lambda: ask("/admin/v2/tenants"), "idle topics are not listed"),
        )
        for name, asking, without in asked:
            yield await _permission(at, name, asking(), without)


async def _permission(at: Examination, name: str, asking: Awaitable[object], without: str) -> Step:
    step, _ = await at.trying(f"permissions: {name}", asking, lambda _: "may be read")
    if step.verdict == "ok":
        return step
    at.failed = False
    return at.step(step.name, "warning", f"{step.told}; {without}", hint=step.hint, took=step.took)


async def _version(cluster: PulsarCluster) -> str:
    """The broker's version, in words.

    Raises:
        SourceError: No answer, or this is no broker.
    """
    told = await cluster.version()
    if told is None:
        # what is no broker does not list any either
        await cluster.brokers()
    return "of a version too old to be asked for it" if told is None else printable(told, limit=40)
