"""Versions of a schema from Pulsar's admin API -> model.

Source: ``GET /admin/v2/schemas/{tenant}/{namespace}/{topic}/schema/{version}``, which is
``GetSchemaResponse`` of Pulsar 4.0.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError
from arcwatch.model.message import Schema

from .numbers import Int64, seconds_of
from .pulsar_admin import HINT, decode

MAX_DEFINITION = 1024 * 1024
"""Characters; a broker keeps one in an entry of a ledger, and thousands may be in use."""
MAX_PROPERTIES = 256 * 1024
"""Characters of all properties; those of ``PROTOBUF`` list a message's fields."""


class _Answer(Struct, frozen=True):
    """``GetSchemaResponse``; ``data`` is text for any type of schema."""

    type: str
    version: Int64 | None = None
    data: str = ""
    properties: dict[str, str] | None = None
    timestamp: Int64 = 0


class _Answers(Struct, frozen=True):
    """``GetAllVersionsSchemaResponse``."""

    getSchemaResponses: list[_Answer]


_answers = msgspec.json.Decoder(_Answers)
_answer = msgspec.json.Decoder(_Answer)


def parse_schema_version(body: bytes, where: str) -> Schema:
    """The answer about one version of a topic's schema."""
    return _schema(decode(_answer, body, where), where)


def parse_schema_versions(body: bytes, where: str) -> list[Schema]:
    """The answer about all versions of a topic's schema; see :func:`parse_schema_version`."""
    return [_schema(each, where) for each in decode(_answers, body, where).getSchemaResponses]


def _schema(report: _Answer, where: str) -> Schema:
    properties = report.properties or {}
    size = sum(len(name) + len(value) for name, value in properties.items())
    if len(report.data) > MAX_DEFINITION or size > MAX_PROPERTIES:
        why = f"{len(report.data):,} characters, and {size:,} of properties"
        raise WireError("a schema too large", where=where, why=why, hint=HINT)
    definition = report.data.encode("utf-8", "replace")
    created = seconds_of(report.timestamp)
    return Schema(report.type, definition, report.version, properties, created)
