"""ARCHITECTURE.md and CONTRIBUTING.md: the paths, names, code and arrows in them are the code's."""

import builtins
import re
from functools import cache
from pathlib import Path

import pytest

from tests.test_rooms import LAW

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "arcwatch/ARCHITECTURE.md", ROOT / ".github/CONTRIBUTING.md")

NAME = re.compile(r"(?:[A-Z]\w*|\w+\(\))")
PATH = re.compile(r"[\w.\-]+(?:/[\w.\-]*)+|\w[\w.\-]*\.(?:py|md|toml|lock|yml|tcss)")
DEFINED = re.compile(r"^ *(?:async def |def |class |(?=[A-Z]\w*\b[^\n]* = ))(\w+)", re.M)


def below(room):
    """What a room may import, ``errors`` included."""
    return {*LAW[room].split()} | ({"errors"} - {room} if room != "text" else set())


@cache
def floor(room):
    """How many rooms are stacked under it."""
    return 1 + max(map(floor, below(room)), default=-1)


def drawn():
    """The picture: a row for each room, the highest first, and a column for each by its letter."""
    rooms = sorted(LAW, key=floor, reverse=True)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(rooms)]
    lines = [f"floor  {'room':12}    {' '.join(letters)}"]
    for letter, room in zip(letters, rooms, strict=True):
        marks = ["■" if one == room else "●" if one in below(room) else "·" for one in rooms]
        lines.append(f"{floor(room):5}  {room:12}  {letter} {' '.join(marks)}")
    return "\n".join(lines)


def quoted(page):
    """What stands between backticks outside of blocks of code."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page, flags=re.S | re.M))


@cache
def defined():
    """Every name that Python, the package or its tests define, wherever that is."""
    names = {*dir(builtins)}
    for path in [*ROOT.glob("arcwatch/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        names.update(DEFINED.findall(path.read_text()))
    return names


@cache
def sources():
    """All modules of the package, without blanks."""
    paths = sorted((ROOT / "arcwatch").rglob("*.py"))
    return "\n".join("".join(path.read_text().split()) for path in paths)


def missing(page):
    """Paths between backticks that are neither in the repository nor in the package, and names."""
    for word in quoted(page):
        if PATH.fullmatch(word):
            places = (ROOT / word, ROOT / "arcwatch" / word, ROOT / ".github" / word)
            if not any(place.exists() for place in places):
                yield word
        elif all(NAME.fullmatch(part) for part in word.split(".")):
            yield from {part.removesuffix("()") for part in word.split(".")} - defined()


def test_the_picture_shows_each_room_and_what_it_may_import():
    page = PAGES[0].read_text()
    assert f"```text\n{drawn()}\n```" in page, drawn()
    described = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.M)
    assert sorted(described) == sorted(LAW)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_map_names_is_there(page):
    assert list(missing(page.read_text())) == []


def test_what_the_map_quotes_is_in_the_code():
    blocks = [
        b for page in PAGES for b in re.findall(r"```python\n(.*?)```", page.read_text(), re.S)
    ]
    assert len(blocks) == 3
    assert [block for block in blocks if "".join(block.split()) not in sources()] == []


def test_what_is_not_there_is_found():
    page = "`cli.py` `attic/` `store/attic.py` `Store.apply()` `Attic.apply()`\n```\n`x.py`\n```\n"
    assert list(missing(page)) == ["attic/", "store/attic.py", "Attic"]
