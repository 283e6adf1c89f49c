"""Reads a secret from the place where it is kept, each time that it is used."""

from __future__ import annotations

import os

from arcwatch.runtime.redaction import remember_secret
from arcwatch.text.control_characters import printable

from .nats_cli import secret_in
from .pulsar_client_conf import secret_in as secret_in_conf
from .secret import Secret, missing, read_file


def reveal(secret: Secret) -> str:
    """The value, as it is now.

    Raises:
        SourceError: It is not there, or cannot be read; asked again later it may be.
    """
    match secret.kind:
        case "text":
            return secret.name
        case "env":
            value = _text(os.environ.get(secret.name, ""), secret)
        case "file":
            value = read_file(secret.name).rstrip("\r\n")
        case "keyring":
            value = _from_keyring(secret)
        case "nats":
            value = secret_in(secret.name, secret.field)
        case "pulsar":
            value = secret_in_conf(secret.name, secret.field)
    if not value:
        raise missing(secret, "it is empty, or not there")
    remember_secret(value)
    return value


def _text(value: str, secret: Secret) -> str:
    """A variable's value; bytes that are no UTF-8, read as lone surrogates, are refused."""
    if value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value):
        return value
    raise missing(secret, "it is not text")


def _from_keyring(secret: Secret) -> str:
    import keyring
    import keyring.errors

    service, _, user = secret.name.partition("/")
    try:
        return keyring.get_password(service, user) or ""
    except keyring.errors.KeyringError as error:
        raise missing(secret, printable(str(error), limit=120)) from error
