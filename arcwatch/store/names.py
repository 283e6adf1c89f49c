"""Everything that is known by a name, for finding it by any part of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal, NamedTuple, TypeAlias

from arcwatch.model.pulsar import PulsarNames
from arcwatch.notation.address import Stream, Subject
from arcwatch.notation.topic_names import is_internal
from arcwatch.text.control_characters import printable

from .backlog.ranking import short_topic
from .pulsar.cluster import PulsarClusterState
from .rows import NatsAccountRow, NatsConnectionRow, NatsConsumerRow, NatsStreamRow, PulsarTopicRow
from .store import Store

Kind: TypeAlias = Literal[
    "topic", "subscription", "stream", "consumer", "subject", "connection", "account", "server"
]

OWN = "arcwatch"
"""What the names of arcwatch's own connections begin with."""


class Name(NamedTuple):
    """One thing."""

    kind: Kind
    text: str
    """What it is called, in printable characters."""
    address: str
    """What opens it, as rules and verbs know it."""
    cluster: str = ""


def names(store: Store) -> Iterator[Name]:
    """Each thing once for each cluster and account that has it, the likeliest kinds first.

    They are those of the moment of the call, whenever and on whichever thread they are taken.
    """
    pulsar = [
        _of_pulsar(each, each.name, each.topics, tuple(each.names.names.values()))
        for each in store.pulsar
    ]
    clients = [_of_clients(state.connections, state.accounts.rows) for state in store.nats]
    servers = [
        *((row.cluster, row.server_name, row.url) for row in store.nats_servers()),
        *((row.cluster, row.broker, "") for row in store.pulsar_brokers()),
    ]
    prefixes = {state.cluster: state.prefix for state in store.nats}
    jetstream = _of_jetstream(store.nats_streams(), store.nats_consumers(), prefixes)
    return chain(*pulsar, jetstream, *clients, _of_servers(servers))


def _of_pulsar(
    state: PulsarClusterState,
    cluster: str,
    topics: Sequence[PulsarTopicRow],
    listed: Sequence[PulsarNames],
) -> Iterator[Name]:
    loaded = {topic.topic for topic in topics}
    for topic in topics:
        if not is_internal(topic.topic):
            short = printable(short_topic(topic.topic))
            yield Name("topic", short, state.address(topic.topic), cluster)
            for sub in topic.subscriptions:
                address = state.address(topic.topic, sub.name)
                yield Name("subscription", f"{short}#{printable(sub.name)}", address, cluster)
    for name in chain.from_iterable((*each.partitioned, *each.topics) for each in listed):
        base = name.rpartition("-partition-")[0] or name
        if base not in loaded and not is_internal(base):
            loaded.add(base)
            yield Name("topic", printable(short_topic(base)), state.address(base), cluster)


def _of_jetstream(
    streams: Sequence[NatsStreamRow],
    consumers: Sequence[NatsConsumerRow],
    prefixes: Mapping[str, str],
) -> Iterator[Name]:
    for row in streams:
        address = prefixes[row.cluster] + str(Stream(row.stream))
        yield Name("stream", printable(row.stream), address, row.cluster)
    for each in consumers:
        address = prefixes[each.cluster] + str(Stream(each.stream, consumer=each.name))
        yield Name("consumer", printable(f"{each.stream}#{each.name}"), address, each.cluster)
    for row in streams:
        for subject in row.subjects:
            address = prefixes[row.cluster] + str(Subject(subject))
            yield Name("subject", printable(subject), address, row.cluster)


def _of_clients(
    clients: Sequence[NatsConnectionRow], accounts: Sequence[NatsAccountRow]
) -> Iterator[Name]:
    for client in clients:
        if not client.name.startswith(OWN):
            address = f"client:{client.name or client.ip}#{client.cid}"
            yield Name("connection", _called(client), address, client.cluster)
    for account in accounts:
        address = f"server:{account.server_name}#{account.account}"
        text = printable(f"{account.account} on {account.server_name}")
        yield Name("account", text, address, account.cluster)


def _of_servers(servers: Sequence[tuple[str, str, str]]) -> Iterator[Name]:
    for cluster, name, url in servers:
        yield Name("server", printable(f"{name}  {url}".rstrip()), f"server:{name}", cluster)


def _called(row: NatsConnectionRow) -> str:
    return printable(f"{row.name or '(no name)'}  cid {row.cid}  {row.ip}:{row.port}")
