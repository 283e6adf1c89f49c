"""A small platform whose every figure follows from the time, told to a store reading by reading.

Three nats-servers (one stream that is kept up with, one that is not) and two Pulsar brokers.  A
platform *in trouble* is the same one with a server and a broker that went silent a minute ago,
a subscription that is blocked, and names made to harm whoever shows them.
"""

import asyncio
import copy
import functools
import math
from collections.abc import Callable
from typing import NamedTuple

from arcwatch.model.latency import PulsarLatencies
from arcwatch.model.nats import (
    JsConsumer,
    JsStream,
    NatsConnection,
    NatsConnections,
    NatsHealth,
    NatsJetStream,
    NatsServer,
)
from arcwatch.model.pulsar import (
    PulsarBroker,
    PulsarBrokers,
    PulsarHealth,
    PulsarTopic,
    PulsarTopics,
    Subscription,
    SubscriptionDetail,
    Topic,
)
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.store import Store
from arcwatch.ui.app import Arcwatch
from arcwatch.ui.view_context import ViewContext, Watcher

START = 1_763_200_200.0
"""2025-11-15 09:50:00 UTC."""
BEAT = 2.0
LONG = 600.0
"""Seconds of watching that fill every chart; less is enough for most tests."""
SILENT = 60.0
"""Seconds that what is silent has been so, if it was watched for twice as long."""

ADMIN = "http://10.0.1.1:8080"
BATCH = 25
"""Messages in an entry of every topic."""

EVIL = "evil\x1b]52;c;aGk=\x07\x1b[2J[red]x[/] \u202egnp.exe"
WIDE = "支払い-日本語のとても長い名前-決済サービス"
ENDLESS = "x" * 10_000


class Idle:
    """An engine that asks nobody, and notes whatever the screen wants of it."""

    def __init__(self):
        self.wanted = []
        self.topics, self.places, self.opened = [], [], ""

    async def run(self):
        await asyncio.Event().wait()

    def focus(self, topics):
        self.topics = list(topics)

    def list_names(self, places):
        self.places = list(places)

    def open_topic(self, topic, cluster=""):
        self.opened, self.opened_in = topic, cluster

    def __getattr__(self, wish):
        if not hasattr(Watcher, wish):
            raise AttributeError(wish)
        return lambda *what: self.wanted.append((wish, *what))


def counted(t, mean, swing=0.0, period=40.0):
    """A counter after ``t`` seconds of a rate that swings about its mean."""
    return int(mean * t + swing * period * (1 - math.cos(t / period)))


class Client(NamedTuple):
    name: str
    rate_in: float
    rate_out: float
    subscriptions: int
    lang: str = "go"
    pending: int = 0


class Consumer(NamedTuple):
    name: str
    rate: float
    pending: Callable[[float], float]
    redelivered: int = 0
    paused: bool = False


class Stream(NamedTuple):
    name: str
    subject: str
    rate: float
    consumers: tuple[Consumer, ...]
    max_bytes: int | None = None


class Sub(NamedTuple):
    name: str
    type: str
    share: float
    """Of what its topic is sent."""
    entries: Callable[[float], float]
    consumers: int = 2
    blocked: bool = False


class Belt(NamedTuple):
    """A Pulsar topic."""

    name: str
    rate: float
    partitions: int
    subscriptions: tuple[Sub, ...]


BROKERS = ("p1:8080", "p2:8080")
CLIENTS = {
    "n1": (
        Client("agent-gateway", 900.0, 1800.0, 42),
        Client("worker-7", 120.0, 410.0, 4, "python3"),
        Client("", 0.4, 0.0, 1, "rust"),
    ),
    "n2": (
        Client("audit-bridge", 40.0, 820.0, 2),
        Client("worker-8", 118.0, 405.0, 4, "python3"),
    ),
    "n3": (Client("scheduler", 310.0, 12.0, 6), Client("dashboard-web", 2.0, 640.0, 12, "nats.ws")),
}
STREAMS = {
    "n1": (
        Stream(
            "TASKS",
            "arc.tasks.*",
            400.0,
            (
                Consumer("workers", 400.0, lambda t: 3),
                Consumer("reporter", 260.0, lambda t: 42_000 + 140 * t, redelivered=17),
            ),
            4_000_000_000,
        ),
    ),
    "n2": (Stream("AUDIT", "arc.audit.>", 45.0, (Consumer("archive", 90.0, lambda t: 0),)),),
    "n3": (),
}
BELTS = (
    Belt(
        "persistent://arc/agents/task-events",
        1_200.0,
        4,
        (
            Sub("billing", "Shared", 0.4, lambda t: 12_000 + 28 * t),
            Sub("router", "Shared", 1.0, lambda t: 1),
        ),
    ),
    Belt(
        "persistent://arc/agents/commands",
        85.0,
        0,
        (Sub("dispatcher", "Failover", 3.0, lambda t: 1_900 - 2.5 * t),),
    ),
    Belt("persistent://arc/audit/log", 45.0, 0, (Sub("archive", "Key_Shared", 1.0, lambda t: 0),)),
    Belt("persistent://arc/cdc/orders", 12.0, 2, (Sub("search", "Exclusive", 1.0, lambda t: 0),)),
    Belt("persistent://arc/agents/__change_events", 0.0, 0, ()),
)

BAD_CLIENTS = (
    Client(EVIL, 75.0, 0.0, 1, pending=9_000_000),
    Client(WIDE, 60.0, 3.0, 1),
    Client(ENDLESS, 50.0, 1.0, 1),
)
BAD_STREAM = Stream(
    "ORDERS",
    f"orders.{EVIL}",
    90.0,
    (Consumer(WIDE, 0.0, lambda t: 4_000 + 90 * t, redelivered=3, paused=True),),
    1_000_000_000,
)
BAD_BELTS = (
    Belt(
        f"persistent://arc/agents/{WIDE}{EVIL}",
        30.0,
        0,
        (Sub(EVIL, "Shared", 0.0, lambda t: 300 + 1.2 * t, blocked=True),),
    ),
    Belt(
        f"persistent://arc/agents/[bold]{ENDLESS}",
        20.0,
        0,
        (Sub("nobody", "Shared", 0.0, lambda t: 500 + 0.8 * t, consumers=0),),
    ),
)


class Whole(Arcwatch):
    """The app with all its views from the start, for tests that are not about the first picture."""

    async def on_mount(self):
        await self.complete()


@functools.cache
def _watched(belts, **options):
    platform = Platform.__new__(Platform)
    platform.watch(**options)
    return vars(platform)


class Platform:
    """The platform, and the store that has watched it.

    Args:
        trouble: Whether something is wrong with it.
        dark: Whether all of it went silent a while ago.
        lasting: Seconds that it has been watched for; 0 is an empty store.
    """

    def __init__(self, *, trouble=False, dark=False, lasting=40.0):
        # as much work as all else in a test, and seconds where charts are filled
        watched = _watched(BELTS, trouble=trouble, dark=dark, lasting=lasting)
        vars(self).update(copy.deepcopy(watched), watcher=Idle())

    def watch(self, trouble, dark, lasting):
        self.store = Store()
        self.trouble = trouble
        self.silent = set(CLIENTS) | set(BROKERS) if dark else {"n3", "p2:8080"}
        self.silent_from = lasting - min(SILENT, lasting / 2) if trouble or dark else math.inf
        self.t = 0.0
        while self.t < lasting:
            self.tick()
            # what a screen does at every frame: whatever is ranked is kept at full depth
            self.store.backlogs()

    @property
    def now(self):
        return START + self.t

    def app(self, *, glyphs="braille", tailing=None, browsing=None, shown=None, **options):
        """The screen on it; ``shown`` is more of its :class:`ViewContext`."""
        showing = ViewContext(self.store, self.watcher, glyphs=glyphs, **shown or {})
        showing.tailing = tailing or showing.tailing
        showing.browsing = browsing or showing.browsing
        return Whole(lambda: showing, context="arc-prod", now=lambda: self.now, **options)

    def tick(self):
        """Let one beat go by, on which everything is asked."""
        self.t += BEAT
        for number, name in enumerate(CLIENTS, start=1):
            url = f"http://10.0.0.{number}:8222"
            if self._is_silent(name):
                for part in ("varz", "healthz", "connz", "jsz"):
                    self.tell("nats", url, part, refused(f"{url}/{part}", "nats-server -m 8222"))
                continue
            self.tell("nats", url, "varz", self._server(name))
            self.tell("nats", url, "healthz", NatsHealth(True, ""))
            self.tell("nats", url, "connz", self._connections(name))
            self.tell("nats", url, "jsz", self.jetstream(name))
        self.tell("pulsar", ADMIN, "brokers", PulsarBrokers(BROKERS))
        self._tick_pulsar()

    def tell(self, system, source, part, body, took=0.004):
        """Let one source say something now."""
        self.store.apply(Reading("arc-prod", system, source, part, self.now, self.t, took, body))

    def _is_silent(self, name):
        return name in self.silent and self.t > self.silent_from

    def _tick_pulsar(self):
        for broker in BROKERS:
            if self._is_silent(broker):
                for part, path in (("metrics", "metrics/"), ("ready", "admin/v2/brokers/ready")):
                    failure = refused(f"http://{broker}/{path}", "start the broker")
                    self.tell("pulsar", broker, part, failure)
                continue
            self.tell("pulsar", broker, "metrics", self.page(broker), took=0.021)
            self.tell("pulsar", broker, "ready", PulsarHealth(broker, True, ""))
        if self.t == BEAT:
            for belt in self._belts():
                for name in _parts(belt):
                    self.tell("pulsar", ADMIN, "topic", PulsarTopics((self._detail(belt, name),)))

    # -- NATS ---------------------------------------------------------------------------------

    def _clients(self, name):
        return CLIENTS[name] + (BAD_CLIENTS if self.trouble and name == "n1" else ())

    def _streams(self, name):
        return STREAMS[name] + ((BAD_STREAM,) if self.trouble and name == "n2" else ())

    def _server(self, name):
        clients = self._clients(name)
        into = sum(self._moved(c.rate_in) for c in clients)
        out = sum(self._moved(c.rate_out) for c in clients)
        return NatsServer(
            server_id=f"ID-{name}",
            server_name=name,
            version="2.15.1",
            cluster="flash",
            now=self.now,
            start=START - 1_050_000,
            uptime=1_050_000 + self.t,
            connections=len(clients),
            total_connections=900,
            max_connections=65_536,
            subscriptions=80 + sum(c.subscriptions for c in clients),
            slow_consumers=3 if self.trouble and name == "n1" else 0,
            in_msgs=into,
            out_msgs=out,
            in_bytes=into * 214,
            out_bytes=out * 214,
            client_in_msgs=None,
            client_out_msgs=None,
            client_in_bytes=None,
            client_out_bytes=None,
            stalled_clients=0,
            mem=42_000_000,
            cpu=7.0,
            cores=8,
            max_payload=1_048_576,
            max_pending=67_108_864,
            jetstream=True,
            js_max_memory=1_000_000_000,
            js_max_storage=100_000_000_000,
            js_memory=0,
            js_storage=2_000_000_000,
            meta_leader="n1",
        )

    def _moved(self, rate):
        return counted(self.t, rate, rate / 2)

    def _connections(self, name):
        connections = tuple(
            NatsConnection(
                cid=cid,
                kind="Client",
                type="nats",
                name=client.name,
                ip=f"10.0.2.{cid}",
                port=40_000 + cid,
                account="ARC",
                lang=client.lang,
                version="1.48.0",
                start=START - 7_400,
                last_activity=self.now,
                rtt=0.00038 * cid,
                uptime=7_400 + self.t,
                idle=0.0,
                pending_bytes=client.pending,
                in_msgs=self._moved(client.rate_in),
                out_msgs=self._moved(client.rate_out),
                in_bytes=self._moved(client.rate_in) * 214,
                out_bytes=self._moved(client.rate_out) * 214,
                subscriptions=client.subscriptions,
                stalls=None,
            )
            for cid, client in enumerate(self._clients(name), start=5)
        )
        return NatsConnections(f"ID-{name}", self.now, len(connections), connections)

    def jetstream(self, name):
        streams = tuple(self._stream(stream, name) for stream in self._streams(name))
        return NatsJetStream(f"ID-{name}", self.now, streams, accounts=1)

    def _stream(self, stream, leader):
        last = 1_000_000 + self._moved(stream.rate)
        kept = 800_000 + int(stream.rate * self.t)
        return JsStream(
            stream=stream.name,
            account="ARC",
            subjects=(stream.subject,),
            retention="limits",
            storage="file",
            replicas=3,
            leader=leader,
            messages=kept,
            bytes=kept * 980,
            first_seq=1,
            last_seq=last,
            first_time="2025-11-15T08:00:00.123456789Z",
            last_time="2025-11-15T09:59:59.9Z",
            max_bytes=stream.max_bytes,
            max_messages=None,
            max_age=None,
            num_subjects=12,
            num_deleted=0,
            consumers=tuple(
                self._consumer(consumer, leader, last) for consumer in stream.consumers
            ),
        )

    def _consumer(self, consumer, leader, last):
        pending = int(consumer.pending(self.t))
        done = max(0, last - pending)
        return JsConsumer(
            name=consumer.name,
            durable=True,
            ack_policy="explicit",
            num_pending=pending,
            num_ack_pending=2 if consumer.rate else 0,
            num_redelivered=consumer.redelivered,
            num_waiting=1,
            delivered=done,
            ack_floor=max(0, done - 2),
            # of one that is paused the position stays, whatever else its waves do
            delivered_stream_seq=last if consumer.paused else done,
            ack_floor_stream_seq=done,
            last_delivered=self.now,
            last_ack=self.now,
            paused=consumer.paused,
            leader=leader,
        )

    # -- Pulsar -------------------------------------------------------------------------------

    def _belts(self):
        return BELTS + (BAD_BELTS if self.trouble else ())

    def page(self, broker):
        # partitions with an odd number are the second broker's, and so is what audits
        second = [
            (belt, name)
            for belt in self._belts()
            for name in _parts(belt)
            if name[-1] in "13" or "/audit/" in name
        ]
        everything = [(belt, name) for belt in self._belts() for name in _parts(belt)]
        mine = second if broker == "p2:8080" else [t for t in everything if t not in second]
        return PulsarBroker(
            broker=broker,
            cluster="belt",
            version="4.0.8",
            started=START - 300_000,
            heap_used=410_000_000,
            heap_max=2_147_483_648,
            direct_used=64_000_000,
            direct_max=4_294_967_296,
            topic_metrics=True,
            topics=tuple(self._topic(belt, name) for belt, name in mine),
            lines=900,
            size=120_000,
            latencies=PulsarLatencies(
                ((50.0, 0.0021), (95.0, 0.0064), (99.0, 0.0098), (99.9, 0.021), (100.0, 0.044)),
                (12, 810, 2_204, 341, 60, 3, 0, 0, 0, 0),
                mine[0][1],
            ),
        )

    def _topic(self, belt, name):
        parts = max(1, belt.partitions)
        sent = 50_000 + self._moved(belt.rate / parts)
        subscriptions = tuple(
            Subscription(
                name=sub.name,
                backlog_entries=int(sub.entries(self.t) / parts),
                out_messages=int(sent * sub.share),
                out_bytes=int(sent * sub.share) * 310,
                unacked_messages=12 if sub.entries(self.t) else 0,
                consumers=sub.consumers,
                delayed_messages=0,
                blocked=sub.blocked,
                redeliver_rate=0.0,
                last_consumed=self.now,
                last_acked=self.now,
                backlog_size=None,
            )
            for sub in belt.subscriptions
        )
        return Topic(
            name=name,
            in_messages=sent,
            in_bytes=sent * 310,
            out_messages=sum(sub.out_messages for sub in subscriptions),
            out_bytes=sum(sub.out_bytes for sub in subscriptions),
            storage_size=sent * 2 * 310,
            offloaded_size=12_000_000 if "/audit/" in name else 0,
            backlog_size=sum(sub.backlog_entries for sub in subscriptions) * BATCH * 310,
            producers=2,
            consumers=sum(sub.consumers for sub in subscriptions),
            subscriptions=subscriptions,
        )

    def _detail(self, belt, name):
        details = tuple(
            SubscriptionDetail(sub.name, sub.type, 1_000_000, True) for sub in belt.subscriptions
        )
        return PulsarTopic(name, 5_000_000 * BATCH, 5_000_000, details)


def _parts(belt):
    if not belt.partitions:
        return [belt.name]
    return [f"{belt.name}-partition-{number}" for number in range(belt.partitions)]


def refused(where, hint="start it"):
    """What is told of a server that does not run."""
    return Failure("no connection", where, "connection refused", hint)


def notes_on(app):
    """The texts of the notes that the screen shows, the oldest first."""
    # Textual has no public way to read them, and their toasts come a refresh later
    return [note.message for note in app._notifications]


def words_on(app):
    """What is on the screen, line by line, without the blanks at the right."""
    return [strip.text.rstrip() for strip in strips_on(app)]


async def drawn(pilot):
    """One frame, drawn now instead of at the timer's next tick, as lines of text."""
    pilot.app.frame()
    await pilot.pause()
    return words_on(pilot.app)


def strips_on(app):
    """The lines of the screen, with their looks."""
    # Textual has no public way to read them
    return app.screen._compositor.render_strips()
