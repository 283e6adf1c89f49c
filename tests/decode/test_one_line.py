"""Values on one line of a list, however large, deep or strange they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.commands.message_lines import text_line
from arcwatch.decode.one_line import compact, gist, one_line, preview, scalar
from arcwatch.model.message import Decoded, Message
from arcwatch.ui.views.message_rows import value


def deep(depth):
    value = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


def bare(source, *headers):
    """A message that has no body."""
    return Message(source, f"{source}:a", 0, 0, b"", headers=headers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_what_is_short_enough_is_whole_json(value):
    assert json.loads(compact(value, 10**6)) == value


@given(JSON, st.integers(2, 40))
def test_what_is_too_long_is_cut_to_the_limit(value, limit):
    whole = compact(value, 10**6)
    assert compact(value, limit) == (whole if len(whole) <= limit else whole[: limit - 1] + "…")


def test_depth_and_size_cost_no_more_than_what_is_shown():
    assert compact(deep(10_000), 20) == '{"a":[{"a":[{"a":[{…'
    assert len(compact("x" * 5_000_000, 30)) == 30
    assert compact(list(range(1_000_000)), 8) == "[0,1,2,…"


@pytest.mark.parametrize(
    ("decoded", "line"),
    [
        (Decoded("json", {}, body=b'{\n\t"a":  1\n}'), '{ "a": 1 }'),
        (Decoded("text", "a b", body=b"a b"), "a b"),
        (Decoded("text", "h\ufffd", body=b"h\xc3"), "h\ufffd"),
        (Decoded("avro", {"a": 1}, body=b"\x02"), '{"a":1}'),
        (Decoded("null", None), "null"),
        (Decoded("base64", "", body=bytes(range(256))), bytes(range(64)).hex(" ") + " …"),
    ],
)
def test_every_encoding_has_its_line(decoded, line):
    assert one_line(decoded) == line


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (bare("nats", ("Status", "404"), ("Description", "No Messages")), "404 No Messages"),
        (bare("nats", ("Status", "503")), "503"),
        (bare("nats", ("A", "1"), ("B", "2"), ("Status", "404")), "(empty)"),
        (bare("nats"), "(empty)"),
        (bare("js", ("KV-Operation", "DEL")), "(deleted)"),
        (bare("js", ("Nats-Marker-Reason", "MaxAge")), "(expired)"),
        (bare("js", ("KV-Operation", "anything")), "(empty)"),
        (bare("pulsar", ("Status", "404")), "null"),
    ],
)
def test_a_message_without_a_body_is_the_same_in_text_and_in_a_list(message, line):
    decoded = Decoded("null", None)
    assert text_line(message, decoded).endswith(f"  0 B  {line}")
    cell = value(message, lambda _: decoded)
    assert (cell.text, cell.tone) == (line, "dim")


def test_what_has_a_body_is_that_and_not_its_status():
    message = Message("nats", "nats:a", 0, 1, b"1", headers=(("Status", "404"),))
    assert gist(message, Decoded("json", 1, body=b"1")) == "1"


def test_a_type_that_json_has_not_is_told_as_text():
    assert scalar({1, 2}.__class__) == "\"<class 'set'>\""
    assert scalar(b"\x00\x01") == '"00 01"'
    assert scalar(float("nan")) == "null"


def test_a_large_body_is_glimpsed_as_text_or_as_bytes():
    def message(body):
        return Message("nats", "nats:a", 0, len(body), body)

    assert preview(message("é".encode() * 1_000), 5) == "éé"
    assert preview(message(b"{\n}" * 1_000), 5) == "{ }{"
    assert preview(message(bytes(range(128, 256)) * 10), 9) == "80 81 82 …"
