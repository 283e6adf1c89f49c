"""Credentials for a nats-server, resolved at each connection, and reasons for a rejection.

Secrets are read anew for every connection, so that one that rotates in its file lets us come back.
Nothing of them is sent before the connection is encrypted, where encryption was asked for.
"""

from __future__ import annotations

import base64
import re
import ssl
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.errors import Error

from arcwatch.config.credentials import NO_CREDENTIALS, NatsCredentials
from arcwatch.config.reveal import reveal
from arcwatch.config.secret import Secret
from arcwatch.errors import ArcwatchError
from arcwatch.runtime.redaction import without_secrets
from arcwatch.sources.net.tls import WANTS_CERTIFICATE, distrust, tls_context
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.wire.credentials import Claims, claims_of

NOTHING: Mapping[str, Any] = MappingProxyType({})
_JWT = re.compile(r"BEGIN NATS USER JWT-+\s+(\S+)\s")
_SEED = re.compile(r"BEGIN USER NKEY SEED-+\s+(\S+)\s")


class NatsLogin:
    """The credential options of one client.

    Args:
        url: ``nats://…``, several with commas.
        client: Asks for them when it connects.
    """

    def __init__(self, who: NatsCredentials, url: str, client: Client) -> None:
        self._who, self._client = who, client
        schemes = {urlsplit(part).scheme for part in url.split(",")}
        self._encrypted = is_encrypted(who, url)
        self._websocket = bool(schemes & {"ws", "wss"})

    def options(self) -> dict[str, Any]:
        """Options for ``Client.connect``."""
        who = self._who
        options: dict[str, Any] = {
            "tls": tls_context(who.tls),
            "tls_handshake_first": who.tls_first,
            "inbox_prefix": who.inbox_prefix,
        }
        if who.creds or who.jwt or who.nkey:
            # a server that also takes strangers does not ask who we are
            self._client._auth_configured = True
            options["signature_cb"] = self._sign
        if who.creds or who.jwt:
            options["user_jwt_cb"] = lambda: bytearray(self._jwt().encode())
        if who.user:
            options["user"] = lambda: self._value(who.user)
            options["password"] = lambda: self._value(who.password)
        elif who.token:
            options["token"] = lambda: self._value(who.token)
        return options

    def check_encrypted(self) -> None:
        """Refuse a plaintext connection if TLS was configured.

        Raises:
            Error: The server does not do TLS.
        """
        if not self._encrypted or self._websocket:
            return
        writer = getattr(self._client._transport, "_io_writer", None)
        if writer is not None and writer.get_extra_info("ssl_object") is None:
            raise Error("the server does not support TLS, which is required: no secret was sent")

    def _value(self, secret: Secret | None) -> str:
        self.check_encrypted()
        try:
            return reveal(secret).strip() if secret else ""
        except ArcwatchError as error:
            # what else is raised here would end the library's attempts for good
            raise Error(error.headline) from None

    def _jwt(self) -> str:
        if self._who.jwt:
            return self._value(self._who.jwt)
        return _within(_JWT, self._value(self._who.creds), "JWT")

    def _sign(self, nonce: str) -> bytes:
        import nkeys

        who = self._who
        if who.creds:
            seed = _within(_SEED, self._value(who.creds), "seed")
        else:
            held = self._value(who.seed if who.jwt else who.nkey)
            found = _SEED.search(f"{held}\n")
            seed = found[1] if found else held
        try:
            pair = nkeys.from_seed(bytearray(seed.encode()))
            if who.nkey and not who.jwt:
                self._client._public_nkey = pair.public_key.decode()
            signed: bytes = base64.b64encode(pair.sign(nonce.encode()))
            pair.wipe()
        except (nkeys.NkeysError, ValueError, TypeError):
            # what the library says of it may quote it
            raise Error("not a user seed: user seeds begin with SU") from None
        return signed


def is_encrypted(who: NatsCredentials, url: str) -> bool:
    """Whether TLS is configured for any address in ``url``."""
    schemes = {urlsplit(part).scheme for part in url.split(",")}
    return bool(schemes & {"tls", "wss"} or who.tls.ca or who.tls.cert or who.tls_first)


def claims(who: NatsCredentials) -> Claims:
    """The claims of the user's JWT; empty if there is none."""
    if who.jwt:
        return claims_of(reveal(who.jwt))
    found = _JWT.search(reveal(who.creds)) if who.creds else None
    return claims_of(found[1]) if found else Claims()


def why_lost(
    error: BaseException | None, who: NatsCredentials, info: Mapping[str, Any] = NOTHING
) -> str:
    """The cause of an error in a few words, with a hint if it concerns the credentials."""
    if info.get("tls_verify") and not who.tls.cert and not isinstance(error, ssl.SSLError):
        # it refuses by hanging up: in TLS 1.3 the handshake is over by then
        cause = WANTS_CERTIFICATE
        return f"{cause.what}: {cause.why}; {cause.hint}"
    if isinstance(error, ConnectionRefusedError):
        return "nothing is listening there"
    if isinstance(error, TimeoutError) or error is None:
        return "no answer in time"
    if isinstance(error, ArcwatchError):
        return error.headline
    if doubt := distrust(error):
        return f"{doubt.what}: {doubt.why}; {doubt.hint}"
    text = without_secrets(str(error)).removeprefix("nats: ").strip("'\"").strip()
    if re.search(r"(?i)authoriz|authentication|maximum connections for", text):
        return f"{printable(text, limit=100).lower()}: {_about(who)}"
    return printable(text, limit=200) or type(error).__name__


def _about(who: NatsCredentials) -> str:
    if who.method == NO_CREDENTIALS:
        kept = f"; {who.origin}" if who.origin else ""
        return f"the server requires credentials; set a user, token or creds in the context{kept}"
    report = f"with {who.method}"
    try:
        until = claims(who).expires
    except ArcwatchError as error:
        return f"{report}; {error.headline}"
    if until and until < time.time():
        return f"{report}; its JWT expired at {units.rfc3339(until)}: renew it"
    return f"{report}; `arcwatch context test` checks it"


def _within(pattern: re.Pattern[str], creds: str, what: str) -> str:
    found = pattern.search(f"{creds}\n")
    if not found:
        raise Error(f"the creds file has no {what} of a user")
    return found[1]
