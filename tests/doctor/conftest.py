"""A world in which all is well, of which a test spoils a part."""

import pytest
from msgspec.structs import replace

from arcwatch.doctor.examine import examine
from arcwatch.doctor.picture import Picture
from arcwatch.doctor.table import CHECKS
from arcwatch.model.expiry import Expiries, Expiry
from arcwatch.model.nats import (
    JsOrigin,
    JsReplica,
    NatsClosed,
    NatsGreeting,
    NatsGreetings,
    NatsHealth,
)
from arcwatch.model.nats_links import LinkAnswer, NatsAccount, NatsAccounts, NatsLink, NatsLinks
from arcwatch.model.pulsar import Bookie, PulsarBookies, PulsarBrokers, PulsarHealth
from arcwatch.model.pulsar_opened import (
    Compaction,
    Consumer,
    OpenedPart,
    OpenedSubscription,
    OpenedTopic,
    Producer,
    Quota,
    Replication,
)
from arcwatch.model.pulsar_settings import (
    NamespaceSettings,
    PulsarSettings,
    TopicLimits,
    TopicSettings,
)
from arcwatch.store.store import Store
from tests.store import conftest as nouns

NOW = nouns.START + 1
TOPIC = "persistent://t/n/orders"
MONTHS = 90 * 86_400.0
NAMES = ("n1", "n2", "n3")

SERVER = {
    "version": "2.15.1",
    "cluster": "c",
    "host": "10.0.0.1",
    "http_host": "127.0.0.1",
    "http_port": 8222,
    "auth_required": True,
    "tls_required": True,
    "store_dir": "/var/lib/nats",
    "meta_size": 3,
    "meta_leader": "n1",
    "max_connections": 1000,
    "connections": 1,
    "max_payload": 1 << 20,
    "write_deadline": 10.0,
    "js_storage": 10,
    "js_max_storage": 1000,
    "js_reserved_storage": 0,
    "routes": 2,
    "remote_clusters": ("far",),
    "tls_cert_not_after": NOW + MONTHS,
    "now": NOW,
}
CONNECTION = {"lang": "go", "version": "1.48.0", "name": "billing", "stalls": 0}
STREAM = {
    "messages": 10,
    "max_age": 3600.0,
    "replicas": 3,
    "discard": "old",
    "duplicate_window": 120.0,
    "peers": (JsReplica("n2", True, False, 0.1, 0), JsReplica("n3", True, False, 0.1, 0)),
    "origins": (JsOrigin("FAR", 0, 1.0),),
}
CONSUMER = {
    "max_deliver": 16,
    "max_ack_pending": 1000,
    "max_waiting": 512,
    "num_waiting": 1,
    "ack_wait": 30.0,
    "created": NOW - 60,
    "deliver_subject": "to.me",
    "push_bound": True,
    "flow_control": True,
}
BROKER = {
    "authenticationEnabled": "true",
    "authorizationEnabled": "true",
    "authenticateMetricsEndpoint": "true",
    "allowAutoTopicCreation": "false",
    "bindAddress": "0.0.0.0",
    "brokerServicePort": "",
    "brokerServicePortTls": "6651",
    "maxUnackedMessagesPerConsumer": "50000",
    "managedLedgerDefaultEnsembleSize": "3",
    "managedLedgerDefaultWriteQuorum": "3",
    "managedLedgerDefaultAckQuorum": "2",
    "backlogQuotaDefaultLimitBytes": "-1",
    "backlogQuotaDefaultLimitSecond": "-1",
    "ttlDurationDefaultInSeconds": "0",
}
SPACE = NamespaceSettings(
    "t/n",
    quotas=(Quota("destination_storage", 1000, None, "producer_exception"),),
    retention=(3600, 2000),
    ttl=86_400,
)


def consumer_of(**told):
    fields = dict.fromkeys(Consumer.__struct_fields__, 0) | {"version": "Pulsar-CPP-v4.2.0"}
    return Consumer(**fields | told)


def opened_subscription(name="billing", **told):
    fields = dict.fromkeys(OpenedSubscription.__struct_fields__, 0) | {
        "name": name,
        "type": "Shared",
        "durable": True,
        "consumers": (consumer_of(),),
        "last_consumed": None,
        "last_acked": None,
        "oldest": NOW - 60,
    }
    return OpenedSubscription(**fields | told)


def part(number=0, *subscriptions, **told):
    fields = dict.fromkeys(OpenedPart.__struct_fields__, 0) | {
        "name": f"{TOPIC}-partition-{number}",
        "in_messages": 1000,
        "last_offloaded": NOW - 60,
        "last_offload_failed": None,
        "compaction": Compaction(NOW - 60, None, 5, 0.3),
        "owner": "p1:8080",
        "producers": (Producer("p", "", None, "Pulsar-Java-v4.0.8", "Shared", 1.0, 1.0),),
        "subscriptions": subscriptions or (opened_subscription(),),
        "replication": (Replication("far", True, 0, 0.0, 0, 0, "x"),),
    }
    return OpenedPart(**fields | told)


def link(kind, peer, cid):
    fields = dict.fromkeys(NatsLink.__struct_fields__, 0)
    return NatsLink(**fields | {"kind": kind, "peer": peer, "cid": cid, "start": None, "rtt": None})


def told_links(name, kinds=("route", "gateway")):
    others = [link("route", other, at) for at, other in enumerate(NAMES) if other != name]
    gateways = [link("gateway", "far", 10)]
    told = {"route": tuple(others), "gateway": tuple(gateways)}
    return NatsLinks(f"RUN{name}", tuple(LinkAnswer(kind, NOW, told[kind]) for kind in kinds))


class World:
    """All that a check-up sees; each part can be given another way."""

    def __init__(self):
        self.server, self.others = {}, {}
        self.connection, self.stream, self.consumer = {}, {}, {}
        self.closed = ()
        self.healthy, self.greeted = True, True
        self.links = ("route", "gateway")
        self.limit = 1000
        self.page, self.subscription = {}, {}
        self.bookies, self.ready = 3, True
        self.bookie, self.underreplicated = {}, 0
        self.broker, self.space = {}, {}
        self.parts = (part(0), part(1))
        self.limits = TopicLimits(300_000, (Quota("destination_storage", 1 << 40, None, ""),))
        self.schema, self.other_schema = "AVRO", "AVRO"
        self.expiries = MONTHS
        self.lost = None
        self.skew_clock = 0.0

    def picture(self, cluster="", prefix=""):
        store = Store()
        tell = nouns.Teller(store)
        for at in (0, 1):
            for name in NAMES:
                self._server(tell, name, at)
            self._pulsar(tell, at)
        return Picture(store, NOW, self._settings(), cluster, prefix)

    def _server(self, tell, name, at):
        url, run = f"http://{name}:8222", f"RUN{name}"
        own = self.server if name == "n1" else self.others
        now = nouns.START + at + (self.skew_clock if name == "n1" else 0)
        told = SERVER | own | {"server_id": run, "server_name": name, "now": now}
        tell.nats(at, "varz", nouns.server(**told), url)
        tell.nats(at, "healthz", NatsHealth(self.healthy, "" if self.healthy else "no quorum"), url)
        tell.nats(at, "links", told_links(name, self.links), url)
        tell.nats(at, "closed", NatsClosed(run, now, len(self.closed), self.closed), url)
        if name != "n1":
            return
        rows = [nouns.connection(1, **CONNECTION | self.connection)]
        tell.nats(at, "connz", nouns.connections(*rows, now=now, server_id=run), url)
        stream = nouns.stream(
            "ORDERS", nouns.consumer(**CONSUMER | self.consumer), **STREAM | self.stream
        )
        if self.stream.get("consumer_count") == 0:
            stream = replace(stream, consumers=())
        report = nouns.jetstream(stream, now=now, server_id=run)
        usage = [nouns_account(one, self.limit) for one in ("A", "B")]
        tell.nats(at, "jsz", replace(report, usage=tuple(usage)), url)
        accounts = NatsAccounts(run, now, (account_traffic("A"), account_traffic("B")))
        tell.nats(at, "accounts", accounts, url)
        greeting = NatsGreeting("nats://n1:4222", run, "n1", "c", self.greeted)
        tell.nats(at, "greetings", NatsGreetings((greeting,)), "settings")
        ending = Expiry("JWT", "~/me.creds", "me", NOW + self.expiries)
        tell.nats(at, "expiries", Expiries((ending,)), "settings")

    def _pulsar(self, tell, at):
        tell.cluster(at, "brokers", PulsarBrokers(("p1:8080",)))
        state = {"read_only": False, "free": 50, "total": 100} | self.bookie
        bookies = tuple(Bookie(f"b{n}", "", **state) for n in range(self.bookies))
        tell.cluster(at, "bookies", PulsarBookies(bookies, self.underreplicated))
        held = nouns.subscription(consumers=1, backlog_entries=5, **self.subscription)
        fields = {"direct_used": 1, "direct_max": 100, "heap_used": 1, "heap_max": 100}
        tell.broker(at, nouns.page(nouns.topic(TOPIC, held), **fields | self.page))
        tell.cluster(at, "ready", PulsarHealth("p1:8080", self.ready, ""), "p1:8080")
        endings = [("certificate", "p1:8080"), ("token", "~/token")]
        found = tuple(Expiry(what, place, "x", NOW + self.expiries) for what, place in endings)
        tell.cluster(at, "expiries", Expiries(found), "settings")

    def _settings(self):
        topics = (
            TopicSettings(OpenedTopic(TOPIC, 2, self.parts), self.schema, self.limits),
            TopicSettings(
                OpenedTopic("persistent://t/n/paid", 0, (part(0, name="persistent://t/n/paid"),)),
                self.other_schema,
            ),
        )
        return PulsarSettings(BROKER | self.broker, (replace(SPACE, **self.space),), topics)


def nouns_account(name, limit):
    from arcwatch.model.nats import JsAccount

    return JsAccount(name, 0, 0, None, limit, 0, 0, 1, 1)


def account_traffic(name):
    fields = dict.fromkeys(NatsAccount.__struct_fields__, 0)
    return NatsAccount(**fields | {"account": name, "clients_alone": True})


@pytest.fixture
def world():
    return World()


@pytest.fixture
def results():
    """What each check came to in a picture, by its id."""

    def run(picture, silences=(), about=""):
        report = examine(picture, CHECKS, silences, about)
        return {result.check.id: result for result in report.results}

    return run
