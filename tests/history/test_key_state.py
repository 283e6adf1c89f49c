"""States that logs lead to, folded from messages that no broker is needed for."""

import json

import pytest

from arcwatch.decode import decode_message
from arcwatch.errors import ArcwatchError
from arcwatch.history.key_state import State, changes
from arcwatch.model.message import Message


def message(number, key, value, *, source="pulsar", headers=(), partition=None):
    body = b"" if value is None else json.dumps(value).encode()
    address = "js:S" if source == "js" else "pulsar:a/b/c"
    if partition is not None:
        address += f"-partition-{partition}"
    place = {"subject": key} if source == "js" else {"key": key}
    return Message(
        source, address, 0, len(body), body, "", id=f"#{number}", headers=tuple(headers), **place
    )


def state_of(*messages):
    state = State()
    state.update(messages)
    return state


async def read(message):
    return lambda: decode_message(message, None)


async def values(state):
    return {key: kept.decoded.value async for (_, key), kept in state.entries(read)}


async def changed(before, after):
    found = []
    async for change in changes(before, after, read):
        where = [(one.path, one.before, one.after) for one in change.differences]
        found.append((change.identity[1], change.kind, where))
    return found


async def test_the_last_message_of_a_key_counts_and_one_without_a_body_removes_it():
    state = state_of(
        message(1, "a", {"n": 1}),
        message(2, "b", {"n": 2}, partition=3),
        message(3, "a", {"n": 3}),
        message(4, None, {"n": 4}),
        message(5, "gone", {"n": 5}),
        message(6, "gone", None),
    )
    assert await values(state) == {"a": {"n": 3}, "b": {"n": 2}}
    assert state.keyless == 1
    # partitions are parts of their topic
    assert {address for address, _ in state.last} == {"pulsar:a/b/c"}


@pytest.mark.parametrize(
    "marker", [("KV-Operation", "DEL"), ("KV-Operation", "PURGE"), ("Nats-Marker-Reason", "MaxAge")]
)
async def test_markers_remove_a_subject_and_an_empty_body_does_not(marker):
    empty = message(1, "kept", None, source="js")
    gone = message(2, "gone", {"n": 1}, source="js")
    removed = message(3, "gone", None, source="js", headers=[marker])
    assert (await values(state_of(empty, gone, removed))).keys() == {"kept"}


@pytest.mark.parametrize(
    ("subject", "info", "is_there"),
    [
        ("$O.B.M.eA==", {"name": "x", "deleted": True}, False),
        ("$O.B.M.eA==", {"name": "x", "size": 5}, True),
        ("$O.B.M.eA==", "no object", True),
        ("orders.x", {"name": "x", "deleted": True}, True),
    ],
)
async def test_an_object_that_its_store_has_deleted_is_gone(subject, info, is_there):
    found = await values(state_of(message(1, subject, info, source="js")))
    assert list(found) == [subject] * is_there


async def test_of_change_events_the_row_counts():
    def event(number, op, before, after):
        return message(number, "7", {"op": op, "before": before, "after": after, "ts_ms": number})

    created = state_of(event(1, "c", None, {"id": 7, "n": 1}))
    updated = state_of(event(2, "u", {"id": 7, "n": 1}, {"id": 7, "n": 2}))
    again = state_of(event(3, "u", {"id": 7, "n": 2}, {"id": 7, "n": 2}))
    deleted = state_of(event(4, "d", {"id": 7, "n": 2}, None))
    assert await values(updated) == {"7": {"id": 7, "n": 2}}
    assert await changed(created, updated) == [("7", "changed", [("n", 1, 2)])]
    # an event that leaves the row as it was changes nothing
    assert await changed(updated, again) == []
    assert await changed(updated, deleted) == [("7", "removed", [])]
    assert await values(deleted) == {}


async def test_what_changed_is_told_by_field():
    before = state_of(message(1, "a", {"n": 1, "old": 0}), message(2, "b", 1), message(3, "c", 1))
    after = before.copy()
    after.update((message(4, "a", {"n": 2, "new": 0}), message(5, "b", None), message(6, "d", 1)))
    told = await changed(before, after)
    assert [(key, kind) for key, kind, _ in told] == [
        ("a", "changed"),
        ("b", "removed"),
        ("d", "added"),
    ]
    assert {path for path, *_ in told[0][2]} == {"n", "new", "old"}
    assert await changed(before, before.copy()) == []


async def test_a_composite_key_is_one_key_and_a_null_key_is_none():
    composite = '{"order":1,"line":2}'
    row = {"op": "c", "before": None, "after": {"order": 1, "line": 2, "n": 3}}
    state = state_of(message(1, composite, row), message(2, None, row))
    assert await values(state) == {composite: row["after"]}
    assert state.keyless == 1
    gone = {"op": "d", "before": row["after"], "after": None}
    state.update((message(3, composite, gone), message(4, composite, None)))
    assert await values(state) == {}


def test_too_many_keys_are_refused_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr("arcwatch.history.key_state.MOST", 3)
    with pytest.raises(ArcwatchError, match="too large"):
        state_of(*(message(number, str(number), 1) for number in range(4)))


# -- change events of other shapes -------------------------------------------------------------


def debezium(op, before=None, after=None, table="orders", **more):
    source = {"db": "shop", "schema": "public", "table": table}
    return {"op": op, "before": before, "after": after, "source": source, "ts_ms": 1, **more}


async def rows(*messages):
    state = state_of(*messages)
    found = {key: kept.decoded async for (_, key), kept in state.entries(read)}
    return {key: decoded.value for key, decoded in found.items()}, {
        key: decoded.error for key, decoded in found.items() if decoded.error
    }


async def test_a_truncate_without_a_key_removes_the_rows_before_it_and_none_after():
    before = (
        message(1, "1", debezium("r", after={"id": 1})),
        message(2, "2", debezium("c", after={"id": 2})),
    )
    truncate = message(3, None, {"op": "t", "before": None, "after": None})
    after = message(4, "3", debezium("c", after={"id": 3}))
    state = state_of(*before, truncate, after)
    assert await values(state) == {"3": {"id": 3}}
    assert (state.keyless, state.truncates) == (1, 1)
    earlier = state_of(*before)
    later = earlier.copy()
    later.update((truncate, after))
    found = [(key, kind) for key, kind, _ in await changed(earlier, later)]
    assert found == [("1", "removed"), ("2", "removed"), ("3", "added")]


async def test_a_truncate_that_names_its_table_leaves_other_tables_rows():
    kept, _ = await rows(
        message(1, "1", debezium("c", after={"id": 1}, table="customers")),
        message(2, "2", debezium("c", after={"id": 2})),
        message(3, None, debezium("t")),
    )
    assert kept == {"1": {"id": 1}}


async def test_columns_left_out_as_unchanged_keep_their_value_or_are_named_as_unknown():
    large = "__debezium_unavailable_value"
    first = message(1, "1", debezium("c", after={"id": 1, "n": 1, "text": "long"}))
    second = message(2, "1", debezium("u", after={"id": 1, "n": 2, "text": large}))
    third = message(3, "1", debezium("u", after={"id": 1, "n": 3, "text": large}))
    values, errors = await rows(first, second, third)
    assert (values, errors) == ({"1": {"id": 1, "n": 3, "text": "long"}}, {})
    values, errors = await rows(second, third)
    assert values == {"1": {"id": 1, "n": 3}}
    assert errors == {"1": "unchanged and not stored: text"}
    earlier = state_of(first)
    later = earlier.copy()
    later.update((second, third))
    assert await changed(earlier, later) == [("1", "changed", [("n", 1, 3)])]


async def test_updates_of_documents_are_laid_over_what_was_stored_before():
    first = message(1, "1", debezium("c", after='{"_id": 1, "n": 1, "old": true}'))
    described = debezium(
        "u", updateDescription={"updatedFields": '{"n": 2}', "removedFields": ["old"]}
    )
    second = message(2, "1", described)
    patched = debezium("u", patch='{"$set": {"m": 3}}')
    third = message(3, "1", patched)
    assert await rows(first, second, third) == ({"1": {"_id": 1, "n": 2, "m": 3}}, {})
    values, errors = await rows(second, third)
    assert values == {"1": {"n": 2, "m": 3}}
    assert "only the fields of its last updates" in errors["1"]
    # an update is no removal, whatever it leaves out
    values, errors = await rows(message(1, "1", debezium("u")))
    assert values == {"1": {}}
    assert "does not carry its row" in errors["1"]


async def test_what_is_no_row_is_left_out_and_counted():
    state = state_of(
        message(1, "1", debezium("c", after={"id": 1})),
        message(
            2,
            "571",
            {"status": "BEGIN", "id": "571", "event_count": None, "data_collections": None},
        ),
        message(3, '{"serverName": "shop"}', {"ts_ms": 5}),
        message(
            4,
            '{"databaseName": "shop"}',
            {"databaseName": "shop", "ddl": "CREATE TABLE t (id int)"},
        ),
    )
    assert await values(state) == {"1": {"id": 1}}
    assert state.asides == {"transaction": 1, "heartbeat": 1, "schema change": 1}
