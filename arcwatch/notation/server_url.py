"""Addresses of servers as people write them: checked, completed, and shown without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from arcwatch.errors import UsageError
from arcwatch.text.control_characters import printable

LOCALHOST = {
    "nats": "nats://localhost:4222",
    "nats_monitor": "http://localhost:8222",
    "pulsar": "pulsar://localhost:6650",
    "pulsar_admin": "http://localhost:8080",
}
"""The default of each address."""

_SECURED = {"pulsar": "pulsar+ssl://localhost:6651", "pulsar_admin": "https://localhost:8443"}
"""The same of what is encrypted throughout."""

_SCHEMES = {
    "nats": ("nats", "tls", "ws", "wss"),
    "nats_monitor": ("http", "https"),
    "pulsar": ("pulsar", "pulsar+ssl"),
    "pulsar_admin": ("http", "https"),
}
_OWN_PORT = {"https": None, "wss": None, "pulsar+ssl": 6651}
"""Schemes whose port is not the one of their place; None needs none in the URL."""


def checked(place: str, value: str, origin: str) -> tuple[str, ...]:
    """The addresses in ``value``, each with its scheme and port.

    Args:
        place: A key of :data:`LOCALHOST`.

    Raises:
        UsageError: One of them cannot be used.
    """
    scheme, urls = _SCHEMES[place][0], []
    for part in value.split(","):
        written = part.strip()
        url = written if "://" in written else f"{scheme}://{written}"
        if why := _wrong_with(place, url):
            raise _unusable(place, value, origin, why)
        scheme = urlsplit(url).scheme
        urls.append(_with_port(place, url))
    if place == "pulsar_admin" and len(urls) > 1:
        raise _unusable(place, value, origin, "one address is enough: it names the others")
    return tuple(dict.fromkeys(urls))


def beside(place: str, urls: Iterable[str]) -> tuple[str, ...]:
    """The addresses of ``place`` on the hosts of ``urls``, at the usual port.

    What is encrypted at Pulsar's one address is not asked in the clear at its other.

    >>> beside("nats_monitor", ["nats://n1:4222", "tls://[::1]:4333"])
    ('http://n1:8222', 'http://[::1]:8222')
    >>> beside("pulsar_admin", ["pulsar+ssl://p1:6651"])
    ('https://p1:8443',)
    """
    return tuple(dict.fromkeys(_usual(place, url) for url in urls))


def _usual(place: str, url: str) -> str:
    secured = urlsplit(url).scheme in ("pulsar+ssl", "https")
    usual = urlsplit(_SECURED.get(place, LOCALHOST[place]) if secured else LOCALHOST[place])
    return f"{usual.scheme}://{_host(url)}:{usual.port}"


def hosts(value: str) -> set[str]:
    """The hosts of one address, or of several with commas; the names of this machine are one.

    >>> sorted(hosts("nats://n1:4222, n2")), hosts("http://127.0.0.1:8222"), hosts("http://[")
    (['n1', 'n2'], {'localhost'}, set())
    """
    found = set()
    for part in value.split(","):
        with suppress(ValueError):
            written = part.strip()
            name = urlsplit(written if "://" in written else f"//{written}").hostname
            found.add("localhost" if name in ("127.0.0.1", "::1") else name)
    return {name for name in found if name}


def shown(url: str) -> str:
    """An address, or several with commas, without the users, passwords and queries in them.

    >>> shown("nats://me:s3/cr@et@host:4222"), shown("me:secret@host")
    ('nats://…@host:4222', '…@host')
    """
    # whatever stands before the last @ goes: what is mistyped may still be a password
    parts = re.split(r",(?=[\w+.-]+://)", url)
    bare = [re.sub(r"(?s)^([\w+.-]+://)?.*@", r"\1…@", part) for part in parts]
    return printable(",".join(part.partition("?")[0] for part in bare), limit=200)


def _host(url: str) -> str:
    host = urlsplit(url).hostname or "localhost"
    return f"[{host}]" if ":" in host else host


def _wrong_with(place: str, url: str) -> str:
    """Why an address cannot be used, in words that quote nothing of it; empty when it can."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "it is not a URL"
    if "@" in parts.path + parts.query + parts.fragment:
        return "in a password, / is written %2F, ? is %3F and # is %23"
    try:
        _ = parts.port
    except ValueError:
        return "its port is not a number up to 65535"
    if parts.scheme not in _SCHEMES[place]:
        return f"it begins with none of {', '.join(f'{s}://' for s in _SCHEMES[place])}"
    if not parts.hostname:
        return "it has no host"
    if parts.query or parts.fragment or " " in url or not url.isprintable():
        return "it has more than scheme, host, port and path"
    return ""


def _with_port(place: str, url: str) -> str:
    parts = urlsplit(url)
    port = _OWN_PORT.get(parts.scheme, urlsplit(LOCALHOST[place]).port)
    if parts.port is None and port:
        parts = parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{port}")
    return parts.geturl().rstrip("/")


def _unusable(place: str, value: str, origin: str, why: str) -> UsageError:
    return UsageError(
        f"cannot use {shown(value)!r}",
        where=origin,
        why=why,
        hint=f"write {LOCALHOST[place]}, or off to disable this part",
    )
