"""Where to look: settings from flags, contexts, the environment, ``.env`` and ``arcwatch.toml``.

The first of these that sets something wins, for each setting by itself:

1. flags: ``--nats --nats-monitor --pulsar --pulsar-admin``
2. the context named by ``--context``
3. the environment: ``NATS_URL ARCWATCH_NATS_MONITOR ARCWATCH_PULSAR ARCWATCH_PULSAR_ADMIN``, and
   what other tools read there, see :mod:`arcwatch.config.environment`
4. the context named by ``ARCWATCH_CONTEXT``
5. ``.env`` in the working directory, for addresses alone
6. the context named by ``default`` in ``arcwatch.toml``
7. the context that the NATS CLI has selected, for NATS
8. the same host's usual port, where only the other address of a system was given
9. localhost

A client's address takes no figures of another host along: with ``--nats other`` a user watches
``other``, and not what a context names beside its own address.

``off`` leaves an address out; a system whose client address is ``off`` is left out whole, unless
the same place names its other address.

The working directory may be anyone's.  Its ``.env`` names addresses and nothing else, it leaves out
no system that the user has named, and no login of the user's goes to a system of which it named an
address.  Flags, the environment and the user's configuration folder are the user's own.  Of these,
the credentials of a place are used with an address of the same place or of a weaker one; an address
given as a flag takes those of ``--context`` or of the environment, never those of a default that
nobody named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from arcwatch.errors import UsageError
from arcwatch.model.reading import System
from arcwatch.notation.server_url import LOCALHOST, beside, checked, hosts, shown

from .contexts import NOTHING, Layer, context_tables, read_context
from .credentials import NO_CREDENTIALS, NatsCredentials, PulsarCredentials, Tls
from .environment import of_environment, of_folder, of_selected_nats_context
from .files import PLACES, FolderVariables, Setting, check_variable, folder_variables
from .secret import expanded

_OTHER = {
    "nats": "nats_monitor",
    "nats_monitor": "nats",
    "pulsar": "pulsar_admin",
    "pulsar_admin": "pulsar",
}
"""The other address of the same system."""

_NAMES: Mapping[System, str] = {"nats": "NATS", "pulsar": "Pulsar"}

__all__ = ["PLACES", "Settings", "flags_of", "load"]


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
    """Where each was set, by the names of :data:`PLACES`."""
    nats_credentials: NatsCredentials = NatsCredentials()
    pulsar_credentials: PulsarCredentials = PulsarCredentials()
    color: str = ""
    """What the context is drawn in; empty is the usual."""
    read_only: bool = False
    """Whether the context refuses changes, whatever the command line allows."""

    from_folder: tuple[str, ...] = ()
    """Those of :data:`PLACES` that were set by the working directory."""
    notes: tuple[str, ...] = ()
    """What was written somewhere and does not count, a line each."""
    cluster: str = ""
    """What this cluster is called among several; empty of one alone."""
    clusters: tuple[Settings, ...] = ()
    """Several clusters of one platform, each with addresses and logins of its own.  A system of
    which there are several has no address here."""

    def several(self, system: System) -> tuple[Settings, ...]:
        """The clusters of a system, where there are several."""
        return tuple(one for one in self.clusters if one.addresses(system))

    def of(self, system: System, cluster: str) -> Settings:
        """The settings of one cluster of a system; unchanged if there is only one."""
        return next((one for one in self.several(system) if one.cluster == cluster), self)

    def addresses(self, system: System) -> tuple[str, ...]:
        """Addresses of a system's servers; none if it is off or has several clusters."""
        if system == "nats":
            return (*filter(None, [self.nats]), *self.nats_monitors)
        return (*filter(None, [self.pulsar, self.pulsar_admin]),)

    def without(self, system: System) -> Settings:
        """The same, with nothing asked of a system's servers; see :attr:`nats_monitors`."""
        others = tuple(one.without(system) for one in self.clusters)
        if system == "nats":
            return replace(self, nats_monitors=(), clusters=others)
        return replace(self, pulsar_admin=None, clusters=others)

    def check_one(self, system: System) -> None:
        """Refuse to choose a cluster of a system that has several.

        Raises:
            UsageError: There are; names them.
        """
        if several := self.several(system):
            names = [f"{one.context}::" for one in several]
            raise UsageError(
                f"which {_NAMES[system]} cluster?",
                where=f"context {self.context}",
                why=f"it has {len(several)} of them",
                hint=f"begin the address with {' or '.join(names)}, or give --context"
                f" {several[0].context}",
            )

    @property
    def tls_warning(self) -> str:
        """A warning about checks that are off; empty if none is."""
        warnings = [self.nats_credentials.tls.warning, self.pulsar_credentials.tls.warning]
        warnings += [one.tls_warning for one in self.clusters]
        return next(filter(None, warnings), "")

    @property
    def folder_warning(self) -> str:
        """A warning about addresses from the working directory; empty if there is none.

        ``NATS from .env``.
        """
        named = [name for s, name in _NAMES.items() if {s, _OTHER[s]} & {*self.from_folder}]
        return f"{' and '.join(named)} from .env" if named else ""


def flags_of(settings: Settings) -> tuple[str, ...]:
    """The flags that lead another run to the same brokers, as words of a command line.

    What the environment says is not repeated, and no login is: such an address has a ``…``.
    """
    flags = [] if settings.context == "local" else ["--context", settings.context]
    urls = {"nats": settings.nats, "nats_monitor": ",".join(settings.nats_monitors) or None}
    urls |= {"pulsar": settings.pulsar, "pulsar_admin": settings.pulsar_admin}
    for place, url in urls.items():
        flag = f"--{place.replace('_', '-')}"
        if settings.origins.get(place) == flag:
            flags += [flag, shown(url) if url else "off"]
    return tuple(flags)


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
        tls: What ``--tls-ca`` and ``--tls-insecure`` say, for all systems.
        directory: Instead of the working directory, for ``.env``.
    """
    environ = os.environ if environ is None else environ
    for variable in environ:
        check_variable(variable, "the environment")
    dotenv = folder_variables((directory or Path()) / ".env")
    exported = None if context else environ.get("ARCWATCH_CONTEXT")
    name, chosen = read_context(environ, context or exported)
    # as strong as the place that named it: a flag, the environment, or the file's default
    places = [NOTHING, NOTHING, NOTHING]
    places[0 if context else 1 if exported else 2] = chosen
    stronger = [_of_flags(flags), places[0], of_environment(environ), places[1]]
    weaker, folder = [places[2]], of_folder(dotenv)
    if not any(_configures("nats", layer) for layer in (*stronger, _without_off(folder), *weaker)):
        weaker.append(of_selected_nats_context(environ))
    own = (*stronger, *weaker)
    folder, hidden = _hiding_nothing(folder, own)
    found = _merged((*stronger, folder, *weaker))
    notes = [*(note for layer in own for note in layer.notes), *_localhost_notes(found, own)]
    settings = _complete(name or "local", found)
    clusters = tuple(_clusters(settings.context, found, tls, environ, directory))
    notes += [note for one in clusters for note in one.notes if note not in notes]
    settings = replace(
        settings,
        clusters=clusters,
        color=chosen.color,
        read_only=chosen.read_only,
        notes=(*notes, *_ignored(dotenv), *hidden),
    )
    return _logged_in(settings, stronger, weaker, tls)


def _logged_in(
    settings: Settings, stronger: Sequence[Layer], weaker: Sequence[Layer], tls: Tls | None
) -> Settings:
    nats, *kept_nats = _login("nats", settings, stronger, weaker)
    pulsar, *kept_pulsar = _login("pulsar", settings, stronger, weaker)
    nats, pulsar = nats or NatsCredentials(), pulsar or PulsarCredentials()
    return replace(
        settings,
        nats_credentials=replace(nats, tls=_tls(nats.tls, tls)),
        pulsar_credentials=replace(pulsar, tls=_tls(pulsar.tls, tls)),
        notes=(*settings.notes, *kept_nats, *kept_pulsar),
    )


def _merged(layers: Sequence[Layer]) -> dict[str, Setting]:
    """The addresses of all layers, the strongest first."""
    found: dict[str, Setting] = {}
    for layer in reversed(layers):
        found = _laid_over(found, _with_whole_systems_off(layer.addresses))
    # one address from elsewhere is of another cluster than these several
    single = {p for p, setting in found.items() if setting.clusters and found[_OTHER[p]] != setting}
    return {place: setting for place, setting in found.items() if place not in single}


def _clusters(
    context: str,
    found: Mapping[str, Setting],
    tls: Tls | None,
    environ: Mapping[str, str],
    directory: Path | None,
) -> Iterator[Settings]:
    systems = {system: found[system].clusters if system in found else () for system in _NAMES}
    for name in dict.fromkeys(name for names in systems.values() for name in names):
        at = f"{context}.{name}"
        one = load({}, context=at, tls=tls, environ=environ, directory=directory)
        for system, names in systems.items():
            if name not in names:
                one = one.without(system)
        yield replace(one, cluster=name)


def _of_flags(flags: Mapping[str, str | None]) -> Layer:
    return Layer({p: Setting(v, f"--{p.replace('_', '-')}") for p, v in flags.items() if v})


def _ignored(dotenv: FolderVariables) -> list[str]:
    names = ", ".join(dotenv.ignored)
    how = "only addresses are read from it; export them, or write a context"
    return [*dotenv.mistakes, *([f".env: ignored {names}: {how}"] if names else [])]


def _hiding_nothing(folder: Layer, own: Sequence[Layer]) -> tuple[Layer, list[str]]:
    """The folder's layer without an ``off`` for what the user has named, and notes about that."""
    hides = {
        place: setting
        for place, setting in folder.addresses.items()
        if setting.is_off and any(_names(place, layer) for layer in own)
    }
    left = {p: setting for p, setting in folder.addresses.items() if p not in hides}
    notes = [
        f"{s.origin}: `off` is ignored, since you gave an address yourself" for s in hides.values()
    ]
    return replace(folder, addresses=left), notes


def _names(place: str, layer: Layer) -> bool:
    settings = (layer.addresses.get(p) for p in (place, _OTHER[place]))
    return any(setting and not setting.is_off for setting in settings)


def _without_off(folder: Layer) -> Layer:
    kept = {place: s for place, s in folder.addresses.items() if not s.is_off}
    return replace(folder, addresses=kept)


def _localhost_notes(found: Mapping[str, Setting], own: Sequence[Layer]) -> list[str]:
    """Notes where localhost replaces the brokers that a ``client.conf`` might have named."""
    path = next((layer.without_broker for layer in own if layer.without_broker), "")
    if not path or found.keys() & {"pulsar", "pulsar_admin"}:
        return []
    return [f"{path} has neither webServiceUrl nor brokerServiceUrl; using localhost"]


def _laid_over(weaker: Mapping[str, Setting], stronger: dict[str, Setting]) -> dict[str, Setting]:
    """Both, without the weaker's figures of hosts that the stronger's client address is not on."""
    elsewhere = {
        _OTHER[client]
        for client in ("nats", "pulsar")
        if client in stronger
        and (figures := weaker.get(_OTHER[client]))
        and not stronger[client].is_off
        and not figures.is_off
        and not hosts(figures.value) <= hosts(stronger[client].value)
    }
    return {p: setting for p, setting in weaker.items() if p not in elsewhere} | stronger


def _configures(system: str, layer: Layer) -> bool:
    places = (system, _OTHER[system])
    return getattr(layer, system) is not None or any(place in layer.addresses for place in places)


def _login(
    system: Literal["nats", "pulsar"],
    settings: Settings,
    stronger: Sequence[Layer],
    weaker: Sequence[Layer],
) -> Any:
    """The login to a system, if its addresses may see it, and notes otherwise.

    One address of a system leads to its others, so that it is all of them or none.
    """
    places = {system, _OTHER[system]}
    if not places & {*settings.from_folder}:
        return (_credentials(system, (*stronger, *weaker)),)
    who = _credentials(system, stronger)
    if who is None or who.method == NO_CREDENTIALS:
        return (who and _anonymous(who, ""),)
    place = next(p for p in PLACES if p in places and p in settings.from_folder)
    origin = settings.origins[place].removeprefix("beside ")
    warning = f"credentials from {who.origin} are not sent to the address from {origin}"
    note = f"{warning}; export {origin.partition(' ')[0]} yourself to send them"
    return _anonymous(who, warning), note


def _anonymous(who: Any, origin: str) -> Any:
    """No login and no certificate of ours, with the trust that others have and its authorities."""
    return type(who)(origin=origin, tls=Tls(ca=who.tls.ca))


def _credentials(system: Literal["nats", "pulsar"], layers: Sequence[Layer]) -> Any:
    """Those of the strongest that has some, if they may go where the address leads."""
    places = {system, _OTHER[system]}
    named = (n for n, layer in enumerate(layers) if places & layer.addresses.keys())
    address = next(named, len(layers))
    # after the flags come --context and the environment's own login
    allowed = layers[:3] if address == 0 else layers[: address + 1]
    return next((found for layer in allowed if (found := getattr(layer, system))), None)


def _tls(trust: Tls, flags: Tls | None) -> Tls:
    if flags is None:
        return trust
    ca = expanded(flags.ca) if flags.ca else trust.ca
    return replace(trust, ca=ca, insecure=trust.insecure or flags.insecure)


def _with_whole_systems_off(layer: dict[str, Setting]) -> dict[str, Setting]:
    """Switch off a whole system where its client address is off, whatever a lower layer has."""
    off = {
        _OTHER[client]: layer[client]
        for client in ("nats", "pulsar")
        if client in layer and layer[client].is_off
    }
    return off | layer


def _complete(context: str, found: Mapping[str, Setting]) -> Settings:
    urls = {
        place: ()
        if setting.is_off or setting.clusters
        else checked(place, setting.value, setting.origin)
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
    from_folder = {p for p, setting in found.items() if setting.from_folder and urls[p]}
    guessed = {p for p in PLACES if p not in found and _OTHER[p] in from_folder}
    return Settings(
        context=context,
        nats=",".join(urls["nats"]) or None,
        nats_monitors=urls["nats_monitor"],
        pulsar=",".join(urls["pulsar"]) or None,
        pulsar_admin=next(iter(urls["pulsar_admin"]), None),
        origins={place: origins[place] for place in PLACES},
        from_folder=tuple(p for p in PLACES if p in from_folder | guessed),
    )


class Contexts:
    """The contexts of ``arcwatch.toml``, read again each time: one may be added meanwhile.

    Args:
        tls: What ``--tls-ca`` and ``--tls-insecure`` say, whichever context is chosen.
    """

    def __init__(self, tls: Tls | None = None) -> None:
        self._tls = tls

    def names(self) -> Sequence[str]:
        """What they are called."""
        return tuple(context_tables(os.environ)[2])

    def settings(self, name: str) -> Settings:
        """Where one of them looks."""
        return load({}, context=name, tls=self._tls)
