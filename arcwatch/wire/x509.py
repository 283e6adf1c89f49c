"""What is read of a certificate (RFC 5280, DER): whose it is, and when it ends.

``ssl`` gives this only of a peer that it has verified, and never of a certificate of our own.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple


class Certificate(NamedTuple):
    """What is read of one; nothing of it is verified."""

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
