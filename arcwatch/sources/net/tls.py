"""TLS trust, client certificates, and an explanation for each failure."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import NamedTuple

from arcwatch.config.credentials import Tls
from arcwatch.config.files import read_settings
from arcwatch.errors import UsageError
from arcwatch.text.control_characters import printable
from arcwatch.wire.credentials import Certificate, read_certificate


class Distrust(NamedTuple):
    """Why a TLS connection failed."""

    what: str
    why: str
    hint: str


_AUTHORITY = "name its CA with --tls-ca FILE, `ca` in the context, or SSL_CERT_FILE"
_HINTS = {
    9: "check this machine's clock and the certificate's start date",
    10: "renew it on the server; --tls-insecure connects anyway",
    62: "use the name it was issued for, or add this one to the certificate",
    64: "use a name it was issued for, or add this address to the certificate",
}
"""By OpenSSL's ``X509_V_ERR_…``; whatever else is wrong is with the authority."""

_ALERTS = {
    "CERTIFICATE_REQUIRED": "the server requires a client certificate",
    "BAD_CERTIFICATE": "the server rejected the client certificate",
    "UNKNOWN_CA": "the server does not know the CA of the client certificate",
    "CERTIFICATE_UNKNOWN": "the server rejected the client certificate",
    "CERTIFICATE_EXPIRED": "the client certificate has expired",
}
"""The server's complaint about us, at the end of OpenSSL's reasons (``TLSV13_ALERT_…``)."""


WANTS_CERTIFICATE = Distrust(
    "certificate refused",
    _ALERTS["CERTIFICATE_REQUIRED"],
    "set an accepted one: `cert` and `key` in the context",
)
"""What it means where nothing else could be wrong."""


def tls_context(tls: Tls) -> ssl.SSLContext:
    """The TLS context of a connection.

    Authorities of the system, those of ``SSL_CERT_FILE`` and of ``tls.ca`` are trusted.
    """
    import httpx

    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        where = f"SSL_CERT_FILE={printable(os.environ.get('SSL_CERT_FILE', ''), limit=200)}"
        raise _unusable(error, where, "of CA certificates (PEM), or unset the variable") from error
    if tls.ca:
        try:
            context.load_verify_locations(tls.ca)
        except OSError as error:
            raise _unusable(error, tls.ca, "of CA certificates (PEM)") from error
    if tls.cert:
        _show_ourselves(context, tls)
    if tls.insecure or not tls.verify_name:
        context.check_hostname = False
    if tls.insecure:
        context.verify_mode = ssl.CERT_NONE
    return context


def own_certificate(tls: Tls) -> Certificate | None:
    """Our client certificate; None if it is absent or unreadable."""
    try:
        pem = read_settings(Path(tls.cert or "")) or ""
        first = pem[pem.index(ssl.PEM_HEADER) : pem.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)]
        return read_certificate(ssl.PEM_cert_to_DER_cert(first))
    except (UsageError, ValueError):
        return None


def distrust(error: BaseException) -> Distrust | None:
    """The meaning of a TLS error; None for any other error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = printable(error.verify_message, limit=120).rstrip(".")
        return Distrust("certificate not trusted", why, _HINTS.get(error.verify_code, _AUTHORITY))
    if isinstance(error, ssl.SSLError):
        for alert, why in _ALERTS.items():
            if (error.reason or "").endswith(alert):
                return Distrust("certificate refused", why, WANTS_CERTIFICATE.hint)
    return None


def _show_ourselves(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        # a key with a passphrase would ask for it on the terminal
        context.load_cert_chain(tls.cert or "", tls.key, password=lambda: "")
    except OSError as error:
        where = f"{tls.cert}, {tls.key}" if tls.key else tls.cert or ""
        raise _unusable(error, where, "in PEM, and its key without a passphrase") from error


def _unusable(error: OSError, where: str, more: str) -> UsageError:
    return UsageError(
        "cannot read certificates",
        where=where,
        why=(error.strerror or str(error)).lower(),
        hint=f"name a file {more}",
    )
