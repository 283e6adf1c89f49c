"""The contexts of ``arcwatch.toml``: addresses, credentials by reference, colour.

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
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from arcwatch.config_files import PLACES, Setting, check_keys, nearest, read_document
from arcwatch.credentials import NatsCredentials, Oauth2, PulsarCredentials, Tls
from arcwatch.errors import UsageError
from arcwatch.nats_contexts import load_nats_context
from arcwatch.pulsar_conf import load_client_conf
from arcwatch.secret import Secret, expanded, reference
from arcwatch.server_url import LOCALHOST
from arcwatch.text import printable

COLORS = ("red", "orange", "yellow", "green", "blue", "magenta", "grey")
"""What a context may be drawn in, besides the usual."""

_TLS = ("ca", "cert", "key", "insecure", "verify_name")
_NATS_SECRETS = ("user", "password", "token", "nkey", "jwt", "seed")
_NATS = ("url", "monitor", "context", "creds", "tls_first", "inbox_prefix", *_NATS_SECRETS, *_TLS)
_PULSAR = ("url", "admin", "client_conf", "token", "user", "password", "oauth2", *_TLS)
_OAUTH2 = ("issuer", "key", "client_id", "client_secret", "audience", "scope")


class Layer(Struct, frozen=True):
    """What one place says: a context, the environment, the command line."""

    addresses: dict[str, Setting] = field(default_factory=dict)
    """By the names of :data:`PLACES`."""
    nats: NatsCredentials | None = None
    pulsar: PulsarCredentials | None = None
    color: str = ""
    read_only: bool = False


NOTHING = Layer()


def context_tables(
    variables: Mapping[str, str],
) -> tuple[Path, str | None, dict[str, object]]:
    """Where ``arcwatch.toml`` is, its default context, and all contexts as they are written.

    Raises:
        UsageError: The file has a mistake.
    """
    path, document = read_document(variables)
    contexts = document.get("context", {})
    if not isinstance(contexts, dict):
        raise UsageError("`context` must be a table", where=str(path), hint="write [context.NAME]")
    default = document.get("default")
    return path, default if default is None else str(default), contexts


def read_context(variables: Mapping[str, str], name: str | None) -> tuple[str | None, Layer]:
    """One context of ``arcwatch.toml``: its name, and what it says.

    Args:
        variables: Of the environment and ``.env``: ``ARCWATCH_CONFIG`` is the file.
        name: The context's; None is the file's default, if it has one.

    Raises:
        UsageError: There is no such context, or the file has a mistake.
    """
    path, default, contexts = context_tables(variables)
    wanted = name or default
    if wanted is None:
        return None, NOTHING
    if wanted not in contexts:
        raise UsageError(
            f"no context is called {printable(wanted, limit=60)!r}",
            where=str(path),
            why="" if path.exists() else "there is no such file",
            hint=nearest(wanted, tuple(contexts)),
        )
    return wanted, _layer(contexts[wanted], f"context.{wanted} in {path}", wanted, variables)


def _layer(table: object, where: str, name: str, variables: Mapping[str, str]) -> Layer:
    if not isinstance(table, dict):
        raise UsageError("a context must be a table", where=where, hint=f"write [context.{name}]")
    check_keys(table, (*PLACES, "color", "read_only"), where)
    color = table.get("color", "")
    if color and color not in COLORS:
        hint = f"there is {', '.join(COLORS)}"
        raise UsageError("no such color", where=where, hint=hint)
    addresses: dict[str, Setting] = {}
    nats: NatsCredentials | None = None
    pulsar: PulsarCredentials | None = None
    for key, value in table.items():
        if key == "nats" and isinstance(value, dict):
            found, nats = _nats(value, where, variables)
        elif key == "pulsar" and isinstance(value, dict):
            found, pulsar = _pulsar(value, where)
        elif key in PLACES:
            found = {key: _address(key, value, where)}
        else:
            continue
        addresses |= found
    read_only = _flag(table, "read_only", where, usual=False)
    return Layer(addresses, nats, pulsar, color, read_only)


def _address(key: str, value: object, where: str) -> Setting:
    told = value if isinstance(value, list) else [value]
    parts = [part for part in told if isinstance(part, str)]
    if not parts or len(parts) < len(told):
        usual = LOCALHOST.get(key, "…")
        raise UsageError(f"`{key}` must be text", where=where, hint=f'write {key} = "{usual}"')
    return Setting(",".join(parts), where)


def _nats(
    table: Mapping[str, object], where: str, variables: Mapping[str, str]
) -> tuple[dict[str, Setting], NatsCredentials]:
    check_keys(table, _NATS, where)
    addresses: dict[str, Setting] = {}
    if name := _text(table, "context", where):
        _check_alone(table, "context", ("url", "monitor", *_TLS), where)
        url, who = load_nats_context(name, variables, where)
        addresses |= {"nats": Setting(url, where)} if url else {}
        who = _replaced(who, tls=_tls(table, where, who.tls))
    else:
        creds = _text(table, "creds", where)
        who = NatsCredentials(
            origin=where,
            creds=_file_or_reference(creds, "creds", where) if creds else None,
            tls=_tls(table, where, Tls()),
            tls_first=_flag(table, "tls_first", where, usual=False),
            inbox_prefix=_text(table, "inbox_prefix", where) or "_INBOX",
            **{key: _secret(table, key, where) for key in _NATS_SECRETS},
        )
    places = {"url": "nats", "monitor": "nats_monitor"}
    addresses |= {places[k]: _address(k, table[k], where) for k in places if k in table}
    return addresses, who


def _pulsar(
    table: Mapping[str, object], where: str
) -> tuple[dict[str, Setting], PulsarCredentials]:
    check_keys(table, _PULSAR, where)
    addresses: dict[str, Setting] = {}
    if path := _text(table, "client_conf", where):
        _check_alone(table, "client_conf", ("url", "admin", *_TLS), where)
        conf = load_client_conf(path, where)
        addresses |= {"pulsar": Setting(conf.pulsar, where)} if conf.pulsar else {}
        addresses |= {"pulsar_admin": Setting(conf.admin, where)} if conf.admin else {}
        who = _replaced(conf.credentials, tls=_tls(table, where, conf.credentials.tls))
    else:
        who = PulsarCredentials(
            origin=where,
            token=_secret(table, "token", where),
            user=_secret(table, "user", where),
            password=_secret(table, "password", where),
            oauth2=_oauth2(table.get("oauth2"), where),
            tls=_tls(table, where, Tls()),
        )
    places = {"url": "pulsar", "admin": "pulsar_admin"}
    addresses |= {places[k]: _address(k, table[k], where) for k in places if k in table}
    return addresses, who


def _oauth2(table: object, where: str) -> Oauth2 | None:
    if table is None:
        return None
    if not isinstance(table, dict) or not isinstance(table.get("issuer"), str):
        hint = 'write oauth2 = { issuer = "https://…", key = "file:PATH", audience = "…" }'
        raise UsageError("`oauth2` must be a table with its issuer", where=where, hint=hint)
    check_keys(table, _OAUTH2, where)
    return Oauth2(
        issuer=table["issuer"],
        key=_secret(table, "key", where),
        client_id=_text(table, "client_id", where),
        client_secret=_secret(table, "client_secret", where),
        audience=_text(table, "audience", where),
        scope=_text(table, "scope", where),
    )


def _tls(table: Mapping[str, object], where: str, usual: Tls) -> Tls:
    def path(key: str) -> str | None:
        return expanded(told) if (told := _text(table, key, where)) else getattr(usual, key)

    return Tls(
        ca=path("ca"),
        cert=path("cert"),
        key=path("key"),
        insecure=_flag(table, "insecure", where, usual=usual.insecure),
        verify_name=_flag(table, "verify_name", where, usual=usual.verify_name),
    )


def _check_alone(table: Mapping[str, object], key: str, beside: Sequence[str], where: str) -> None:
    """Two answers to who we are are a mistake, not a preference."""
    if other := next((k for k in table if k != key and k not in beside), None):
        what = f"`{other}` cannot stand beside `{key}`"
        raise UsageError(what, where=where, hint=f"leave one of them out: `{key}` brings its own")


def _secret(table: Mapping[str, object], key: str, where: str) -> Secret | None:
    written = _text(table, key, where)
    if not written:
        return None
    if key == "user" and ":" not in written:
        return Secret("text", written)
    return reference(written, where=where, key=key)


def _file_or_reference(written: str, key: str, where: str) -> Secret:
    """A path is no secret: it may stand by itself."""
    if written.startswith(("env:", "file:", "keyring:")):
        return reference(written, where=where, key=key)
    return Secret("file", expanded(written))


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"`{key}` must be text", where=where)
    return value


def _flag(table: Mapping[str, object], key: str, where: str, *, usual: bool) -> bool:
    value = table.get(key, usual)
    if not isinstance(value, bool):
        raise UsageError(f"`{key}` must be true or false", where=where)
    return value


def _replaced(who: Any, **fields: Any) -> Any:
    from msgspec.structs import replace

    return replace(who, **fields)
