"""Tails, filters and places in a history that were saved by name, for each context."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Literal

import msgspec

from arcwatch.errors import UsageError
from arcwatch.files.private import replace_file, state_folder
from arcwatch.files.reading import LARGEST, read_json
from arcwatch.text.control_characters import printable

MOST = 100
"""Places of a context."""

MOST_ADDRESSES = 50
"""Addresses of a place."""

LONGEST_NAME = 40
"""Characters of a name."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a view showed.

    Attributes:
        view: Its id.
        addresses: What was tailed, or the one whose history was open.
        filter: What its messages were filtered by.
        at: Of a history the window, or the time or id of the message under the cursor.
    """

    view: Literal["tail", "history"]
    addresses: tuple[str, ...]
    filter: str = ""
    at: str = ""

    def __str__(self) -> str:
        parts = (" ".join(self.addresses), self.at, f"/ {self.filter}" if self.filter else "")
        return "  ".join(filter(None, parts))


_Places = dict[str, dict[str, Place]]


class SavedPlaces:
    """The places of a context, in a file that only the user may read."""

    def __init__(self, context: str = "") -> None:
        self._context = context
        self._read: tuple[object, Mapping[str, Place]] = (None, {})

    @property
    def known(self) -> Mapping[str, Place]:
        """The places by their names; none where the file cannot be read."""
        try:
            stamp = (state_folder() / "places.json").stat().st_mtime_ns
            if self._read[0] != stamp:
                self._read = (stamp, _usable(_load().get(self._context, {})))
        except (OSError, UsageError):
            return {}
        return self._read[1]

    def save(self, name: str, place: Place) -> None:
        """Keep a place under a name, instead of one that has it.

        Raises:
            UsageError: That is no name, there are too many, or the file cannot be used.
        """
        if len(place.addresses) > MOST_ADDRESSES:
            hint = "stop some first: select one in the list of addresses, and press del"
            raise UsageError(f"at most {MOST_ADDRESSES} addresses can be saved", hint=hint)
        if not _is_name(name):
            hint = f"use up to {LONGEST_NAME} characters: :save errors-eu"
            raise UsageError(f"{printable(name, 60)!r} is not a valid name", hint=hint)
        places = _load()
        of_context = places.setdefault(self._context, {})
        of_context.pop(name, None)
        if len(of_context) >= MOST:
            hint = "delete one first: select it in an empty Tail, and press del"
            raise UsageError(f"{MOST} places are saved already", hint=hint)
        of_context[name] = place
        _store(places)

    def delete(self, name: str) -> None:
        """Forget a place.

        Raises:
            UsageError: The file cannot be used.
        """
        places = _load()
        if places.get(self._context, {}).pop(name, None) is not None:
            _store(places)


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and printable(name) == name == name.strip()


def _usable(places: Mapping[str, Place]) -> Mapping[str, Place]:
    """Those that could have been saved: the file may have been written by anybody."""
    usable = {
        name: place
        for name, place in islice(places.items(), MOST)
        if _is_name(name) and 0 < len(place.addresses) <= MOST_ADDRESSES
    }
    return usable


def _load() -> _Places:
    path = state_folder() / "places.json"
    try:
        return read_json(path, _Places)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        where, hint = str(path), "move it away, and save again"
        why = printable(str(error), 100)
        raise UsageError("saved places cannot be read", where=where, why=why, hint=hint) from error


def _store(places: _Places) -> None:
    path = state_folder() / "places.json"
    content = msgspec.json.format(msgspec.json.encode(places), indent=2)
    if len(content) > LARGEST:
        why = f"the file would be larger than {LARGEST:,} bytes, and could not be read again"
        hint = "delete some first, or save a shorter filter"
        raise UsageError("places cannot be saved", where=str(path), why=why, hint=hint)
    try:
        replace_file(path, content)
    except OSError as error:
        why = error.strerror or str(error)
        hint = "ARCWATCH_STATE names another folder"
        raise UsageError("places cannot be saved", where=str(path), why=why, hint=hint) from error
