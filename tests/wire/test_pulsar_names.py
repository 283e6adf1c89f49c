"""Lists of names, recorded and damaged."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.wire import pulsar_names
from arcwatch.wire.pulsar_names import parse_names, parse_namespaces, parse_tenants

WHERE = "http://b:8080/admin/v2/persistent/tree/belt"


def test_lists_tenants_and_namespaces(recorded):
    tenants = parse_tenants(recorded("pulsar-4.0.8/tenants.json"), WHERE).tenants
    assert {"public", "pulsar", "tree"} <= set(tenants)
    told = parse_namespaces("tree", recorded("pulsar-4.0.8/namespaces.json"), WHERE)
    assert told.namespaces == ("tree/belt",)


def test_lists_topics_and_which_of_them_are_partitioned(recorded):
    told = parse_names(
        "tree/belt",
        recorded("pulsar-4.0.8/topics.json"),
        recorded("pulsar-4.0.8/partitioned.json"),
        WHERE,
    )
    assert told.partitioned == ("persistent://tree/belt/parted",)
    assert "persistent://tree/belt/idle-one" in told.topics
    assert "persistent://tree/belt/parted-partition-2" in told.topics
    assert told.left_out == 0


def test_what_is_not_in_the_namespace_asked_about_is_left_out():
    told = parse_names("a/b", b'["persistent://a/b/x","persistent://a/c/x","x",""]', b"[]", WHERE)
    assert told.topics == ("persistent://a/b/x",)
    assert parse_namespaces("a", b'["a/b","b/a","a/"]', WHERE).namespaces == ("a/b",)


def test_scalable_topics_are_listed_with_the_others():
    listed = b'["topic://a/b/s","topic://a/c/s","persistent://a/b/y"]'
    told = parse_names("a/b", b'["persistent://a/b/x"]', b"[]", WHERE, listed)
    assert told.topics == ("persistent://a/b/x", "topic://a/b/s")


def test_a_tenant_that_would_be_a_path_is_left_out():
    assert parse_tenants(b'["a","../b",""]', WHERE).tenants == ("a",)


def test_a_list_that_is_too_long_is_cut_and_says_by_how_much(monkeypatch):
    monkeypatch.setattr(pulsar_names, "MOST", 3)
    listed = msgspec.json.encode([f"persistent://a/b/{n}" for n in range(10)])
    told = parse_names("a/b", listed, b"[]", WHERE)
    assert (len(told.topics), told.left_out) == (3, 7)


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"<html>", b'["a"', b'["\xff"]'])
def test_anything_else_is_an_error_that_says_where(body):
    with pytest.raises(WireError) as raised:
        parse_tenants(body, WHERE)
    assert raised.value.where == WHERE


@given(st.binary())
def test_no_answer_raises_anything_else(body):
    for parse in (parse_tenants, lambda b, w: parse_names("a/b", b, b, w)):
        with contextlib.suppress(WireError):
            parse(body, WHERE)
