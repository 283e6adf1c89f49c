"""Nouns with sensible figures, of which a test names those that matter; and who tells them."""

from types import SimpleNamespace

import pytest

from arcwatch.model.nats import (
    JsConsumer,
    JsStream,
    NatsConnection,
    NatsConnections,
    NatsJetStream,
    NatsServer,
)
from arcwatch.model.pulsar import PulsarBroker, PulsarTopic, Subscription, SubscriptionDetail, Topic
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.store import Store

START = 1_700_000_000.0


def server(**told):
    fields = dict.fromkeys(NatsServer.__struct_fields__, 0) | {
        "server_id": "RUN1",
        "server_name": "n1",
        "version": "2.15.1",
        "cluster": "flash",
        "start": START - 100,
        "jetstream": True,
        "meta_leader": None,
        "slow_by_kind": None,
        "seen_as": "",
        "remote_clusters": (),
        "meta_peers": (),
        "tls_cert_not_after": None,
        **dict.fromkeys(
            ("client_in_msgs", "client_out_msgs", "client_in_bytes", "client_out_bytes")
        ),
    }
    return NatsServer(**fields | told)


def connection(cid, **told):
    fields = dict.fromkeys(NatsConnection.__struct_fields__, 0) | {
        "kind": "Client",
        "type": "nats",
        "name": f"client {cid}",
        "ip": "10.0.0.1",
        "account": "",
        "lang": "go",
        "version": "1",
        "start": START - 50,
        "last_activity": None,
        "rtt": None,
        "uptime": 50.0,
        "idle": 0.0,
        "stalls": None,
        "tls_version": "",
        "tls_cipher": "",
    }
    return NatsConnection(**fields | {"cid": cid} | told)


def connections(*rows, now, server_id="RUN1"):
    return NatsConnections(server_id, now, len(rows), rows)


def stream(name="ORDERS", *consumers, **told):
    fields = dict.fromkeys(JsStream.__struct_fields__, 0) | {
        "account": "$G",
        "subjects": ("orders.>",),
        "retention": "limits",
        "storage": "file",
        "leader": "n1",
        "first_time": None,
        "last_time": None,
        "max_bytes": None,
        "max_messages": None,
        "max_age": None,
        "max_per_subject": None,
        "consumer_count": len(consumers),
        "peers": (),
        "origins": (),
    }
    return JsStream(**fields | {"stream": name, "consumers": consumers} | told)


def consumer(name="billing", **told):
    fields = dict.fromkeys(JsConsumer.__struct_fields__, 0) | {
        "durable": True,
        "ack_policy": "explicit",
        "last_delivered": None,
        "last_ack": None,
        "paused": False,
        "leader": "n1",
        "filters": (),
        "pending_reported": None,
        "peers": (),
    }
    return JsConsumer(**fields | {"name": name} | told)


def jetstream(*streams, now, server_id="RUN1", followed=()):
    return NatsJetStream(server_id, now, streams, followed, 1)


def subscription(name="billing", **told):
    fields = dict.fromkeys(Subscription.__struct_fields__, 0) | {
        "blocked": False,
        "redeliver_rate": 0.0,
        "last_consumed": None,
        "last_acked": None,
        "backlog_size": None,
        "throttled": (),
    }
    return Subscription(**fields | {"name": name} | told)


def topic(name="persistent://t/n/x", *subscriptions, **told):
    fields = dict.fromkeys(Topic.__struct_fields__, 0) | {"replicators": ()}
    fields["out_messages"] = sum(sub.out_messages for sub in subscriptions)
    return Topic(**fields | {"name": name, "subscriptions": subscriptions} | told)


def page(*topics, broker="p1:8080", **told):
    fields = {
        "cluster": "belt",
        "version": "4.0.8",
        "started": START - 1000,
        "heap_used": 1,
        "heap_max": 2,
        "direct_used": None,
        "direct_max": None,
        "topic_metrics": True,
        "lines": 10,
        "size": 100,
    }
    return PulsarBroker(**fields | {"broker": broker, "topics": topics} | told)


def detail(name="persistent://t/n/x", messages=100, entries=10, **sizes):
    subs = [SubscriptionDetail(sub, "Shared", size, True) for sub, size in sizes.items()]
    return PulsarTopic(name, messages, entries, tuple(subs))


@pytest.fixture
def nouns():
    """Makers of what servers say."""
    makers = (
        server,
        connection,
        connections,
        stream,
        consumer,
        jetstream,
        subscription,
        topic,
        page,
        detail,
    )
    return SimpleNamespace(**{maker.__name__: maker for maker in makers}, START=START)


class Teller:
    """Tells a store what servers say, at seconds after a start."""

    def __init__(self, store):
        self.store = store

    def nats(self, at, part, body, source="http://n1:8222"):
        self._tell("nats", source, part, body, at)

    def broker(self, at, body):
        self._tell("pulsar", body.broker, "metrics", body, at)

    def cluster(self, at, part, body, source="http://p1:8080"):
        self._tell("pulsar", source, part, body, at)

    def silence(self, at, system, source, part, what="cannot connect", where=None):
        body = Failure(what, source if where is None else where, "refused", "start it")
        self._tell(system, source, part, body, at)

    def stage(self, at, system, stage):
        self._tell(system, "stack", "stage", stage, at)

    def _tell(self, system, source, part, body, at):
        self.store.apply(Reading("prod", system, source, part, START + at, at, 0.01, body))


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def tell(store):
    return Teller(store)
