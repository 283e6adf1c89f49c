"""Transactions as a real broker told of them: two were open, one of which had published."""

from pathlib import Path

from arcwatch.model.pulsar import Coordinator
from arcwatch.notation.topic_names import is_internal
from arcwatch.wire.pulsar_metrics import MetricsPage
from arcwatch.wire.pulsar_transactions import parse_transactions

DATA = Path(__file__).parent.parent / "data" / "pulsar-4.0.8"


def test_what_is_open_is_told_the_oldest_first_with_where_it_began():
    told = parse_transactions((DATA / "slow-transactions.json").read_bytes(), "here")
    acks = ("persistent://public/default/in", "reader")
    assert [(one.id, one.since, one.timeout, one.acknowledged) for one in told.open] == [
        ("(0,0)", 1796070059.73, 3600.0, ()),
        ("(0,2)", 1796070127.606, 600.0, (acks,)),
    ]
    (orders,) = told.open[0].produced
    assert (orders.topic, orders.ledger, orders.entry) == (
        "persistent://public/default/orders",
        3,
        1,
    )
    assert orders.hides != orders.hides


def test_what_is_left_out_of_an_answer_is_not_known():
    (one,) = parse_transactions(b'{"a":{"producedPartitions":{"t":null}}}', "here").open
    assert (one.id, one.since, one.acknowledged) == ("?", None, ())
    assert (one.produced[0].ledger, one.produced[0].entry) == (-1, -1)


def test_a_coordinator_is_on_the_page_of_its_broker():
    page = MetricsPage()
    page.feed((DATA / "metrics-transactions.txt").read_bytes())
    assert page.finish("b:1").coordinators == (Coordinator("0", 2, 3, 1, 0, 0),)


def test_the_log_of_a_coordinator_is_a_topic_of_the_system():
    page = MetricsPage()
    page.feed((DATA / "metrics-transactions.txt").read_bytes())
    names = [topic.name for topic in page.finish("b:1").topics]
    assert "persistent://pulsar/system/__transaction_log_0" in names
    assert all(name.startswith("persistent://") for name in names)
    assert is_internal("persistent://pulsar/system/__transaction_log_0")


def test_a_page_without_transactions_has_none():
    page = MetricsPage()
    page.feed((DATA / "metrics.txt").read_bytes())
    assert page.finish("b:1").coordinators == ()
