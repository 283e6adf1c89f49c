"""What an address is of, and the view where that lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from msgspec.structs import replace

from arcwatch.errors import UsageError
from arcwatch.notation.address import Address, Stream, Subject, Topic, parse_address
from arcwatch.store.store import Store

from .addresses import address_of, judged_address


class Thing(NamedTuple):
    """Something that can be opened."""

    view: str
    """The id of the view where it lives."""
    row: Any
    """A row of that view."""


class SubjectRow(NamedTuple):
    """A core NATS subject: of no list, but it can be opened."""

    cluster: str
    subject: str
    queue: str = ""


def thing_at(store: Store, address: str, cluster: str = "") -> Thing | None:
    """What has an address, of any kind that rows have; None where nothing known has it.

    Args:
        address: As :func:`~arcwatch.ui.views.addresses.address_of` or ``judged_address`` has it.
        cluster: Where several clusters may have it; empty takes the first.
    """
    place = _parsed(address)
    if place and place.context in store.called:
        cluster, place = store.called[place.context], replace(place, context="")
        address = str(place)
    if isinstance(place, Subject) and not place.context:
        names = (state.cluster for state in store.nats if cluster in ("", state.cluster))
        found = next(names, None)
        return None if found is None else Thing("nats", SubjectRow(found, place.subject))
    if isinstance(place, Topic):
        # a partition opens as a part of its topic
        place = replace(place, partition=None)
        address = str(place)
    for view, row in _candidates(store, address, place):
        same = not cluster or row.cluster == cluster
        if same and address in (judged_address(row), address_of(row)):
            return Thing(view, row)
    return None


def _candidates(store: Store, address: str, place: Address | None) -> Iterator[tuple[str, Any]]:
    if address.startswith("latency:"):
        return _of("latency", store.latencies.rows(store.now))
    match place:
        case Topic(subscription=""):
            return _of("pulsar", store.pulsar_tree(internal=True))
        case Topic():
            topics = store.pulsar_topics(internal=True)
            subscriptions = chain.from_iterable(topic.subscriptions for topic in topics)
            return _of("pulsar", chain(subscriptions, store.pulsar_replicators(internal=True)))
        case Stream(consumer=""):
            return _of("nats", store.nats_streams())
        case Stream():
            return _of("nats", store.nats_consumers())
    clients = chain(store.nats_connections(), store.nats_closed())
    servers = chain(store.nats_servers(), store.nats_accounts(), clients)
    return chain(_of("nats", servers), _of("pulsar", store.pulsar_brokers()))


def _of(view: str, rows: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    return ((view, row) for row in rows)


def _parsed(address: str) -> Address | None:
    if address.startswith(("client:", "server:", "http:", "https:")):
        return None
    try:
        return parse_address(address)
    except UsageError:
        return None
