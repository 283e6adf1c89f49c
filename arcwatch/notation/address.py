"""Addresses: one string that names any place messages live, in NATS, JetStream or Pulsar.

======================================  ==========================================================
``nats:orders.>``, ``orders.>``         a core NATS subject, wildcards ``*`` and ``>``
``js:ORDERS``, ``js:ORDERS/orders.*``   a JetStream stream, some subjects of it
``kv:BUCKET``, ``kv:BUCKET/KEY``        ``js:KV_BUCKET``, ``js:KV_BUCKET/$KV.BUCKET.KEY``
``pulsar:arc/agents/x``                 a Pulsar topic; also ``persistent://arc/agents/x``
``non-persistent://arc/agents/x``       a topic that is not stored
``topic://arc/agents/x``                a scalable topic of Pulsar 5.0
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

from .places import AddressError, Stream, Subject, Topic, split_partition, topic_address, unescaped

__all__ = [
    "Address",
    "AddressError",
    "Stream",
    "Subject",
    "Topic",
    "parse_address",
    "topic_address",
]

LONGEST_SUBJECT = 4_000
"""Characters; a nats-server takes lines of 4,096 bytes (``max_control_line``)."""

_CONTEXT = re.compile(r"([\w.@+-]*)::")
_SCHEME = re.compile(r"(nats:|js:|kv:|pulsar:|(?:(?:non-)?persistent|topic|segment)://)")
_KIND = re.compile(r"(persistent|non-persistent|topic|segment)://")
_SCHEMES = ("nats:", "js:", "kv:", "pulsar:", "persistent://", "non-persistent://", "topic://")
_SERVER = re.compile(
    r"(nats|tls|wss?|https?|pulsar(\+ssl)?)://|(?!(nats|js|kv|pulsar):)[^\s/]*:\d+$", re.ASCII
)
_BLANK = re.compile(r"[ \t\n\f\r]")
_NOT_A_NAME = re.compile(r"[ \t\n\f\r.*>/\\]|%(0[9AaCcDd]|20)")
_ESCAPED_BLANK = re.compile(r"%(0[9AaCcDd]|20)")
_NAMED = re.compile(r"[-=:.\w]", re.ASCII)

Address: TypeAlias = Subject | Stream | Topic


def parse_address(text: str) -> Address:
    """Read an address as a person or a program wrote it; spaces around it are no part of it.

    Raises:
        AddressError: It names no place; has the character at fault and what to write instead.

    >>> parse_address("orders.>")
    Subject(subject='orders.>', context='')
    >>> str(parse_address("prod::persistent://arc/agents/x-partition-2#billing"))
    'prod::pulsar:arc/agents/x-partition-2#billing'
    """
    written = text.rstrip(" ")
    start = len(written) - len(written.lstrip(" "))
    if not written:
        raise AddressError(text, 0, "it is empty")
    if found := _CONTEXT.match(written, start):
        start = found.end()
    elif server := _SERVER.match(written, start):
        raise AddressError(text, server.start(), "that is a server, not a subject, stream or topic")
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
        raise AddressError(text, blank.start(), "a subject cannot contain a space", "remove it")
    if not subject:
        raise AddressError(text, start, "the subject is missing")
    if len(subject) > LONGEST_SUBJECT:
        why = f"a subject has at most {LONGEST_SUBJECT:,} characters"
        raise AddressError(text, start + LONGEST_SUBJECT, why)
    if subject.endswith("."):
        hint = f"quote it: '{text[:stop]}>{text[stop:]}'"
        raise AddressError(text, stop - 1, "it ends in a dot; a shell takes an unquoted >", hint)
    if (empty := f".{subject}".find("..")) >= 0:
        raise AddressError(text, start + empty, "there is nothing before this dot", "remove it")
    if (rest := f"{subject}.".find(".>.", 0, -1)) >= 0 or subject.startswith(">."):
        at = start + rest + 1
        why = "> matches everything after it, so it must come last"
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
        raise AddressError(text, at, "a subject cannot contain a space", "remove it")
    if bucket:
        subject = f"$KV.{name}.{subject}" if subject else ""
        name = f"KV_{name}"
    return Stream(unescaped(name), unescaped(subject), consumer, context)


def _stream_name(text: str, start: int, end: int, what: str) -> str:
    """The name of a stream or bucket, escapes and all; nats-server ``stream.go``."""
    if start == end:
        raise AddressError(text, start, f"the {what} is missing")
    if wrong := _NOT_A_NAME.search(text, start, end):
        why = f"the name of a {what} holds no {unescaped(wrong[0])!r}"
        hint = f"subjects follow a slash: {text[:start]}NAME/SUBJECT"
        raise AddressError(text, wrong.start(), why, hint)
    return text[start:end]


def _topic(text: str, start: int, context: str) -> Topic:
    scheme = _KIND.match(text, start)
    kind = scheme[1] if scheme else "persistent"
    if kind == "segment":
        whole = text[start:].rpartition("/")[0].replace("segment", "topic", 1)
        raise AddressError(text, start, "a segment has no address of its own", f"write {whole}")
    start = scheme.end() if scheme else start
    end, subscription = _split_name(text, start, "subscription")
    tenant, *rest = text[start:end].split("/", 2)
    _check_named(text, start, tenant, "tenant")
    if not rest:
        raise AddressError(text, end, "the namespace is missing")
    _check_named(text, start + len(tenant) + 1, rest[0], "namespace")
    name, partition = split_partition(unescaped(rest[1] if len(rest) > 1 else ""))
    if not name.strip():
        hint = f"write {text[:end].rstrip('/')}/*{text[end:]} for every topic in the namespace"
        raise AddressError(text, end, "the topic is missing", hint)
    persistent, scalable = kind != "non-persistent", kind == "topic"
    return Topic(tenant, rest[0], name, persistent, partition, subscription, context, scalable)


def _check_named(text: str, start: int, name: str, what: str) -> None:
    """Pulsar's ``NamedEntity``: letters, digits and four marks."""
    if not name:
        raise AddressError(text, start, f"the {what} is missing")
    for offset, char in enumerate(name):
        if not _NAMED.match(char):
            hint = (
                "a * is allowed for topics only" if char == "*" else "use letters, digits and -=:._"
            )
            raise AddressError(text, start + offset, f"a {what} holds no {char!r}", hint)


def _split_name(text: str, start: int, what: str) -> tuple[int, str]:
    """Where the place ends that ``#`` may follow, and the name behind it."""
    end = text.find("#", start)
    if end < 0:
        return len(text), ""
    if not text[end + 1 :].strip():
        raise AddressError(text, end + 1, f"the {what} is missing", f"write {text[:end]} without #")
    return end, unescaped(text[end + 1 :])
