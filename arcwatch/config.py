"""Where to look: settings from flags, contexts, the environment, ``.env`` and ``arcwatch.toml``.

The first of these that says something wins, for each setting by itself:

1. flags: ``--nats --nats-monitor --pulsar --pulsar-admin``
2. the context named by ``--context``
3. the environment: ``NATS_URL ARCWATCH_NATS_MONITOR ARCWATCH_PULSAR ARCWATCH_PULSAR_ADMIN``
4. ``.env`` in the working directory, the same names
5. the context named by ``ARCWATCH_CONTEXT``, or by ``default`` in ``arcwatch.toml``
6. the same host's usual port, where only the other address of a system was given
7. localhost

``off`` leaves a part out.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from arcwatch.errors import UsageError
from arcwatch.text import printable

PLACES = ("nats", "nats_monitor", "pulsar", "pulsar_admin")
"""The settings that are addresses, as a context in ``arcwatch.toml`` spells them."""

_VARIABLES = {
    "NATS_URL": "nats",
    "ARCWATCH_NATS_MONITOR": "nats_monitor",
    "ARCWATCH_PULSAR": "pulsar",
    "ARCWATCH_PULSAR_ADMIN": "pulsar_admin",
}
_LOCALHOST = {
    "nats": "nats://localhost:4222",
    "nats_monitor": "http://localhost:8222",
    "pulsar": "pulsar://localhost:6650",
    "pulsar_admin": "http://localhost:8080",
}
_SCHEMES = {
    "nats": ("nats", "tls", "ws", "wss"),
    "nats_monitor": ("http", "https"),
    "pulsar": ("pulsar", "pulsar+ssl"),
    "pulsar_admin": ("http", "https"),
}
_BESIDE = {
    "nats": ("nats_monitor", "nats://{host}:4222"),
    "nats_monitor": ("nats", "http://{host}:8222"),
    "pulsar": ("pulsar_admin", "pulsar://{host}:6650"),
    "pulsar_admin": ("pulsar", "http://{host}:8080"),
}
OFF = "off"


class Setting(Struct, frozen=True):
    """One value, and who said so."""

    value: str
    origin: str
    """``--nats``, ``NATS_URL in .env``, ``context prod in …/arcwatch.toml``, ``default``."""


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
    dotenv = _read_dotenv((directory or Path.cwd()) / ".env")
    name = context or environ.get("ARCWATCH_CONTEXT") or dotenv.get("ARCWATCH_CONTEXT")
    name, chosen = _read_context(config_path(environ), name)
    layers = [
        {
            place: Setting(value, f"--{place.replace('_', '-')}")
            for place, value in flags.items()
            if value
        },
        chosen if context else {},
        {p: Setting(v, k) for k, p in _VARIABLES.items() if (v := environ.get(k))},
        {p: Setting(v, f"{k} in .env") for k, p in _VARIABLES.items() if (v := dotenv.get(k))},
        chosen,
    ]
    found: dict[str, Setting] = {}
    for layer in reversed(layers):
        found |= layer
    return _complete(name or "local", found)


def config_path(environ: Mapping[str, str]) -> Path:
    """Where ``arcwatch.toml`` is: ``ARCWATCH_CONFIG``, or the user's configuration folder."""
    if given := environ.get("ARCWATCH_CONFIG"):
        return Path(given)
    from platformdirs import user_config_path

    return user_config_path("arcwatch") / "arcwatch.toml"


def shown(url: str) -> str:
    """An address without the user and password it may carry.

    >>> shown("nats://me:secret@host:4222")
    'nats://…@host:4222'
    """
    return re.sub(r"(?<=//)[^/]*@", "…@", printable(url, limit=200))


def _complete(context: str, found: dict[str, Setting]) -> Settings:
    for place in PLACES:
        other, pattern = _BESIDE[place]
        if place not in found and other in found:
            beside = found[other]
            value = OFF if beside.value == OFF else pattern.format(host=_host(beside))
            found[place] = Setting(value, f"beside {other.replace('_', '-')}, {beside.origin}")
    for place in PLACES:
        found.setdefault(place, Setting(_LOCALHOST[place], "default"))
    values = {place: _checked(place, found[place]) for place in PLACES}
    return Settings(
        context=context,
        nats=values["nats"],
        nats_monitors=tuple((values["nats_monitor"] or "").split(","))
        if values["nats_monitor"]
        else (),
        pulsar=values["pulsar"],
        pulsar_admin=values["pulsar_admin"],
        origins={place: found[place].origin for place in PLACES},
    )


def _host(setting: Setting) -> str:
    first = setting.value.split(",")[0]
    host = urlsplit(first if "://" in first else f"//{first}").hostname or "localhost"
    return f"[{host}]" if ":" in host else host


def _checked(place: str, setting: Setting) -> str | None:
    """The address in full; None when it is ``off``."""
    if setting.value.strip().lower() == OFF:
        return None
    return ",".join(
        _checked_url(place, part.strip(), setting.origin) for part in setting.value.split(",")
    )


def _checked_url(place: str, value: str, origin: str) -> str:
    schemes = _SCHEMES[place]
    url = value if "://" in value else f"{schemes[0]}://{value}"
    example = _LOCALHOST[place]
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _unusable(origin, value, str(error), example) from error
    if parts.scheme not in schemes:
        why = f"{parts.scheme}:// is not one of {', '.join(f'{s}://' for s in schemes)}"
        raise _unusable(origin, value, why, example)
    if not parts.hostname:
        raise _unusable(origin, value, "it names no host", example)
    if parts.port is None and parts.scheme not in ("https", "wss"):
        port = urlsplit(example).port
        url = url.replace(parts.netloc, f"{parts.netloc.rstrip(':')}:{port}", 1)
    return url.rstrip("/")


def _unusable(origin: str, value: str, why: str, example: str) -> UsageError:
    return UsageError(
        f"cannot use {shown(value)!r}",
        where=origin,
        why=why,
        hint=f"write {example}, or off to leave this part out",
    )


def _read_dotenv(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot read settings", where=str(path), why=str(error)) from error
    from io import StringIO

    from dotenv.parser import parse_stream

    values = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            raise UsageError(
                "not a setting",
                where=f"{path.name} line {binding.original.line}",
                why=printable(binding.original.string.strip(), limit=60),
                hint="write NAME=value, one a line, or # before a comment",
            )
        if binding.key and binding.value is not None:
            values[binding.key] = binding.value
            _check_variable(binding.key, f"{path.name} line {binding.original.line}")
    return values


def _check_variable(name: str, where: str) -> None:
    known = [*_VARIABLES, "ARCWATCH_CONTEXT", "ARCWATCH_CONFIG", "ARCWATCH_CACHE", "ARCWATCH_STATE"]
    if name.startswith("ARCWATCH_") and name not in known:
        raise UsageError(f"no setting is called {name}", where=where, hint=_nearest(name, known))


def _read_context(path: Path, name: str | None) -> tuple[str | None, dict[str, Setting]]:
    """The chosen context and its addresses; the file's default when ``name`` is None."""
    document = _read_toml(path)
    _check_keys(document, ("default", "context"), str(path))
    contexts = document.get("context", {})
    if not isinstance(contexts, dict):
        raise UsageError("`context` must be a table", where=str(path), hint="write [context.NAME]")
    wanted = name or document.get("default")
    if wanted is None:
        return None, {}
    if not isinstance(wanted, str) or wanted not in contexts:
        raise UsageError(
            f"no context is called {printable(str(wanted), limit=60)!r}",
            where=str(path),
            why="" if path.exists() else "there is no such file",
            hint=_nearest(str(wanted), contexts),
        )
    return wanted, dict(_context_settings(contexts[wanted], wanted, path))


def _context_settings(table: object, name: str, path: Path) -> Iterator[tuple[str, Setting]]:
    where = f"context.{name} in {path}"
    if not isinstance(table, dict):
        raise UsageError("a context must be a table", where=where, hint=f"write [context.{name}]")
    _check_keys(table, PLACES, where)
    for key, value in table.items():
        parts = value if isinstance(value, list) else [value]
        if not parts or not all(isinstance(part, str) for part in parts):
            raise UsageError(
                f"`{key}` must be text", where=where, hint=f'write {key} = "{_LOCALHOST[key]}"'
            )
        yield key, Setting(",".join(parts), where)


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise UsageError("not TOML", where=str(path), why=str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot read settings", where=str(path), why=str(error)) from error


def _check_keys(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(
                f"no setting is called `{printable(key, limit=60)}`",
                where=where,
                hint=_nearest(key, known),
            )


def _nearest(word: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    if close:
        return f"did you mean {close[0]}?"
    return f"there is {', '.join(known)}" if known else "none is defined yet"
