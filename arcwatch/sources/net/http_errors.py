"""The error for each way an HTTP request can fail, and the address without secrets."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator

import httpx

from arcwatch.errors import MovedError, RefusedError, SourceError
from arcwatch.runtime.redaction import without_secrets
from arcwatch.text.control_characters import printable

from .tls import distrust
from .wrong_port import TLS

_REASON = re.compile(r'^\s*\{"reason":"((?:[^"\\]|\\.)*)')
"""Why a Pulsar broker would not, in its JSON, which may be cut short."""
_MESSAGE = re.compile(r"(?i)<th>MESSAGE:</th><td>([^<]+)<")
"""Text in the web page of an error of Jetty, besides the page."""
_WORDS = 160
"""Characters of other people's words that a sentence quotes."""
CONNECT_TIMEOUT = 3.0
"""Seconds for the connection alone: a host that drops packets must not hold up a poll."""

_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (httpx.ConnectTimeout, "no connection in time", "check the host, and firewalls on the way"),
    (httpx.TimeoutException, "no answer in time", "check whether the server is overloaded"),
    (ssl.SSLError, "not a TLS answer", "write http://HOST:PORT, or give the port that speaks TLS"),
    (socket.gaierror, "unknown host", "check the spelling of the name, and that it resolves here"),
    (httpx.ConnectError, "cannot connect", "check that it is running and listens on this port"),
    (httpx.InvalidURL, "not a URL", "write http://HOST:PORT"),
    (httpx.UnsupportedProtocol, "not a URL", "write http://HOST:PORT"),
    (UnicodeError, "not a URL", "write http://HOST:PORT"),
    (httpx.HTTPError, "not an HTTP answer", ""),
)
"""What a request raises, or what lies beneath it, most special first: what failed, what to try.

The empty hint is where only the caller knows what should have answered.
"""

_STATUS_HINTS = {
    429: "poll less often",
    502: "check that the server behind this proxy is running",
    503: "check whether the server is still starting",
    504: "check that the server behind this proxy is running",
}


def place(url: str) -> str:
    """``url`` without its secrets: user, password, query.

    >>> place("http://admin:s3cret@10.0.0.7:8222/varz?token=x")
    'http://10.0.0.7:8222/varz'
    >>> place("http://admin:s3/cr#et@10.0.0.7:8222/varz")
    'http://10.0.0.7:8222/varz'
    """
    scheme, separator, rest = url.rpartition("://") if "://" in url else ("", "", url)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # A password with a slash in it ends the authority early, and leaves a port with letters.
    if "@" in authority or not re.fullmatch(r"[^:]+|.*:\d*|\[.*\]", authority):
        rest = rest.rpartition("@")[2]
    return scheme + separator + re.split(r"[?#]", rest, maxsplit=1)[0]


def failed(
    error: Exception, url: str, *, hint: str, timeout: float, speaks: str = ""
) -> SourceError:
    """The error for a request that got no answer, or one that is not HTTP.

    Args:
        hint: What to try when this place speaks something else.
        timeout: Seconds that were waited where nothing came.
    """
    if speaks:
        hint = "write https://HOST:PORT" if speaks == TLS else hint
        return SourceError(
            "not an HTTP answer", where=place(url), why=f"this is {speaks}", hint=hint
        )
    causes = tuple(_causes(error))
    if doubt := next(filter(None, map(distrust, causes)), None):
        return SourceError(doubt.what, where=place(url), why=doubt.why, hint=doubt.hint)
    kind, what, advice = next(
        row for row in _CAUSES if any(isinstance(cause, row[0]) for cause in causes)
    )
    if issubclass(kind, httpx.TimeoutException):
        if kind is httpx.ConnectTimeout:
            timeout = min(timeout, CONNECT_TIMEOUT)
        why = f"waited {timeout:g} s"
    else:
        why = _reason(causes)
    return SourceError(what, where=place(url), why=why, hint=advice or hint)


def cut_short(error: httpx.HTTPError, url: str) -> SourceError:
    """The error for an answer that broke off."""
    silent = isinstance(error, httpx.TimeoutException)
    return SourceError(
        "answer cut short",
        where=place(url),
        why="no more data arrived" if silent else _reason(tuple(_causes(error))),
        hint="check the server's log, and whether a proxy closes connections early",
    )


def refused(
    url: str, status: int, body: str, location: str, *, hint: str, who: str = ""
) -> SourceError:
    """The error for an answer with an unexpected status.

    Args:
        location: Where a redirect points.
        hint: What to try when this place does not know what was asked for.
        who: The login, without secrets.
    """
    if status in (401, 403):
        return _unwelcome(url, status, body, who)
    if 300 <= status < 400:
        hint = "use the address it points to, if that is yours"
        body = f"it points to {place(location)}" if location else "it points elsewhere"
    elif "HTTPS server" in body:
        hint = "write https://HOST:PORT"
    kind = MovedError if 300 <= status < 400 else SourceError
    return kind(
        f"HTTP {status}",
        where=place(url),
        why=quoted(body) or "it gave no reason",
        hint=_STATUS_HINTS.get(status, hint),
    )


def _unwelcome(url: str, status: int, body: str, who: str) -> SourceError:
    """The error for missing authentication (401) or authorization (403).

    A Pulsar broker also answers 401 to a role that it knows, and then gives its reason in JSON;
    to nobody it says so in HTML (``AuthenticationFilter``).
    """
    known = status == 403 or bool(who and _REASON.search(body))
    body = quoted(body)
    if known:
        what = f"HTTP {status}, not permitted"
        hint = "grant that permission, or use another login; everything else works"
    else:
        what = "HTTP 401, login refused" if who else "HTTP 401, not logged in"
        new = "log in: http://USER:PASSWORD@HOST:PORT, or a token in a context of arcwatch.toml"
        hint = "`arcwatch context test` shows its expiry and its user"
        hint = hint if who else new
    why = f"with {who}: {body}" if who and body else body or who or "it gave no reason"
    # a login that does not hold is trouble; what a good one may not do is not
    kind = RefusedError if known or not who else SourceError
    return kind(what, where=place(url), why=why, hint=hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and its chain of causes, deepest first."""
    beneath = error.__cause__ or error.__context__
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes(member)
    if beneath is not None:
        yield from _causes(beneath)
    yield error


def _reason(causes: tuple[BaseException, ...]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return quoted((cause.reason or str(cause)).replace("_", " ").lower())
        if isinstance(cause, socket.gaierror):
            return quoted(cause.strerror or str(cause))
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    # What an URL's error quotes may be a piece of its password.
    top = causes[-1]
    if isinstance(top, httpx.LocalProtocolError):
        # it quotes the header at fault, which may be the login
        return "the request has a header that HTTP does not allow"
    words = str(top).partition(":")[0] if isinstance(top, httpx.InvalidURL) else str(top)
    return quoted(words)


def quoted(words: str) -> str:
    """Other people's words as one short line, with our secrets redacted."""
    words = without_secrets(words)
    if report := _REASON.search(words) or _MESSAGE.search(words):
        words = report[1]
    if words.lstrip().startswith("<"):
        words = re.sub(r"<[^>]*>?", " ", words)
    return printable(" ".join(words.split()), limit=_WORDS).rstrip(".")
