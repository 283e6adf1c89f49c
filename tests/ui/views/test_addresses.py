"""What a row is called outside the screen is an address that a command line takes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arcwatch.notation.address import AddressError, Stream, Subject, Topic, parse_address
from arcwatch.store import rows
from arcwatch.store.pulsar import topic_rows
from arcwatch.store.pulsar.tree import PulsarTreeRow
from arcwatch.ui.views.addresses import address_of

ODD = "persistent://arc/agents/a#b c%23\n"
EVERY = {"stream": "ORDERS", "subject": "orders.eu", "topic": ODD, "subscription": "s#1"}


def row(kind, /, **given):
    """A row of ``kind`` of which only the given fields matter."""
    rest = dict.fromkeys(kind.__struct_fields__, 0) | {"ip": "10.0.0.7", "port": 4222}
    fields = rest | EVERY | given
    return kind(**{name: fields[name] for name in kind.__struct_fields__})


PLACES = [
    (row(rows.NatsSubscriptionRow), Subject("orders.eu")),
    (row(rows.NatsStreamRow), Stream("ORDERS")),
    (row(rows.NatsStreamRow, stream="A#B"), Stream("A#B")),
    (row(rows.NatsConsumerRow, name="in#voicer"), Stream("ORDERS", consumer="in#voicer")),
    (row(rows.PulsarTopicRow), Topic.of(ODD)),
    (row(rows.PulsarSubscriptionRow, name="a#b"), Topic.of(ODD, "a#b")),
    (row(topic_rows.TopicSubscriptionRow, name="s"), Topic.of(ODD, "s")),
    (row(topic_rows.TopicConsumerRow), Topic.of(ODD, "s#1")),
    (row(topic_rows.TopicProducerRow), Topic.of(ODD)),
    (row(topic_rows.TopicPartitionRow, name=f"{ODD}-partition-3"), Topic.of(f"{ODD}-partition-3")),
    (row(PulsarTreeRow, kind="topic", name=ODD), Topic.of(ODD)),
    (row(PulsarTreeRow, kind="namespace", name="arc/agents"), Topic("arc", "agents", "*")),
]
SERVERS = [
    row(rows.NatsConnectionRow),
    row(rows.NatsClosedRow, ip="fe80::1"),
    row(rows.NatsServerRow, url="nats://n1:4222"),
    row(rows.NatsServerRow, url="http://n1:8222"),
    row(rows.PulsarBrokerRow, broker="broker-1.local:8080"),
]


@pytest.mark.parametrize(("row", "address"), PLACES, ids=lambda value: type(value).__name__)
def test_a_row_that_names_a_place_of_messages_has_its_address(row, address):
    assert parse_address(address_of(row)) == address


@pytest.mark.parametrize("row", SERVERS, ids=lambda value: type(value).__name__)
def test_what_a_server_or_a_connection_is_called_is_taken_for_no_subject(row):
    with pytest.raises(AddressError):
        parse_address(address_of(row))


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example(":0")
def test_a_broker_may_call_a_topic_anything(name):
    made = address_of(row(rows.PulsarTopicRow, topic=name))
    with pytest.raises(AddressError):
        parse_address(made)
