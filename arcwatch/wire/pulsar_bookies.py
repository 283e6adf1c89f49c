"""Lists of bookies from a broker's admin API (``/admin/v2/bookies`` of Pulsar 4.0) -> model."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.model.pulsar import Bookie, PulsarBookies

from .pulsar_admin import decode

MOST = 10_000
"""Bookies that are kept."""


class _Id(Struct):
    bookieId: str


class _All(Struct):
    bookies: list[_Id]


class _Rack(Struct):
    rack: str | None = None


_all = msgspec.json.Decoder(_All)
_racks = msgspec.json.Decoder(dict[str, dict[str, _Rack]])


def parse_bookies(answer: bytes, racks: bytes, where: str) -> PulsarBookies:
    """The answers of ``bookies/all``, ``{"bookies":[{"bookieId":"b1:3181"}]}``, and ``racks-info``.

    Args:
        answer: The first; empty where there is none.
        racks: The second, ``{"default":{"b1:3181":{"rack":"/r1","hostname":"b1"}}}``; may be empty.
    """
    if not answer:
        return PulsarBookies(None)
    groups = decode(_racks, racks, f"{where}/racks-info") if racks else {}
    rack = {name: place.rack or "" for group in groups.values() for name, place in group.items()}
    names = sorted(bookie.bookieId for bookie in decode(_all, answer, f"{where}/all").bookies)
    return PulsarBookies(tuple(Bookie(name, rack.get(name, "")) for name in names[:MOST]))
