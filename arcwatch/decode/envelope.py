"""Change events: the row that one leaves behind.

Debezium's envelope is ``{"before": …, "after": …, "op": "c"|"r"|"u"|"d"|"t", …}``, with
``{"schema": …, "payload": …}`` around it where its JSON converter was told to.  Source: Debezium's
documentation, "Data change events".
"""

from __future__ import annotations

from typing import Any, Final

_OPERATIONS = frozenset("crudtm")


class _Gone:
    def __repr__(self) -> str:
        return "GONE"


GONE: Final = _Gone()
"""Stands for a row that the event has removed."""


def row_of(value: Any) -> Any:
    """The row as an event leaves it, or :data:`GONE`; a value that is no such event is itself.

    >>> row_of({"op": "u", "before": {"id": 1}, "after": {"id": 1, "n": 2}, "ts_ms": 5})
    {'id': 1, 'n': 2}
    >>> row_of({"schema": {}, "payload": {"op": "d", "before": {"id": 1}, "after": None}})
    GONE
    >>> row_of({"op": "u"})
    {'op': 'u'}
    """
    event = value
    if isinstance(value, dict) and value.keys() == {"schema", "payload"}:
        event = value["payload"]
    if not isinstance(event, dict) or not event.keys() >= {"op", "before", "after"}:
        return value
    if event["op"] not in _OPERATIONS:
        return value
    return GONE if event["after"] is None or event["op"] == "d" else event["after"]
