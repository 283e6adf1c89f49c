"""Settings of the environment: our own variables, those of the NATS CLI, and Pulsar's.

``NATS_CONTEXT NATS_CREDS NATS_NKEY NATS_USER NATS_PASSWORD NATS_TOKEN NATS_CERT NATS_KEY NATS_CA``
are those of ``nats --help``; ``PULSAR_CLIENT_CONF`` is that of ``bin/pulsar-admin``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from arcwatch.text.control_characters import printable

from .contexts import NOTHING, Layer, of_client_conf
from .credentials import NatsCredentials, Tls
from .files import NATS_LOGIN, VARIABLES, FolderVariables, Setting
from .nats_cli import load_nats_context, selected
from .secret import Secret, expanded


def of_environment(environ: Mapping[str, str]) -> Layer:
    """The settings of the environment."""
    found = Layer(nats=_nats_credentials(environ))
    if path := environ.get("PULSAR_CLIENT_CONF"):
        found = replace(of_client_conf(path, "PULSAR_CLIENT_CONF"), nats=found.nats)
    addresses = dict(found.addresses)
    if name := environ.get("NATS_CONTEXT"):
        url, nats = load_nats_context(name, environ, "NATS_CONTEXT")
        addresses |= {"nats": Setting(url, "NATS_CONTEXT")} if url else {}
        found = replace(found, nats=replace(nats, **_ways(found.nats)) if found.nats else nats)
    addresses |= {p: Setting(v, k) for k, p in VARIABLES.items() if (v := environ.get(k))}
    return replace(found, addresses=addresses)


def of_folder(found: FolderVariables) -> Layer:
    """The settings of ``.env`` in the working directory: addresses, never a login."""
    return Layer(
        {
            place: Setting(value, f"{name} in .env", from_folder=True)
            for name, place in VARIABLES.items()
            if (value := found.addresses.get(name))
        }
    )


def of_selected_nats_context(environ: Mapping[str, str]) -> Layer:
    """What the NATS CLI has selected; nothing where it has not."""
    name = selected(environ)
    if name is None:
        return NOTHING
    origin = f"NATS context {printable(name, 60)}, selected in the NATS CLI"
    url, who = load_nats_context(name, environ, origin)
    return Layer({"nats": Setting(url, origin)} if url else {}, who)


def _nats_credentials(environ: Mapping[str, str]) -> NatsCredentials | None:
    given = {name: value for name in NATS_LOGIN if (value := environ.get(f"NATS_{name}"))}
    if not given:
        return None

    def variable(name: str) -> Secret | None:
        return Secret("env", f"NATS_{name}") if name in given else None

    def path(name: str) -> str | None:
        return expanded(given[name]) if name in given else None

    creds, nkey = path("CREDS"), path("NKEY")
    return NatsCredentials(
        origin=", ".join(f"NATS_{name}" for name in given),
        user=Secret("text", given["USER"]) if "USER" in given else None,
        password=variable("PASSWORD"),
        token=variable("TOKEN"),
        creds=Secret("file", creds) if creds else None,
        nkey=Secret("file", nkey) if nkey else None,
        tls=Tls(ca=path("CA"), cert=path("CERT"), key=path("KEY")),
    )


def _ways(who: NatsCredentials) -> dict[str, Any]:
    names = ("origin", "user", "password", "token", "creds", "nkey", "jwt", "seed", "tls")
    return {name: getattr(who, name) for name in names}
