"""Pulsar's ``client.conf``: the settings of ``pulsar-admin`` and ``pulsar-client``.

A Java properties file (``java.util.Properties.load``).  Its relative paths start where those tools
let them start: in the folder that has ``conf/client.conf``, and in the file's own elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from arcwatch.errors import SourceError, UsageError
from arcwatch.text.control_characters import printable
from arcwatch.text.nearest import did_you_mean

from .credentials import Oauth2, PulsarCredentials, Tls
from .secret import Secret, expanded, read_bytes

_PLUGINS = {
    "org.apache.pulsar.client.impl.auth.AuthenticationToken": "token",
    "org.apache.pulsar.client.impl.auth.AuthenticationTls": "tls",
    "org.apache.pulsar.client.impl.auth.AuthenticationBasic": "basic",
    "org.apache.pulsar.client.impl.auth.oauth2.AuthenticationOAuth2": "oauth2",
}
"""Values of ``authPlugin``, which may also be the short name."""


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,39}")
"""What a key may be called, to be shown."""

_KEYS = (
    "webServiceUrl",
    "brokerServiceUrl",
    "serviceUrl",
    "authPlugin",
    "authParams",
    "tlsAllowInsecureConnection",
    "tlsEnableHostnameVerification",
    "tlsTrustCertsFilePath",
    "tlsCertificateFilePath",
    "tlsKeyFilePath",
    "useKeyStoreTls",
)
"""What is read of it."""

_LEFT_OUT = (
    "tlsTrustStoreType",
    "tlsTrustStorePath",
    "tlsTrustStorePassword",
    "tlsKeyStoreType",
    "tlsKeyStorePath",
    "tlsKeyStorePassword",
    "webserviceTlsProvider",
    "proxyProtocol",
    "customCommandFactoriesDirectory",
    "customCommandFactories",
    "cliExtensionsDirectory",
    "useTls",
    "enableTls",
)
"""Settings that mean nothing to us: the key stores of ``useKeyStoreTls``, and the tools' own."""


class ClientConf(Struct, frozen=True):
    """The settings of a ``client.conf``."""

    pulsar: str | None
    """``brokerServiceUrl``, each of several hosts with its scheme."""
    admin: str | None
    """``webServiceUrl``, the first of several."""
    credentials: PulsarCredentials
    notes: tuple[str, ...] = ()
    """Keys that are not understood, a line each."""


def load_client_conf(path: str, origin: str) -> ClientConf:
    """Read a ``client.conf``.

    Raises:
        UsageError: It cannot be read, or asks for what arcwatch does not do.
    """
    whole = expanded(path)
    try:
        entries = _read(whole)
    except SourceError as error:
        raise UsageError(
            "cannot read settings", where=origin, why=f"{whole}: {error.why}"
        ) from None
    _check_means(entries, whole)
    of_old = entries.get("serviceUrl", "")
    broker = entries.get("brokerServiceUrl") or (of_old if of_old.startswith("pulsar") else "")
    web = entries.get("webServiceUrl") or ("" if of_old.startswith("pulsar") else of_old)
    return ClientConf(
        pulsar=",".join(_addresses(broker)) or None,
        admin=next(_addresses(web), None),
        credentials=_credentials(entries, whole, origin),
        notes=tuple(_not_understood(entries, whole)),
    )


def _check_means(entries: Mapping[str, str], path: str) -> None:
    if entries.get("useKeyStoreTls", "").lower() == "true":
        why = "arcwatch only reads PEM certificates"
        raise UsageError("cannot use `useKeyStoreTls`", where=path, why=why)
    if entries.get("proxyServiceUrl"):
        why = "arcwatch does not support proxies"
        raise UsageError("cannot use `proxyServiceUrl`", where=path, why=why)
    if entries and not entries.keys() & {*_KEYS, *_LEFT_OUT, "proxyServiceUrl"}:
        why = "it has none of the keys of Pulsar's client.conf"
        hint = "write webServiceUrl=http://HOST:8080 and brokerServiceUrl=pulsar://HOST:6650"
        raise UsageError("not a client.conf", where=path, why=why, hint=hint)


def _not_understood(entries: Mapping[str, str], path: str) -> Iterator[str]:
    for key in entries.keys() - {*_KEYS, *_LEFT_OUT, "proxyServiceUrl"}:
        near = did_you_mean(key, _KEYS, 0.7)
        hint = f"; {near}" if near else ""
        # a line by itself may be the rest of a secret
        name = f"`{key}`" if _NAME.fullmatch(key) else f"a key of {len(key)} characters"
        yield f"{path}: {name} is not understood and is ignored{hint}"


def secret_in(path: str, field: str) -> str:
    """One of the secrets in ``authParams``."""
    return str(_parameters(_read(path).get("authParams", "")).get(field, ""))


def _read(path: str) -> dict[str, str]:
    # imported here because few have such a file
    import javaproperties

    try:
        return {k: v.strip() for k, v in javaproperties.loads(_text(read_bytes(path))).items()}
    except javaproperties.InvalidUEscapeError:
        # what the error quotes may be of a secret
        where = Secret("file", path)
        raise SourceError("cannot read settings", where=str(where), why=_ESCAPE) from None


def _text(body: bytes) -> str:
    """As Java reads it, which is Latin-1, but for what only UTF-8 can have been meant by."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")


_ESCAPE = "\\u must be followed by four hexadecimal digits"


def _addresses(urls: str) -> Iterator[str]:
    """``pulsar://a:1,b:2`` has one scheme for all."""
    scheme = ""
    for part in filter(None, (part.strip() for part in urls.split(","))):
        given, mark, rest = part.rpartition("://")
        scheme = f"{given}{mark}" or scheme
        yield f"{scheme}{rest}"


def _credentials(entries: Mapping[str, str], path: str, origin: str) -> PulsarCredentials:
    plugin = entries.get("authPlugin", "")
    way = _PLUGINS.get(plugin, plugin)
    if way and way not in _PLUGINS.values():
        raise UsageError(
            f"cannot use authPlugin {printable(plugin, limit=100)}",
            where=path,
            why="arcwatch logs in with a token, a certificate, basic or OAuth2",
        )
    given = _parameters(entries.get("authParams", ""))
    who = PulsarCredentials(origin=origin, tls=_tls(entries, given if way == "tls" else {}, path))
    match way:
        case "token":
            return _with(who, token=_token(given, path))
        case "basic":
            user = given.get("userId") or given.get("username", "")
            secret = Secret("pulsar", path, "password")
            return _with(who, user=Secret("text", user), password=secret)
        case "oauth2":
            return _with(who, oauth2=_oauth2(given, path))
    return who


def _with(who: PulsarCredentials, **ways: Any) -> PulsarCredentials:
    from msgspec.structs import replace

    return replace(who, **ways)


def _tls(entries: Mapping[str, str], given: Mapping[str, str], path: str) -> Tls:
    base = _base(path)
    cert = given.get("tlsCertFile") or entries.get("tlsCertificateFilePath", "")
    key = given.get("tlsKeyFile") or entries.get("tlsKeyFilePath", "")
    ca = entries.get("tlsTrustCertsFilePath", "")
    return Tls(
        ca=expanded(ca, base) if ca else None,
        cert=expanded(cert, base) if cert else None,
        key=expanded(key, base) if key else None,
        insecure=entries.get("tlsAllowInsecureConnection", "").lower() == "true",
        # its own default is false; who wrote nothing has not asked for that
        verify_name=entries.get("tlsEnableHostnameVerification", "").lower() != "false",
    )


def _token(given: Mapping[str, str], path: str) -> Secret:
    if file := given.get("file"):
        return Secret("file", _path(file, path))
    if variable := given.get("env"):
        return Secret("env", variable)
    return Secret("pulsar", path, "token")


def _oauth2(given: Mapping[str, str], path: str) -> Oauth2:
    key, secret = (
        given.get("privateKey") or given.get("private_key", ""),
        given.get("client_secret"),
    )
    name = "privateKey" if given.get("privateKey") else "private_key"
    held = Secret("pulsar", path, name) if key else None
    return Oauth2(
        issuer=given.get("issuerUrl") or given.get("issuer_url", ""),
        key=Secret("file", _path(key, path)) if key.startswith(("file:", "/")) else held,
        client_id=given.get("client_id", ""),
        client_secret=Secret("pulsar", path, "client_secret") if secret else None,
        audience=given.get("audience", ""),
        scope=given.get("scope", ""),
    )


def _path(url: str, conf: str) -> str:
    return expanded(url.removeprefix("file:").removeprefix("//"), _base(conf))


def _base(conf: str) -> str:
    """Where relative paths start: ``bin/pulsar-admin`` changes to ``PULSAR_HOME`` first."""
    folder = Path(conf).parent
    return str(folder.parent if folder.name == "conf" else folder)


def _parameters(written: str) -> dict[str, str]:
    """``authParams`` in any of its forms: JSON, ``key:value``, ``user:password``, a token.

    >>> _parameters("token:abc"), _parameters("abc"), _parameters("file:///t")
    ({'token': 'abc'}, {'token': 'abc'}, {'file': '///t'})
    >>> _parameters("tlsCertFile:/c,tlsKeyFile:/k")
    {'tlsCertFile': '/c', 'tlsKeyFile': '/k'}
    """
    if written.startswith("{"):
        return _of_json(written)
    key, colon, value = written.partition(":")
    if key in ("token", "file", "env"):
        return {key: value}
    if key.startswith("tls"):
        return {k: v for k, _, v in (part.partition(":") for part in written.split(","))}
    return {"userId": key, "password": value} if colon else {"token": written}


def _of_json(written: str) -> dict[str, str]:
    try:
        parameters = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(parameters, dict):
        return {}
    return {str(key): str(value) for key, value in parameters.items()}
