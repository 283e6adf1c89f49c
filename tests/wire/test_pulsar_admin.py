"""Answers of the admin API, recorded and damaged."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.wire.pulsar_admin import parse_brokers, parse_ready, parse_reason, parse_topic

NAME = "persistent://arc/agents/task-events-partition-0"
WHERE = "http://b:8080/admin/v2/persistent/arc/agents/task-events-partition-0"


@pytest.fixture
def stats(recorded):
    return recorded("pulsar-4.0.8/stats.json")


@pytest.fixture
def internal(recorded):
    return recorded("pulsar-4.0.8/internalStats.json")


def changed(body, **fields):
    return msgspec.json.encode(msgspec.json.decode(body) | fields)


def with_billing(body, **fields):
    doc = msgspec.json.decode(body)
    doc["subscriptions"]["billing"] |= fields
    return msgspec.json.encode(doc)


def billing(topic):
    (found,) = (each for each in topic.subscriptions if each.name == "billing")
    return found


# -- brokers ------------------------------------------------------------------------------------


def test_lists_the_brokers(recorded):
    assert parse_brokers(recorded("pulsar-4.0.8/brokers.json"), WHERE).brokers == (
        "127.0.0.1:37080",
    )


def test_brokers_are_in_an_order_that_stays():
    assert parse_brokers(b'["b:8080","a:8080","b:8080"]', WHERE).brokers == ("a:8080", "b:8080")


@pytest.mark.parametrize(
    "name", ["[::1]:8080", "pulsar-broker-0.pulsar.svc.cluster.local:8080", "10.0.0.7:8443"]
)
def test_takes_every_kind_of_host(name):
    assert parse_brokers(msgspec.json.encode([name]), WHERE).brokers == (name,)


@pytest.mark.parametrize(
    "name", ["a", "a:", "a:8080/x", "x@a:8080", "a:8080?", "a b:8080", "a:808000", "", "//a:80"]
)
def test_a_name_that_would_lead_an_url_elsewhere_is_refused(name):
    with pytest.raises(WireError, match=r"\$\[1\]"):
        parse_brokers(msgspec.json.encode(["a:8080", name]), WHERE)


# -- readiness ----------------------------------------------------------------------------------


def test_a_ready_broker_says_ok():
    assert parse_ready("a:8080", 200, b"ok").healthy


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b'{"reason":"Broker is not ready"}', "Broker is not ready"),
        (503, b"", "HTTP 503"),
        (200, b"<html>\nlogin", "<html>"),
    ],
)
def test_any_other_answer_is_a_broker_that_is_not_ready(status, body, error):
    health = parse_ready("a:8080", status, body)
    assert (health.broker, health.healthy, health.error) == ("a:8080", False, error)


@given(st.binary(max_size=200))
def test_any_refusal_has_one_printable_line(body):
    assert parse_reason(body).isprintable()


# -- one topic ----------------------------------------------------------------------------------


def test_reads_a_topic(stats, internal):
    topic = parse_topic(NAME, stats, internal, WHERE)
    assert topic.name == NAME
    assert topic.in_messages > 400
    assert topic.entries_added == 1, "one batch"
    assert {s.name: s.type for s in topic.subscriptions} == {
        "billing": "Shared",
        "fast": "Key_Shared",
    }
    assert billing(topic).backlog_size == msgspec.json.decode(stats)["backlogSize"]
    assert billing(topic).durable


def test_a_subscription_without_consumers_yet_has_no_type(stats, internal):
    topic = parse_topic(NAME, with_billing(stats, type="None"), internal, WHERE)
    assert billing(topic).type is None


def test_a_reader_is_told_from_a_subscription(stats, internal):
    topic = parse_topic(NAME, with_billing(stats, isDurable=False), internal, WHERE)
    assert [each.name for each in topic.subscriptions if not each.durable] == ["billing"]


def test_a_backlog_size_that_was_not_computed_is_unknown(stats, internal):
    topic = parse_topic(NAME, with_billing(stats, backlogSize=-1), internal, WHERE)
    assert billing(topic).backlog_size is None


def test_what_a_newer_broker_adds_is_ignored(stats, internal):
    newer = changed(stats, brandNew=[1, {"2": None}])
    assert parse_topic(NAME, newer, internal, WHERE) == parse_topic(NAME, stats, internal, WHERE)


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("msgInCounter", "many", "$.msgInCounter"),
        ("msgInCounter", 1.5, "$.msgInCounter"),
        ("subscriptions", [], "$.subscriptions"),
        ("subscriptions", {"billing": 1}, "$.subscriptions[...]"),
        ("subscriptions", {"billing": {"type": 1}}, "$.subscriptions[...].type"),
    ],
)
def test_a_field_of_another_type_is_named(stats, internal, field, value, path):
    with pytest.raises(WireError) as caught:
        parse_topic(NAME, changed(stats, **{field: value}), internal, WHERE)
    assert f"`{path}`" in caught.value.why
    assert caught.value.where == f"{WHERE}/stats"


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_answer_is_said_to_be_none(stats, body):
    with pytest.raises(WireError, match="not an answer from Pulsar's admin API") as caught:
        parse_topic(NAME, stats, body, WHERE)
    assert caught.value.where == f"{WHERE}/internalStats"
    assert caught.value.why
    assert caught.value.hint
