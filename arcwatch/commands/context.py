"""``arcwatch context``: list, add and test the contexts."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arcwatch.config import nats_cli
from arcwatch.config.context_writer import new_context, with_default, write
from arcwatch.config.contexts import COLORS, context_tables, read_context
from arcwatch.config.secret import expanded
from arcwatch.config.settings import Settings, load
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.model.examined import Step
from arcwatch.notation.server_url import shown
from arcwatch.text import units
from arcwatch.text.control_characters import printable

from .listing import as_json
from .place_flags import settings_of

_EPILOG = """\
examples:
  arcwatch context add prod --nats tls://n1 --nats-creds ~/arc.creds --color red \\
      --pulsar pulsar+ssl://p1 --pulsar-token file:/run/secrets/pulsar
  arcwatch context test prod       check each step of connecting
  arcwatch context use prod        make it the default
  arcwatch context add mine --nats-context laptop --client-conf ~/pulsar/client.conf

Secrets are given by reference: env:NAME, file:PATH or keyring:SERVICE/USER.
test exits with 1 when a step failed.
"""

_SECRETS = ("nats-user", "nats-password", "nats-token", "nats-creds", "nats-nkey")
_PULSAR_SECRETS = ("pulsar-user", "pulsar-password", "pulsar-token")
_MARKS = {"ok": "ok", "warning": "WARN", "failed": "FAIL", "skipped": "–"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own flags."""
    parser.epilog = _EPILOG
    parser.add_argument("what", choices=("ls", "show", "add", "test", "use"))
    parser.add_argument("name", nargs="?", metavar="NAME", help="a context (the default one)")
    parser.add_argument("--json", action="store_true", help="JSON instead of text (ls, show, test)")
    added = parser.add_argument_group(
        "add", "settings of the new context, in addition to the addresses"
    )
    for flag in (*_SECRETS, *_PULSAR_SECRETS):
        added.add_argument(f"--{flag}", metavar="WHERE", help=argparse.SUPPRESS)
    added.add_argument("--nats-context", metavar="NAME", help="use this context of the NATS CLI")
    added.add_argument("--client-conf", metavar="FILE", help="use this Pulsar client.conf")
    for flag in ("tls-cert", "tls-key"):
        added.add_argument(f"--{flag}", metavar="FILE", help="client certificate and key (PEM)")
    added.add_argument("--color", choices=COLORS, help="colour of its name on the dashboard")
    added.add_argument("--read-only", action="store_true", help="refuse all changes")


def run(args: argparse.Namespace) -> int:
    """Do one of the five."""
    return {"ls": _ls, "show": _show, "add": _add, "test": _test, "use": _use}[args.what](args)


def _settings(args: argparse.Namespace) -> Settings:
    if args.name:
        args.context = args.name
    return settings_of(args)


# -- ls, show -----------------------------------------------------------------------------------


def _ls(args: argparse.Namespace) -> int:
    variables = os.environ
    _, default, contexts = context_tables(variables)
    rows = [_row(name, default) for name in contexts]
    chosen = nats_cli.selected(variables)
    others = [{"name": name, "selected": name == chosen} for name in nats_cli.names(variables)]
    if args.json:
        print(as_json({"contexts": rows, "nats_cli": others}))
        return 0
    for row in rows:
        several = "  ".join(row["clusters"])
        alone = [row[system] or ("" if several else "off") for system in ("nats", "pulsar")]
        text = row["error"] or "  ".join(filter(None, (*alone, several)))
        mark = "*" if row["default"] else " "
        print(printable(f"{mark} {row['name']:16} {text}", limit=400))
    for other in others:
        mark = "*" if other["selected"] and not default else " "
        print(printable(f"{mark} {other['name']:16} of the NATS CLI", limit=400))
    if not rows and not others:
        print("no contexts yet: arcwatch context add NAME --nats URL --pulsar URL")
    return 0


def _row(name: str, default: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "default": name == default, "error": None}
    row["clusters"] = []
    try:
        found = load({}, context=name)
    except ArcwatchError as error:
        return row | {"nats": None, "pulsar": None, "error": error.headline}
    return row | {
        "nats": found.nats and shown(found.nats),
        "pulsar": found.pulsar and shown(found.pulsar),
        "clusters": [one.context for one in found.clusters],
        "color": found.color or None,
        "read_only": found.read_only,
    }


def _show(args: argparse.Namespace) -> int:
    from .status import clusters, folder, logins, places

    settings = _settings(args)
    shown = {"context": settings.context, **places(settings), **clusters(settings)}
    who = logins(settings)
    if args.json:
        warnings = {"tls_warning": settings.tls_warning or None, **folder(settings)}
        print(as_json(shown | {"logins": who, **warnings}))
        return 0
    for one in (settings, *settings.clusters):
        print(f"context        {printable(one.context, limit=100)}")
        for place, found in places(one).items():
            several = one.several("pulsar" if place.startswith("pulsar") else "nats")
            value = found["value"] or ("one for each cluster" if several else "off")
            print(printable(f"{place:14} {value}  ({found['from']})", limit=400))
        for system, login in logins(one).items():
            line = f"{system + ' login':14} {login['value']}  ({login['from']})"
            print(printable(line, limit=400))
    for warning in filter(None, (settings.tls_warning, settings.folder_warning)):
        print(f"!              {warning}")
    return 0


# -- add, use -----------------------------------------------------------------------------------


def _add(args: argparse.Namespace) -> int:
    if not args.name:
        raise UsageError("a context needs a name", hint="arcwatch context add NAME --nats URL")
    path, default, _ = context_tables(os.environ)
    text = new_context(path, args.name, _table(args))
    _check(path, text, args.name)
    write(path, text if default else _defaulting(text, args.name))
    print(f"added {args.name} to {path}; try it: arcwatch context test {args.name}")
    return 0


def _defaulting(text: str, name: str) -> str:
    """The first context is the usual one from now on."""
    return text if "\ndefault" in f"\n{text}" else f'default = "{name}"\n\n{text}'


def _table(args: argparse.Namespace) -> dict[str, object]:
    tls = {"ca": getattr(args, "tls_ca", None), "cert": args.tls_cert, "key": args.tls_key}
    tls = {key: expanded(value) for key, value in tls.items() if value}
    insecure = {"insecure": True} if getattr(args, "tls_insecure", False) else {}

    def half(names: tuple[str, ...], places: Mapping[str, str], system: str) -> dict[str, object]:
        servers = {
            key: value for key, place in places.items() if (value := getattr(args, place, None))
        }
        for flag in names:
            if value := getattr(args, flag.replace("-", "_")):
                servers[flag.removeprefix(f"{system}-")] = _whole(flag, value)
        return servers

    nats = half(
        _SECRETS, {"url": "nats", "monitor": "nats_monitor", "context": "nats_context"}, "nats"
    )
    pulsar = half(
        _PULSAR_SECRETS,
        {"url": "pulsar", "admin": "pulsar_admin", "client_conf": "client_conf"},
        "pulsar",
    )
    if conf := pulsar.get("client_conf"):
        pulsar["client_conf"] = expanded(str(conf))
    table: dict[str, object] = {"color": args.color} if args.color else {}
    if args.read_only:
        table["read_only"] = True
    for system, values in (("nats", nats), ("pulsar", pulsar)):
        if str(values.get("url", "")).strip().lower() == "off":
            table[system] = "off"
        elif values:
            table[system] = values | tls | insecure
    return table


def _whole(flag: str, value: str) -> str:
    """A place as it holds wherever it is read from: the working directory is another by then."""
    if value.startswith("file:"):
        return f"file:{expanded(value.removeprefix('file:').removeprefix('//'))}"
    is_path = flag == "nats-creds" and not value.startswith(("env:", "keyring:"))
    return expanded(value) if is_path else value


def _check(path: Path, text: str, name: str) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        variables = {**os.environ, "ARCWATCH_CONFIG": file.name}
        try:
            read_context(variables, name)
            load({}, context=name, environ=variables)
        except UsageError as error:
            error.where = error.where.replace(file.name, str(path))
            raise


def _use(args: argparse.Namespace) -> int:
    if not args.name:
        raise UsageError("which context?", hint="`arcwatch context ls` lists them")
    variables = os.environ
    read_context(variables, args.name)
    path = context_tables(variables)[0]
    write(path, with_default(path, args.name))
    print(f"{args.name} is now the default ({path})")
    return 0


# -- test ---------------------------------------------------------------------------------------


def _test(args: argparse.Namespace) -> int:
    settings = _settings(args)
    steps = asyncio.run(_examined(settings, quiet=args.json))
    if args.json:
        print(as_json({"context": settings.context, "steps": steps}))
    return 1 if any(step.verdict == "failed" for step in steps) else 0


async def _examined(settings: Settings, *, quiet: bool) -> list[Step]:
    from arcwatch.sources.inspect.context import examine

    steps: list[Step] = []
    async for step in examine(settings):
        if not quiet:
            if not steps or steps[-1].place != step.place:
                print(f"{step.system}  {printable(step.place, limit=200)}")
            print("\n".join(_lines(step)), flush=True)
        steps.append(step)
    return steps


def _lines(step: Step) -> list[str]:
    took = units.duration(step.took) if step.took is not None else ""
    lines = [f"  {_MARKS[step.verdict]:4}  {step.name:21} {took:>8}  {step.result}"]
    if step.hint:
        lines.append(f"{'':39}try: {step.hint}")
    return [printable(line, limit=500) for line in lines]
