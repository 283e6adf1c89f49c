"""Addresses: one string that names any place messages live, in NATS, JetStream or Pulsar.

======================================  ==========================================================
``nats:orders.>``, ``orders.>``         a core NATS subject, wildcards ``*`` and ``>``
``js:ORDERS``, ``js:ORDERS/orders.*``   a JetStream stream, some subjects of it
``kv:BUCKET``, ``kv:BUCKET/KEY``        ``js:KV_BUCKET``, ``js:KV_BUCKET/$KV.BUCKET.KEY``
``pulsar:arc/agents/x``                 a Pulsar topic; also ``persistent://arc/agents/x``
``non-persistent://arc/agents/x``       a topic that is not stored
``pulsar:arc/agents/x-partition-2``     one partition of it
``pulsar:arc/agents/*``                 every topic whose name matches; ``*`` is any characters
``…#billing``                           that subscription of a topic, or consumer of a stream
``prod::…``                             the same in another context
======================================  ==========================================================

Names may hold nearly anything, so:

* A core subject is taken exactly as written, to its end: ``nats:a#b/c%20d`` is a subject.
* In stream and topic addresses the first ``#`` ends the place.  ``%23`` is a ``#`` within a name,
  ``%20`` a space, ``%0A`` and the like a control character, ``%25`` the ``%`` of a name that holds
  one of these; every other ``%`` is itself, so a topic called ``a%3Ab`` is written ``a%3Ab``.
* A ``*`` in a topic's name is always a wildcard.  Names that begin with ``__`` are Pulsar's own,
  and a wildcard does not stand for them.
* A leading ``::`` is the context that needs no name: ``::nats::a`` is the subject ``:a``.

``str(address)`` is the canonical text: it parses back to the same address, and has no space in it.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TypeAlias

from msgspec import Struct

from arcwatch.errors import NotationError

_CONTEXT = re.compile(r"([\w.@+-]*)::")
_SCHEME = re.compile(r"(nats:|js:|kv:|pulsar:|persistent://|non-persistent://)")
_PERSISTENCE = re.compile(r"(persistent|non-persistent)://")
_SCHEMES = ("nats:", "js:", "kv:", "pulsar:", "persistent://", "non-persistent://")
_SERVER = re.compile(
    r"(nats|tls|wss?|https?|pulsar(\+ssl)?)://|(?!(nats|js|kv|pulsar):)[^\s/]*:\d+$", re.ASCII
)
_BLANK = re.compile(r"[ \t\n\f\r]")
_NOT_A_NAME = re.compile(r"[ \t\n\f\r.*>/\\]|%(0[9AaCcDd]|20)")
_PARTITION = re.compile(r"(.+)-partition-(0|[1-9][0-9]{0,8})", re.DOTALL)
"""Pulsar's ``TopicName.getPartitionIndex``: a number with a leading zero is part of the name."""

_ESCAPED = re.compile(r"%([01][0-9A-Fa-f]|2[035]|7[Ff])")
_TO_ESCAPE = re.compile(r"[\x00-\x20#\x7f]")
_ESCAPED_BLANK = re.compile(r"%(0[9AaCcDd]|20)")
_NAMED = re.compile(r"[-=:.\w]", re.ASCII)

_FORMS = "write nats:SUBJECT, js:STREAM or pulsar:TENANT/NAMESPACE/TOPIC"


class AddressError(NotationError):
    """A text names no place; see :class:`~arcwatch.errors.NotationError` for what it knows."""

    def __init__(self, text: str, at: int, why: str, hint: str = _FORMS) -> None:
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
        """Whether it has wildcards, and so can stand for many subjects."""
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
        subject = f"/{_escaped(self.subject)}" if self.subject else ""
        consumer = f"#{_escaped(self.consumer)}" if self.consumer else ""
        return _prefixed(self.context, "js:", f"{_escaped(self.stream)}{subject}{consumer}")


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
    """

    tenant: str
    namespace: str
    name: str
    persistent: bool = True
    partition: int | None = None
    subscription: str = ""
    context: str = ""

    def __str__(self) -> str:
        scheme = "pulsar:" if self.persistent else "non-persistent://"
        sub = f"#{_escaped(self.subscription)}" if self.subscription else ""
        path = f"{self.tenant}/{self.namespace}/{_escaped(self._local_name)}{sub}"
        return _prefixed(self.context, scheme, path)

    @classmethod
    def of(cls, full_name: str, subscription: str = "", context: str = "") -> Topic:
        """The address of a topic that a broker named.

        Args:
            full_name: As brokers write it, without escapes: ``persistent://arc/agents/x``.
            subscription: Likewise.
            context: Where the broker was found.

        Raises:
            AddressError: That is not the full name of a topic.
        """
        scheme, mark, path = full_name.partition("://")
        tenant, _, rest = path.partition("/")
        namespace, _, name = rest.partition("/")
        if scheme not in ("persistent", "non-persistent") or not (mark and namespace and name):
            raise AddressError(full_name, 0, "it is not the full name of a topic")
        whole, partition = _split_partition(name)
        return cls(
            tenant, namespace, whole, scheme == "persistent", partition, subscription, context
        )

    @property
    def pattern(self) -> bool:
        """Whether it stands for any number of topics."""
        return "*" in self.name

    @property
    def full_name(self) -> str:
        """What Pulsar calls it: ``persistent://arc/agents/x-partition-2``."""
        scheme = "persistent" if self.persistent else "non-persistent"
        return f"{scheme}://{self.tenant}/{self.namespace}/{self._local_name}"

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
            (topic.tenant, topic.namespace, topic.persistent)
            == (self.tenant, self.namespace, self.persistent)
            and self.partition in (None, topic.partition)
            and (self.name.startswith("__") or not topic.name.startswith("__"))
            and _globbed(self.name, topic.name)
        )

    @property
    def _local_name(self) -> str:
        return self.name if self.partition is None else f"{self.name}-partition-{self.partition}"


Address: TypeAlias = Subject | Stream | Topic


def parse_address(text: str) -> Address:
    """Read an address as a person or a program wrote it; spaces around it are no part of it.

    Raises:
        AddressError: It names no place, and says at which character and what to write instead.

    >>> parse_address("orders.>")
    Subject(subject='orders.>', context='')
    >>> str(parse_address("prod::persistent://arc/agents/x-partition-2#billing"))
    'prod::pulsar:arc/agents/x-partition-2#billing'
    """
    written = text.rstrip(" ")
    start = len(written) - len(written.lstrip(" "))
    if not written:
        raise AddressError(text, 0, "there is nothing in it")
    if found := _CONTEXT.match(written, start):
        start = found.end()
    elif server := _SERVER.match(written, start):
        raise AddressError(text, server.start(), "that is a server, not a place of messages")
    context = found[1] if found else ""
    scheme = _SCHEME.match(written, start)
    if scheme is None:
        return _bare(written, start, context)
    if scheme[1] == "nats:":
        return Subject(_subject(written, scheme.end()), context)
    if scheme[1] == "js:":
        return _stream(written, scheme.end(), context)
    if scheme[1] == "kv:":
        return _stream(written, scheme.end(), context, bucket=True)
    return _topic(written, scheme.end() if scheme[1] == "pulsar:" else start, context)


def topic_address(full_name: str, subscription: str = "") -> str:
    """The canonical address of a topic, or of a subscription, as a broker named it.

    A broker may say anything: for what is no topic's full name the answer is a text that
    :func:`parse_address` refuses.

    >>> topic_address("persistent://arc/agents/x", "billing")
    'pulsar:arc/agents/x#billing'
    """
    try:
        return str(Topic.of(full_name, subscription))
    except AddressError:
        return f"pulsar:{full_name}"


def _bare(text: str, start: int, context: str) -> Subject:
    """A subject without ``nats:``, if nothing in it looks like anything else."""
    bare, prefix = text[start:], text[:start]
    word, colon, rest = bare.partition(":")
    if colon and (close := get_close_matches(f"{word.lower()}:", _SCHEMES, n=1)):
        hint = f"write {prefix}{close[0]}{rest.lstrip('/')}"
        raise AddressError(text, start, f"no scheme is called {word}:", hint)
    if colon:
        why = "a subject with a colon needs its scheme before it"
        raise AddressError(text, start, why, f"write {prefix}nats:{bare}")
    if "/" in bare:
        scheme = "pulsar" if bare.count("/") > 1 else "nats"
        why = "without a scheme it is a NATS subject, but a / is more like a Pulsar topic"
        raise AddressError(text, text.index("/", start), why, f"write {prefix}{scheme}:{bare}")
    return Subject(_subject(text, start), context)


def _subject(text: str, start: int, end: int | None = None) -> str:
    """The NATS subject in ``text[start:end]``, as written.

    nats-server ``sublist.go``, ``IsValidSubject``: no empty token, no white space, ``>`` last.
    """
    subject = text[start:end]
    stop = start + len(subject)
    if blank := _BLANK.search(text, start, stop):
        raise AddressError(text, blank.start(), "a subject holds no space", "take it out")
    if not subject:
        raise AddressError(text, start, "the subject is missing")
    if subject.endswith("."):
        hint = f"quote it: '{text[:stop]}>{text[stop:]}'"
        raise AddressError(text, stop - 1, "it ends in a dot; a shell takes an unquoted >", hint)
    if (empty := f".{subject}".find("..")) >= 0:
        raise AddressError(text, start + empty, "there is nothing before this dot", "take it out")
    if (rest := f"{subject}.".find(".>.", 0, -1)) >= 0 or subject.startswith(">."):
        at = start + rest + 1
        why = "> stands for all that follows, so it is last"
        raise AddressError(text, at, why, f"write {text[: at + 1]}")
    return subject


def _stream(text: str, start: int, context: str, *, bucket: bool = False) -> Stream:
    what = "bucket" if bucket else "stream"
    end, consumer = _split_name(text, start, "consumer")
    slash = text.find("/", start, end)
    name = _stream_name(text, start, end if slash < 0 else slash, what)
    subject = "" if slash < 0 else _subject(text, slash + 1, end)
    if blank := _ESCAPED_BLANK.search(subject):
        at = slash + 1 + blank.start()
        raise AddressError(text, at, "a subject holds no space", "take it out")
    if bucket:
        subject = f"$KV.{name}.{subject}" if subject else ""
        name = f"KV_{name}"
    return Stream(_unescaped(name), _unescaped(subject), consumer, context)


def _stream_name(text: str, start: int, end: int, what: str) -> str:
    """The name of a stream or bucket, escapes and all; nats-server ``stream.go``."""
    if start == end:
        raise AddressError(text, start, f"the {what} is missing")
    if wrong := _NOT_A_NAME.search(text, start, end):
        why = f"the name of a {what} holds no {_unescaped(wrong[0])!r}"
        hint = f"subjects follow a slash: {text[:start]}NAME/SUBJECT"
        raise AddressError(text, wrong.start(), why, hint)
    return text[start:end]


def _topic(text: str, start: int, context: str) -> Topic:
    scheme = _PERSISTENCE.match(text, start)
    start = scheme.end() if scheme else start
    end, subscription = _split_name(text, start, "subscription")
    tenant, *rest = text[start:end].split("/", 2)
    _check_named(text, start, tenant, "tenant")
    if not rest:
        raise AddressError(text, end, "the namespace is missing")
    _check_named(text, start + len(tenant) + 1, rest[0], "namespace")
    name, partition = _split_partition(_unescaped(rest[1] if len(rest) > 1 else ""))
    if not name.strip():
        hint = f"write {text[:end].rstrip('/')}/*{text[end:]} for every topic in the namespace"
        raise AddressError(text, end, "the topic is missing", hint)
    persistent = scheme is None or scheme[1] == "persistent"
    return Topic(tenant, rest[0], name, persistent, partition, subscription, context)


def _check_named(text: str, start: int, name: str, what: str) -> None:
    """Pulsar's ``NamedEntity``: letters, digits and four marks."""
    if not name:
        raise AddressError(text, start, f"the {what} is missing")
    for offset, char in enumerate(name):
        if not _NAMED.match(char):
            hint = "a * stands for topics alone" if char == "*" else "use letters, digits and -=:._"
            raise AddressError(text, start + offset, f"a {what} holds no {char!r}", hint)


def _split_name(text: str, start: int, what: str) -> tuple[int, str]:
    """Where the place ends that ``#`` may follow, and the name behind it."""
    end = text.find("#", start)
    if end < 0:
        return len(text), ""
    if not text[end + 1 :].strip():
        raise AddressError(text, end + 1, f"the {what} is missing", f"write {text[:end]} without #")
    return end, _unescaped(text[end + 1 :])


def _split_partition(name: str) -> tuple[str, int | None]:
    found = _PARTITION.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, None)


def _globbed(glob: str, name: str) -> bool:
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


def _escaped(name: str) -> str:
    name = _ESCAPED.sub(r"%25\1", name)
    return _TO_ESCAPE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def _unescaped(name: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)
