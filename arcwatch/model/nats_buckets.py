"""Contents of key-value and object stores, one answer for each open bucket."""

from __future__ import annotations

from msgspec import Struct


class KvKey(Struct, frozen=True, gc=False):
    """The last entry of a key."""

    key: str
    subject: str
    """Where its entries are stored."""
    revision: int
    """The stream's sequence number of the entry."""
    time: float
    """When it was stored, Unix seconds."""
    operation: str
    """``put``, ``delete``, ``purge``, or ``expired`` where the server removed it by its age."""
    size: int
    """Bytes of the value."""
    value: str
    """The start of the value, in base64 where it is not text."""
    encoding: str
    """``text`` or ``base64``."""
    is_cut: bool
    """Whether ``value`` is only the start of it."""
    ttl: str = ""
    """The message's own time to live, as it was written; empty for the bucket's."""


class StoredObject(Struct, frozen=True, gc=False):
    """An object by its last description."""

    name: str
    subject: str
    """Where its descriptions are stored."""
    size: int
    chunks: int
    digest: str
    """``SHA-256=…``, as computed by the client that stored it."""
    revision: int
    time: float
    """When it was described last, Unix seconds."""
    deleted: bool = False
    link: str = ""
    """The bucket or object that it only refers to; empty for an object of its own."""
    description: str = ""
    nuid: str = ""
    """The last token of the subject of its chunks."""
    check: str = ""
    """``holds``, or what is wrong, where its chunks were read; empty where they were not."""


class NatsBucket(Struct, frozen=True, tag="nats.bucket"):
    """The keys or objects of one bucket."""

    stream: str
    """The stream that holds it: ``KV_…`` or ``OBJ_…``."""
    keys: tuple[KvKey, ...] = ()
    objects: tuple[StoredObject, ...] = ()
    is_whole: bool = True
    """Whether these are all of them: very many are not read."""
    unread: int = 0
    """Descriptions of objects that could not be read."""
