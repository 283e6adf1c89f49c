"""Where to look: settings from flags, contexts, the environment, ``.env`` and ``arcwatch.toml``.

The first of these that says something wins, for each setting by itself:

1. flags: ``--nats --nats-monitor --pulsar --pulsar-admin``
2. the context named by ``--context``
3. the environment: ``NATS_URL ARCWATCH_NATS_MONITOR ARCWATCH_PULSAR ARCWATCH_PULSAR_ADMIN``
4. ``.env`` in the working directory, the same names
5. the context named by ``ARCWATCH_CONTEXT``, or by ``default`` in ``arcwatch.toml``
6. the same host's usual port, where only the other address of a system was given
7. localhost

``off`` leaves an address out; a system whose client address is ``off`` is left out whole, unless
the same place names its other address.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from arcwatch.config_files import (
    PLACES,
    VARIABLES,
    Setting,
    check_variable,
    read_context,
    read_dotenv,
)
from arcwatch.server_url import LOCALHOST, beside, checked

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


def load(
    flags: Mapping[str, str | None],
    *,
    context: str | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Settings:
    """Find out where to look.

    Args:
        flags: Addresses given on the command line, by the names of :data:`PLACES`.
        context: The value of ``--context``.
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
        {
            place: Setting(value, f"--{place.replace('_', '-')}")
            for place, value in flags.items()
            if value
        },
        chosen if context else {},
        {p: Setting(v, k) for k, p in VARIABLES.items() if (v := environ.get(k))},
        {p: Setting(v, f"{k} in .env") for k, p in VARIABLES.items() if (v := dotenv.get(k))},
        chosen,
    ]
    found: dict[str, Setting] = {}
    for layer in reversed(layers):
        found |= _with_whole_systems_off(layer)
    return _complete(name or "local", found)


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
