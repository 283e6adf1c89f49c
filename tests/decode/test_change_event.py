"""Change events in the dialects that databases' changes are written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.decode.change_event import ChangeEvent, read_change

ROW = {"id": 1, "n": 2}
POSTGRES = {"db": "shop", "schema": "public", "table": "orders"}
CLOUD = {"specversion": "1.0", "id": "1", "source": "/debezium", "type": "io.debezium.postgresql"}


def canal(kind, *rows, ddl=False):
    return {
        "database": "shop",
        "table": "orders",
        "type": kind,
        "isDdl": ddl,
        "data": list(rows) or None,
        "pkNames": ["id"],
        "es": 1,
    }


@pytest.mark.parametrize(
    ("value", "event"),
    [
        ({"op": "c", "before": None, "after": ROW}, ChangeEvent("row", ROW)),
        (
            {"op": "r", "after": ROW, "source": POSTGRES},
            ChangeEvent("row", ROW, table="shop.public.orders"),
        ),
        (
            {"schema": {}, "payload": {"op": "u", "before": ROW, "after": ROW}},
            ChangeEvent("row", ROW),
        ),
        ({"op": "d", "before": ROW, "after": None}, ChangeEvent("removed")),
        (
            {"op": "d", "before": ROW, "source": POSTGRES},
            ChangeEvent("removed", table="shop.public.orders"),
        ),
        ({"op": "t", "source": POSTGRES}, ChangeEvent("truncated", table="shop.public.orders")),
        (
            {"op": "m", "source": {"db": "shop"}, "message": {"prefix": "p", "content": "aGk="}},
            ChangeEvent("aside", table="shop", what="logical decoding message"),
        ),
        (
            {
                "op": "u",
                "after": None,
                "patch": '{"_id": 1, "whole": true}',
                "source": {"db": "shop", "collection": "c"},
            },
            ChangeEvent("row", {"_id": 1, "whole": True}, table="shop.c"),
        ),
        (
            {
                "op": "u",
                "before": None,
                "after": {
                    "id": 1,
                    "tags": ["__debezium_unavailable_value"],
                    "blob": "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",
                },
            },
            ChangeEvent("row", {"id": 1}, unchanged=("tags", "blob")),
        ),
        (
            {"id": 1, "n": 2, "__deleted": "false", "__op": "u", "__ts_ms": 5},
            ChangeEvent("row", ROW),
        ),
        ({"id": 1, "n": None, "__deleted": "true"}, ChangeEvent("removed")),
        (
            {"id": 1, "__op": "d", "__db": "shop", "__table": "orders"},
            ChangeEvent("removed", table="shop.orders"),
        ),
        (
            {
                **CLOUD,
                "iodebeziumop": "u",
                "iodebeziumdb": "shop",
                "iodebeziumtable": "orders",
                "data": {"before": None, "after": ROW},
            },
            ChangeEvent("row", ROW, table="shop.orders"),
        ),
        (
            {**CLOUD, "data": {"schema": {}, "payload": {"op": "d", "before": ROW, "after": None}}},
            ChangeEvent("removed"),
        ),
        (
            {
                "database": "shop",
                "table": "orders",
                "type": "update",
                "ts": 1,
                "data": ROW,
                "old": {"n": 1},
            },
            ChangeEvent("row", ROW, table="shop.orders"),
        ),
        (
            {"database": "shop", "table": "orders", "type": "delete", "ts": 1, "data": ROW},
            ChangeEvent("removed", table="shop.orders"),
        ),
        (
            {
                "database": "shop",
                "table": "orders",
                "type": "table-alter",
                "ts": 1,
                "old": {},
                "def": {},
            },
            ChangeEvent("aside", table="shop.orders", what="schema change"),
        ),
        # a row of an outbox that nothing routes on
        (
            {
                "op": "c",
                "before": None,
                "after": {"id": "e1", "aggregateid": "7", "type": "Paid", "payload": '{"sum":3}'},
            },
            ChangeEvent(
                "row",
                {"id": "e1", "aggregateid": "7", "type": "Paid", "payload": '{"sum":3}'},
            ),
        ),
        (canal("INSERT", ROW), ChangeEvent("row", ROW, table="shop.orders")),
        (canal("UPDATE", ROW, ROW), ChangeEvent("row", [ROW, ROW], table="shop.orders")),
        (canal("DELETE", ROW), ChangeEvent("removed", table="shop.orders")),
        (canal("TRUNCATE", ddl=True), ChangeEvent("truncated", table="shop.orders")),
        (canal("ALTER", ddl=True), ChangeEvent("aside", table="shop.orders", what="schema change")),
    ],
)
def test_reads_what_an_event_says_of_a_row(value, event):
    assert read_change(value) == event


@pytest.mark.parametrize(
    "value",
    [
        None,
        "u",
        [ROW],
        ROW,
        {"op": "u"},
        {"op": "x", "before": None, "after": ROW},
        {"op": ["u"], "before": None, "after": ROW},
        {"type": "insert", "data": ROW},
        {"ts_ms": 5},
        {"schema": {}, "payload": ROW},
        {"specversion": "1.0", "data": ROW},
        {"status": "BEGIN", "id": "order-7"},
        # what a router makes of a row of an outbox: the payload alone, or in an envelope
        {"sum": 3, "type": "Paid"},
        {"schema": {"type": "struct"}, "payload": {"eventType": "Paid", "payload": {"sum": 3}}},
    ],
)
def test_an_ordinary_value_is_no_event(value):
    assert read_change(value) is None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["u", "t", "BEGIN"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                [
                    "op",
                    "before",
                    "after",
                    "source",
                    "payload",
                    "schema",
                    "data",
                    "type",
                    "isDdl",
                    "ts",
                    "database",
                    "specversion",
                    "iodebeziumop",
                    "updateDescription",
                    "patch",
                    "__op",
                    "$set",
                    "$unset",
                    "updatedFields",
                    "removedFields",
                    "status",
                    "id",
                    "table",
                    "db",
                    "ddl",
                ]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(json)
def test_no_value_breaks_it(value):
    event = read_change(value)
    assert event is None or isinstance(event, ChangeEvent)
