"""Recognize the protocol of a port that did not answer HTTP, without sending a request.

The common wrong ports close a connection that begins with a GET and say nothing, or take back
with the connection what they said.  Listening once, and offering TLS once, identifies two of them.
"""

from __future__ import annotations

import asyncio
import ssl

NATS = "a NATS client port"
TLS = "a TLS port"
HTTP = "an HTTP port"

PATIENCE = 0.5
"""Seconds for each of the two."""
_GREETING = b"INFO {"
"""How nats-server begins every connection, with TLS or without (unless ``handshake_first``)."""
_FIRST_BYTES = ((_GREETING, NATS), (b"HTTP/", HTTP), (b"\x15\x03", TLS))
"""How answers begin: of nats-server, of a web server, and TLS' alert record (RFC 8446, 5.1)."""


def recognized(begun: bytes) -> str:
    """The protocol of the first bytes received; empty if unknown.

    >>> recognized(b"HTTP/1.1"), recognized(b"INFO {"), recognized(b"hello")
    ('an HTTP port', 'a NATS client port', '')
    """
    return next((name for first, name in _FIRST_BYTES if begun.startswith(first)), "")


async def spoken(host: str, port: int) -> str:
    """:data:`NATS`, :data:`TLS`, or empty if unknown.  Sends no byte but a TLS hello."""
    if await _greets_as_nats(host, port):
        return NATS
    return TLS if await _shakes_hands(host, port) else ""


async def _greets_as_nats(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return await reader.readexactly(len(_GREETING)) == _GREETING
            finally:
                writer.transport.abort()
    except (OSError, asyncio.IncompleteReadError):
        return False


async def _shakes_hands(host: str, port: int) -> bool:
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent to an unknown server; an untrusted certificate is an answer as well.
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    try:
        # asyncio itself gives a handshake up cleanly; one that is cancelled leaves its socket
        async with asyncio.timeout(3 * PATIENCE):
            _, writer = await asyncio.open_connection(
                host, port, ssl=anyone, ssl_handshake_timeout=PATIENCE
            )
    except OSError:
        return False
    writer.transport.abort()
    return True
