"""Credentials for Pulsar's binary protocol, as arguments of the client library."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from typing import Any

import pulsar

from arcwatch.config.credentials import Oauth2, PulsarCredentials
from arcwatch.config.reveal import reveal
from arcwatch.config.secret import Secret
from arcwatch.errors import ArcwatchError


def client_login(who: PulsarCredentials) -> dict[str, Any]:
    """Arguments for ``pulsar.Client``: credentials and trust.

    A token is read anew for each connection.
    """
    tls = who.tls
    return {
        "authentication": _authentication(who),
        # the library has a bundle of its own where none is named, and takes one file alone
        "tls_trust_certs_file_path": tls.ca or os.environ.get("SSL_CERT_FILE") or None,
        "tls_allow_insecure_connection": tls.insecure,
        # left out unless asked for, while every other client of ours checks it
        "tls_validate_hostname": tls.verify_name and not tls.insecure,
        "tls_certificate_file_path": tls.cert,
        "tls_private_key_file_path": tls.key or tls.cert,
    }


def _authentication(who: PulsarCredentials) -> pulsar.Authentication | None:
    if who.token:
        # reported now if it cannot be read at all
        reveal(who.token)
        return pulsar.AuthenticationToken(_supplier(who.token))
    if who.user and who.password:
        return pulsar.AuthenticationBasic(reveal(who.user), reveal(who.password))
    if who.oauth2:
        return pulsar.AuthenticationOauth2(json.dumps(_oauth2(who.oauth2)))
    if who.tls.cert:
        return pulsar.AuthenticationTLS(who.tls.cert, who.tls.key or who.tls.cert)
    return None


def _supplier(token: Secret) -> Any:
    last = ""

    def supply() -> str:
        nonlocal last
        # called by a thread of the library, from which an error would end the process
        with contextlib.suppress(ArcwatchError):
            last = reveal(token).strip()
        return last

    return supply


def _oauth2(oauth2: Oauth2) -> dict[str, str]:
    answer = {
        "type": "client_credentials",
        "issuer_url": oauth2.issuer,
        "client_id": oauth2.client_id,
        "client_secret": reveal(oauth2.client_secret) if oauth2.client_secret else "",
        "audience": oauth2.audience,
        "scope": oauth2.scope,
    }
    if oauth2.key:
        key = reveal(oauth2.key)
        data = base64.b64encode(key.encode()).decode()
        answer["private_key"] = (
            key if key.startswith("data:") else f"data:application/json;base64,{data}"
        )
    return {name: value for name, value in answer.items() if value}
