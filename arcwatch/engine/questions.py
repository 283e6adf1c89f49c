"""The questions put to each source, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, RefusedError, SourceError
from arcwatch.model.nats import NatsGreetings
from arcwatch.model.pulsar import PulsarFunctions, PulsarPort, PulsarTransactions
from arcwatch.model.reading import Body, Failure, System
from arcwatch.notation.server_url import shown

if TYPE_CHECKING:
    from arcwatch.sources.nats.monitor import NatsMonitor
    from arcwatch.sources.pulsar.cluster import PulsarCluster

    NatsServers: TypeAlias = Callable[[], Awaitable[Sequence[NatsMonitor]]]
    """Which NATS servers there are by now."""

    Sources: TypeAlias = tuple[NatsServers, PulsarCluster | None]

SCRAPE_SHARE = 20
"""A large answer is asked for at most every this many times as long as it takes."""
RARELY = 10.0
"""Seconds between two questions whose answer seldom changes."""
SELDOM = 60.0
"""Seconds between two questions whose answer changes when something is deployed."""
HARDLY_EVER = 600.0
"""Seconds between two looks at what ends in days."""


@dataclass(eq=False)
class Question:
    """One request that is repeated on a schedule."""

    system: System
    source: str
    part: str
    ask: Callable[[], Awaitable[Body]]
    every: float
    """Seconds from one asking to the next, while it answers."""
    timeout: float = 10.0
    share: int = 0
    """Where above 0, ``every`` grows to this many times the time that two answers in turn took.

    A single slow answer is due to that moment rather than to its cost.
    """
    took: float = 0.0
    """Seconds that the last answer took; 0 before the first."""
    counts: bool = True
    """Whether it reports counters, of which rates come from asking twice."""
    answers: bool = True
    """Whether it did when it was asked last."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)


def failure_of(error: ArcwatchError) -> Failure:
    """The failure recorded in the store in place of an answer."""
    return Failure(error.what, error.where, error.why, error.hint)


class DetailTarget(NamedTuple):
    """A detail of a NATS server that is polled only while it is shown."""

    server: str
    """Its address, as the store has it."""
    cid: int | None
    """The connection whose subscriptions to list; None for the connections that closed."""
    subject: str = ""
    """The subject whose subscribers to list; empty for one of the others."""
    services: bool = False
    """Whether to poll the account's micro services."""
    bucket: str = ""
    """The stream of the bucket whose keys or objects to poll, not of one server; or empty."""
    cluster: str = ""
    """The cluster that is polled if there are several; empty for all of them."""


@asynccontextmanager
async def open_sources(settings: Settings) -> AsyncIterator[Sources]:
    """Open every source that the settings name."""
    # imported here because together they cost more than the first paint
    from arcwatch.sources.nats.discovery import NatsEntrance
    from arcwatch.sources.net.http import new_client
    from arcwatch.sources.pulsar.cluster import PulsarCluster
    from arcwatch.sources.pulsar.web_login import login_of

    nats, pulsar = settings.nats_credentials, settings.pulsar_credentials
    async with new_client(nats.tls) as client, new_client(pulsar.tls, login_of(pulsar)) as admin:
        cluster = PulsarCluster(settings.pulsar_admin, admin) if settings.pulsar_admin else None
        async with aclosing(NatsEntrance(settings, client)) as entrance:
            yield entrance.servers, cluster


def of_server(server: NatsMonitor, beat: float) -> list[Question]:
    """The questions for a NATS server, its cheapest figures every ``beat`` seconds."""
    where = shown(server.url)
    return [
        Question("nats", where, "varz", server.varz, beat),
        Question("nats", where, "connz", server.connections, 2 * beat, share=SCRAPE_SHARE),
        Question("nats", where, "jsz", server.jetstream, 2 * beat, share=SCRAPE_SHARE),
        Question("nats", where, "links", server.links, 2 * beat, share=SCRAPE_SHARE),
        Question("nats", where, "accounts", server.accounts, 5 * beat, share=SCRAPE_SHARE),
        # each failing /healthz is a warning in the server's log
        Question("nats", where, "healthz", server.healthz, RARELY, counts=False),
    ]


def details(server: NatsMonitor, target: DetailTarget, beat: float) -> Question:
    """The question for one detail of a NATS server."""
    cid = target.cid
    if target.subject:

        def interest() -> Awaitable[Body]:
            return server.interest(target.subject)

        every = 2 * beat
        return Question("nats", target.server, "interest", interest, every, share=SCRAPE_SHARE)
    if cid is None:
        # the server sorts all 10,000 that it remembers
        every = 5 * beat
        return Question("nats", target.server, "closed", server.closed, every, counts=False)

    def connection() -> Awaitable[Body]:
        return server.connection(cid)

    every = 2 * beat
    return Question("nats", target.server, "connection", connection, every, share=SCRAPE_SHARE)


@asynccontextmanager
async def over_client_port(
    settings: Settings, target: DetailTarget, beat: float
) -> AsyncIterator[Question]:
    """The question for a bucket or services; its connection ends with the block."""
    from arcwatch.sources.jetstream.buckets import open_bucket
    from arcwatch.sources.nats.services import open_services

    stream, share = target.bucket, SCRAPE_SHARE
    if stream:
        async with open_bucket(settings, stream) as read:
            source, every = f"js:{stream}", 2 * beat
            yield Question(
                "nats", source, "bucket", read, every, timeout=60.0, share=share, counts=False
            )
        return
    async with open_services(settings) as ask:
        # every instance answers each time
        every = max(5.0, 5 * beat)
        yield Question("nats", "$SRV.STATS", "services", ask, every, share=share, counts=False)


def of_cluster(cluster: PulsarCluster, ask: Callable[[], Awaitable[Body]]) -> Question:
    """The question for a Pulsar cluster's list of brokers, answered by ``ask``."""
    return Question("pulsar", shown(cluster.url), "brokers", ask, RARELY)


def of_bookies(
    cluster: PulsarCluster, who: PulsarCredentials, is_shown: Callable[[], bool]
) -> Question:
    """The question for a Pulsar cluster's bookies; these are asked only while they are shown."""

    async def ask() -> Body:
        from arcwatch.sources.pulsar.bookie_admin import with_states

        report = await cluster.bookies()
        if not who.bookie_admin or not is_shown():
            return report
        return await with_states(report, who.bookie_admin, who.tls)

    where, timeout = shown(cluster.url), 60.0 if who.bookie_admin else Question.timeout
    return Question("pulsar", where, "bookies", ask, SELDOM, timeout=timeout, counts=False)


def of_transactions(
    cluster: PulsarCluster, any_open: Callable[[], bool], is_shown: Callable[[], bool]
) -> Question:
    """The question for a Pulsar cluster's open transactions, asked only while there are any."""

    async def ask() -> Body:
        from arcwatch.sources.pulsar.transactions import transactions

        if not any_open():
            return PulsarTransactions(())
        return await transactions(cluster, hides=is_shown())

    return Question("pulsar", shown(cluster.url), "transactions", ask, RARELY, counts=False)


def of_resource_groups(cluster: PulsarCluster, is_shown: Callable[[], bool]) -> Question:
    """The question for resource groups; while they are not on screen, only for their names."""

    async def ask() -> Body:
        from arcwatch.sources.pulsar.resource_groups import resource_groups

        return await resource_groups(cluster, members=is_shown())

    return Question("pulsar", shown(cluster.url), "resource-groups", ask, SELDOM, counts=False)


def of_functions(
    cluster: PulsarCluster, worker: str, any_run: Callable[[], bool], is_shown: Callable[[], bool]
) -> Question:
    """The question for functions, sources and sinks, asked only while they are on screen.

    A ``worker`` that the user named is asked always, since no metrics page counts what it runs,
    but less often.
    """
    asked = cluster.beside(worker) if worker else cluster

    async def ask() -> Body:
        from arcwatch.sources.pulsar.functions import functions

        if not worker and not (is_shown() and any_run()):
            return PulsarFunctions(None)
        return await functions(asked, named=bool(worker))

    every = SELDOM if worker else RARELY
    return Question("pulsar", shown(asked.url), "functions", ask, every, counts=False)


def of_expiries(
    settings: Settings, systems: Sequence[System], brokers: Callable[[], Sequence[str]]
) -> list[Question]:
    """The question for expiry dates of certificates and credentials."""

    async def of_nats() -> Body:
        from arcwatch.sources.inspect import expiries

        return await expiries.of_nats(settings)

    async def of_pulsar() -> Body:
        from arcwatch.sources.inspect import expiries

        return await expiries.of_pulsar(settings, brokers())

    def question(system: System, ask: Callable[[], Awaitable[Body]]) -> Question:
        every = HARDLY_EVER
        return Question(system, "settings", "expiries", ask, every, timeout=every, counts=False)

    asked: dict[System, Question] = {}
    if settings.nats_monitors:
        asked["nats"] = question("nats", of_nats)
    if settings.pulsar_admin:
        asked["pulsar"] = question("pulsar", of_pulsar)
    return [asked[system] for system in systems if system in asked]


def of_greetings(settings: Settings, servers: Iterable[NatsMonitor]) -> Question | None:
    """The question for ``INFO`` at the client port, to detect a foreign monitoring port."""

    async def ask() -> Body:
        from arcwatch.sources.nats.greeting import greetings

        try:
            return await greetings(settings)
        except ArcwatchError as error:
            if _is_guessed(settings, "nats"):
                # none is configured
                return NatsGreetings(())
            raise _no_client_port(settings.nats, _set_by(settings, "--nats"), error) from error

    if not settings.nats or not any(server.url.startswith("http") for server in servers):
        return None
    every = HARDLY_EVER
    return Question("nats", "settings", "greetings", ask, every, timeout=every, counts=False)


def of_pulsar_port(settings: Settings) -> Question | None:
    """The question whether a broker accepts a login at its client port."""

    async def ask() -> Body:
        from arcwatch.sources.pulsar.handshake import check_brokers

        urls = settings.pulsar or ""
        try:
            await check_brokers(urls, settings.pulsar_credentials)
        except ArcwatchError as error:
            raise _no_client_port(urls, _set_by(settings, "--pulsar"), error) from error
        return PulsarPort()

    if not settings.pulsar or _is_guessed(settings, "pulsar"):
        return None
    every = HARDLY_EVER
    return Question("pulsar", "settings", "client port", ask, every, timeout=every, counts=False)


def _set_by(settings: Settings, flag: str) -> str:
    """The setting of an address: one of several clusters has no flag."""
    return f"`url` of {settings.cluster}" if settings.cluster else flag


def _no_client_port(urls: str | None, flag: str, error: ArcwatchError) -> ArcwatchError:
    if error.what.startswith("certificate") or isinstance(error, RefusedError):
        # it answers, and it is the right port
        return error
    where = shown((urls or "").partition(",")[0])
    why = f"{error.what}: {error.why}" if error.why else error.what
    hint = f"set {flag} to the port that clients connect to: tail, history and probe need it"
    return SourceError("the client port does not answer", where=where, why=why, hint=hint)


def _is_guessed(settings: Settings, place: str) -> bool:
    """Whether no address was configured, so that it is derived from another one."""
    return settings.origins.get(place, "").startswith("beside ")


def of_broker(cluster: PulsarCluster, broker: str, beat: float) -> list[Question]:
    """The questions for one broker, its metrics every ``beat`` seconds."""

    def metrics() -> Awaitable[Body]:
        return cluster.metrics(broker)

    def ready() -> Awaitable[Body]:
        return cluster.ready(broker)

    return [
        Question("pulsar", broker, "metrics", metrics, beat, timeout=60.0, share=SCRAPE_SHARE),
        Question("pulsar", broker, "ready", ready, RARELY, counts=False),
    ]
