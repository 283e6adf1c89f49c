"""The tenants, namespaces and topics of a Pulsar cluster, loaded or not."""

from __future__ import annotations

from copy import copy

from arcwatch.model.pulsar import PulsarNames, PulsarNamespaces, PulsarTenants
from arcwatch.notation.topic_names import namespace_of

MOST = 20_000
"""Topics and partitions kept by name, of all namespaces together."""


class PulsarNamesState:
    """The names of one cluster, each as old as the last list that included it."""

    def __init__(self) -> None:
        self.tenants: tuple[str, ...] | None = None
        """None before they were reported."""
        self.namespaces: dict[str, tuple[str, ...]] = {}
        """By tenant."""
        self.names: dict[str, PulsarNames] = {}
        """By namespace; only of those that were on screen."""
        self.listed: dict[str, int] = {}
        """How many times each of those was listed."""
        self.version = 0
        """Grows whenever a name has come or gone."""

    @property
    def left_out(self) -> int:
        """The number of listed names beyond the limit."""
        return sum(names.left_out for names in self.names.values())

    def is_partitioned(self, topic: str) -> bool | None:
        """Whether a topic was listed with partitions; None if the list is missing or cut."""
        names = self.names.get(namespace_of(topic))
        if names is None or not topic.startswith("persistent://"):
            return None
        return topic in names.partitioned or (None if names.left_out else False)

    def exists(self, topic: str) -> bool | None:
        """Whether the latest list has a topic or partition; None if it may have been cut."""
        names = self.names.get(namespace_of(topic))
        if names is None:
            return None
        listed = topic in names.topics or topic in names.partitioned
        return listed or (None if names.left_out else False)

    def freeze(self) -> PulsarNamesState:
        """An independent copy."""
        frozen = copy(self)
        frozen.namespaces, frozen.names = dict(self.namespaces), dict(self.names)
        frozen.listed = dict(self.listed)
        return frozen

    def update_tenants(self, answer: PulsarTenants) -> None:
        """Apply the list of tenants; drop what belongs to a tenant that is gone."""
        if answer.tenants == self.tenants:
            return
        self.version += 1
        self.tenants = answer.tenants
        for gone in set(self.namespaces) - set(answer.tenants):
            self.update_namespaces(PulsarNamespaces(gone, ()))
            del self.namespaces[gone]

    def update_namespaces(self, answer: PulsarNamespaces) -> None:
        """Apply a tenant's namespaces; drop the topics of one that is gone."""
        before = self.namespaces.get(answer.tenant)
        if before == answer.namespaces:
            return
        self.version += 1
        self.namespaces[answer.tenant] = answer.namespaces
        for gone in set(before or ()) - set(answer.namespaces):
            self.names.pop(gone, None)

    def update_names(self, answer: PulsarNames) -> None:
        """Apply the topics of a namespace, up to the limit."""
        self.listed[answer.namespace] = self.listed.get(answer.namespace, 0) + 1
        others = sum(_size(names) for key, names in self.names.items() if key != answer.namespace)
        kept = _cut(answer, max(0, MOST - others))
        if kept != self.names.get(answer.namespace):
            self.version += 1
            self.names[answer.namespace] = kept


def _size(names: PulsarNames) -> int:
    return len(names.topics) + len(names.partitioned)


def _cut(names: PulsarNames, room: int) -> PulsarNames:
    if _size(names) <= room:
        return names
    bases = names.partitioned[:room]
    topics = names.topics[: room - len(bases)]
    left_out = names.left_out + _size(names) - len(bases) - len(topics)
    return PulsarNames(names.namespace, topics, bases, left_out)
