"""Credentials for a Pulsar broker's web service, added to every request.

Credentials are read anew for each, so that a token that rotates in its file is used at once.
They go wherever the client asks, which is the address that was given and the brokers it lists.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import AsyncGenerator
from urllib.parse import unquote, urlsplit

import httpx

from arcwatch.config.credentials import Oauth2, PulsarCredentials
from arcwatch.config.reveal import reveal
from arcwatch.errors import SourceError, UsageError
from arcwatch.sources.net.http import (
    ISSUER_DEADLINE,
    ISSUER_LIMIT,
    Login,
    ask_issuer,
    get,
    new_client,
)
from arcwatch.sources.net.tls import own_certificate
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.wire.credentials import claims_of

_EARLY = 30.0
"""Seconds before its end that an access token is fetched anew."""
_LASTS = 300.0
"""Seconds that an access token is used where its issuer does not say how long it lasts."""
_TOKEN = re.compile(r"[!-~]+")
"""What may follow ``Bearer`` in a header; RFC 6750, 2.1 allows fewer characters still."""


class BrokerLogin(Login):
    """Adds the credentials to requests."""

    def __init__(self, who: PulsarCredentials) -> None:
        self._who = who
        self._access, self._until = "", 0.0

    def summary(self) -> str:
        """A description for errors: ``role arcwatch, token of file:…``."""
        who = self._who
        report = f"{who.method} (from {who.origin})" if who.origin else who.method
        try:
            role, until = self._claims()
        except SourceError:
            role, until = "", None
        if until and until < time.time():
            report = f"{report}, which expired at {units.rfc3339(until)}"
        return f"role {printable(role, limit=60)}, {report}" if role else report

    def _claims(self) -> tuple[str, float | None]:
        if self._who.token:
            found = claims_of(reveal(self._who.token))
            return found.subject, found.expires
        if not self._who.user and (shown := own_certificate(self._who.tls)):
            # the role of a client with a certificate is the common name
            return shown.common_name, shown.expires
        return (reveal(self._who.user), None) if self._who.user else ("", None)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with its header, after fetching an access token if needed."""
        who = self._who
        if who.token:
            request.headers["authorization"] = f"Bearer {token_of(who)}"
        elif who.user and who.password:
            pair = f"{reveal(who.user)}:{reveal(who.password)}".encode()
            request.headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        elif who.oauth2:
            if time.monotonic() > self._until:
                await self._log_in(who.oauth2)
            request.headers["authorization"] = f"Bearer {self._access}"
        yield request

    async def _log_in(self, oauth2: Oauth2) -> None:
        self._access, lasts = await access_token(oauth2, self._who)
        self._until = time.monotonic() + max(1.0, lasts - _EARLY)


def token_of(who: PulsarCredentials) -> str:
    """The current token of these credentials.

    Raises:
        SourceError: It cannot be read, or is none that a header can carry; it is not quoted.
    """
    assert who.token is not None, "asked for where there is one"
    token = reveal(who.token).strip()
    if _TOKEN.fullmatch(token):
        return token
    raise SourceError(
        "cannot use a token",
        where=printable(str(who.token), limit=200),
        why="it contains a blank, a line break or another character that no token has",
        hint="keep the token alone there, on one line",
    )


async def access_token(oauth2: Oauth2, who: PulsarCredentials) -> tuple[str, float]:
    """Fetch an access token; return it and its lifetime in seconds."""
    # late: it asks through this module's own client

    well_known = f"{oauth2.issuer.rstrip('/')}/.well-known/openid-configuration"
    hint = "check `issuer`: it is the address before /.well-known/openid-configuration"
    async with new_client(who.tls) as client:
        _, found = await get(
            client, well_known, hint=hint, limit=ISSUER_LIMIT, deadline=ISSUER_DEADLINE
        )
        endpoint = _field(found, "token_endpoint", well_known)
        _check_encrypted(oauth2.issuer, endpoint)
        given = await ask_issuer(client, endpoint, _form(oauth2))
    token = _field(given, "access_token", endpoint)
    if not _TOKEN.fullmatch(token):
        raise _no_login(endpoint, "its `access_token` has characters that no token has")
    return token, _seconds(_decoded(given).get("expires_in"))


def _check_encrypted(issuer: str, endpoint: str) -> None:
    """Send no secret in plaintext where the user configured an issuer with TLS."""
    if issuer.lower().startswith("https:") and not endpoint.lower().startswith("https:"):
        raise _no_login(endpoint, "the issuer uses https, its token address does not")


def _seconds(lasts: object) -> float:
    usable = isinstance(lasts, int | float) and 0 < lasts < 1e9
    return float(lasts) if usable else _LASTS  # type: ignore[arg-type]  # checked just before


def _form(oauth2: Oauth2) -> dict[str, str]:
    key = _decoded(_key(oauth2).encode()) if oauth2.key else {}
    secret = reveal(oauth2.client_secret) if oauth2.client_secret else ""
    form = {
        "grant_type": "client_credentials",
        "client_id": oauth2.client_id or str(key.get("client_id", "")),
        "client_secret": secret or str(key.get("client_secret", "")),
        "audience": oauth2.audience,
        "scope": oauth2.scope,
    }
    return {name: value for name, value in form.items() if value}


def _key(oauth2: Oauth2) -> str:
    """The key file's JSON; a ``client.conf`` may embed it as a ``data:`` URL."""
    assert oauth2.key is not None, "asked for where there is one"
    text = reveal(oauth2.key)
    if not text.startswith("data:"):
        return text
    head, _, body = urlsplit(text).path.partition(",")
    try:
        return base64.b64decode(body).decode() if head.endswith(";base64") else unquote(body)
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _field(body: bytes, name: str, url: str) -> str:
    value = _decoded(body).get(name)
    if not isinstance(value, str) or not value:
        raise _no_login(url, f"the answer has no `{name}`")
    return value


def _no_login(url: str, why: str) -> SourceError:
    return SourceError(
        "cannot log in with OAuth2",
        where=printable(url, limit=200),
        why=why,
        hint="check `issuer` and its configuration",
    )


def _decoded(body: bytes) -> dict[str, object]:
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}


def login_of(who: PulsarCredentials) -> BrokerLogin | None:
    """The login at the brokers; None without credentials.

    Raises:
        UsageError: A user has no password.
    """
    if who.user and not who.password:
        raise UsageError("a user needs a password", where=who.origin, hint="add `password`")
    shows = who.token or who.user or who.oauth2 or who.tls.cert
    return BrokerLogin(who) if shows else None
