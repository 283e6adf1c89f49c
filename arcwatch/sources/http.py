"""One bounded GET, and the sentence for each way it can fail.

Every source that speaks HTTP asks through here, so that no server can make arcwatch wait or
grow without end, and a wrong port reads the same wherever it was typed.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx

from arcwatch.errors import SourceError, WireError
from arcwatch.text import printable

CONNECT_TIMEOUT = 3.0
"""Seconds for the connection alone: a host that drops packets must not hold a beat."""

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of one JSON answer.  A ``/connz`` of 100,000 connections is about 60 MiB."""

PIECE = 256 * 1024
"""Bytes unpacked at once: large enough to parse well, small enough to hand out soon."""


def new_client() -> httpx.AsyncClient:
    """A client for monitoring: short connects, few connections, no redirects followed.

    Redirects are left to the caller, because following one must not carry credentials to a
    host that the cluster does not name.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(10.0, connect=CONNECT_TIMEOUT),
        limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
        headers={"user-agent": "arcwatch", "accept-encoding": "gzip"},
        trust_env=False,
    )


async def get(
    client: httpx.AsyncClient,
    url: str,
    *,
    timeout: float = 10.0,
    limit: int = BODY_LIMIT,
    hint: str = "",
    accept_status: frozenset[int] = frozenset({200}),
) -> tuple[int, bytes]:
    """The status and whole body of ``url``.

    Args:
        client: From :func:`new_client`.
        url: Absolute.
        timeout: Seconds of silence, between two pieces of the answer, that end the attempt.
        limit: Bytes, unpacked, beyond which the answer is refused.
        hint: What the user should try when this place answers wrongly.
        accept_status: What counts as an answer; anything else raises.

    Raises:
        SourceError: No answer, a refused one, or one that is too large.
    """
    body = bytearray()
    async with stream(
        client, url, timeout=timeout, limit=limit, hint=hint, accept_status=accept_status
    ) as (status, chunks):
        async for chunk in chunks:
            body += chunk
    return status, bytes(body)


@asynccontextmanager
async def stream(
    client: httpx.AsyncClient,
    url: str,
    *,
    timeout: float = 10.0,
    limit: int = BODY_LIMIT,
    hint: str = "",
    accept_status: frozenset[int] = frozenset({200}),
) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
    """As :func:`get`, handing out unpacked pieces as they arrive."""
    with _sentences(url, hint):
        async with client.stream(
            "GET", url, timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT))
        ) as response:
            if response.status_code not in accept_status:
                raise await _refused(response, url, hint)
            yield response.status_code, _bounded(response, url, limit)


_CAUSES: tuple[tuple[type[httpx.HTTPError] | type[httpx.InvalidURL], str, str], ...] = (
    (
        httpx.ConnectTimeout,
        "no connection in time",
        "check the host, and the firewalls between it and here",
    ),
    (httpx.TimeoutException, "no answer in time", "see whether the server is overloaded"),
    (httpx.ConnectError, "cannot connect", "check that it runs, and listens on this port"),
    (httpx.RemoteProtocolError, "not an HTTP answer", "{wrong_port}"),
    (httpx.NetworkError, "connection lost", "{wrong_port}"),
    (httpx.InvalidURL, "not an URL", "write http://HOST:PORT"),
    (httpx.UnsupportedProtocol, "not an URL", "write http://HOST:PORT"),
    (httpx.HTTPError, "request failed", ""),
)
"""What the HTTP library raises, most special first: what failed, and what to try."""


@contextmanager
def _sentences(url: str, hint: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what, advice = next((w, a) for kind, w, a in _CAUSES if isinstance(error, kind))
        other = "https://" if url.startswith("http:") else "http://"
        wrong_port = f"is this the monitoring port? if it speaks otherwise, write {other}"
        raise SourceError(
            what,
            where=url,
            why=_reason(error),
            hint=hint or advice.format(wrong_port=wrong_port),
        ) from error


async def _refused(response: httpx.Response, url: str, hint: str) -> SourceError:
    """The error for an unwelcome status, with the first words of what the server said."""
    said = bytearray()
    async for chunk in _bounded(response, url, 1 << 20):
        said += chunk
        if len(said) > 500:
            break
    words = printable(" ".join(said.decode("utf-8", "replace").split()), limit=120)
    return SourceError(f"HTTP {response.status_code}", where=url, why=words, hint=hint)


async def _bounded(response: httpx.Response, url: str, limit: int) -> AsyncIterator[bytes]:
    """Unpacks by ourselves: a few kilobytes of gzip may claim to be gigabytes."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        raise WireError("unknown content encoding", where=url, why=printable(encoding, limit=40))
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    total = 0
    async for raw in response.aiter_raw():
        while raw:
            try:
                chunk = unpack.decompress(raw, PIECE) if unpack else raw
            except zlib.error as error:
                raise WireError("broken gzip answer", where=url, why=str(error)) from error
            raw = unpack.unconsumed_tail if unpack else b""
            total += len(chunk)
            if total > limit:
                raise SourceError(
                    "answer too large", where=url, why=f"more than {limit // (1 << 20)} MiB"
                )
            if chunk:
                yield chunk
    if unpack and not unpack.eof:
        raise WireError("answer cut short", where=url, why="the gzip stream has no end")


def _reason(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return printable(f"TLS: {cause.reason or cause}", limit=120)
        if isinstance(cause, OSError) and cause.strerror:
            return printable(cause.strerror, limit=120)
        cause = cause.__cause__ or cause.__context__
    return printable(str(error), limit=120)
