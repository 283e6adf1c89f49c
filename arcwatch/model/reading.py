"""One answer of one source, or the lack of it: all that ever enters the store."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from .expiry import Expiries
from .latency import Latency
from .nats import (
    Heartbeats,
    NatsClosed,
    NatsConnections,
    NatsGreetings,
    NatsHealth,
    NatsInterest,
    NatsJetStream,
    NatsListed,
    NatsOpened,
    NatsServer,
)
from .nats_advisories import JsAdvisories
from .nats_buckets import NatsBucket
from .nats_links import NatsAccounts, NatsLinks
from .nats_reports import NatsReports
from .nats_services import ServiceAnswers
from .pulsar import (
    PulsarBookies,
    PulsarBroker,
    PulsarBrokers,
    PulsarFunctions,
    PulsarHealth,
    PulsarNames,
    PulsarNamespaces,
    PulsarPort,
    PulsarResourceGroups,
    PulsarTenants,
    PulsarTopics,
    PulsarTransactions,
)
from .pulsar_opened import OpenedTopic, TopicAbout, TopicClosed, TopicGone, TopicSchemas

System: TypeAlias = Literal["nats", "pulsar"]


class Failure(Struct, frozen=True, tag="failure"):
    """A source did not answer, or not in a way we understand."""

    what: str
    where: str
    why: str
    hint: str


class Stage(Struct, frozen=True, tag="stage"):
    """Why one of the two systems is not to be expected to answer, or not yet."""

    text: str
    """``fetching Pulsar 4.0.8: 112 of 245 MB``, ``left out by --no-pulsar``; empty once it runs."""
    failed: bool = False
    """True when it will not come up by itself; ``text`` is the reason."""
    off: bool = False
    """True when the user left it out."""
    hint: str = ""
    """What to try where it failed."""


class Paused(Struct, frozen=True, tag="paused"):
    """Nothing was asked for a while: the machine slept, or arcwatch was stopped."""

    seconds: float


Body: TypeAlias = (
    NatsServer
    | NatsHealth
    | NatsConnections
    | NatsOpened
    | NatsInterest
    | NatsClosed
    | NatsJetStream
    | NatsListed
    | NatsBucket
    | ServiceAnswers
    | NatsGreetings
    | NatsLinks
    | NatsAccounts
    | JsAdvisories
    | Heartbeats
    | NatsReports
    | PulsarBroker
    | PulsarBrokers
    | PulsarBookies
    | PulsarHealth
    | PulsarPort
    | PulsarTopics
    | PulsarTenants
    | PulsarNamespaces
    | PulsarNames
    | PulsarTransactions
    | PulsarFunctions
    | PulsarResourceGroups
    | OpenedTopic
    | TopicAbout
    | TopicSchemas
    | TopicClosed
    | TopicGone
    | Latency
    | Expiries
    | Failure
    | Paused
    | Stage
)


class Reading(Struct, frozen=True):
    """What one source learned at one moment.

    A recording is a sequence of these: the store needs nothing else to show it again.
    """

    context: str
    """The settings' name for this pair of systems."""
    system: System
    source: str
    """The place asked, stable over restarts of it: ``http://10.0.0.7:8222``."""
    part: str
    """Which of its answers: ``varz``, ``connz``, ``jsz``, ``healthz``, ``metrics``, …"""
    at: float
    """Middle of the answer, Unix seconds by our clock: what is shown."""
    steady: float
    """The same moment on a clock that never jumps, in seconds: what is divided by where the
    answer has no time of its own."""
    took: float
    """Seconds from asking to the end of the answer."""
    body: Body
