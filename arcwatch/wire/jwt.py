"""Read the claims of a JSON Web Token without verifying its signature (RFC 7519)."""

from __future__ import annotations

import base64
import binascii

import msgspec

from .numbers import Real


class Claims(msgspec.Struct, frozen=True):
    """What is read of a token; nothing of it is verified."""

    subject: str = msgspec.field(default="", name="sub")
    """Pulsar's role; the public key of a NATS user."""
    expires: Real | None = msgspec.field(default=None, name="exp")
    """Unix seconds; None is never."""
    name: str = ""
    """How a NATS user is called."""


def claims_of(token: str) -> Claims:
    """The claims of a token; none of what is not one.

    >>> claims_of("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcmMiLCJleHAiOjE3MDAwMDAwMDB9.")
    Claims(subject='arc', expires=1700000000.0, name='')
    >>> claims_of("s3cret")
    Claims(subject='', expires=None, name='')
    """
    parts = token.strip().split(".")
    if len(parts) != 3:
        return Claims()
    try:
        body = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(body, type=Claims)
    # a claim that is not read may be nested as deeply as its writer likes
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        return Claims()
