"""What a user made of a table's columns, as it is remembered."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Arrangement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a user made of a table's columns; nothing is as the table has it."""

    order: tuple[str, ...] = ()
    """Keys from left to right; columns that it does not name follow."""
    hidden: tuple[str, ...] = ()
    widths: Mapping[str, int] = {}
    """Cells."""
    sort: str = ""
    """The column sorted by."""
    reverse: bool = False
