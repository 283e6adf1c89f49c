"""The contexts of ``arcwatch.toml``: addresses, credentials by reference, colour.

A relative path starts from the file's own folder.

::

    default = "prod"

    [context.prod]
    color = "red"
    read_only = true
    nats = { url = "tls://n1,tls://n2", creds = "file:~/arc.creds", ca = "ca.pem" }
    pulsar = { url = "pulsar+ssl://p1", admin = "https://p1:8443", token = "file:/run/token" }

    [context.mine]
    nats = { context = "laptop" }                 # of the NATS CLI
    pulsar = { client_conf = "~/pulsar/client.conf" }

    [context.plain]
    nats = "nats://n1:4222"
    nats_monitor = "http://n1:8222"

    [context.world]                               # world.us and world.eu are contexts, too
    nats = [
        { name = "us", url = "nats://us1", creds = "~/us.creds" },
        { name = "eu", url = "nats://eu1", creds = "~/eu.creds" },
    ]
    pulsar = [
        { name = "us", url = "pulsar://us1", token = "env:US_TOKEN" },
        { name = "eu", url = "pulsar://eu1", token = "env:EU_TOKEN" },
    ]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from arcwatch.errors import UsageError
from arcwatch.notation.server_url import LOCALHOST, beside, checked
from arcwatch.text.control_characters import printable

from .credentials import NatsCredentials, Oauth2, PulsarCredentials, Tls, jetstream_subjects
from .files import PLACES, Setting, check_keys, nearest, read_document
from .nats_cli import load_nats_context
from .pulsar_client_conf import load_client_conf
from .secret import Secret, expanded, reference

COLORS = ("red", "orange", "yellow", "green", "blue", "magenta", "grey")
"""What a context may be drawn in, besides the usual."""

_TLS = ("ca", "cert", "key", "insecure", "verify_name")
_NATS_SECRETS = ("user", "password", "token", "nkey", "jwt", "seed")
_JETSTREAM = ("jetstream_domain", "jetstream_api_prefix", "jetstream_event_prefix")
_NATS = (
    "url",
    "monitor",
    "context",
    "creds",
    "tls_first",
    "inbox_prefix",
    *_JETSTREAM,
    *_NATS_SECRETS,
    *_TLS,
)
_PULSAR = (
    "url",
    "admin",
    "client_conf",
    "token",
    "user",
    "password",
    "oauth2",
    "bookie_admin",
    "functions_worker",
    *_TLS,
)
_NAME = re.compile(r"[\w@+-]{1,40}")
"""The name of one cluster of several; the context's and a dot come before it in addresses."""
_FULL_NAME = re.compile(r"[\w.@+-]+")
"""What may come before the `::` of an address."""
_ADDRESSED = {"nats": {"url", "monitor", "context"}, "pulsar": {"url", "admin", "client_conf"}}
"""Settings of a cluster, one of which is needed to find it."""

_OAUTH2 = ("issuer", "key", "client_id", "client_secret", "audience", "scope")


class Layer(Struct, frozen=True):
    """The settings of one place: a context, the environment, the command line."""

    addresses: dict[str, Setting] = field(default_factory=dict)
    """By the names of :data:`PLACES`."""
    nats: NatsCredentials | None = None
    pulsar: PulsarCredentials | None = None
    color: str = ""
    read_only: bool = False
    notes: tuple[str, ...] = ()
    """What was written there and is not understood."""
    without_broker: str = ""
    """A ``client.conf`` that is used and names no address."""


NOTHING = Layer()


HOW_TO_ADD = "`arcwatch context add NAME --nats URL` adds one"
"""A hint where there is no context."""


def context_tables(variables: Mapping[str, str]) -> tuple[Path, str | None, dict[str, object]]:
    """Where ``arcwatch.toml`` is, its default context, and all contexts as they are written."""
    path, document = read_document(variables)
    contexts = document.get("context", {})
    if not isinstance(contexts, dict):
        raise UsageError("`context` must be a table", where=str(path), hint="write [context.NAME]")
    default = document.get("default")
    return path, default if default is None else str(default), contexts


def read_context(variables: Mapping[str, str], name: str | None) -> tuple[str | None, Layer]:
    """One context of ``arcwatch.toml``: its name and settings.

    Args:
        variables: Of the environment: ``ARCWATCH_CONFIG`` is the file.
        name: The context's; None is the file's default, if it has one.
    """
    path, default, contexts = context_tables(variables)
    chosen = name or default
    if chosen is None:
        return None, NOTHING
    table = contexts[chosen] if chosen in contexts else _one_of_several(contexts, chosen)
    if table is None:
        raise UsageError(
            f"there is no context called {printable(chosen, limit=60)!r}",
            where=str(path),
            why="" if path.exists() else "there is no such file",
            hint=nearest(chosen, tuple(contexts)) if contexts else HOW_TO_ADD,
        )
    written = _Written(table, f"context.{chosen} in {path}", str(path.parent))
    layer = _layer(written, chosen, variables)
    if chosen not in contexts:
        layer = _apart(layer, written.where)
    names = {name for setting in layer.addresses.values() for name in setting.clusters}
    if taken := sorted(f"{chosen}.{name}" for name in names if f"{chosen}.{name}" in contexts):
        hint = f"rename one: it is also the name of a cluster of {chosen}"
        raise UsageError(f"two contexts are called {taken[0]}", where=written.where, hint=hint)
    return chosen, layer


def _one_of_several(contexts: Mapping[str, object], name: str) -> dict[str, object] | None:
    """The context of one of a context's several clusters, without its other clusters.

    >>> _one_of_several({"world": {"pulsar": [{"name": "us", "url": "pulsar://us1"}]}}, "world.us")
    {'pulsar': {'url': 'pulsar://us1'}, 'nats': 'off'}
    """
    context, _, cluster = name.rpartition(".")
    table = contexts.get(context)
    if not isinstance(table, dict):
        return None
    found = {system: _called(table.get(system), cluster) for system in ("nats", "pulsar")}
    if not any(found.values()):
        return None
    kept = {key: value for key, value in table.items() if key in ("color", "read_only")}
    one = {system: of_cluster or "off" for system, of_cluster in found.items()}
    return kept | dict(sorted(one.items(), reverse=True))


def _called(clusters: object, name: str) -> dict[str, object] | None:
    for one in clusters if isinstance(clusters, list) else ():
        if isinstance(one, dict) and one.get("name") == name:
            return {key: value for key, value in one.items() if key != "name"}
    return None


def _apart(layer: Layer, where: str) -> Layer:
    """One of several clusters, with both of its addresses: none may come from another place."""
    both = dict(layer.addresses)
    for client, figures in (("nats", "nats_monitor"), ("pulsar", "pulsar_admin")):
        if not {client, figures} & both.keys():
            what = f"this cluster of `{client}` has no address"
            raise UsageError(what, where=where, hint="write `url`")
        for place, other in ((client, figures), (figures, client)):
            setting = both.get(other)
            if setting and place not in both and not setting.is_off:
                urls = beside(place, checked(other, setting.value, setting.origin))
                # one Pulsar broker names the others
                found = ",".join(urls) if client == "nats" else urls[0]
                both[place] = Setting(found, f"beside {setting.origin}")
    return replace(layer, addresses=both)


class _Written(NamedTuple):
    """A table of the file, with what its mistakes are blamed on."""

    table: Any
    where: str
    folder: str
    """The file's, from which its relative paths start."""

    def ensure_exclusive(self, key: str, beside: Sequence[str]) -> None:
        """Two answers to who we are are a mistake, not a preference."""
        if other := next((k for k in self.table if k != key and k not in beside), None):
            what = f"`{other}` cannot be combined with `{key}`"
            hint = f"remove one of them: `{key}` has its own"
            raise UsageError(what, where=self.where, hint=hint)

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            raise UsageError(f"`{key}` must be text", where=self.where)
        return value

    def flag(self, key: str, *, usual: bool) -> bool:
        value = self.table.get(key, usual)
        if not isinstance(value, bool):
            raise UsageError(f"`{key}` must be true or false", where=self.where)
        return value

    def path(self, key: str) -> str | None:
        return expanded(written, self.folder) if (written := self.text(key)) else None

    def secret(self, key: str) -> Secret | None:
        written = self.text(key)
        if not written:
            return None
        if key == "user" and ":" not in written:
            return Secret("text", written)
        return reference(written, where=self.where, key=key, beside=self.folder)

    def file(self, key: str) -> Secret | None:
        """A path is no secret, so it may be written without a reference."""
        if self.text(key).startswith(("env:", "file:", "keyring:")):
            return self.secret(key)
        return Secret("file", path) if (path := self.path(key)) else None

    def addresses(self, places: Mapping[str, str]) -> dict[str, Setting]:
        """Those that are written, by what each is called here and in :data:`PLACES`."""
        return {
            place: _address(key, self.table[key], self.where)
            for key, place in places.items()
            if key in self.table
        }


def _layer(written: _Written, name: str, variables: Mapping[str, str]) -> Layer:
    table, where = written.table, written.where
    if not isinstance(table, dict):
        raise UsageError("a context must be a table", where=where, hint=f"write [context.{name}]")
    check_keys(table, (*PLACES, "color", "read_only"), where)
    color = table.get("color", "")
    if color and color not in COLORS:
        hint = f"one of {', '.join(COLORS)}"
        raise UsageError("no such color", where=where, hint=hint)
    read_only = written.flag("read_only", usual=False)
    found = Layer(color=color, read_only=read_only)
    for key, value in table.items():
        if key in ("nats", "pulsar") and _is_several(value):
            found = replace(found, addresses=found.addresses | _several(written, key, name))
        elif key == "nats" and isinstance(value, dict):
            addresses, nats = _nats(written._replace(table=value), variables)
            found = replace(found, addresses=found.addresses | addresses, nats=nats)
        elif key == "pulsar" and isinstance(value, dict):
            of_pulsar = _pulsar(written._replace(table=value))
            addresses = found.addresses | of_pulsar.addresses
            of_nats = {"nats": found.nats, "color": color, "read_only": read_only}
            found = replace(of_pulsar, addresses=addresses, **of_nats)
        elif key in PLACES:
            found = replace(found, addresses=found.addresses | written.addresses({key: key}))
    return found


def _is_several(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def _several(written: _Written, system: str, context: str) -> dict[str, Setting]:
    """The names of a system's clusters, in place of both of its addresses.

    Each cluster is a context of its own, with settings for it alone.
    """
    clusters, figures = written.table[system], {"nats": "nats_monitor", "pulsar": "pulsar_admin"}
    names = [one.get("name") if isinstance(one, dict) else None for one in clusters]
    example = f'{system} = [{{ name = "us", url = "…" }}, {{ name = "eu", url = "…" }}]'
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        what = f"each cluster of `{system}` needs a `name`: letters, digits and -_@+"
        raise UsageError(what, where=written.where, hint=f"write {example}")
    lost = [one["name"] for one in clusters if not _ADDRESSED[system] & one.keys()]
    if lost:
        what = f"the cluster {lost[0]!r} of `{system}` has no `url`"
        raise UsageError(what, where=written.where, hint=f"write {example}")
    if len(set(names)) < len(names):
        what = f"two clusters of `{system}` have the same name"
        raise UsageError(what, where=written.where, hint="rename one: addresses begin with it")
    if not _FULL_NAME.fullmatch(context):
        what = f"a context called {printable(context, limit=60)!r} cannot have several clusters"
        hint = "rename it: only letters, digits and -_.@+ are valid in addresses"
        raise UsageError(what, where=written.where, hint=hint)
    if figures[system] in written.table:
        what = f"`{figures[system]}` cannot be combined with several clusters of `{system}`"
        raise UsageError(what, where=written.where, hint="give each cluster its own")
    setting = Setting(",".join(map(str, names)), written.where, clusters=(*map(str, names),))
    return {system: setting, figures[system]: setting}


def _address(key: str, value: object, where: str) -> Setting:
    urls = value if isinstance(value, list) else [value]
    parts = [part for part in urls if isinstance(part, str)]
    if not parts or len(parts) < len(urls):
        usual = LOCALHOST.get(key, "…")
        raise UsageError(f"`{key}` must be text", where=where, hint=f'write {key} = "{usual}"')
    return Setting(",".join(parts), where)


def _nats(
    written: _Written, variables: Mapping[str, str]
) -> tuple[dict[str, Setting], NatsCredentials]:
    check_keys(written.table, _NATS, written.where)
    addresses: dict[str, Setting] = {}
    if name := written.text("context"):
        written.ensure_exclusive("context", ("url", "monitor", *_TLS))
        url, who = load_nats_context(name, variables, written.where)
        addresses |= {"nats": Setting(url, written.where)} if url else {}
        who = replace(who, tls=_tls(written, who.tls))
    else:
        domain, prefix, events = (written.text(key) for key in _JETSTREAM)
        api, events = jetstream_subjects(domain, prefix, events, where=written.where)
        who = NatsCredentials(
            origin=written.where,
            creds=written.file("creds"),
            tls=_tls(written, Tls()),
            tls_first=written.flag("tls_first", usual=False),
            inbox_prefix=written.text("inbox_prefix") or "_INBOX",
            jetstream=api,
            events=events,
            **{key: written.secret(key) for key in _NATS_SECRETS},
        )
    return addresses | written.addresses({"url": "nats", "monitor": "nats_monitor"}), who


def _pulsar(written: _Written) -> Layer:
    where = written.where
    check_keys(written.table, _PULSAR, where)
    named = written.addresses({"url": "pulsar", "admin": "pulsar_admin"})
    if path := written.path("client_conf"):
        written.ensure_exclusive("client_conf", ("url", "admin", *_TLS))
        found = of_client_conf(path, where)
        assert found.pulsar is not None, "client.conf always yields credentials"
        tls = _tls(written, found.pulsar.tls)
        who = replace(found.pulsar, tls=tls, **_beside(written))
        return replace(found, addresses=found.addresses | named, pulsar=who)
    who = PulsarCredentials(
        origin=where,
        token=written.secret("token"),
        user=written.secret("user"),
        password=written.secret("password"),
        oauth2=_oauth2(written),
        tls=_tls(written, Tls()),
        **_beside(written),
    )
    return Layer(named, pulsar=who)


def _beside(written: _Written) -> dict[str, Any]:
    """The addresses of what is asked besides brokers."""
    bookies = _urls(written, "bookie_admin", "http://*:8000")
    workers = _urls(written, "functions_worker", "http://worker:6750")
    if len(workers) > 1 or "*" in "".join(workers):
        hint = "name any one of the workers: each answers for all of them"
        raise UsageError("`functions_worker` must be one address", where=written.where, hint=hint)
    return {"bookie_admin": bookies, "functions_worker": "".join(workers)}


def _urls(written: _Written, key: str, example: str) -> tuple[str, ...]:
    if key not in written.table:
        return ()
    urls = _address(key, written.table[key], written.where).value.split(",")
    for url in urls:
        # urlsplit would raise here for a port that is no number
        if not re.fullmatch(r"https?://(\*|[\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}/?", url):
            what, hint = f"`{key}` must be http://HOST:PORT", f'write "{example}"'
            raise UsageError(what, where=written.where, hint=hint)
    return tuple(urls)


def of_client_conf(path: str, origin: str) -> Layer:
    """The settings of Pulsar's ``client.conf``."""
    conf = load_client_conf(path, origin)
    named = {"pulsar": conf.pulsar, "pulsar_admin": conf.admin}
    addresses = {place: Setting(url, origin) for place, url in named.items() if url}
    without = "" if addresses else path
    return Layer(addresses, None, conf.credentials, notes=conf.notes, without_broker=without)


def _oauth2(pulsar: _Written) -> Oauth2 | None:
    table = pulsar.table.get("oauth2")
    if table is None:
        return None
    if not isinstance(table, dict) or not isinstance(table.get("issuer"), str):
        hint = 'write oauth2 = { issuer = "https://…", key = "file:PATH", audience = "…" }'
        raise UsageError("`oauth2` must be a table with an `issuer`", where=pulsar.where, hint=hint)
    check_keys(table, _OAUTH2, pulsar.where)
    written = pulsar._replace(table=table)
    return Oauth2(
        issuer=written.text("issuer"),
        key=written.secret("key"),
        client_id=written.text("client_id"),
        client_secret=written.secret("client_secret"),
        audience=written.text("audience"),
        scope=written.text("scope"),
    )


def _tls(written: _Written, usual: Tls) -> Tls:
    return Tls(
        ca=written.path("ca") or usual.ca,
        cert=written.path("cert") or usual.cert,
        key=written.path("key") or usual.key,
        insecure=written.flag("insecure", usual=usual.insecure),
        verify_name=written.flag("verify_name", usual=usual.verify_name),
    )
