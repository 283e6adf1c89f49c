"""How the screen looks and which keys it takes: flags, then ``[screen]`` and ``[keys]``.

::

    [screen]
    theme = "light"          # dark, light, high-contrast, 16-colour
    glyphs = "block"         # braille, block, ascii
    refresh = "2s"
    mouse = false
    keep = 500000            # messages a tail keeps

    [keys]
    "view.nats" = "ctrl+n"   # the id of what a key does; the help names them
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from arcwatch.errors import UsageError
from arcwatch.text.control_characters import printable
from arcwatch.text.units import parse_duration

from .files import check_keys, nearest, read_document

Glyphs: TypeAlias = Literal["braille", "block", "ascii"]
"""What charts are drawn with: braille needs a font that has it, ASCII needs nothing."""

THEMES = ("dark", "light", "high-contrast", "16-colour")
GLYPHS: tuple[Glyphs, ...] = ("braille", "block", "ascii")
REFRESH = (0.5, 60.0)
"""Shortest and longest seconds between two looks at the cheapest figures."""

KEEP = 100_000
MOST_KEPT = 10_000_000
"""Messages that a tail keeps, by default, and at most."""
_POOR_TERMINALS = ("linux", "dumb", "vt100", "vt220")
"""Values of ``TERM`` whose fonts have no braille."""


class Appearance(Struct, frozen=True):
    """What the user chose."""

    theme: str | None
    """None is no choice: the one used last, or the dark one."""
    glyphs: Glyphs
    refresh: float
    mouse: bool
    colour: bool
    """False under ``NO_COLOR``: no colour at all, not even grey."""
    keys: Mapping[str, str]
    """Other keys than usual, by the id of what they do."""
    keep: int = KEEP
    """Messages that a tail keeps."""


def load(flags: Mapping[str, object], environ: Mapping[str, str]) -> Appearance:
    """Read the appearance from flags and settings.

    Args:
        flags: ``theme``, ``glyphs``, ``refresh``, ``mouse`` and ``keep``, where they were given.
    """
    path, document = read_document(environ)
    screen = _table(document, "screen", str(path))
    check_keys(screen, ("theme", "glyphs", "refresh", "mouse", "keep"), f"screen in {path}")
    keys = _table(document, "keys", str(path))
    usual: Glyphs = "ascii" if environ.get("TERM", "") in _POOR_TERMINALS else "braille"

    def chosen(name: str, otherwise: object) -> tuple[object, str]:
        """What is chosen, and who is to blame where that cannot be used."""
        if name in flags:
            return flags[name], f"--{name}"
        return screen.get(name, otherwise), f"screen in {path}"

    theme, blamed = chosen("theme", None)
    glyphs = _one_of("glyphs", *chosen("glyphs", usual), GLYPHS)
    return Appearance(
        theme=None if theme is None else _one_of("theme", theme, blamed, THEMES),
        glyphs=next(g for g in GLYPHS if g == glyphs),
        refresh=_refresh(*chosen("refresh", 1)),
        mouse=_mouse(*chosen("mouse", True)),
        keep=_keep(*chosen("keep", KEEP)),
        colour=not environ.get("NO_COLOR"),
        keys={name: _key(name, value, f"keys in {path}") for name, value in keys.items()},
    )


def check(name: str, value: str) -> None:
    """Check the value of a flag (``name``: ``theme``, ``glyphs``, ``refresh`` or ``keep``)."""
    known = {"theme": THEMES, "glyphs": GLYPHS}
    if name in known:
        _one_of(name, value, f"--{name}", known[name])
    elif name == "refresh":
        _refresh(value, f"--{name}")
    else:
        _keep(value, f"--{name}")


def _table(document: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"`{name}` must be a table", where=where, hint=f"write [{name}]")
    return table


def _mouse(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError("`mouse` must be true or false", where=where)
    return value


def _one_of(name: str, value: object, where: str, known: tuple[str, ...]) -> str:
    if value not in known:
        given = printable(str(value), limit=40)
        raise UsageError(f"no {name} is called {given!r}", where=where, hint=nearest(given, known))
    return str(value)


def _refresh(value: object, where: str) -> float:
    seconds = parse_duration(str(value))
    if seconds is None or not REFRESH[0] <= seconds <= REFRESH[1]:
        raise UsageError(
            f"cannot use {printable(str(value), limit=40)!r} as refresh",
            where=where,
            hint=f"write 500ms, 1s, 5s: from {REFRESH[0]:g} s to {REFRESH[1]:g} s",
        )
    return seconds


def _keep(value: object, where: str) -> int:
    text = str(value).replace(",", "").replace("_", "")
    if not text.isdecimal() or len(text) > 20 or not 0 < int(text) <= MOST_KEPT:
        raise UsageError(
            f"cannot use {printable(str(value), limit=40)!r} as keep",
            where=where,
            hint=f"write a number of messages: 1 to {MOST_KEPT:,}",
        )
    return int(text)


def _key(name: str, value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"`{name}` must name a key", where=where, hint=f'write "{name}" = "n"')
    return value
