"""Bounded HTTP GET requests.

Every source that speaks HTTP asks through here, so that no server can make arcwatch wait or
grow without end, and a wrong port reads the same wherever it was typed.
"""

from __future__ import annotations

import asyncio
import io
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Container, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypedDict, Unpack

import httpx

from arcwatch.config.credentials import USUAL_TRUST, Tls
from arcwatch.errors import SourceError, WireError
from arcwatch.text.control_characters import printable

from .http_errors import CONNECT_TIMEOUT, cut_short, failed, place, quoted, refused
from .in_flight import SMALL, Holding
from .tls import tls_context
from .wrong_port import spoken

DEADLINE = 60.0
"""Seconds for one whole answer: bytes that drip never end a wait for silence."""
BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of one JSON answer, unpacked.  A ``/jsz`` of 50,000 consumers is about 50 MiB."""
PIECE = 256 * 1024
"""Bytes unpacked at once: large enough to parse well, small enough to hand out soon."""
ISSUER_DEADLINE = 6.0
"""Seconds for each answer of an OAuth2 issuer; without a login nothing else can be asked."""
ISSUER_LIMIT = 1024 * 1024
"""Bytes of an answer of an issuer: its description has some 5,000."""
_MOST_QUOTED = 500
"""Bytes read of the body that comes with an unwelcome status."""


class Login(httpx.Auth):
    """An HTTP login that describes itself in errors."""

    def summary(self) -> str:
        """A description for errors: ``role arcwatch, token of file:…``."""
        raise NotImplementedError


def new_client(tls: Tls = USUAL_TRUST, login: httpx.Auth | None = None) -> httpx.AsyncClient:
    """A client for monitoring: short connect timeout, no redirects, no cookies.

    Connections are not bounded: each caller holds one, and if there were a bound, a few servers
    that hang would reach it and keep all others waiting.

    Redirects are left to the caller, because following one must not carry credentials to a
    host that the cluster does not name.  ``SSL_CERT_FILE`` adds an authority; proxies of the
    environment are not used.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(10.0, connect=CONNECT_TIMEOUT),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        headers={"user-agent": "arcwatch", "accept-encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        verify=tls_context(tls),
        auth=login,
        trust_env=False,
    )


class How(TypedDict, total=False):
    """How a request is sent, and what of its answer is taken."""

    timeout: float
    """Seconds of silence, between two pieces of the answer, that end the attempt (10)."""
    hint: str
    """What the user should try when this place answers wrongly."""
    accept_status: frozenset[int]
    """What counts as an answer (200); anything else raises."""
    deadline: float
    """Seconds for all of it (:data:`DEADLINE`)."""
    follow: Container[str]
    """``host:port`` of servers, to one of which one 307 may lead.  It takes the credentials along,
    and never leaves the scheme of the URL."""
    method: str
    """``GET``, unless it is a question that is asked with a body."""
    content: bytes | None
    """That body, JSON."""


async def get(
    client: httpx.AsyncClient, url: str, *, limit: int = BODY_LIMIT, **how: Unpack[How]
) -> tuple[int, bytes]:
    """The status and whole body of ``url``.

    Args:
        url: Absolute.  ``USER:PASSWORD@`` in it is sent, and is in no error.
        limit: Bytes, unpacked, beyond which the answer is refused.

    Raises:
        SourceError: No answer, a refused one, or one that is too large.
    """
    # its value is the buffer itself, where bytes of a bytearray would be a second copy
    body = io.BytesIO()
    async with (
        Holding(client, _server(url), limit) as holding,
        stream(client, url, limit=limit, **how) as (status, chunks),
    ):
        async for chunk in chunks:
            await holding.grow(body.tell() + len(chunk))
            body.write(chunk)
    whole = body.getvalue()
    if _is_dense(whole):
        why = f"{len(whole) >> 20:,} MiB of almost nothing but brackets and commas"
        raise WireError("not a usable answer", where=place(url), why=why, hint=how.get("hint", ""))
    return status, whole


async def head(
    client: httpx.AsyncClient,
    url: str,
    *,
    timeout: float = 10.0,
    hint: str = "",
    follow: Container[str] = (),
) -> Mapping[str, str]:
    """The headers of the answer to a HEAD of ``url``, with case-insensitive names.

    Args:
        timeout: Seconds for the answer.
        hint: What the user should try when this place answers wrongly.
    """
    try:
        async with asyncio.timeout(timeout):
            response = await _ask(client, url, timeout, hint, "HEAD", None)
            await response.aclose()
            if target := _elsewhere(response, url, follow):
                response = await _ask(client, target, timeout, hint, "HEAD", None)
                await response.aclose()
    except TimeoutError as error:
        why = f"waited {timeout:g} s"
        raise SourceError("no answer in time", where=place(url), why=why, hint=hint) from error
    if response.status_code != 200:
        why = f"HTTP {response.status_code}"
        raise SourceError("refused", where=place(url), why=why, hint=hint)
    return response.headers


def _server(url: str) -> str:
    """``host:port``, or a placeholder; the request itself reports an invalid URL."""
    try:
        return httpx.URL(url).netloc.decode()
    except httpx.InvalidURL:
        return ""


def _is_dense(body: bytes) -> bool:
    """Whether JSON would grow many times over when parsed: ``[{},{},{},…]``.

    No server comes near: an object of its answers has some hundred bytes, a value more than ten.
    """
    if len(body) < SMALL:
        return False
    return body.count(b"{") * 40 > len(body) or body.count(b",") * 8 > len(body)


@asynccontextmanager
async def stream(
    client: httpx.AsyncClient,
    url: str,
    *,
    timeout: float = 10.0,
    limit: int = BODY_LIMIT,
    hint: str = "",
    accept_status: frozenset[int] = frozenset({200}),
    deadline: float = DEADLINE,
    follow: Container[str] = (),
    method: str = "GET",
    content: bytes | None = None,
) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
    """As :func:`get`, yielding decompressed pieces as they arrive."""
    hint = hint or "check that this is the intended address"
    try:
        async with asyncio.timeout(deadline) as scope:
            how = (method, content)
            response = await _ask(client, url, timeout, hint, *how)
            if target := _elsewhere(response, url, follow):
                await response.aclose()
                url, response = target, await _ask(client, target, timeout, hint, *how)
            try:
                if response.status_code not in accept_status:
                    raise await _refused(client, response, url, hint)
                async with aclosing(_bounded(response, url, limit, hint)) as chunks:
                    yield response.status_code, chunks
            finally:
                await response.aclose()
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise SourceError(
            "no whole answer in time",
            where=place(url),
            why=f"waited {deadline:g} s",
            hint="check whether the server is overloaded",
        ) from error


async def ask_issuer(client: httpx.AsyncClient, url: str, form: Mapping[str, str]) -> bytes:
    """An OAuth2 issuer's answer to ``grant_type=client_credentials``: it changes nothing."""
    assert form.get("grant_type") == "client_credentials", "the only POST of a source"
    hint = "check `issuer`"
    try:
        async with asyncio.timeout(ISSUER_DEADLINE):
            request = client.build_request("POST", url, data=form)
            response = await client.send(request, stream=True)
            try:
                async with aclosing(_bounded(response, url, ISSUER_LIMIT, hint)) as chunks:
                    body = b"".join([chunk async for chunk in chunks])
            finally:
                await response.aclose()
    except TimeoutError as error:
        why = f"waited {ISSUER_DEADLINE:g} s"
        raise SourceError("no answer in time", where=place(url), why=why, hint=hint) from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise failed(error, url, hint=hint, timeout=CONNECT_TIMEOUT) from error
    if response.status_code != 200:
        what = f"OAuth2 login refused: HTTP {response.status_code}"
        body_text = quoted(body[:_MOST_QUOTED].decode("utf-8", "replace"))
        hint = "check client id, secret and audience"
        raise SourceError(what, where=place(url), why=body_text, hint=hint)
    return body


async def _ask(
    client: httpx.AsyncClient,
    url: str,
    timeout: float,
    hint: str,
    method: str,
    content: bytes | None,
) -> httpx.Response:
    try:
        target = httpx.URL(url)
        # The library logs the URL it asks for: credentials travel beside it.
        auth = (target.username, target.password) if target.userinfo else httpx.USE_CLIENT_DEFAULT
        request = client.build_request(
            method,
            target.copy_with(userinfo=b""),
            content=content,
            headers=None if content is None else {"Content-Type": "application/json"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
        )
        return await client.send(request, auth=auth, stream=True)
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        speaks = await spoken(target.host, target.port or 80) if target.scheme == "http" else ""
        raise failed(error, url, hint=hint, timeout=timeout, speaks=speaks) from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise failed(error, url, hint=hint, timeout=timeout) from error


def _elsewhere(response: httpx.Response, url: str, follow: Container[str]) -> str:
    """The target of a 307, with the credentials of ``url``; empty if it may not be followed."""
    if response.status_code != 307:
        return ""
    asked = httpx.URL(url)
    try:
        target = asked.join(response.headers.get("location", ""))
    except (httpx.InvalidURL, UnicodeError):
        return ""
    port = target.port or {"http": 80, "https": 443}.get(target.scheme)
    if target.scheme != asked.scheme or f"{target.host}:{port}" not in follow:
        return ""
    return str(target.copy_with(userinfo=asked.userinfo))


async def _refused(
    client: httpx.AsyncClient, response: httpx.Response, url: str, hint: str
) -> SourceError:
    start = bytearray()
    # The status is the news, however the rest of the answer ends.
    with suppress(SourceError):
        async with aclosing(_bounded(response, url, PIECE, hint)) as chunks:
            async for chunk in chunks:
                start += chunk
                if len(start) > _MOST_QUOTED:
                    break
    words = bytes(start[:_MOST_QUOTED]).decode("utf-8", "replace")
    location = response.headers.get("location", "")
    who = client.auth.summary() if isinstance(client.auth, Login) else ""
    return refused(url, response.status_code, words, location, hint=hint, who=who)


async def _bounded(
    response: httpx.Response, url: str, limit: int, hint: str
) -> AsyncGenerator[bytes, None]:
    """Decompress within bounds: a few kilobytes of gzip may expand to gigabytes."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        why = printable(encoding, limit=40)
        raise WireError("unknown content encoding", where=place(url), why=why, hint=hint)
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    total = 0
    try:
        async for raw in response.aiter_raw():
            for chunk in _unpacked(unpack, raw) if unpack else (raw,):
                total += len(chunk)
                if total > limit:
                    raise _too_large(response, url, limit, hint)
                yield chunk
    except zlib.error as error:
        raise WireError(
            "broken gzip answer", where=place(url), why=str(error), hint=hint
        ) from error
    except httpx.HTTPError as error:
        raise cut_short(error, url) from error
    if unpack and not unpack.eof:
        raise WireError("broken gzip answer", where=place(url), why="it has no end", hint=hint)


def _unpacked(unpack: zlib._Decompress, raw: bytes) -> Iterator[bytes]:
    while raw:
        if chunk := unpack.decompress(raw, PIECE):
            yield chunk
        # What follows the end would be kept, however long it is.
        if unpack.unused_data:
            raise zlib.error("more data after its end")
        raw = unpack.unconsumed_tail


def _too_large(response: httpx.Response, url: str, limit: int, hint: str) -> SourceError:
    size = f"{limit // 1024:,} KiB" if limit >= 1024 else f"{limit} bytes"
    is_packed = response.headers.get("content-encoding", "identity").lower() != "identity"
    # the length of a packed body limits nothing about its content
    announced = "" if is_packed else response.headers.get("content-length", "")
    report = f", Content-Length {int(announced):,}" if re.fullmatch(r"\d{1,15}", announced) else ""
    return SourceError(
        "answer too large",
        where=place(url),
        why=f"more than {size}{' unpacked' if is_packed else report}",
        hint=hint,
    )
