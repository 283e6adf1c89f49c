"""Read ``.env`` and ``arcwatch.toml``.  A mistake names the file, and the line or the key.

``arcwatch.toml`` is the user's own.  ``.env`` lies in the working directory, which may be anyone's:
it may name addresses of brokers and nothing else.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from msgspec import Struct

from arcwatch.errors import UsageError
from arcwatch.notation.server_url import LOCALHOST
from arcwatch.text.control_characters import printable
from arcwatch.text.nearest import did_you_mean

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

NATS_LOGIN = ("CREDS", "NKEY", "USER", "PASSWORD", "TOKEN", "CERT", "KEY", "CA")
"""The NATS CLI's variables of a login, without their ``NATS_``."""

_OWN_ALONE = frozenset(
    {*_NAMES, "NATS_CONTEXT", "PULSAR_CLIENT_CONF", *(f"NATS_{name}" for name in NATS_LOGIN)}
    - VARIABLES.keys()
)
"""Variables that are read from the environment and never from ``.env``."""

LARGEST = 256 * 1024
"""Bytes of a settings file; one with a hundred contexts has some 20,000."""


_LIKE_OURS = re.compile(r"\s*(export\s+)?(ARCWATCH|NATS|PULSAR)_")
MOST_MISTAKES = 5
"""Mistakes of one ``.env`` that are reported, at most."""


class Setting(Struct, frozen=True):
    """One value and its origin."""

    value: str
    origin: str
    """``--nats``, ``NATS_URL in .env``, ``context.prod in …/arcwatch.toml``."""
    from_folder: bool = False
    """Whether the working directory sets it, and not the user."""
    clusters: tuple[str, ...] = ()
    """The names of several clusters, each with settings of its own instead of this value."""

    @property
    def is_off(self) -> bool:
        """Whether it turns its system off."""
        return self.value.strip().lower() == "off"


def check_variable(name: str, where: str) -> None:
    """Refuse a variable that looks like one of ours and is none."""
    if name.startswith("ARCWATCH_") and name not in _NAMES:
        what = f"no setting is called {printable(name, limit=60)}"
        raise UsageError(what, where=where, hint=nearest(name, _NAMES))


class FolderVariables(Struct, frozen=True):
    """Settings allowed in the working directory's ``.env``, and those ignored."""

    addresses: dict[str, str]
    """By the names of :data:`VARIABLES`."""
    ignored: tuple[str, ...] = ()
    """Names of our variables that count only in the environment."""
    mistakes: tuple[str, ...] = ()
    """What could not be read, a line each: no file of a folder keeps arcwatch from starting."""


def folder_variables(path: Path) -> FolderVariables:
    """The addresses in a ``.env`` file; none where there is no such file."""
    values, mistakes = read_dotenv(path)
    found = {name: value for name, value in values.items() if value}
    return FolderVariables(
        {name: value for name, value in found.items() if name in VARIABLES},
        tuple(name for name in found if name in _OWN_ALONE),
        tuple(mistakes),
    )


def read_dotenv(path: Path) -> tuple[dict[str, str], list[str]]:
    """All variables in a ``.env`` file, ``${…}`` left as it is, and what could not be read.

    A line that is not a setting counts only where it begins like one of ours: other programs have
    other formats.  Its text is not quoted, since it may be a password.
    """
    values: dict[str, str] = {}
    mistakes: list[str] = []
    if path.is_dir():
        # a folder of this name is a virtual environment of the old kind
        return values, mistakes
    try:
        text = read_settings(path)
    except UsageError as error:
        return values, [f".env: ignored: {error.why}"]
    if text is None:
        return values, mistakes
    # imported here because few have such a file
    from dotenv.parser import parse_stream

    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        where = f".env line {binding.original.line + len(written) - len(written.lstrip(chr(10)))}"
        if binding.error or (binding.key in _NAMES and binding.value is None):
            if _LIKE_OURS.match(written):
                mistakes.append(f"{where}: ignored: not NAME=value")
        elif binding.key and binding.value is not None:
            try:
                check_variable(binding.key, where)
            except UsageError as error:
                mistakes.append(f"{where}: ignored: {error.what}; {error.hint}")
            values[binding.key] = binding.value
    return values, mistakes[:MOST_MISTAKES]


def read_settings(path: Path, *, named: bool = False) -> str | None:
    """The text of a settings file, without a byte order mark; None where there is no such file.

    Args:
        named: Whether the user named it, and so may mean a pipe or ``/dev/null``.

    Raises:
        UsageError: It cannot be read, is no file of text, or has more than :data:`LARGEST` bytes.
    """
    try:
        # opening a pipe that nobody writes to must not wait
        waits = 0 if named else os.O_NONBLOCK
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | waits)
        with open(descriptor, "rb") as file:
            if not named and not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _unreadable(path, "it is not a regular file")
            body = file.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise _unreadable(path, f"it is larger than {LARGEST // 1024} KiB")
        return body.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        # what the error quotes may be of a secret
        raise _unreadable(path, "it is not UTF-8 text") from None
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from error


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError("cannot read settings", where=str(path), why=why)


def read_document(variables: Mapping[str, str]) -> tuple[Path, dict[str, object]]:
    """All of ``arcwatch.toml``, and where it is; empty where there is no such file.

    Args:
        variables: Of the environment: ``ARCWATCH_CONFIG`` is the file.
    """
    path = _config_path(variables)
    document = _read_toml(path, named="ARCWATCH_CONFIG" in variables)
    check_keys(document, ("default", "context", "screen", "keys", "alerts", "doctor"), str(path))
    return path, document


def _config_path(variables: Mapping[str, str]) -> Path:
    if given := variables.get("ARCWATCH_CONFIG"):
        path = Path(os.path.expanduser(given)).absolute()
        if not os.path.exists(path):  # pathlib's raises for a long name
            raise UsageError("there is no such file", where=f"ARCWATCH_CONFIG={path}")
        return path
    from platformdirs import user_config_path

    return user_config_path("arcwatch") / "arcwatch.toml"


def _read_toml(path: Path, *, named: bool) -> dict[str, object]:
    text = read_settings(path, named=named)
    if text is None:
        return {}
    try:
        return tomllib.loads(text)
    except RecursionError:
        why = "tables or lists are nested too deeply"
        raise UsageError("not TOML", where=str(path), why=why) from None
    except ValueError as error:
        # of the TOML, or a number of thousands of digits
        raise UsageError("not TOML", where=str(path), why=printable(str(error), 200)) from error


def check_keys(table: Mapping[str, object], known: Sequence[str], where: str) -> None:
    """Refuse a key that is none of those known."""
    for key in table:
        if key not in known:
            what = f"no setting is called `{printable(key, limit=60)}`"
            raise UsageError(what, where=where, hint=nearest(key, known))


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint: the nearest of those known, or all of them."""
    all_known = f"one of {', '.join(known)}" if known else "there is none"
    return did_you_mean(word, known) or all_known
