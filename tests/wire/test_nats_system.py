"""What servers answer over ``$SYS``, and what JetStream's API lists, in the port's own form."""

from pathlib import Path

import msgspec
import pytest

from arcwatch.errors import SourceError, WireError
from arcwatch.wire.nats_jetstream import parse_jsz
from arcwatch.wire.nats_system import (
    OWN_QUESTIONS,
    QUESTIONS,
    Envelope,
    Sender,
    accounts_in,
    answers_for,
    as_jsz,
    health_status,
    opened,
    options,
    parse_own_account,
    parse_page,
    sender,
    stream_name,
)


def told(**document):
    return msgspec.json.encode(document)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({"limit": 1024, "offset": 5}, {"limit": 1024, "offset": 5}),
        ({"state": "closed", "subs": "detail"}, {"state": 1, "subscriptions_detail": True}),
        ({"subs": 1}, {"subscriptions": True}),
        ({"consumers": 1, "streams": 1, "accounts": 1}, "consumer streams accounts"),
        ({"unused": 1}, "include_unused"),
        ({"config": 0, "consumers": 0}, {"config": False}),
    ],
)
def test_a_query_of_the_port_is_asked_over_the_system_account_in_its_own_words(query, asked):
    wanted = dict.fromkeys(asked.split(), True) if isinstance(asked, str) else asked
    assert msgspec.json.decode(options(query)) == wanted


def test_all_servers_are_asked_and_a_user_asks_for_its_own_account():
    assert QUESTIONS["/jsz"] == "$SYS.REQ.SERVER.PING.JSZ"
    assert {*OWN_QUESTIONS} <= {*QUESTIONS}


def test_an_answer_is_in_its_envelope():
    found = opened(told(server={"name": "n1", "id": "N"}, data={"a": 1}), "here")
    assert (found.server.name, bytes(found.data)) == ("n1", b'{"a":1}')


def test_a_refusal_says_its_code_and_why_in_one_printable_line():
    body = told(server={"name": "n1"}, error={"code": 503, "description": "no\x1b\n" + "x" * 900})
    with pytest.raises(SourceError) as caught:
        opened(body, "here")
    assert (caught.value.what, caught.value.where) == ("refused with 503", "here")
    assert caught.value.why.isprintable()
    assert len(caught.value.why) <= 120


@pytest.mark.parametrize("body", [b"", b"[1]", b'{"server": 3}', b'{"data": {"account_statz": 3}}'])
def test_what_is_no_answer_names_no_server_and_no_accounts(body):
    assert sender(body) == Sender()
    assert accounts_in(body) == ()


def test_the_accounts_of_an_answer_are_its_rows():
    assert accounts_in(told(data={"account_statz": [{"acc": "A"}, {"acc": "B"}]})) == ("A", "B")


def test_a_server_that_says_no_status_is_healthy():
    assert (health_status(told(status="ok"), ""), health_status(told(status_code=503), "")) == (
        200,
        503,
    )


DATA = Path(__file__).parent.parent / "data"
NOW = "2026-11-24T03:51:28Z"


def envelope(*rows, **server):
    statz = told(now=NOW, account_statz=rows)
    return Envelope(Sender(id="N1", name="n1", ver="2.12.2", **server), msgspec.Raw(statz))


def test_of_a_server_an_account_sees_its_own_traffic():
    traffic = {"msgs": 10, "bytes": 100, "routes": {"msgs": 4, "bytes": 40}}
    row = {"acc": "A", "name": "ARC", "conns": 2, "num_subscriptions": 3, "received": traffic}
    seen = parse_own_account(envelope(row, cluster="c"), "here")
    assert (seen.server_id, seen.cluster, seen.seen_as, seen.connections) == ("N1", "c", "ARC", 2)
    assert (seen.in_msgs, seen.in_bytes, seen.client_in_msgs) == (6, 60, 6)


def test_where_neighbours_are_not_told_apart_what_clients_sent_is_unknown():
    seen = parse_own_account(envelope({"acc": "A", "received": {"msgs": 10, "bytes": 9}}), "here")
    assert (seen.in_msgs, seen.client_in_msgs, seen.client_out_bytes) == (10, None, None)
    assert (seen.cluster, seen.seen_as) == ("n1", "A")


def test_an_account_without_traffic_is_no_error():
    seen = parse_own_account(envelope(), "here")
    assert (seen.connections, seen.client_in_msgs, seen.seen_as) == (0, 0, "–")


FOUND = msgspec.json.decode((DATA / "nats-2.15.1/jsz.json").read_bytes())["account_details"][0]
STREAM = FOUND["stream_detail"][0]
CONSUMER = next(c for one in FOUND["stream_detail"] for c in one.get("consumer_detail", ()))


def stream(name, config=None, **more):
    return STREAM | {"config": STREAM["config"] | {"name": name} | (config or {})} | more


def listed(**page):
    return parse_page(told(**page), "here")


def test_a_page_says_how_many_there_are_of_which_it_has_some():
    assert [len(part) if isinstance(part, tuple) else part for part in listed(total=9)] == [0, 9]
    (row,), total = listed(total=9, streams=[stream("A")])
    assert (stream_name(row), total) == ("A", 9)
    (consumer,), _ = listed(total=1, consumers=[CONSUMER])
    assert msgspec.json.decode(consumer["name"]) == CONSUMER["name"]


def test_a_refused_page_is_no_empty_one():
    with pytest.raises(SourceError, match="refused with 503"):
        listed(error={"code": 503, "description": "no quorum"})
    with pytest.raises(WireError):
        stream_name(listed(streams=[{}])[0][0])


def test_only_a_mirror_that_may_answers_for_another_stream():
    def of(**config):
        return answers_for(listed(streams=[stream("A", config=config)])[0][0])

    assert of(mirror={"name": "B"}, mirror_direct=True) == "B"
    assert of(mirror={"name": "B"}) == ""
    assert of(mirror_direct=True) == ""


def test_what_is_listed_reads_as_the_port_would_tell_it():
    server = parse_own_account(envelope({"acc": "A", "name": "ARC"}), "here")
    streams, _ = listed(streams=[stream("A"), stream("B", cluster={"leader": "n2"})])
    consumers, _ = listed(consumers=[CONSUMER])
    found = parse_jsz(as_jsz(server, streams, {"A": consumers}, leader="n1"), "here")
    assert [(one.stream, one.account, one.leader) for one in found.streams] == [
        ("A", "ARC", "n1"),
        ("B", "ARC", "n2"),
    ]
    (consumer,) = found.streams[0].consumers
    assert (consumer.name, consumer.leader) == (CONSUMER["name"], "n1")
    assert found.server_id == "N1"
