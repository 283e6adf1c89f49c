"""Change events: changes of database rows, in every common dialect.

* Debezium's envelope, ``{"before": …, "after": …, "op": "c"|"r"|"u"|"d"|"t"|"m", …}``, with
  ``{"schema": …, "payload": …}`` or a CloudEvent around it; of MongoDB also ``updateDescription``
  and ``patch``.  Source: Debezium's documentation, "Data change events" of each connector,
  "Exporting CloudEvents".
* Debezium's flattened records, with ``__deleted`` or ``__op`` beside the columns.  Source:
  "New Record State Extraction".
* Maxwell's ``{"database": …, "table": …, "type": "insert", "data": {…}}``.  Source: Maxwell's
  documentation, "Data format".
* Canal's flat messages, ``{"database": …, "table": …, "type": "INSERT", "isDdl": …,
  "data": [{…}]}``.  Source: ``FlatMessage`` in Canal's ``protocol`` module.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

_OPERATIONS: Final = frozenset("crudtm")
PLACEHOLDER: Final = "__debezium_unavailable_value"
"""Stands in a row for a large column that the change left as it was."""
PACKED_PLACEHOLDER: Final = b64encode(PLACEHOLDER.encode()).decode()
"""The same in a column of bytes."""

Kind = Literal["row", "patch", "removed", "truncated", "aside"]

_MAXWELL: Final[Mapping[str, Kind]] = {
    "insert": "row",
    "update": "row",
    "bootstrap-insert": "row",
    "delete": "removed",
}
_CANAL: Final[Mapping[str, Kind]] = {"INSERT": "row", "UPDATE": "row", "DELETE": "removed"}


class ChangeEvent(msgspec.Struct, frozen=True):
    """The content of one event.

    Attributes:
        kind: ``row``: all of a row; ``patch``: some of its fields; ``removed``: the row is
            removed; ``truncated``: all rows of the table are; ``aside``: nothing of a row.
        row: The row, or the fields that were set.
        unset: Fields that were removed from it.
        unchanged: Fields that are as they were, whose values the event does not carry.
        table: Database, schema and table, joined with dots; empty where it is not named.
        what: Of an ``aside`` what it is, in words; of a ``patch`` what it leaves open.
    """

    kind: Kind
    row: Any = None
    unset: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    table: str = ""
    what: str = ""


def read_change(value: Any, key: str | None = None) -> ChangeEvent | None:
    """Read a decoded message as a change event; None where it is an ordinary value.

    >>> read_change({"op": "u", "before": {"id": 1}, "after": {"id": 1, "n": 2}}).row
    {'id': 1, 'n': 2}
    >>> read_change({"schema": {}, "payload": {"op": "d", "before": {}, "after": None}}).kind
    'removed'
    >>> read_change({"op": "u"})
    """
    event = _unwrapped(value)
    if not isinstance(event, dict):
        return None
    for dialect in (_debezium, _maxwell, _canal, _flattened, _notice):
        if found := dialect(event):
            return found
    if event.keys() == {"ts_ms"} and key and '"serverName"' in key:
        return ChangeEvent("aside", what="heartbeat")
    return None


def merged(row: Any, event: ChangeEvent) -> tuple[Any, tuple[str, ...]]:
    """A row after an event, and its fields whose values are not known.

    Args:
        row: As it was; None where that is not known.
        event: A ``row`` or a ``patch``.

    >>> merged({"a": 1, "b": 2}, ChangeEvent("patch", {"b": 3}, unset=("a",)))
    ({'b': 3}, ())
    >>> merged(None, ChangeEvent("row", {"a": 1}, unchanged=("b",)))
    ({'a': 1}, ('b',))
    """
    known = row if isinstance(row, dict) else {}
    if event.kind == "row":
        if not event.unchanged or not isinstance(event.row, dict):
            return event.row, ()
        carried = {name: known[name] for name in event.unchanged if name in known}
        return event.row | carried, tuple(name for name in event.unchanged if name not in known)
    changed = {**known, **event.row}
    return {n: v for n, v in changed.items() if n not in event.unset}, ()


def _unwrapped(value: Any) -> Any:
    for _ in range(3):
        if not isinstance(value, dict):
            return value
        if value.keys() == {"schema", "payload"}:
            value = value["payload"]
        elif "specversion" in value and isinstance(value.get("data"), dict):
            value = _of_cloud_event(value)
        else:
            return value
    return value


def _of_cloud_event(value: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = value["data"]
    inner = data["payload"] if data.keys() == {"schema", "payload"} else data
    if "iodebeziumop" not in value or not isinstance(inner, dict) or "op" in inner:
        return data
    named = {"db": value.get("iodebeziumdb"), "table": value.get("iodebeziumtable")}
    return {"source": named, **inner, "op": value["iodebeziumop"]}


def _debezium(event: dict[str, Any]) -> ChangeEvent | None:
    op = event.get("op")
    if not isinstance(op, str) or op not in _OPERATIONS:
        return None
    if not (event.keys() >= {"before", "after"} or isinstance(event.get("source"), dict)):
        return None
    table = _table(event.get("source"), "db", "schema", "table", "collection")
    if op == "t":
        return ChangeEvent("truncated", table=table)
    if op == "m":
        return ChangeEvent("aside", table=table, what="logical decoding message")
    if op == "d":
        return ChangeEvent("removed", table=table)
    after = event.get("after")
    return _patch(event, table) if after is None else _row(_document(after), table)


def _patch(event: dict[str, Any], table: str) -> ChangeEvent:
    """An update that does not carry its row, as MongoDB's."""
    update = event.get("updateDescription")
    if isinstance(update, dict):
        fields = _document(update.get("updatedFields"))
        unset = update.get("removedFields")
        what = "arrays were truncated" if update.get("truncatedArrays") else ""
    else:
        patch = _document(event.get("patch"))
        patch = patch if isinstance(patch, dict) else {}
        if patch and not any(name.startswith("$") for name in patch):
            return _row(patch, table)
        fields, unset = patch.get("$set"), patch.get("$unset")
        what = "" if fields or unset else "an update that does not carry its row"
    fields = fields if isinstance(fields, dict) else {}
    nested = [name for name in fields if "." in name]
    if nested:
        what = "nested fields were changed"
    plain = {name: value for name, value in fields.items() if name not in nested}
    names = unset if isinstance(unset, list | dict) else ()
    removed = tuple(name for name in names if isinstance(name, str))
    return ChangeEvent("patch", plain, unset=removed, table=table, what=what)


def _row(row: Any, table: str) -> ChangeEvent:
    if not isinstance(row, dict):
        return ChangeEvent("row", row, table=table)
    unchanged = tuple(name for name, value in row.items() if _is_placeholder(value))
    known = {n: v for n, v in row.items() if n not in unchanged} if unchanged else row
    return ChangeEvent("row", known, unchanged=unchanged, table=table)


def _is_placeholder(value: Any) -> bool:
    if isinstance(value, list | dict) and len(value) == 1:
        value = next(iter(value))
    return isinstance(value, str) and value in (PLACEHOLDER, PACKED_PLACEHOLDER)


def _document(value: Any) -> Any:
    """A document that is written as JSON within JSON, as MongoDB's are; anything else as it is."""
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return value


def _flattened(event: dict[str, Any]) -> ChangeEvent | None:
    deleted, op = event.get("__deleted"), event.get("__op")
    if deleted is None and not (isinstance(op, str) and op in _OPERATIONS):
        return None
    table = _table(event, "__db", "__schema", "__table")
    if op == "t":
        return ChangeEvent("truncated", table=table)
    if op == "d" or deleted is True or (isinstance(deleted, str) and deleted.lower() == "true"):
        return ChangeEvent("removed", table=table)
    row = {name: value for name, value in event.items() if not name.startswith("__")}
    return _row(row, table)


def _maxwell(event: dict[str, Any]) -> ChangeEvent | None:
    kind = event.get("type")
    if not isinstance(kind, str) or not isinstance(event.get("database"), str) or "ts" not in event:
        return None
    table = _table(event, "database", "table")
    if kind in _MAXWELL and isinstance(event.get("data"), dict):
        return _of_kind(_MAXWELL[kind], event["data"], table)
    if kind.startswith("bootstrap-"):
        return ChangeEvent("aside", table=table, what="bootstrap")
    if kind.startswith(("table-", "database-")):
        return ChangeEvent("aside", table=table, what="schema change")
    return None


def _canal(event: dict[str, Any]) -> ChangeEvent | None:
    kind, rows = event.get("type"), event.get("data")
    if not isinstance(kind, str) or not isinstance(event.get("isDdl"), bool):
        return None
    table = _table(event, "database", "table")
    if event["isDdl"] or kind not in _CANAL:
        if kind == "TRUNCATE":
            return ChangeEvent("truncated", table=table)
        return ChangeEvent("aside", table=table, what="schema change")
    if not isinstance(rows, list):
        return ChangeEvent("aside", table=table, what="statement without rows")
    return _of_kind(_CANAL[kind], rows[0] if len(rows) == 1 else rows, table)


def _of_kind(kind: Kind, row: Any, table: str) -> ChangeEvent:
    return _row(row, table) if kind == "row" else ChangeEvent(kind, table=table)


def _notice(event: dict[str, Any]) -> ChangeEvent | None:
    if isinstance(event.get("ddl"), str) and event.keys() & {"databaseName", "tableChanges"}:
        return ChangeEvent("aside", what="schema change")
    ends = event.get("status") in ("BEGIN", "END") and "id" in event
    if ends and event.keys() & {"event_count", "data_collections"}:
        return ChangeEvent("aside", what="transaction")
    return None


def _table(source: Any, *names: str) -> str:
    if not isinstance(source, dict):
        return ""
    return ".".join(part for name in names if isinstance(part := source.get(name), str) and part)
