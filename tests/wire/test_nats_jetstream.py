"""``/jsz`` as real servers gave it: alone, in a cluster, of several versions, switched off."""

import json
import math
from datetime import datetime

import pytest
from msgspec.structs import replace

from arcwatch.errors import WireError
from arcwatch.model.nats import JsReplica
from arcwatch.wire.nats_jetstream import led_by, merge_jsz, parse_jsz

CLUSTER = ("c0", "c1", "c2")


@pytest.fixture
def streams(recorded):
    answer = merge_jsz([parse_jsz(recorded("nats-2.15.1/jsz.json"))])
    return {stream.stream: stream for stream in answer.streams}


@pytest.fixture
def consumers(streams):
    return {consumer.name: consumer for stream in streams.values() for consumer in stream.consumers}


def test_streams_come_in_order_whatever_order_the_server_chose(streams):
    assert list(streams) == ["EMPTY", "ORDERS", "PURGED", "WORK"]


def test_reads_a_stream(streams):
    orders = streams["ORDERS"]
    assert (orders.account, orders.subjects) == ("$G", ("ord.>",))
    assert (orders.retention, orders.storage, orders.replicas) == ("limits", "file", 1)
    assert (orders.messages, orders.bytes) == (38, 3762)
    assert (orders.first_seq, orders.last_seq) == (1, 40)
    assert (orders.num_subjects, orders.num_deleted) == (4, 2)
    assert (orders.max_bytes, orders.max_messages, orders.max_age) == (1 << 20, 1000, 3600.0)
    assert orders.leader == "n1"


def test_a_stream_counts_its_consumers_whoever_leads_them(recorded, streams):
    assert {name: stream.consumer_count for name, stream in streams.items()} == {
        "EMPTY": 0,
        "ORDERS": 4,
        "PURGED": 0,
        "WORK": 1,
    }
    led = led_by("c0", parse_jsz(recorded("nats-2.15.1/jsz-cluster-c0.json"))).streams[0]
    assert (led.consumer_count, len(led.consumers)) == (3, 1)


def test_reads_a_streams_replicas_from_its_leader(recorded):
    doc = json.loads(recorded("nats-2.15.1/jsz-cluster-c0.json"))
    peers = doc["account_details"][0]["stream_detail"][0]["cluster"]["replicas"]
    peers[1] |= {"current": False, "offline": True, "lag": 42, "active": 0}
    (stream,) = parse_jsz(json.dumps(doc).encode()).streams
    assert stream.peers == (
        JsReplica("c1", current=True, offline=False, active=1.703013886, lag=0),
        JsReplica("c2", current=False, offline=True, active=None, lag=42),
    )


def test_a_stream_alone_has_no_other_replicas(streams):
    assert streams["ORDERS"].peers == ()


def test_reads_what_an_account_uses_and_may_use(recorded):
    doc = json.loads(recorded("nats-2.15.1/jsz.json"))
    doc["account_details"][0]["reserved_storage"] = 1_000_000
    (account,) = parse_jsz(json.dumps(doc).encode()).usage
    assert (account.account, account.memory, account.storage) == ("$G", 276, 3762)
    assert (account.max_memory, account.max_storage) == (None, 1_000_000)
    assert (account.api_total, account.api_errors) == (16, 0)
    assert (account.streams, account.consumers) == (4, 5)


def test_the_servers_digits_of_a_time_are_kept(streams):
    assert streams["ORDERS"].first_time == "2026-11-23T17:47:58.843691423Z"
    assert streams["ORDERS"].last_time == "2026-11-23T17:47:58.85124555Z"


def test_a_limit_that_is_not_set_is_none(streams):
    work = streams["WORK"]
    assert (work.max_bytes, work.max_messages, work.max_age) == (None, None, None)
    assert (work.retention, work.storage, work.subjects) == (
        "workqueue",
        "memory",
        ("work.*", "jobs.*"),
    )


def test_an_empty_stream_has_no_first_message_and_maybe_a_last_one(streams):
    empty, purged = streams["EMPTY"], streams["PURGED"]
    assert (empty.first_time, empty.last_time) == (None, None)
    assert (purged.first_time, purged.last_time) == (None, "2026-11-23T17:47:58.855370883Z")
    assert (purged.messages, purged.first_seq, purged.last_seq) == (0, 4, 3)


def test_reads_a_consumer(consumers):
    invoicer = consumers["invoicer"]
    assert (invoicer.num_pending, invoicer.num_ack_pending) == (25, 9)
    assert (invoicer.delivered, invoicer.delivered_stream_seq) == (13, 15)
    assert (invoicer.ack_floor, invoicer.ack_floor_stream_seq) == (4, 6)
    assert (invoicer.ack_policy, invoicer.durable, invoicer.paused) == ("explicit", True, False)
    assert invoicer.leader == "n1"
    limits = (invoicer.ack_wait, invoicer.max_deliver, invoicer.max_ack_pending)
    assert limits == (600.0, None, 1000)


def test_a_consumer_that_waits_is_asked_for_more(consumers):
    assert consumers["auditor"].num_waiting == 1
    assert consumers["auditor"].ack_policy == "all"


def test_a_consumer_that_nobody_named_does_not_last(consumers):
    lasting = {name: consumer.durable for name, consumer in consumers.items()}
    assert lasting.pop("6RRPqWtI") is False
    assert all(lasting.values())


def test_a_paused_consumer(consumers):
    assert [name for name, consumer in consumers.items() if consumer.paused] == ["worker"]


def test_when_a_consumer_last_delivered_and_acknowledged(recorded, consumers):
    told = {
        row["name"]: row
        for stream in json.loads(recorded("nats-2.15.1/jsz.json"))["account_details"][0][
            "stream_detail"
        ]
        for row in stream.get("consumer_detail", [])
    }
    for name, moments in (("delivered", "last_delivered"), ("ack_floor", "last_ack")):
        expected = datetime.fromisoformat(told["invoicer"][name]["last_active"]).timestamp()
        assert getattr(consumers["invoicer"], moments) == pytest.approx(expected, abs=2e-6, rel=0)
    assert (consumers["worker"].last_delivered, consumers["worker"].last_ack) == (None, None)


def test_a_server_without_jetstream_has_no_streams(recorded):
    answer = parse_jsz(recorded("nats-2.15.1/jsz-disabled.json"))
    assert (answer.streams, answer.accounts) == ((), 0)


@pytest.mark.parametrize("version", ["nats-2.10.25", "nats-2.10.25-cut-to-fields-of-2.2.6"])
def test_older_servers_tell_the_same(recorded, streams, version):
    older = merge_jsz([parse_jsz(recorded(f"{version}/jsz.json"))])
    assert [stream.stream for stream in older.streams] == list(streams)
    for stream in older.streams:
        newer = streams[stream.stream]
        assert (stream.messages, stream.retention) == (newer.messages, newer.retention)
        assert stream.max_age == newer.max_age


def test_what_the_oldest_servers_do_not_tell_is_unknown(recorded):
    oldest = merge_jsz([parse_jsz(recorded("nats-2.10.25-cut-to-fields-of-2.2.6/jsz.json"))])
    empty, orders, *_ = oldest.streams
    assert (empty.num_subjects, orders.num_subjects) == (0, None)
    assert {consumer.last_ack for consumer in orders.consumers} == {None}


# -- accounts -----------------------------------------------------------------------------------


def accounts(recorded, *named):
    """An answer in which every account has the same streams."""
    doc = json.loads(recorded("nats-2.15.1/jsz.json"))
    detail = doc["account_details"][0]
    doc["account_details"] = [detail | {"name": name, "id": at} for name, at in named]
    return parse_jsz(json.dumps(doc).encode())


def test_accounts_that_share_a_name_are_told_apart_by_their_ids(recorded):
    answer = accounts(recorded, ("arc", "ACC1"), ("arc", "ACC2"), ("other", "ACC3"))
    assert {stream.account for stream in answer.streams} == {"ACC1", "ACC2", "other"}


def test_pages_of_accounts_become_one_answer(recorded):
    pages = [accounts(recorded, ("a", "1"), ("b", "2")), accounts(recorded, ("b", "2"), ("c", "3"))]
    merged = merge_jsz(pages)
    assert len(merged.streams) == 12
    assert {stream.account for stream in merged.streams} == {"a", "b", "c"}


def test_pages_of_two_servers_are_not_mixed(recorded):
    page = parse_jsz(recorded("nats-2.15.1/jsz.json"))
    with pytest.raises(WireError, match="two servers"):
        merge_jsz([page, replace(page, server_id="another")])


# -- a cluster ----------------------------------------------------------------------------------


@pytest.fixture
def told(recorded):
    """What each server of a cluster told: a stream with three replicas, 30 messages waiting."""
    return {name: parse_jsz(recorded(f"nats-2.15.1/jsz-cluster-{name}.json")) for name in CLUSTER}


def test_who_only_follows_a_consumer_knows_nothing_of_its_backlog(told):
    pending = {c.num_pending for answer in told.values() for c in answer.streams[0].consumers}
    assert pending == {0, 30}


def test_the_leaders_together_tell_every_consumer_once_and_right(told):
    answers = [led_by(name, answer) for name, answer in told.items()]
    consumers = [
        consumer
        for answer in answers
        for stream in (*answer.streams, *answer.followed)
        for consumer in stream.consumers
    ]
    assert len(consumers) == 3
    assert {consumer.num_pending for consumer in consumers} == {30}
    assert {consumer.leader for consumer in consumers} == set(CLUSTER)


def test_one_server_alone_tells_of_the_stream(told):
    leading = [name for name, answer in told.items() if led_by(name, answer).streams]
    assert leading == ["c0"]


def test_a_follower_without_a_consumer_of_its_own_tells_nothing(told):
    answer = led_by("another", told["c0"])
    assert (answer.streams, answer.followed) == ((), ())


def test_what_nobody_leads_is_not_lost(told):
    stream = told["c1"].streams[0]
    orphan = replace(stream.consumers[0], leader="")
    answer = led_by("c1", replace(told["c1"], streams=(replace(stream, leader=""),)))
    assert [stream.leader for stream in answer.streams] == [""]
    led = led_by("c0", replace(told["c0"], streams=(replace(stream, consumers=(orphan,)),)))
    assert led.streams[0].consumers == (orphan,)


def test_a_server_alone_leads_all_it_has(recorded):
    answer = merge_jsz([parse_jsz(recorded("nats-2.15.1/jsz.json"))])
    assert led_by("n1", answer) == answer


def with_figures(body, **figures):
    """The recorded answer, other figures in each consumer of the stream WORK."""
    doc = json.loads(body)
    (work,) = [s for s in doc["account_details"][0]["stream_detail"] if s["name"] == "WORK"]
    for consumer in work["consumer_detail"]:
        consumer |= figures
    (parsed,) = [s for s in parse_jsz(json.dumps(doc).encode()).streams if s.stream == "WORK"]
    return parsed


def test_what_waits_is_at_most_what_the_stream_holds(recorded):
    work = with_figures(recorded("nats-2.15.1/jsz.json"), num_pending=5_000_000)
    consumer = work.consumers[0]
    assert work.messages < 5_000_000
    assert (consumer.num_pending, consumer.pending_reported) == (work.messages, "5000000")


@pytest.mark.parametrize("absurd", [2**64 - 1, 2**64 - 2, -1, -2, 2**63, int("9" * 400)])
def test_a_count_that_cannot_be_is_not_known(recorded, absurd):
    names = ("num_pending", "num_ack_pending", "num_redelivered", "num_waiting")
    consumer = with_figures(recorded("nats-2.15.1/jsz.json"), **dict.fromkeys(names, absurd))
    consumer = consumer.consumers[0]
    assert all(math.isnan(getattr(consumer, name)) for name in names)
    assert consumer.pending_reported == str(absurd)[:24]
