"""Where to look: settings from flags, contexts, the environment, ``.env`` and ``arcwatch.toml``.

The first of these that says something wins, for each setting by itself:

1. flags: ``--nats --nats-monitor --pulsar --pulsar-admin``
2. the context named by ``--context``
3. the environment: ``NATS_URL ARCWATCH_NATS_MONITOR ARCWATCH_PULSAR ARCWATCH_PULSAR_ADMIN``, and
   what other tools read there, see :mod:`arcwatch.environment`
4. ``.env`` in the working directory, the same names
5. the context named by ``ARCWATCH_CONTEXT``, or by ``default`` in ``arcwatch.toml``
6. the context that the NATS CLI has selected, for NATS
7. the same host's usual port, where only the other address of a system was given
8. localhost

A client's address takes no figures of another host along: whoever says ``--nats other`` watches
``other``, and not what a context names beside its own address.

``off`` leaves an address out; a system whose client address is ``off`` is left out whole, unless
the same place names its other address.

Credentials go only where they were meant to: those of a place are used with an address of the
same place or of a weaker one.  An address given as a flag takes those of ``--context`` or of the
environment, never those of a default that nobody named.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.config_files import PLACES, Setting, check_variable, read_dotenv
from arcwatch.contexts import NOTHING, Layer, read_context
from arcwatch.credentials import NatsCredentials, PulsarCredentials, Tls
from arcwatch.environment import of_selected_nats_context, of_variables
from arcwatch.secret import expanded
from arcwatch.server_url import LOCALHOST, beside, checked, hosts

_OTHER = {
    "nats": "nats_monitor",
    "nats_monitor": "nats",
    "pulsar": "pulsar_admin",
    "pulsar_admin": "pulsar",
}
"""The other address of the same system."""

__all__ = ["PLACES", "Settings", "load"]


class Settings(Struct, frozen=True):
    """Where to look.  An address of None is a part that is left out."""

    context: str
    """The context's name; ``local`` when none is in use."""
    nats: str | None
    nats_monitors: tuple[str, ...]
    """One address per server; empty when NATS is left out."""
    pulsar: str | None
    pulsar_admin: str | None
    origins: Mapping[str, str]
    """Who said so, by the names of :data:`PLACES`."""
    nats_credentials: NatsCredentials = NatsCredentials()
    pulsar_credentials: PulsarCredentials = PulsarCredentials()
    color: str = ""
    """What the context is drawn in; empty is the usual."""
    read_only: bool = False
    """Whether the context refuses changes, whatever the command line allows."""

    @property
    def tls_warning(self) -> str:
        """What the screen says of checks that are left out; empty when none is."""
        told = (self.nats_credentials.tls.warning, self.pulsar_credentials.tls.warning)
        return next(filter(None, told), "")


def load(
    flags: Mapping[str, str | None],
    *,
    context: str | None = None,
    tls: Tls | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Settings:
    """Find out where to look.

    Args:
        flags: Addresses given on the command line, by the names of :data:`PLACES`.
        context: The value of ``--context``.
        tls: What ``--tls-ca`` and ``--tls-insecure`` say, for all systems.
        environ: Instead of the process's environment.
        directory: Instead of the working directory, for ``.env``.

    Raises:
        UsageError: A setting cannot be used; it names the file, the line or key.
    """
    environ = os.environ if environ is None else environ
    for variable in environ:
        check_variable(variable, "the environment")
    dotenv = read_dotenv((directory or Path()) / ".env")
    everywhere = {**dotenv, **environ}
    name = context or everywhere.get("ARCWATCH_CONTEXT")
    name, chosen = read_context(everywhere, name)
    layers = [
        Layer({p: Setting(v, f"--{p.replace('_', '-')}") for p, v in flags.items() if v}),
        chosen if context else NOTHING,
        of_variables(environ, everywhere, "{}"),
        of_variables(dotenv, everywhere, "{} in .env"),
        NOTHING if context else chosen,
    ]
    if not any(_says_of("nats", layer) for layer in layers):
        layers.append(of_selected_nats_context(everywhere))
    found: dict[str, Setting] = {}
    for layer in reversed(layers):
        found = _laid_over(found, _with_whole_systems_off(layer.addresses))
    nats = _credentials("nats", layers) or NatsCredentials()
    pulsar = _credentials("pulsar", layers) or PulsarCredentials()
    return replace(
        _complete(name or "local", found),
        nats_credentials=replace(nats, tls=_tls(nats.tls, tls)),
        pulsar_credentials=replace(pulsar, tls=_tls(pulsar.tls, tls)),
        color=chosen.color,
        read_only=chosen.read_only,
    )


def _laid_over(weaker: Mapping[str, Setting], stronger: dict[str, Setting]) -> dict[str, Setting]:
    """Both, without the weaker's figures of hosts that the stronger's client address is not on."""
    elsewhere = {
        _OTHER[client]
        for client in ("nats", "pulsar")
        if client in stronger
        and (figures := weaker.get(_OTHER[client]))
        and not _is_off(stronger[client])
        and not _is_off(figures)
        and not hosts(figures.value) <= hosts(stronger[client].value)
    }
    return {p: setting for p, setting in weaker.items() if p not in elsewhere} | stronger


def _says_of(system: str, layer: Layer) -> bool:
    places = (system, _OTHER[system])
    return getattr(layer, system) is not None or any(place in layer.addresses for place in places)


def _credentials(system: Literal["nats", "pulsar"], layers: Sequence[Layer]) -> Any:
    """Those of the strongest that has some, if they may go where the address leads."""
    places = {system, _OTHER[system]}
    named = (n for n, layer in enumerate(layers) if places & layer.addresses.keys())
    address = next(named, len(layers))
    # after the flags come --context, the environment and .env
    allowed = layers[:4] if address == 0 else layers[: address + 1]
    return next((told for layer in allowed if (told := getattr(layer, system))), None)


def _tls(told: Tls, flags: Tls | None) -> Tls:
    if flags is None:
        return told
    ca = expanded(flags.ca) if flags.ca else told.ca
    return replace(told, ca=ca, insecure=told.insecure or flags.insecure)


def _with_whole_systems_off(layer: dict[str, Setting]) -> dict[str, Setting]:
    """Who leaves a system out means its figures too, whatever a lower layer says of those."""
    off = {
        _OTHER[client]: layer[client]
        for client in ("nats", "pulsar")
        if client in layer and _is_off(layer[client])
    }
    return off | layer


def _complete(context: str, found: Mapping[str, Setting]) -> Settings:
    urls = {
        place: () if _is_off(setting) else checked(place, setting.value, setting.origin)
        for place, setting in found.items()
    }
    origins = {place: setting.origin for place, setting in found.items()}
    for place in PLACES:
        other = _OTHER[place]
        if place in found:
            continue
        if other in found and urls[other]:
            urls[place], origins[place] = beside(place, urls[other]), f"beside {origins[other]}"
        else:
            urls[place], origins[place] = (LOCALHOST[place],), "default"
    return Settings(
        context=context,
        nats=",".join(urls["nats"]) or None,
        nats_monitors=urls["nats_monitor"],
        pulsar=",".join(urls["pulsar"]) or None,
        pulsar_admin=next(iter(urls["pulsar_admin"]), None),
        origins={place: origins[place] for place in PLACES},
    )


def _is_off(setting: Setting) -> bool:
    return setting.value.strip().lower() == "off"
