"""Check a nats-server: its client port and its monitoring port."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from arcwatch.config.credentials import NO_CREDENTIALS, NatsCredentials
from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.model.examined import Step, Verdict
from arcwatch.model.nats import NatsGreeting, NatsGreetings, NatsServer
from arcwatch.sources.nats.connection import Listener, NatsConnection
from arcwatch.sources.nats.greeting import read_info
from arcwatch.sources.nats.login import claims
from arcwatch.sources.nats.monitor import NatsMonitor
from arcwatch.sources.nats.system_account import own_user
from arcwatch.sources.net.http import new_client
from arcwatch.sources.net.peer import PATIENCE, Wire
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.wire.nats_user import NatsUser, ServerInfo

from .step import Examination, expiry, login_words, reach, shake


async def examine_nats(url: str, who: NatsCredentials) -> AsyncIterator[Step]:
    """Check the client port, from name resolution to permissions."""
    if not url:
        return
    at = Examination("nats", url)
    if urlsplit(url).scheme in ("ws", "wss"):
        yield at.step("TCP", "skipped", "websocket connections are checked as a whole")
    else:
        at_once = who.tls if who.tls_first else None
        async for step in reach(at, at_once, lambda wire: _greeted(at, wire, who)):
            yield step
    if at.failed:
        return
    async for step in _logged_in(at, url, who):
        yield step


async def _greeted(at: Examination, wire: Wire, who: NatsCredentials) -> AsyncIterator[Step]:
    report = await at.trying("version", read_info(wire, at.host), _server)
    step, info = report
    yield step
    if info is None:
        return
    if info.tls_required and not who.tls_first:
        yield await shake(at, wire, who.tls)
    elif not who.tls_first and who.method != NO_CREDENTIALS:
        hint = "write tls:// and set up TLS on the server"
        yield at.step(
            "TLS", "warning", "none: credentials and messages are sent unencrypted", hint=hint
        )


def _server(info: ServerInfo) -> str:
    offers = [name for name in ("jetstream", "headers") if getattr(info, name)]
    if info.tls_required:
        offers.append("tls")
    if info.auth_required:
        offers.append("login required")
    report = f"nats-server {info.version} {info.server_name}: {', '.join(offers)}"
    return printable(report, limit=200)


class _Outcome(Listener):
    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def connected(self) -> None:
        self.lines.put_nowait("")

    def lost(self, why: str) -> None:
        self.lines.put_nowait(why)


async def _logged_in(at: Examination, url: str, who: NatsCredentials) -> AsyncIterator[Step]:
    with contextlib.suppress(ArcwatchError):
        # one that cannot be read is reported by the login
        if until := claims(who).expires:
            verdict, hint = expiry(until)
            report = f"JWT until {units.rfc3339(until)}"
            yield at.step("expiry", verdict, report, hint=hint, expires=until)
    connection, outcome = NatsConnection(url, who), _Outcome()
    connection.add(outcome)
    connection.open()
    try:
        step, _ = await at.trying("login", _coming_in(outcome), lambda _: login_words(who.method))
        yield step
        if not at.failed:
            async for step in _allowed(at, connection):
                yield step
    finally:
        await connection.close()


async def _coming_in(outcome: _Outcome) -> None:
    try:
        async with asyncio.timeout(2 * PATIENCE):
            why = await outcome.lines.get()
    except TimeoutError as error:
        raise SourceError("no answer in time") from error
    if why:
        what, _, hint = why.partition("; ")
        raise SourceError(what, hint=hint)


async def _allowed(at: Examination, connection: NatsConnection) -> AsyncIterator[Step]:
    yield await _rights(at, connection)
    for name, subject, without in (
        (
            "all servers",
            "$SYS.REQ.SERVER.PING.VARZ",
            "only users of the system account can see them",
        ),
        ("own account", "$SYS.REQ.ACCOUNT.PING.STATZ", "figures come from the monitoring port"),
        ("JetStream", connection.jetstream("INFO"), "off, or not for this account"),
    ):
        begun = time.perf_counter()
        verdict: Verdict = "ok"
        try:
            await connection.ask(subject, b"", timeout=1.0)
            report = "answers"
        except SourceError as error:
            verdict, report = "skipped", f"{error.what}: {without}"
        yield at.step(f"features: {name}", verdict, report, took=time.perf_counter() - begun)


async def _rights(at: Examination, connection: NatsConnection) -> Step:
    step, _ = await at.trying("permissions", own_user(connection), _permissions)
    if step.verdict == "ok":
        return step
    # a user may be forbidden to ask, and servers before 2.10 cannot be asked: both work
    at.failed = False
    return at.step("permissions", "skipped", f"unknown: {step.result}", took=step.took)


def _permissions(user: NatsUser) -> str:
    limits = user.limits or "no restrictions"
    return printable(f"user {user.user or '–'} of account {user.account}: {limits}", limit=300)


async def examine_monitor(
    url: str, who: NatsCredentials, greeted: NatsGreetings
) -> AsyncIterator[Step]:
    """Check the monitoring port, which has no authentication."""
    at = Examination("nats", url)
    https = urlsplit(url).scheme == "https"
    async for step in reach(at, who.tls if https else None):
        yield step
    if at.failed:
        return
    async with new_client(who.tls) as client:
        monitor = NatsMonitor(url, client)
        answered = await at.trying("version", monitor.varz(), _monitored)
    step, server = answered
    yield step
    if server and greeted.servers and not any(_is_of(server, one) for one in greeted.servers):
        named = ", ".join(f"{one.server_name} at {one.url}" for one in greeted.servers)
        yield at.step(
            "same server",
            "warning",
            printable(f"{server.server_name} is not {named}", limit=300),
            hint="set --nats-monitor to that server's port, unless the two are in one cluster",
        )


def _is_of(server: NatsServer, greeting: NatsGreeting) -> bool:
    is_in_cluster = bool(server.routes and server.cluster == greeting.cluster)
    return server.server_id == greeting.server_id or is_in_cluster


def _monitored(server: NatsServer) -> str:
    return printable(f"nats-server {server.version} {server.server_name}", limit=200)
