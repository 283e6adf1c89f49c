"""Bookies, from a broker's admin API (``/admin/v2/bookies``) and from their own -> model."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.model.pulsar import Bookie, PulsarBookies

from .numbers import Count, Int64, known_or_none
from .pulsar_admin import decode

MOST = 10_000
"""Bookies that are kept."""

NONE_UNDER = b"No under replicated ledgers found"


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


class _BookieState(Struct, frozen=True, rename="camel"):
    """``BookieStateService.BookieState`` of BookKeeper 4.17."""

    read_only: bool


class _BookieSpace(Struct, frozen=True, rename="camel"):
    """``BookieInfoService.BookieInfo``."""

    free_space: Count
    total_space: Count


_bookie_state = msgspec.json.Decoder(_BookieState)
_bookie_space = msgspec.json.Decoder(_BookieSpace)
_underreplicated = msgspec.json.Decoder(list[Int64] | dict[str, msgspec.Raw])


def parse_bookie_state(body: bytes, where: str) -> bool:
    """The answer of a bookie's ``/api/v1/bookie/state``: whether it is read-only."""
    return decode(_bookie_state, body, where).read_only


def parse_bookie_space(body: bytes, where: str) -> tuple[int | None, int | None]:
    """The answer of a bookie's ``/api/v1/bookie/info``: bytes free, and of all."""
    report = decode(_bookie_space, body, where)
    return known_or_none(report.free_space), known_or_none(report.total_space)


def parse_underreplicated(body: bytes, where: str) -> int:
    """How many ledgers a bookie's ``list_under_replicated_ledger`` names."""
    if body.strip() == NONE_UNDER:
        return 0
    return len(decode(_underreplicated, body, where))
