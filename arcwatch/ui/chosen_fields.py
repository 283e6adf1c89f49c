"""Which JSON fields of messages have columns of their own: chosen for an address, and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from arcwatch.decode.fields import Path, parse_path, path_text

MOST_FIELDS = 8
"""Fields of one address."""

MOST_ADDRESSES = 200
"""Addresses remembered, those chosen last."""


class ChosenFields:
    """Paths by the address whose messages they are of."""

    def __init__(self, known: Mapping[str, Sequence[str]] | None = None) -> None:
        self._chosen: dict[str, tuple[Path, ...]] = {}
        for address, fields in islice((known or {}).items(), MOST_ADDRESSES):
            paths = filter(None, map(parse_path, fields))
            self._chosen[address] = tuple(islice(paths, MOST_FIELDS))

    @property
    def known(self) -> Mapping[str, Sequence[str]]:
        """What is to be kept, as text."""
        return {
            address: [path_text(path) for path in paths] for address, paths in self._chosen.items()
        }

    def of(self, addresses: Sequence[str]) -> tuple[Path, ...]:
        """The fields of all of some addresses."""
        paths = [path for address in addresses for path in self._chosen.get(address, ())]
        return tuple(dict.fromkeys(paths))[:MOST_FIELDS]

    def choose(self, addresses: Sequence[str], paths: Sequence[Path]) -> None:
        """Give these fields of some addresses columns, and no others."""
        for address in addresses:
            self._chosen.pop(address, None)
            if paths:
                self._chosen[address] = tuple(paths)
        for address in list(self._chosen)[:-MOST_ADDRESSES]:
            del self._chosen[address]
