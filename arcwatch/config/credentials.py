"""Logins and trust for each system.  No secret is held: see :class:`Secret`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from arcwatch.errors import UsageError

from .secret import Secret


class Tls(Struct, frozen=True):
    """How a TLS peer is checked, and what we show of ourselves.  Paths are whole."""

    ca: str | None = None
    """A file of authorities in PEM, besides those that the system trusts."""
    cert: str | None = None
    """Our certificate, in PEM."""
    key: str | None = None
    """Its key; None is in the same file."""
    insecure: bool = False
    """Whether any certificate will do."""
    verify_name: bool = True
    """Whether it must have been issued for the host that is asked."""

    @property
    def warning(self) -> str:
        """A warning about checks that are off; empty if none is."""
        if self.insecure:
            return "TLS not verified"
        return "" if self.verify_name else "TLS names not verified"


JETSTREAM = "$JS.API"
"""What subjects of JetStream's API begin with, by default."""
EVENTS = "$JS.EVENT"
"""What subjects of JetStream's advisories and metrics begin with, by default."""

_DOMAIN = re.compile(r"\$JS\.([^.]+)\.API")
_TOKEN = re.compile(r"[^\s.*>]+")
_SUBJECT = re.compile(r"[^\s.*>]+(\.[^\s.*>]+)*")


def jetstream_subjects(
    domain: str, prefix: str, events: str = "", *, where: str
) -> tuple[str, str]:
    """What subjects of JetStream's API begin with, and those of its events.

    ``$JS.<domain>.API``, or the prefix itself, as ``nats --js-domain``, ``--js-api-prefix`` and
    ``--js-event-prefix`` have it (``jsm.go``).  Events of an import are received only where their
    prefix is named too.
    """
    if domain and prefix:
        what = "`jetstream_domain` cannot be combined with `jetstream_api_prefix`"
        raise UsageError(what, where=where, hint="remove one of them")
    written = {
        "jetstream_domain": domain,
        "jetstream_api_prefix": prefix.removesuffix("."),
        "jetstream_event_prefix": events.removesuffix("."),
    }
    for key, value in written.items():
        pattern = _TOKEN if key == "jetstream_domain" else _SUBJECT
        if value and not (pattern.fullmatch(value) and value.isprintable()):
            raise UsageError(f"`{key}` is not a valid part of a subject", where=where)
    api = f"$JS.{domain}.API" if domain else written["jetstream_api_prefix"] or JETSTREAM
    is_import = api != JETSTREAM and not _DOMAIN.fullmatch(api)
    usual = "" if is_import else EVENTS
    return api, written["jetstream_event_prefix"] or usual


USUAL_TRUST = Tls()
"""The system's authorities, and no certificate of ours."""


class NatsCredentials(Struct, frozen=True):
    """Who we are to NATS.  One of the ways is set, or none."""

    origin: str = ""
    """Where it was set."""
    user: Secret | None = None
    password: Secret | None = None
    token: Secret | None = None
    creds: Secret | None = None
    """A file with a user's JWT and its seed, as ``nsc`` writes them."""
    nkey: Secret | None = None
    """A seed, ``SU…``."""
    jwt: Secret | None = None
    """A user's JWT; ``seed`` is its key."""
    seed: Secret | None = None
    tls: Tls = Tls()
    tls_first: bool = False
    """Whether TLS begins before the server has sent anything (``handshake_first``)."""
    inbox_prefix: str = "_INBOX"
    """What answers to our questions begin with, where permissions ask for another."""
    jetstream: str = JETSTREAM
    """What subjects of JetStream's API begin with; a domain or an import has one of its own."""

    events: str = EVENTS
    """What subjects of JetStream's events begin with; empty where they cannot be received."""

    @property
    def method(self) -> str:
        """How we log in, in words, with where the secret is; never with the secret."""
        return _method(_nats_ways(self), self.tls)

    @property
    def jetstream_domain(self) -> str:
        """The domain that JetStream is asked for; empty is the server's own, or an import's."""
        found = _DOMAIN.fullmatch(self.jetstream)
        return found[1] if found else ""


class Oauth2(Struct, frozen=True):
    """OAuth 2.0 client credentials (RFC 6749, 4.4), as Pulsar's clients have them."""

    issuer: str
    """Its ``/.well-known/openid-configuration`` names where tokens are given out."""
    key: Secret | None = None
    """JSON with ``client_id`` and ``client_secret``."""
    client_id: str = ""
    client_secret: Secret | None = None
    audience: str = ""
    scope: str = ""


class PulsarCredentials(Struct, frozen=True):
    """Who we are to Pulsar.  One of the ways is set, or none."""

    origin: str = ""
    """Where it was set."""
    token: Secret | None = None
    user: Secret | None = None
    password: Secret | None = None
    oauth2: Oauth2 | None = None
    tls: Tls = Tls()
    bookie_admin: tuple[str, ...] = ()
    """HTTP addresses of bookies, which take no login; ``*`` stands for any bookie's host."""
    functions_worker: str = ""
    """The HTTP address of a functions worker outside the brokers, which gets the same login."""

    @property
    def method(self) -> str:
        """How we log in, in words, with where the secret is; never with the secret."""
        return _method(_pulsar_ways(self), self.tls)


ANONYMOUS = NatsCredentials()
"""A client that does not log in."""


def _nats_ways(who: NatsCredentials) -> Iterator[str]:
    if who.creds:
        yield f"JWT and seed of {who.creds}"
    if who.jwt:
        yield f"JWT of {who.jwt}"
    if who.nkey:
        yield f"nkey of {who.nkey}"
    if who.token:
        yield f"token of {who.token}"
    if who.user:
        yield _user(who.user, who.password)


def _pulsar_ways(who: PulsarCredentials) -> Iterator[str]:
    if who.token:
        yield f"token of {who.token}"
    if who.user:
        yield _user(who.user, who.password)
    if who.oauth2:
        yield f"OAuth2 of {who.oauth2.issuer}"


NO_CREDENTIALS = "no credentials"
"""The method of a login without any."""


def _user(user: Secret, password: Secret | None) -> str:
    name = user.name if user.kind == "text" else f"of {user}"
    return f"user {name}, password of {password}" if password else f"user {name}"


def _method(ways: Iterator[str], tls: Tls) -> str:
    methods = list(ways)
    if tls.cert:
        methods.append(f"certificate {tls.cert}")
    return ", ".join(methods) or NO_CREDENTIALS
