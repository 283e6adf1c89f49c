"""What the environment says: our own variables, those of the NATS CLI, and Pulsar's.

``NATS_CONTEXT NATS_CREDS NATS_NKEY NATS_USER NATS_PASSWORD NATS_TOKEN NATS_CERT NATS_KEY NATS_CA``
are those of ``nats --help``; ``PULSAR_CLIENT_CONF`` is that of ``bin/pulsar-admin``.
"""

from __future__ import annotations

from collections.abc import Mapping

from arcwatch.config_files import VARIABLES, Setting
from arcwatch.contexts import NOTHING, Layer
from arcwatch.credentials import NatsCredentials, PulsarCredentials, Tls
from arcwatch.nats_contexts import load_nats_context, selected
from arcwatch.pulsar_conf import load_client_conf
from arcwatch.secret import Secret, expanded

_NATS = ("CREDS", "NKEY", "USER", "PASSWORD", "TOKEN", "CERT", "KEY", "CA")


def of_variables(said: Mapping[str, str], everywhere: Mapping[str, str], origin: str) -> Layer:
    """What some variables say.

    Args:
        said: The variables.
        everywhere: All that are set anywhere, which say where the NATS CLI's settings are.
        origin: How one of them is told, ``{}`` being its name.

    Raises:
        UsageError: A file that one of them names cannot be used.
    """
    addresses: dict[str, Setting] = {}
    nats, pulsar = _nats_credentials(said, origin), None
    if name := said.get("NATS_CONTEXT"):
        told = origin.format("NATS_CONTEXT")
        url, of_context = load_nats_context(name, everywhere, told)
        addresses |= {"nats": Setting(url, told)} if url else {}
        nats = nats or of_context
    if path := said.get("PULSAR_CLIENT_CONF"):
        found, pulsar = _client_conf(path, origin.format("PULSAR_CLIENT_CONF"))
        addresses |= found
    addresses |= {
        p: Setting(v, origin.format(k)) for k, p in VARIABLES.items() if (v := said.get(k))
    }
    return Layer(addresses, nats, pulsar)


def of_selected_nats_context(everywhere: Mapping[str, str]) -> Layer:
    """What the NATS CLI has selected; nothing where it has not.

    Raises:
        UsageError: That context cannot be used.
    """
    name = selected(everywhere)
    if name is None:
        return NOTHING
    told = f"NATS context {name}, which the NATS CLI has selected"
    url, who = load_nats_context(name, everywhere, told)
    return Layer({"nats": Setting(url, told)} if url else {}, who)


def _client_conf(path: str, origin: str) -> tuple[dict[str, Setting], PulsarCredentials]:
    conf = load_client_conf(path, origin)
    addresses = {"pulsar": conf.pulsar, "pulsar_admin": conf.admin}
    return {p: Setting(v, origin) for p, v in addresses.items() if v}, conf.credentials


def _nats_credentials(said: Mapping[str, str], origin: str) -> NatsCredentials | None:
    given = {name: value for name in _NATS if (value := said.get(f"NATS_{name}"))}
    if not given:
        return None

    def variable(name: str) -> Secret | None:
        return Secret("env", f"NATS_{name}") if name in given else None

    def path(name: str) -> str | None:
        return expanded(given[name]) if name in given else None

    creds, nkey = path("CREDS"), path("NKEY")
    return NatsCredentials(
        origin=origin.format(", ".join(f"NATS_{name}" for name in given)),
        user=Secret("text", given["USER"]) if "USER" in given else None,
        password=variable("PASSWORD"),
        token=variable("TOKEN"),
        creds=Secret("file", creds) if creds else None,
        nkey=Secret("file", nkey) if nkey else None,
        tls=Tls(ca=path("CA"), cert=path("CERT"), key=path("KEY")),
    )
