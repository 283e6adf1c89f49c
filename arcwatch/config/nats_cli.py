"""Contexts of the NATS CLI: ``$XDG_CONFIG_HOME/nats/context/NAME.json``.

Its source is ``natscontext`` of ``github.com/nats-io/jsm.go``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from arcwatch.errors import SourceError, UsageError
from arcwatch.text.control_characters import printable

from .credentials import NatsCredentials, Tls, jetstream_subjects
from .files import read_settings
from .secret import Secret, expanded, read_file, reference

_SECRETS = ("password", "token", "user_jwt", "user_seed")
_REFUSED = {
    "nsc": "arcwatch does not run nsc",
    "socks_proxy": "arcwatch does not support proxies",
    "windows_cert_store": "arcwatch reads certificates from files alone",
}
"""What a context may ask for that we do not do, and why: going on without it would mislead."""


class NatsContext(msgspec.Struct, frozen=True):
    """The fields of a context that are read; Go writes what is not set as an empty text."""

    url: str = ""
    description: str = ""
    user: str = ""
    password: str = ""
    token: str = ""
    creds: str = ""
    nkey: str = ""
    user_jwt: str = ""
    user_seed: str = ""
    cert: str = ""
    key: str = ""
    ca: str = ""
    tls_first: bool = False
    inbox_prefix: str = ""
    jetstream_domain: str = ""
    jetstream_api_prefix: str = ""
    jetstream_event_prefix: str = ""
    nsc: str = ""
    socks_proxy: str = ""
    windows_cert_store: str = ""

    def __repr__(self) -> str:
        return "NatsContext(…)"


def folder(environ: Mapping[str, str]) -> Path:
    """Where the NATS CLI keeps its settings."""
    base = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():
        # the XDG Base Directory Specification: "should consider the path invalid and ignore it"
        base = Path(environ.get("HOME") or Path.home()) / ".config"
    return base / "nats"


def names(environ: Mapping[str, str]) -> list[str]:
    """The contexts that there are."""
    return sorted(path.stem for path in (folder(environ) / "context").glob("*.json"))


def selected(environ: Mapping[str, str]) -> str | None:
    """The one that ``nats context select`` chose."""
    try:
        return (read_settings(folder(environ) / "context.txt") or "").strip() or None
    except UsageError:
        return None


def load_nats_context(
    name: str, environ: Mapping[str, str], origin: str
) -> tuple[str | None, NatsCredentials]:
    """The address of one context, and who we are there.

    Args:
        environ: Says where the CLI's settings are.

    Raises:
        UsageError: There is no such context, or it asks for what arcwatch does not do.
    """
    path = Path(os.path.expanduser(name))
    if not path.is_absolute():
        _check_name(name, origin)
        path = folder(environ) / "context" / f"{name}.json"
    if not os.path.isfile(path):  # pathlib's raises for a long name
        there = ", ".join(names(environ))
        hint = f"one of {there}" if there else "create it with `nats context add`"
        what = f"there is no NATS context called {printable(name, limit=60)!r}"
        raise UsageError(what, where=origin, why=f"there is no {path}", hint=hint)
    context = _read(path)
    where = f"NATS context {path}"
    for field, why in _REFUSED.items():
        if getattr(context, field):
            hint = "connect without it: nats = {…} in a context of arcwatch.toml"
            raise UsageError(f"cannot use `{field}`", where=where, why=why, hint=hint)
    return context.url or None, _credentials(context, path, where, origin)


def _check_name(name: str, origin: str) -> None:
    """Keep to the folder of contexts, as ``validName`` of the CLI does."""
    if ".." in name or "/" in name or os.sep in name:
        what = f"there is no NATS context called {printable(name, limit=60)!r}"
        raise UsageError(what, where=origin, hint="give its name, or the absolute path of its file")


def secret_in(path: str, field: str) -> str:
    """One of the secrets that a context holds itself."""
    try:
        return str(getattr(_read(Path(path)), field))
    except UsageError as error:
        raise SourceError(error.what, where=error.where, why=error.why) from None


def _credentials(context: NatsContext, path: Path, where: str, origin: str) -> NatsCredentials:
    def secret(field: str) -> Secret | None:
        return _secret(context, path, where, field)

    def file(field: str) -> str | None:
        return _file(getattr(context, field), where, field)

    creds, nkey = file("creds"), file("nkey")
    domain, prefix = context.jetstream_domain, context.jetstream_api_prefix
    api, events = jetstream_subjects(domain, prefix, context.jetstream_event_prefix, where=where)
    return NatsCredentials(
        origin=origin,
        user=Secret("text", context.user) if context.user else None,
        password=secret("password"),
        token=secret("token"),
        creds=Secret("file", creds) if creds else None,
        nkey=Secret("file", nkey) if nkey else None,
        jwt=secret("user_jwt"),
        seed=secret("user_seed"),
        tls=Tls(ca=file("ca"), cert=file("cert"), key=file("key")),
        tls_first=context.tls_first,
        inbox_prefix=context.inbox_prefix or "_INBOX",
        jetstream=api,
        events=events,
    )


def _secret(context: NatsContext, path: Path, where: str, field: str) -> Secret | None:
    value: str = getattr(context, field)
    if not value:
        return None
    scheme, mark, _ = value.partition("://")
    if mark and scheme.isalnum():
        if scheme not in ("env", "file"):
            raise _unresolved(scheme, where, field)
        kept = reference(value, where=where, key=field)
        if kept.kind == "file":
            _check_whole(value.partition("://")[2], where, field)
        return kept
    return Secret("nats", str(path.absolute()), field)


def _file(value: str, where: str, field: str) -> str | None:
    scheme, mark, rest = value.partition("://")
    if mark and scheme == "env":
        value = os.environ.get(rest, "")
    elif mark and scheme != "file":
        raise _unresolved(scheme, where, field)
    elif mark:
        value = rest
    if not value:
        return None
    _check_whole(value, where, field)
    return expanded(value)


def _check_whole(path: str, where: str, field: str) -> None:
    """Refuse a relative path: the CLI resolves it from the working directory, maybe anyone's."""
    if not Path(os.path.expanduser(path)).is_absolute():
        why = f"{printable(path, limit=100)} would be read from the working directory"
        hint = "write the absolute path into the context: nats context edit"
        raise UsageError(f"cannot use a relative `{field}`", where=where, why=why, hint=hint)


def _unresolved(scheme: str, where: str, field: str) -> UsageError:
    return UsageError(
        f"cannot resolve `{field}`",
        where=where,
        why=f"{printable(scheme, limit=20)}:// references are not read by arcwatch",
        hint="put it into a file or a variable: file://PATH or env://NAME",
    )


def _read(path: Path) -> NatsContext:
    try:
        return msgspec.json.decode(read_file(str(path)), type=NatsContext)
    except msgspec.ValidationError as error:
        # names the field, and never what is in it
        raise UsageError("not a NATS context", where=str(path), why=str(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise UsageError("not a NATS context", where=str(path), why="it is not JSON") from None
    except SourceError as error:
        raise UsageError("cannot read settings", where=str(path), why=error.why) from None
