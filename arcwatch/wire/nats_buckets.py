"""Stored messages of key-value and object stores -> model, by ADR-8 and ADR-20 of NATS."""

from __future__ import annotations

import base64
import re

import msgspec
from msgspec import Struct

from arcwatch.errors import WireError
from arcwatch.model.message import Message
from arcwatch.model.nats_buckets import KvKey, StoredObject
from arcwatch.text.control_characters import printable

from .documents import decoded
from .numbers import BEYOND, Int64

SHOWN = 1_024
"""Bytes of a value that are kept."""
LONGEST = 300
"""Characters of a description."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OPERATIONS = {"DEL": "delete", "PURGE": "purge"}
_REASONS = {"MaxAge": "expired", "Purge": "purge"}


class _Link(Struct):
    bucket: str = ""
    name: str = ""


class _Options(Struct):
    link: _Link | None = None


class _Info(Struct):
    name: str
    size: Int64 = 0
    chunks: Int64 = 0
    digest: str = ""
    deleted: bool = False
    description: str = ""
    nuid: str = ""
    options: _Options | None = None


_info = msgspec.json.Decoder(_Info)


def key_of(message: Message) -> KvKey:
    """The entry of a key that a message is; its subject is ``$KV.<bucket>.<key>``."""
    headers = dict(message.headers)
    reason = headers.get("Nats-Marker-Reason", "")
    marked = _REASONS.get(reason, "delete") if reason else "put"
    body = message.body[:SHOWN]
    text = _text(body)
    return KvKey(
        # a mirror keeps the subjects of the bucket that it copies
        key=(message.subject or "").split(".", 2)[-1],
        subject=message.subject or "",
        revision=_sequence(message),
        time=(message.publish_time or 0) / 1e9,
        operation=_OPERATIONS.get(headers.get("KV-Operation", ""), marked),
        size=len(message.body),
        value=base64.b64encode(body).decode() if text is None else text,
        encoding="base64" if text is None else "text",
        is_cut=len(message.body) > SHOWN,
        ttl=headers.get("Nats-TTL", "")[:40],
    )


def object_of(message: Message) -> StoredObject:
    """The object that a message of ``$O.<bucket>.M.<name>`` describes."""
    info = decoded(_info, message.body, "not the description of an object")
    if info.size < 0 or info.chunks < 0:
        raise WireError("not the description of an object", why="a size below zero")
    link = info.options.link if info.options else None
    return StoredObject(
        name=info.name,
        subject=message.subject or "",
        size=info.size,
        chunks=info.chunks,
        digest=info.digest[:100],
        revision=_sequence(message),
        time=(message.publish_time or 0) / 1e9,
        deleted=info.deleted,
        link="/".join(filter(None, (link.bucket, link.name))) if link else "",
        description=printable(info.description, limit=LONGEST),
        nuid=info.nuid if _TOKEN.fullmatch(info.nuid) else "",
    )


def _sequence(message: Message) -> int:
    number = (message.id or "")[1:]
    return min(int(number), BEYOND - 1) if number.isdecimal() else 0


def _text(body: bytes) -> str | None:
    """The start of a body as text, though it may end within a character; None where it is none."""
    for end in range(len(body), max(len(body) - 4, -1), -1):
        try:
            return body[:end].decode()
        except UnicodeDecodeError:
            if len(body) < SHOWN:
                return None
    return None
