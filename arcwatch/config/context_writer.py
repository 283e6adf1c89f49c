"""Writes contexts into ``arcwatch.toml``: addresses and references, never a secret.

What a person wrote there, comments included, stays as it is.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from arcwatch.errors import UsageError
from arcwatch.files.private import replace_file
from arcwatch.notation.server_url import shown
from arcwatch.text.control_characters import printable

from .files import read_settings

_NAME = re.compile(r"[\w.-]{1,60}")
_DEFAULT = re.compile(r"^default\s*=.*$", re.MULTILINE)


def new_context(path: Path, name: str, table: Mapping[str, object]) -> str:
    """The file's text with one context more.

    Args:
        table: Its content, as :mod:`arcwatch.config.contexts` reads it.

    Raises:
        UsageError: There is such a context, or an address has a password in it.
    """
    if not _NAME.fullmatch(name):
        hint = "use letters, digits, - _ and ."
        raise UsageError(f"cannot call a context {printable(name, limit=60)!r}", hint=hint)
    text = _text(path)
    if name in tomllib.loads(text).get("context", {}):
        hint = f"edit {path}, or choose another name"
        raise UsageError(f"there is a context {name!r} already", where=str(path), hint=hint)
    _check_no_secrets(table)
    lines = [
        f"[context.{_key(name)}]",
        *(f"{key} = {_value(value)}" for key, value in table.items()),
    ]
    return f"{text.rstrip()}\n\n" * bool(text.strip()) + "\n".join(lines) + "\n"


def with_default(path: Path, name: str) -> str:
    """The file's text with another default."""
    text, line = _text(path), f"default = {json.dumps(name)}"
    tables = re.search(r"^\s*\[", text, re.MULTILINE)
    head, rest = (text[: tables.start()], text[tables.start() :]) if tables else (text, "")
    if _DEFAULT.search(head):
        return _DEFAULT.sub(lambda _: line, head, count=1) + rest
    return f"{line}\n{head}{rest}"


def write(path: Path, text: str) -> None:
    """Put the text in the file's place, whole or not at all."""
    try:
        # a link to the file stays one
        replace_file(path.resolve(), text.encode())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError("cannot write settings", where=str(path), why=why) from error


def _text(path: Path) -> str:
    return read_settings(path) or ""


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _value(given: object) -> str:
    if isinstance(given, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in given.items()) + " }"
    # text, numbers, lists and flags are written in TOML as in JSON
    return json.dumps(given, ensure_ascii=False)


def _check_no_secrets(table: Mapping[str, object]) -> None:
    for value in table.values():
        if isinstance(value, Mapping):
            _check_no_secrets(value)
        elif isinstance(value, str) and "://" in value and urlsplit(value).password is not None:
            raise UsageError(
                f"{shown(value)} has a password in it",
                why="contexts hold no secrets",
                hint="remove it, and give a reference: --nats-password env:NAME",
            )
