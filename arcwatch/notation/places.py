"""The places that messages live in, and the text each is written as.

:mod:`arcwatch.notation.address` defines these texts, and parses them.
"""

from __future__ import annotations

import re

from msgspec import Struct

from arcwatch.errors import NotationError, UsageError

from .topic_names import base_name

FORMS = "write nats:SUBJECT, js:STREAM or pulsar:TENANT/NAMESPACE/TOPIC"
"""What to write where nothing better can be guessed."""

_PARTITION = re.compile(r"(.+)-partition-(0|[1-9][0-9]{0,8})", re.DOTALL)
_ESCAPED = re.compile(r"%([01][0-9A-Fa-f]|2[035]|7[Ff])")
_TO_ESCAPE = re.compile(r"[\x00-\x20#\x7f]")


class AddressError(NotationError):
    """A text names no place; see :class:`~arcwatch.errors.NotationError` for what it knows."""

    def __init__(self, text: str, at: int, why: str, hint: str = FORMS) -> None:
        super().__init__("not an address", text=text, at=at, why=why, hint=hint)


class Subject(Struct, frozen=True):
    """A core NATS subject, ``nats:orders.>``.

    Attributes:
        subject: With its wildcards, if any.
        context: Settings to look it up in; empty for those in use.
    """

    subject: str
    context: str = ""

    def __str__(self) -> str:
        return _prefixed(self.context, "nats:", self.subject)

    @property
    def pattern(self) -> bool:
        """Whether it has wildcards, and so can match many subjects."""
        tokens = self.subject.split(".")
        return tokens[-1] == ">" or "*" in tokens


class Stream(Struct, frozen=True):
    """A JetStream stream, ``js:ORDERS/orders.eu.*#invoicer``.

    Attributes:
        stream: Its name.
        subject: Which of its subjects, with wildcards; empty for all.
        consumer: One of its consumers; empty for none.
        context: Settings to look it up in; empty for those in use.
    """

    stream: str
    subject: str = ""
    consumer: str = ""
    context: str = ""

    def __str__(self) -> str:
        subject = f"/{escaped(self.subject)}" if self.subject else ""
        consumer = f"#{escaped(self.consumer)}" if self.consumer else ""
        return _prefixed(self.context, "js:", f"{escaped(self.stream)}{subject}{consumer}")

    @property
    def has_literal_star(self) -> bool:
        """Whether a ``*`` is a letter: it is a wildcard only where it is a whole token."""
        return any("*" in token and token != "*" for token in self.subject.split("."))


class Topic(Struct, frozen=True):
    """A Pulsar topic, a partition, or every topic that matches: ``pulsar:arc/agents/x#billing``.

    Attributes:
        tenant: Without wildcards.
        namespace: Without the tenant, without wildcards.
        name: Without the number of a partition; ``*`` stands for any characters.
        persistent: False for ``non-persistent://``.
        partition: One partition; None for the whole topic.
        subscription: One of its subscriptions; empty for none.
        context: Settings to look it up in; empty for those in use.
        scalable: True for ``topic://``, whose segments are Pulsar's own business.
    """

    tenant: str
    namespace: str
    name: str
    persistent: bool = True
    partition: int | None = None
    subscription: str = ""
    context: str = ""
    scalable: bool = False

    def __str__(self) -> str:
        scheme = "pulsar:" if self._scheme == "persistent" else f"{self._scheme}://"
        sub = f"#{escaped(self.subscription)}" if self.subscription else ""
        path = f"{self.tenant}/{self.namespace}/{escaped(self._local_name)}{sub}"
        return _prefixed(self.context, scheme, path)

    @classmethod
    def of(cls, full_name: str, subscription: str = "", context: str = "") -> Topic:
        """The address of a topic that a broker named.

        Args:
            full_name: As brokers write it, without escapes: ``persistent://arc/agents/x``.  Of a
                segment it is the whole topic.

        Raises:
            AddressError: That is not the full name of a topic.
        """
        scalable = full_name.startswith(("topic://", "segment://"))
        scheme, mark, path = (base_name(full_name) if scalable else full_name).partition("://")
        tenant, _, rest = path.partition("/")
        namespace, _, name = rest.partition("/")
        if scheme not in ("persistent", "non-persistent", "topic") or not (
            mark and namespace and name
        ):
            raise AddressError(full_name, 0, "it is not the full name of a topic")
        whole, partition = split_partition(name)
        persistent = scheme != "non-persistent"
        return cls(tenant, namespace, whole, persistent, partition, subscription, context, scalable)

    def check_readable(self) -> None:
        """Refuse a scalable topic.

        Raises:
            UsageError: Its messages cannot be read, nor can any be published or positions moved.
        """
        if self.scalable:
            why = "Pulsar's Python client does not support scalable topics"
            hint = f"`arcwatch pulsar topic {self.full_name}` shows its figures and segments"
            raise UsageError("cannot read a scalable topic", where=str(self), why=why, hint=hint)

    @property
    def pattern(self) -> bool:
        """Whether it can match any number of topics."""
        return "*" in self.name

    @property
    def full_name(self) -> str:
        """What Pulsar calls it: ``persistent://arc/agents/x-partition-2``."""
        return f"{self._scheme}://{self.tenant}/{self.namespace}/{self._local_name}"

    def matches(self, full_topic_name: str) -> bool:
        """Whether a topic, or a partition of one, is among what this names.

        A topic without a number has all its partitions in it.  Pulsar's own topics, whose names
        begin with ``__``, are matched only by a name that begins so too.
        """
        try:
            topic = Topic.of(full_topic_name)
        except AddressError:
            return False
        return (
            (topic.tenant, topic.namespace, topic._scheme)
            == (self.tenant, self.namespace, self._scheme)
            and self.partition in (None, topic.partition)
            and (self.name.startswith("__") or not topic.name.startswith("__"))
            and globbed(self.name, topic.name)
        )

    @property
    def _scheme(self) -> str:
        return "topic" if self.scalable else "persistent" if self.persistent else "non-persistent"

    @property
    def _local_name(self) -> str:
        return self.name if self.partition is None else f"{self.name}-partition-{self.partition}"


def topic_address(full_name: str, subscription: str = "") -> str:
    """The canonical address of a topic, or of a subscription, as a broker named it.

    A broker may send anything: for what is no topic's full name the answer is a text that
    :func:`parse_address` refuses.

    >>> topic_address("persistent://arc/agents/x", "billing")
    'pulsar:arc/agents/x#billing'
    """
    try:
        return str(Topic.of(full_name, subscription))
    except AddressError:
        # two colons would name a context
        return f"pulsar:{full_name}".replace("::", ":%3A")


def split_partition(name: str) -> tuple[str, int | None]:
    """The topic that a name is of, and its partition.

    Pulsar's ``TopicName.getPartitionIndex``: a number with a leading zero is part of the name.
    """
    found = _PARTITION.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, None)


def globbed(glob: str, name: str) -> bool:
    """Whether ``name`` is ``glob`` with any characters for each ``*``, in linear time."""
    first, *rest = glob.split("*")
    if not rest:
        return name == glob
    last = rest.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for part in rest:
        at = name.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _prefixed(context: str, scheme: str, rest: str) -> str:
    # without the mark these would read as a context, or as a server's address
    mark = "::" if context or rest.startswith((":", "//")) else ""
    return f"{context}{mark}{scheme}{rest}"


def escaped(name: str) -> str:
    """A name as written in the address of a stream or topic."""
    name = _ESCAPED.sub(r"%25\1", name)
    return _TO_ESCAPE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def unescaped(name: str) -> str:
    """A name from the address of a stream or topic."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)
