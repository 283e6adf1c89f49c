"""Pulsar's ``client.conf``: the settings of ``pulsar-admin`` and ``pulsar-client``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from arcwatch.credentials import Oauth2, PulsarCredentials, Tls
from arcwatch.errors import SourceError, UsageError
from arcwatch.secret import Secret, expanded, read_file
from arcwatch.text import printable

_PLUGINS = {
    "org.apache.pulsar.client.impl.auth.AuthenticationToken": "token",
    "org.apache.pulsar.client.impl.auth.AuthenticationTls": "tls",
    "org.apache.pulsar.client.impl.auth.AuthenticationBasic": "basic",
    "org.apache.pulsar.client.impl.auth.oauth2.AuthenticationOAuth2": "oauth2",
}
"""Values of ``authPlugin``, which may also be the short name."""


class ClientConf(Struct, frozen=True):
    """What a ``client.conf`` says."""

    pulsar: str | None
    """``brokerServiceUrl``, each of several hosts with its scheme."""
    admin: str | None
    """``webServiceUrl``, the first of several."""
    credentials: PulsarCredentials


def load_client_conf(path: str, origin: str) -> ClientConf:
    """Read a ``client.conf``.

    Args:
        path: Its path.
        origin: Who named it, for errors and for :attr:`PulsarCredentials.origin`.

    Raises:
        UsageError: It cannot be read, or asks for what arcwatch does not do.
    """
    whole = expanded(path)
    try:
        said = _read(whole)
    except SourceError as error:
        raise UsageError(
            "cannot read settings", where=origin, why=f"{whole}: {error.why}"
        ) from None
    if said.get("useKeyStoreTls", "").lower() == "true":
        why = "arcwatch reads certificates in PEM alone"
        raise UsageError("cannot use `useKeyStoreTls`", where=whole, why=why)
    return ClientConf(
        pulsar=",".join(_addresses(said.get("brokerServiceUrl", ""))) or None,
        admin=next(_addresses(said.get("webServiceUrl", "")), None),
        credentials=_credentials(said, whole, origin),
    )


def secret_in(path: str, field: str) -> str:
    """One of the secrets in ``authParams``.

    Raises:
        SourceError: It cannot be read any longer.
    """
    return str(_parameters(_read(path).get("authParams", "")).get(field, ""))


def _read(path: str) -> dict[str, str]:
    lines = (line.strip() for line in read_file(path).splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#!")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _addresses(urls: str) -> Iterator[str]:
    """``pulsar://a:1,b:2`` has one scheme for all."""
    scheme = ""
    for part in filter(None, (part.strip() for part in urls.split(","))):
        given, mark, rest = part.rpartition("://")
        scheme = f"{given}{mark}" or scheme
        yield f"{scheme}{rest}"


def _credentials(said: Mapping[str, str], path: str, origin: str) -> PulsarCredentials:
    plugin = said.get("authPlugin", "")
    way = _PLUGINS.get(plugin, plugin)
    if way and way not in _PLUGINS.values():
        raise UsageError(
            f"cannot use authPlugin {printable(plugin, limit=100)}",
            where=path,
            why="arcwatch logs in with a token, a certificate, basic or OAuth2",
        )
    given = _parameters(said.get("authParams", ""))
    who = PulsarCredentials(origin=origin, tls=_tls(said, given if way == "tls" else {}))
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


def _tls(said: Mapping[str, str], given: Mapping[str, str]) -> Tls:
    cert = given.get("tlsCertFile") or said.get("tlsCertificateFilePath", "")
    key = given.get("tlsKeyFile") or said.get("tlsKeyFilePath", "")
    ca = said.get("tlsTrustCertsFilePath", "")
    return Tls(
        ca=expanded(ca) if ca else None,
        cert=expanded(cert) if cert else None,
        key=expanded(key) if key else None,
        insecure=said.get("tlsAllowInsecureConnection", "").lower() == "true",
        # its own default is false; who wrote nothing has not asked for that
        verify_name=said.get("tlsEnableHostnameVerification", "").lower() != "false",
    )


def _token(given: Mapping[str, str], path: str) -> Secret:
    if file := given.get("file"):
        return Secret("file", _path(file))
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
        key=Secret("file", _path(key)) if key.startswith(("file:", "/")) else held,
        client_id=given.get("client_id", ""),
        client_secret=Secret("pulsar", path, "client_secret") if secret else None,
        audience=given.get("audience", ""),
        scope=given.get("scope", ""),
    )


def _path(url: str) -> str:
    return expanded(url.removeprefix("file:").removeprefix("//"))


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
        told = json.loads(written)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in told.items()}
