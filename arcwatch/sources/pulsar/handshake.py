"""The first two frames exchanged with a Pulsar broker, bounded in time and size.

The client library allocates whatever length the first four bytes of a port claim: 1.2 GB for
``HTTP``, and more for random bytes.  So no address is given to it before a handshake of our own
has shown that a broker answers there.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.config.reveal import reveal
from arcwatch.errors import SourceError, WireError
from arcwatch.notation.server_url import shown
from arcwatch.sources.net.peer import PATIENCE, Wire, connected, secured
from arcwatch.sources.net.wrong_port import recognized, spoken
from arcwatch.text.control_characters import printable
from arcwatch.wire.pulsar_connect import LARGEST, connect_frame, parse_connected

from .web_login import access_token, token_of

DEADLINE = 8.0
"""Seconds for the whole check of one address: name, port, TLS and handshake."""

_HINT = "is this the binary port? usually 6650, or 6651 with TLS and pulsar+ssl://"


async def check_brokers(urls: str, who: PulsarCredentials) -> None:
    """Return once a Pulsar broker has accepted the login.

    Addresses that cannot be reached are ignored as long as another one answers; one that answers
    with another protocol is an error in any case, because the client library may choose it.

    Args:
        urls: ``pulsar://HOST:PORT``, several with commas.
    """
    checks = (_check(url, who) for url in urls.split(","))
    failures = [f for f in await asyncio.gather(*checks, return_exceptions=True) if f is not None]
    for failure in failures:
        if not isinstance(failure, SourceError) or isinstance(failure, WireError):
            raise failure
    if len(failures) == len(urls.split(",")):
        raise failures[0]


async def _check(url: str, who: PulsarCredentials) -> None:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 6650
    try:
        async with asyncio.timeout(DEADLINE), connected(host, port) as wire:
            if parts.scheme == "pulsar+ssl":
                await secured(wire, host, who.tls)
            await let_in(wire, who, where=shown(url))
    except TimeoutError as error:
        why = f"waited {DEADLINE:g} s"
        hint = "check whether the broker is overloaded"
        raise SourceError("no answer in time", where=shown(url), why=why, hint=hint) from error


async def let_in(wire: Wire, who: PulsarCredentials, *, where: str = "") -> str:
    """Log in on an open connection.

    Args:
        wire: The connection, encrypted already where it shall be.

    Returns:
        The broker's version, printable.
    """
    method, secret = await _proof(who)
    begun = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            wire.writer.write(connect_frame(method, secret))
            await wire.writer.drain()
            good, version = await _answer(wire.reader, begun, where)
    except TimeoutError as error:
        why = f"{'incomplete answer' if begun else 'no data'} after {PATIENCE:g} s"
        raise SourceError(
            "no answer from a Pulsar broker", where=where, why=why, hint=_HINT
        ) from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise await _hung_up(wire, bytes(begun), where) from error
    version = printable(version, limit=160)
    if not good:
        hint = "check the subject and expiry of the token, and that the broker knows its key"
        raise SourceError("login refused", where=where, why=version, hint=hint)
    return version


async def _answer(reader: asyncio.StreamReader, begun: bytearray, where: str) -> tuple[bool, str]:
    """Read the other side's first frame, at most :data:`LARGEST` bytes."""
    while len(begun) < 8:
        if not (more := await reader.read(8 - len(begun))):
            raise asyncio.IncompleteReadError(bytes(begun), 8)
        begun += more
    total, size = int.from_bytes(begun[:4], "big"), int.from_bytes(begun[4:], "big")
    if total > LARGEST or size + 4 > total:
        raise _not_a_broker(bytes(begun), where)
    return parse_connected((await reader.readexactly(total - 4))[:size], where)


def _not_a_broker(begun: bytes, where: str, speaks: str = "") -> WireError:
    speaks = speaks or recognized(begun)
    why = (
        f"this is {speaks}"
        if speaks
        else f"its answer begins with {printable(repr(begun[:8])[1:])}"
    )
    return WireError("not a Pulsar broker", where=where, why=why, hint=_HINT)


async def _hung_up(wire: Wire, begun: bytes, where: str) -> SourceError:
    """The error for a connection that ended before its first frame did."""
    if begun:
        return _not_a_broker(begun, where)
    encrypted = wire.writer.get_extra_info("ssl_object") is not None
    host, port = (wire.writer.get_extra_info("peername") or ("", 0))[:2]
    if not encrypted and host and (speaks := await spoken(host, port)):
        return _not_a_broker(begun, where, speaks)
    why = "it closed the connection"
    return SourceError("no answer from a Pulsar broker", where=where, why=why, hint=_HINT)


async def _proof(who: PulsarCredentials) -> tuple[str, bytes]:
    if who.token:
        return "token", token_of(who).encode()
    if who.user and who.password:
        return "basic", f"{reveal(who.user)}:{reveal(who.password)}".encode()
    if who.oauth2:
        return "token", (await access_token(who.oauth2, who))[0].encode()
    return ("tls", b"") if who.tls.cert else ("", b"")
