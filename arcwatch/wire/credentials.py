"""Read the subject and expiry of a JSON Web Token (RFC 7519) or a certificate (RFC 5280, DER).

Nothing is verified. ``ssl`` returns this of a verified peer alone, never of our own certificate.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from typing import NamedTuple

import msgspec

from .numbers import Real


class Claims(msgspec.Struct, frozen=True):
    """The claims read from a token, unverified."""

    subject: str = msgspec.field(default="", name="sub")
    """Pulsar's role; the public key of a NATS user."""
    expires: Real | None = msgspec.field(default=None, name="exp")
    """Unix seconds; None is never."""
    name: str = ""
    """The name of a NATS user."""


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


class Certificate(NamedTuple):
    """The fields read from a certificate, unverified."""

    common_name: str
    """Of its subject, which is Pulsar's role; empty where it has none."""
    expires: float
    """Unix seconds."""


def read_certificate(der: bytes) -> Certificate | None:
    """Whose a certificate is and when it ends; None where it is none.

    >>> read_certificate(b"no certificate") is None
    True
    """
    # compiled, and imported with the first certificate
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        with warnings.catch_warnings():
            # a certificate is what it is: its serial number is not ours to criticise
            warnings.simplefilter("ignore")
            found = x509.load_der_x509_certificate(der)
            names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            name = names[0].value if names else ""
            expires = found.not_valid_after_utc.timestamp()
    except (ValueError, TypeError, x509.InvalidVersion):
        return None
    return Certificate(name if isinstance(name, str) else name.decode("utf-8", "replace"), expires)
