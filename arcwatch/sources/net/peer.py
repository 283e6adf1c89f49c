"""Connect to a server step by step: name, port, certificate."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from arcwatch.config.credentials import Tls
from arcwatch.errors import SourceError
from arcwatch.text.control_characters import printable
from arcwatch.wire.credentials import read_certificate

from .tls import distrust, tls_context

PATIENCE = 5.0
"""Seconds for each step."""


class Peer(NamedTuple):
    """The other side of a TLS handshake."""

    protocol: str
    """``TLSv1.3``."""
    subject: str
    """The certificate's common name, or its first other name; empty where it was not checked."""
    issuer: str
    expires: float | None
    """Unix seconds; None where it showed no certificate."""


class Wire(NamedTuple):
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def resolved(host: str) -> tuple[str, ...]:
    """Resolve a host to its addresses."""
    try:
        async with asyncio.timeout(PATIENCE):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        hint = "check that the DNS resolver of this machine answers"
        raise SourceError("no answer in time", where=host, hint=hint) from error
    except (OSError, UnicodeError) as error:
        why = str(error.strerror) if isinstance(error, OSError) else "not a name"
        hint = "check the spelling of the name, and that it resolves here"
        raise SourceError("unknown host", where=host, why=why, hint=hint) from error
    return tuple(dict.fromkeys(str(row[4][0]) for row in found))


@asynccontextmanager
async def connected(host: str, port: int) -> AsyncIterator[Wire]:
    """Open a TCP connection, aborted at the end."""
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
    except TimeoutError as error:
        hint = "check the host, and firewalls on the way"
        raise SourceError("no connection in time", where=where, hint=hint) from error
    except OSError as error:
        hint = "check that it is running and listens on this port"
        # asyncio puts the address into the words of the error
        why = (os.strerror(error.errno) if error.errno else str(error)).lower()
        raise SourceError("cannot connect", where=where, why=why, hint=hint) from error
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


async def secured(wire: Wire, host: str, tls: Tls) -> Peer:
    """Upgrade the connection to TLS.

    Raises:
        SourceError: The handshake failed; it names the certificate and what is wrong with it.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            await wire.writer.start_tls(tls_context(tls), server_hostname=host)
    except TimeoutError as error:
        hint = "is this the port that speaks TLS?"
        raise SourceError("no TLS answer in time", where=host, hint=hint) from error
    except OSError as error:
        if doubt := distrust(error):
            raise SourceError(doubt.what, where=host, why=doubt.why, hint=doubt.hint) from error
        reason = getattr(error, "reason", None) or str(error)
        why = printable(str(reason).replace("_", " ").lower(), limit=100)
        hint = "is this the port that speaks TLS?"
        raise SourceError("no TLS", where=host, why=why, hint=hint) from error
    return peer_of(wire.writer)


def peer_of(writer: asyncio.StreamWriter) -> Peer:
    """The peer of an open connection."""
    handshake: ssl.SSLObject = writer.get_extra_info("ssl_object")
    # ssl's own types allow for more than it ever returns
    report: dict[str, Any] = {**(handshake.getpeercert() or {})}
    names = [str(value) for _, value in report.get("subjectAltName", ())]
    subject = _common_name(report.get("subject", ())) or next(iter(names), "")
    # ssl itself returns nothing of a certificate that it did not check
    shown = read_certificate(handshake.getpeercert(binary_form=True) or b"")
    return Peer(
        handshake.version() or "TLS",
        printable(subject, limit=80),
        printable(_common_name(report.get("issuer", ())), limit=80),
        shown.expires if shown else None,
    )


def _common_name(parts: Iterable[Iterable[tuple[str, str]]]) -> str:
    """The common name of a distinguished name in ``ssl``'s format."""
    pairs = {key: value for part in parts for key, value in part}
    return str(pairs.get("commonName") or pairs.get("organizationName") or "")
