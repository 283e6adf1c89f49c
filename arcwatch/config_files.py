"""What ``.env`` and ``arcwatch.toml`` say.  A mistake names the file, and the line or the key."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from msgspec import Struct

from arcwatch.errors import UsageError
from arcwatch.server_url import LOCALHOST
from arcwatch.text import printable

PLACES = tuple(LOCALHOST)
"""The settings that are addresses, as a context in ``arcwatch.toml`` spells them."""

VARIABLES = {
    "NATS_URL": "nats",
    "ARCWATCH_NATS_MONITOR": "nats_monitor",
    "ARCWATCH_PULSAR": "pulsar",
    "ARCWATCH_PULSAR_ADMIN": "pulsar_admin",
}
"""The variables that are addresses, in the environment and in ``.env``."""

_NAMES = (*VARIABLES, "ARCWATCH_CONTEXT", "ARCWATCH_CONFIG", "ARCWATCH_CACHE", "ARCWATCH_STATE")


class Setting(Struct, frozen=True):
    """One value, and who said so."""

    value: str
    origin: str
    """``--nats``, ``NATS_URL in .env``, ``context.prod in …/arcwatch.toml``."""


def check_variable(name: str, where: str) -> None:
    """Refuse a variable that looks like one of ours and is none.

    Raises:
        UsageError: It does; the hint is the nearest that is.
    """
    if name.startswith("ARCWATCH_") and name not in _NAMES:
        what = f"no setting is called {printable(name, limit=60)}"
        raise UsageError(what, where=where, hint=nearest(name, _NAMES))


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables in a ``.env`` file; none where there is no such file.

    Raises:
        UsageError: It cannot be read, or a line of it cannot.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        # a folder of this name is a virtual environment of the old kind
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot read settings", where=str(path), why=str(error)) from error
    # imported here because few have such a file
    from dotenv.parser import parse_stream

    values = {}
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        line = binding.original.line + len(written) - len(written.lstrip("\n"))
        where = f"{path.name} line {line}"
        if binding.error or (binding.key in _NAMES and binding.value is None):
            # what stands there is not shown: it may be a password of another program
            hint = "write NAME=value, one a line, or # before a comment"
            raise UsageError("not a setting", where=where, hint=hint)
        if binding.key and binding.value is not None:
            check_variable(binding.key, where)
            values[binding.key] = binding.value
    return values


def read_document(variables: Mapping[str, str]) -> tuple[Path, dict[str, object]]:
    """All of ``arcwatch.toml``, and where it is; empty where there is no such file.

    Args:
        variables: Of the environment and ``.env``: ``ARCWATCH_CONFIG`` is the file.

    Raises:
        UsageError: It is not TOML, or has a table that is none of ours.
    """
    path = _config_path(variables)
    document = _read_toml(path)
    check_keys(document, ("default", "context", "screen", "keys", "alerts"), str(path))
    return path, document


def _config_path(variables: Mapping[str, str]) -> Path:
    if given := variables.get("ARCWATCH_CONFIG"):
        path = Path(given).expanduser()
        if not path.exists():
            raise UsageError("there is no such file", where=f"ARCWATCH_CONFIG={path}")
        return path
    from platformdirs import user_config_path

    return user_config_path("arcwatch") / "arcwatch.toml"


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise UsageError("not TOML", where=str(path), why=str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot read settings", where=str(path), why=str(error)) from error


def check_keys(table: Mapping[str, object], known: Sequence[str], where: str) -> None:
    """Refuse a key that is none of those known.

    Raises:
        UsageError: There is one; the hint is the nearest that is.
    """
    for key in table:
        if key not in known:
            what = f"no setting is called `{printable(key, limit=60)}`"
            raise UsageError(what, where=where, hint=nearest(key, known))


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint: the nearest of those known, or all of them."""
    if close := difflib.get_close_matches(word, known, n=1, cutoff=0.4):
        return f"did you mean {close[0]}?"
    return f"there is {', '.join(known)}" if known else "none is defined yet"
