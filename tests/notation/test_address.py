"""Addresses: every form, what is wrong with a text and where, and that they go round."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arcwatch.notation.address import AddressError, Stream, Subject, Topic, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("nats:orders.>", Subject("orders.>")),
        ("orders.>", Subject("orders.>")),
        ("orders.*.eu", Subject("orders.*.eu")),
        (">", Subject(">")),
        (" orders ", Subject("orders")),
        ("nats:a/b:c#d%20e", Subject("a/b:c#d%20e")),
        ("nats:orders*", Subject("orders*")),
        ("$SYS.SERVER.*.STATSZ", Subject("$SYS.SERVER.*.STATSZ")),
        ("js:ORDERS", Stream("ORDERS")),
        ("js:ORDERS/orders.eu.*", Stream("ORDERS", "orders.eu.*")),
        ("js:ORDERS#invoicer", Stream("ORDERS", consumer="invoicer")),
        ("js:ORDERS/orders.>#invoicer", Stream("ORDERS", "orders.>", "invoicer")),
        ("js:OR%23DERS/a%23b/c#in#v%25", Stream("OR#DERS", "a#b/c", "in#v%")),
        ("kv:BUCKET", Stream("KV_BUCKET")),
        ("kv:BUCKET/users.*", Stream("KV_BUCKET", "$KV.BUCKET.users.*")),
        ("pulsar:arc/agents/task-events", Topic("arc", "agents", "task-events")),
        ("persistent://arc/agents/x", Topic("arc", "agents", "x")),
        ("pulsar:persistent://arc/agents/x", Topic("arc", "agents", "x")),
        ("non-persistent://arc/agents/x", Topic("arc", "agents", "x", persistent=False)),
        ("topic://arc/agents/x", Topic("arc", "agents", "x", scalable=True)),
        ("topic://arc/agents/x#b", Topic("arc", "agents", "x", subscription="b", scalable=True)),
        ("pulsar:arc/agents/x-partition-2", Topic("arc", "agents", "x", partition=2)),
        ("pulsar:arc/agents/x-partition-02", Topic("arc", "agents", "x-partition-02")),
        ("pulsar:arc/agents/-partition-2", Topic("arc", "agents", "-partition-2")),
        ("pulsar:arc/agents/*", Topic("arc", "agents", "*")),
        ("pulsar:arc/agents/x#billing", Topic("arc", "agents", "x", subscription="billing")),
        ("pulsar:my:org/n=1/it/has/slashes", Topic("my:org", "n=1", "it/has/slashes")),
        ("pulsar:a/b/c%23d%20e%25f%3Ag", Topic("a", "b", "c#d e%f%3Ag")),
        ("pulsar:a/b/c%0A%1bd", Topic("a", "b", "c\n\x1bd")),
        ("prod::pulsar:arc/agents/x", Topic("arc", "agents", "x", context="prod")),
        ("eu-1.prod::orders.eu", Subject("orders.eu", context="eu-1.prod")),
        ("nats::js:ORDERS", Stream("ORDERS", context="nats")),
        ("::nats::b", Subject(":b")),
        ("::nats://b", Subject("//b")),
    ],
)
def test_reads_every_form(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("orders.>", "nats:orders.>"),
        ("kv:B", "js:KV_B"),
        ("persistent://arc/agents/x-partition-2#s", "pulsar:arc/agents/x-partition-2#s"),
        ("non-persistent://arc/agents/x", "non-persistent://arc/agents/x"),
        ("prod::topic://arc/agents/x#s", "prod::topic://arc/agents/x#s"),
        ("prod::orders", "prod::nats:orders"),
        ("pulsar:a/b/c d#e f", "pulsar:a/b/c%20d#e%20f"),
        ("::nats::b", "::nats::b"),
    ],
)
def test_has_one_canonical_text(text, canonical):
    assert str(parse_address(text)) == canonical


@pytest.mark.parametrize(
    ("text", "at", "hint"),
    [
        pytest.param("", 0, "write nats:SUBJECT", id="nothing"),
        pytest.param("a/b/c", 1, "write pulsar:a/b/c", id="a topic without its scheme"),
        pytest.param("prod::a/b/c#s", 7, "write prod::pulsar:a/b/c#s", id="likewise, elsewhere"),
        pytest.param("a/b", 1, "write nats:a/b", id="a subject with a slash"),
        pytest.param("puslar:a/b/c", 0, "write pulsar:a/b/c", id="a mistyped scheme"),
        pytest.param("persistent:a/b/c", 0, "write persistent://a/b/c", id="half a scheme"),
        pytest.param("JS:ORDERS", 0, "write js:ORDERS", id="a scheme in capitals"),
        pytest.param("sensor:7a", 0, "write nats:sensor:7a", id="a subject with a colon"),
        pytest.param("orders.", 6, "quote it: 'orders.>'", id="what a shell leaves of a >"),
        pytest.param("js:O/a.#c", 6, "quote it: 'js:O/a.>#c'", id="likewise, in a stream"),
        pytest.param("orders..eu", 7, "remove it", id="an empty token"),
        pytest.param(".orders", 0, "remove it", id="an empty first token"),
        pytest.param("orders.>.eu", 7, "write orders.>", id="something behind >"),
        pytest.param(">.eu", 0, "write >", id="something behind a first >"),
        pytest.param("orders eu", 6, "remove it", id="a space"),
        pytest.param("js:O/a%20b", 6, "remove it", id="an escaped space"),
        pytest.param("js:", 3, "", id="no stream"),
        pytest.param("js:ORDERS/", 10, "", id="no subject"),
        pytest.param("js:ORD*", 6, "subjects follow a slash: js:NAME/SUBJECT", id="a wildcard"),
        pytest.param("js:ORDERS#", 10, "write js:ORDERS", id="no consumer"),
        pytest.param("pulsar:", 7, "", id="no tenant"),
        pytest.param("pulsar:arc", 10, "", id="no namespace"),
        pytest.param("pulsar:arc/agents", 17, "write pulsar:arc/agents/*", id="no topic"),
        pytest.param("pulsar:arc//x", 11, "", id="an empty namespace"),
        pytest.param(
            "pulsar:arc/*/x", 11, "a * is allowed for topics", id="a namespace's wildcard"
        ),
        pytest.param("pulsar:a/b/c#", 13, "write pulsar:a/b/c", id="no subscription"),
        pytest.param("nats://localhost:4222", 0, "", id="a server"),
        pytest.param("pulsar+ssl://b:6651", 0, "", id="a TLS server"),
        pytest.param("10.0.0.7:41234", 0, "", id="a connection"),
        pytest.param("[::1]:41234", 0, "", id="an IPv6 connection"),
    ],
)
def test_says_what_is_wrong_where_and_what_to_write(text, at, hint):
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert caught.value.at == at
    assert caught.value.hint.startswith(hint)
    assert f"character {at + 1} of {text}" in caught.value.headline or not text


def test_a_subject_that_no_server_takes_is_a_mistake():
    assert parse_address("x" * 4_000)
    for text in ("x" * 4_001, "js:A/" + "x." * 3_000 + "x"):
        with pytest.raises(AddressError, match="at most 4,000 characters") as caught:
            parse_address(text)
        assert len(str(caught.value)) < 400


def test_a_mistake_in_a_long_text_shows_what_is_around_it():
    with pytest.raises(AddressError) as caught:
        parse_address(f"{'a' * 500} {'b' * 500}")
    assert len(caught.value.where) < 200
    assert "a b" in caught.value.where


# -- properties -------------------------------------------------------------------------------

pieces = st.one_of(
    st.sampled_from(["nats:", "js:", "kv:", "pulsar:", "persistent://", "non-persistent://", "::"]),
    st.sampled_from(["%", "%2", "%23", "%25", "20", "0A", "b-partition-1", "é", "__"]),
    st.sampled_from(":/#*>. \ta"),
)
anything = st.one_of(st.text(), st.lists(pieces, max_size=12).map("".join))


@given(anything)
@example("::::")
@example("pulsar:a/b/%%23")
def test_any_text_is_an_address_that_goes_round_or_a_mistake_with_a_place(text):
    try:
        address = parse_address(text)
    except AddressError as mistake:
        place = mistake.at
        assert 0 <= place <= len(text)
        return
    assert parse_address(str(address)) == address
    assert str(parse_address(str(address))) == str(address)
