"""The cause beside each row of a table: servers, brokers, and what an opened topic has."""

import pytest

from arcwatch.model.nats import NatsHealth
from arcwatch.model.nats_links import LinkAnswer, NatsLinks
from arcwatch.model.pulsar import PulsarHealth
from arcwatch.model.pulsar_opened import OpenedPart, OpenedSubscription, OpenedTopic

TASKS = "persistent://arc/agents/tasks"


def texts(store, rows):
    return [row.cause and row.cause.text for row in store.caused(rows)]


@pytest.fixture
def look(tell, nouns):
    """One more second: the server's own figures, and its streams, by which causes are looked at."""

    def take(at, **told):
        tell.nats(at, "varz", nouns.server(now=at, **told))
        tell.nats(at, "jsz", nouns.jetstream(now=at))

    return take


def test_what_is_wrong_with_a_server_is_beside_it_after_two_looks(store, tell, look):
    for at in range(4):
        look(at)
        tell.nats(at, "healthz", NatsHealth(healthy=True, error=""))
    assert texts(store, store.nats_servers()) == [None]
    tell.nats(4, "healthz", NatsHealth(healthy=False, error="no stream"))
    look(4)
    assert texts(store, store.nats_servers()) == [None]
    look(5)
    assert texts(store, store.nats_servers()) == ["unhealthy"]
    (chain,) = store.why("server:n1")
    assert chain.cause.kind == "unhealthy"
    assert chain.evidence[0].value == "unhealthy: no stream"


def test_a_server_that_does_not_answer_is_said_to_at_once_and_since_when(store, tell, look, nouns):
    for at in range(4):
        look(at)
    tell.silence(9, "nats", "http://n1:8222", "varz")
    (row,) = store.caused(store.nats_servers())
    assert (row.cause.text, row.cause.since) == ("unknown: no answer", nouns.START + 3)
    assert [chain.cause for chain in store.why("server:n1")] == [row.cause]
    look(10)
    look(11)
    assert texts(store, store.nats_servers()) == [None]


def test_neighbours_that_are_lost_are_beside_the_server_that_lost_them(store, tell, look, nouns):
    look(0, remote_clusters=("west",))
    links = NatsLinks("RUN1", (LinkAnswer("gateway", nouns.START + 1, ()),))
    tell.nats(1, "links", links)
    look(1, remote_clusters=("west",))
    look(2, remote_clusters=("west",))
    assert texts(store, store.nats_servers()) == ["not connected to west"]


def test_a_broker_that_is_not_ready_is_said_to_be(store, tell, nouns):
    for at in range(4):
        tell.broker(at, nouns.page(nouns.topic()))
    assert texts(store, store.pulsar_brokers()) == [None]
    tell.cluster(4, "ready", PulsarHealth("p1:8080", False, "HTTP 503"), source="p1:8080")
    for at in (4, 5):
        tell.broker(at, nouns.page(nouns.topic()))
    assert texts(store, store.pulsar_brokers()) == ["not ready"]
    assert texts(store, store.pulsar_brokers()) == [store.why("server:p1:8080")[0].cause.text]


@pytest.mark.parametrize(
    ("waiting", "shown"),
    [
        ((900, 20, 30), ["no consumers"] * 3),
        # what hardly has any is well
        ((900, 2, 0), ["no consumers", None, None]),
    ],
)
def test_what_an_opened_topic_has_bears_the_cause_of_its_subscription(
    store, tell, nouns, waiting, shown
):
    names = [f"{TASKS}-partition-{n}" for n in range(len(waiting))]
    subs = [nouns.subscription(backlog_entries=n, consumers=0) for n in waiting]
    topics = [nouns.topic(name, sub) for name, sub in zip(names, subs, strict=True)]
    for at in range(3):
        tell.broker(at, nouns.page(*topics))
    row = opened(store, tell, names)
    assert [sub.cause.text for sub in row.subscriptions] == ["no consumers"]
    assert [part.cause and part.cause.text for part in row.parts] == shown


def test_a_hot_partition_alone_is_beside_itself(store, tell, nouns):
    names = [f"{TASKS}-partition-{n}" for n in range(3)]
    for at in range(4):
        now = nouns.START + at
        taken = {"consumers": 2, "last_acked": now, "last_consumed": now}
        subs = [nouns.subscription(backlog_entries=n, **taken) for n in (30, 900, 40)]
        tell.broker(at, nouns.page(*(map(nouns.topic, names, subs))))
    row = opened(store, tell, names)
    assert [sub.cause.text for sub in row.subscriptions] == ["hot partition: p1"]
    assert [p.cause and p.cause.text for p in row.parts] == [None, "hot partition: p1", None]


def opened(store, tell, names):
    """The topic after it was asked alone."""
    sub = dict.fromkeys(OpenedSubscription.__struct_fields__, 0)
    sub |= {"name": "billing", "type": "Shared", "durable": True, "consumers": (), "throttled": ()}
    part = dict.fromkeys(OpenedPart.__struct_fields__, 0) | {"producers": (), "replication": ()}
    part |= {"subscriptions": (OpenedSubscription(**sub),), "owner": "", "deduplication": ""}
    told = OpenedTopic(
        TASKS, len(names), tuple(OpenedPart(**part | {"name": name}) for name in names)
    )
    tell.cluster(5, "opened", told)
    return store.opened_topic(TASKS)
