"""Checks of a Pulsar cluster: its brokers, bookies and their settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arcwatch.model.pulsar_settings import BrokerSettings, NotAsked
from arcwatch.notation.versions import series
from arcwatch.store.pulsar.bookie_rows import PulsarBookieRow
from arcwatch.store.pulsar.cluster import PulsarClusterState
from arcwatch.store.rows import PulsarBrokerRow
from arcwatch.text import units

from .check import Check, Doubt, Judgement, Severity, fault
from .picture import Picture, is_local
from .versions import PULSAR_ENDED, ended

NEAR, VERY_NEAR = 0.8, 0.95
"""Shares of a limit."""

SETTINGS = "brokers/configuration/runtime"


def _settings(picture: Picture) -> Iterable[BrokerSettings] | Doubt:
    found = picture.broker
    return Doubt(found.why) if isinstance(found, NotAsked) else [found]


def _clusters(picture: Picture) -> Iterable[PulsarClusterState]:
    return picture.store.pulsar


def _brokers(picture: Picture) -> Iterable[PulsarBrokerRow]:
    return picture.store.pulsar_brokers()


def _of_cluster(
    picture: Picture,
    settings: BrokerSettings,
    mend: str,
    *names: str,
    severity: Severity | None = None,
    **figures: str,
) -> Judgement:
    cluster = next((state.name for state in picture.store.pulsar), "")
    shown = {name: settings.get(name) or "not set" for name in names}
    return fault(f"cluster {cluster or '?'}", SETTINGS, mend, severity, **shown, **figures)


def _lacks(settings: BrokerSettings, name: str) -> Doubt | None:
    return None if name in settings else Doubt(f"this version has no setting {name}")


def _login(settings: BrokerSettings, picture: Picture) -> Judgement:
    if settings.get("authenticationEnabled", "true") != "false":
        return _lacks(settings, "authenticationEnabled")
    return _of_cluster(
        picture,
        settings,
        "give clients credentials, then set authenticationEnabled=true, authenticationProviders and"
        " brokerClientAuthenticationPlugin in broker.conf, and restart the brokers",
        "authenticationEnabled",
        "bindAddress",
        severity="note" if is_local(settings.get("bindAddress", "")) else "critical",
    )


def _authorization(settings: BrokerSettings, picture: Picture) -> Judgement:
    if settings.get("authenticationEnabled") != "true":
        return None
    if settings.get("authorizationEnabled", "true") != "false":
        return _lacks(settings, "authorizationEnabled")
    return _of_cluster(
        picture,
        settings,
        "grant roles what they need (pulsar-admin namespaces grant-permission), then set"
        " authorizationEnabled=true and superUserRoles in broker.conf, and restart the brokers",
        "authenticationEnabled",
        "authorizationEnabled",
    )


def _clear_text(settings: BrokerSettings, picture: Picture) -> Judgement:
    if "bindAddress" not in settings:
        return _lacks(settings, "bindAddress")
    if is_local(settings["bindAddress"]) or not settings.get("brokerServicePort"):
        return None
    return _of_cluster(
        picture,
        settings,
        "set brokerServicePortTls=6651 and webServicePortTls=8443; once all clients use them, leave"
        " brokerServicePort and webServicePort empty",
        "bindAddress",
        "brokerServicePort",
        "brokerServicePortTls",
    )


def _metrics(settings: BrokerSettings, picture: Picture) -> Judgement:
    open_to_all = settings.get("authenticateMetricsEndpoint", "true") == "false"
    if not open_to_all or is_local(settings.get("bindAddress", "")):
        return _lacks(settings, "authenticateMetricsEndpoint")
    return _of_cluster(
        picture,
        settings,
        "set authenticateMetricsEndpoint=true in broker.conf",
        "authenticateMetricsEndpoint",
        "bindAddress",
    )


def _new_topics(settings: BrokerSettings, picture: Picture) -> Judgement:
    if settings.get("allowAutoTopicCreation", "false") != "true":
        return _lacks(settings, "allowAutoTopicCreation")
    return _of_cluster(
        picture,
        settings,
        "create the topics that are used, dead letter and retry topics too, then pulsar-admin"
        " namespaces set-auto-topic-creation --disable TENANT/NAMESPACE",
        "allowAutoTopicCreation",
        "allowAutoTopicCreationType",
    )


def _unacked(settings: BrokerSettings, picture: Picture) -> Judgement:
    if settings.get("maxUnackedMessagesPerConsumer", "50000") != "0":
        return _lacks(settings, "maxUnackedMessagesPerConsumer")
    return _of_cluster(
        picture,
        settings,
        "set maxUnackedMessagesPerConsumer=50000 in broker.conf, the default",
        "maxUnackedMessagesPerConsumer",
    )


def _single_bookie(cluster: PulsarClusterState, picture: Picture) -> Judgement:
    if cluster.bookies is None:
        return Doubt("the broker does not report its bookies, or not to us")
    if len(cluster.bookies) != 1:
        return None
    mend = (
        "run three bookies, and set managedLedgerDefaultEnsembleSize=3, …WriteQuorum=3 and"
        " …AckQuorum=2 in broker.conf; older ledgers keep their one copy"
    )
    return fault(
        f"cluster {cluster.name}", "bookies/all", mend, bookies=f"1, {cluster.bookies[0].id}"
    )


def _bookies(picture: Picture) -> Iterable[PulsarBookieRow]:
    return picture.store.pulsar_bookies()


def _unasked(row: PulsarBookieRow) -> Doubt:
    if row.why:
        return Doubt(f"{row.bookie}: {row.why}")
    return Doubt(
        'only bookies report this: set bookie_admin = "http://*:8000" in [context.NAME.pulsar]'
    )


def _read_only(row: PulsarBookieRow, picture: Picture) -> Judgement:
    if row.read_only is None:
        return _unasked(row)
    if not row.read_only:
        return None
    mend = (
        "free space on its ledger disk, or add a bookie; if it was set read-only by hand: PUT"
        ' /api/v1/bookie/state/readonly {"readOnly": false}'
    )
    states = [one.read_only for one in _bookies(picture) if one.cluster == row.cluster]
    severity: Severity | None = "critical" if all(states) else None
    return fault(f"bookie {row.bookie}", "/api/v1/bookie/state", mend, severity, state="read-only")


def _disk(row: PulsarBookieRow, picture: Picture) -> Judgement:
    if row.used != row.used:
        return _unasked(row)
    if row.used < NEAR:
        return None
    mend = (
        "shorten retention, offload, delete what nobody reads, or add a bookie: at"
        " diskUsageThreshold, 95 % by default, it accepts no more writes"
    )
    severity: Severity | None = "critical" if row.used >= VERY_NEAR else None
    figures = {"used": f"{row.used:.0%}", "of": units.size(row.total)}
    return fault(f"bookie {row.bookie}", "/api/v1/bookie/info", mend, severity, **figures)


def _underreplicated(cluster: PulsarClusterState, picture: Picture) -> Judgement:
    if cluster.underreplicated is None:
        rows = [row for row in _bookies(picture) if row.cluster == cluster.name]
        return _unasked(rows[0]) if rows else Doubt("the broker does not report its bookies")
    if not cluster.underreplicated:
        return None
    return fault(
        f"cluster {cluster.name}",
        "/api/v1/autorecovery/list_under_replicated_ledger",
        "bring the lost bookie back, or have autorecovery copy the ledgers:"
        " autoRecoveryDaemonEnabled=true, or `bookkeeper autorecovery` as a process of its own",
        ledgers=f"{cluster.underreplicated:,}",
    )


def _ensembles(picture: Picture) -> Iterable[tuple[str, tuple[int, int, int]]] | Doubt:
    if isinstance(picture.broker, NotAsked):
        return Doubt(picture.broker.why)
    names = ("EnsembleSize", "WriteQuorum", "AckQuorum")
    values = [picture.broker.get(f"managedLedgerDefault{name}", "") for name in names]
    if not all(value.isascii() and value.isdigit() and len(value) < 10 for value in values):
        return Doubt("the broker does not report how ledgers are spread")
    first, second, third = map(int, values)
    found = [("managedLedgerDefault… of the broker", (first, second, third))]
    spaces = () if isinstance(picture.namespaces, NotAsked) else picture.namespaces
    return found + [(f"namespace {one.name}", one.bookies) for one in spaces if one.bookies]


def _ensemble(one: tuple[str, tuple[int, int, int]], picture: Picture) -> Judgement:
    place, (ensemble, _, _) = one
    known = [len(state.bookies) for state in picture.store.pulsar if state.bookies is not None]
    if not known:
        return Doubt("the broker does not report its bookies, or not to us")
    if ensemble <= known[0]:
        return None
    return fault(
        place,
        "bookies/all and policies",
        f"start bookies; or lower the ensemble to {known[0]}, and with it the copies of new"
        " ledgers: pulsar-admin namespaces set-persistence",
        ensemble=str(ensemble),
        bookies=str(known[0]),
    )


def _quorum(one: tuple[str, tuple[int, int, int]], picture: Picture) -> Judgement:
    place, (ensemble, write, ack) = one
    several = any(len(state.bookies or ()) > 1 for state in picture.store.pulsar)
    if not several or ack > 1:
        return None
    return fault(
        place,
        "policies",
        "set the write quorum to 3 and the ack quorum to 2: pulsar-admin namespaces"
        " set-persistence",
        ensemble=str(ensemble),
        write_quorum=str(write),
        ack_quorum=str(ack),
    )


def _memory(used: str, most: str, kind: str, mend: str) -> Any:
    def judge(row: PulsarBrokerRow, picture: Picture) -> Judgement:
        held, limit = getattr(row, used), getattr(row, most)
        if held is None or not limit:
            return Doubt(f"{row.broker} does not report its {kind}")
        if held < NEAR * limit:
            return None
        severity: Severity | None = "critical" if held >= VERY_NEAR * limit else None
        figures = {"used": units.size(held), "of": units.size(limit)}
        return fault(row.broker, f"/metrics/ of {row.broker}", mend, severity, **figures)

    return judge


def _mixed(cluster: PulsarClusterState, picture: Picture) -> Judgement:
    pages = [state.page for state in cluster.brokers.values() if state.page]
    versions = sorted({page.version for page in pages if page.version})
    if not versions:
        return Doubt("no broker reports its version")
    if len(versions) == 1:
        return None
    return fault(
        f"cluster {cluster.name}",
        "/metrics/ of each",
        "upgrade the other brokers, one at a time",
        versions=", ".join(versions),
    )


def _old(row: PulsarBrokerRow, picture: Picture) -> Judgement:
    found = series(row.version)
    if found is None:
        return Doubt(f"{row.broker} has no readable version")
    day = ended(row.version, PULSAR_ENDED, picture.now)
    if not day:
        return None
    mend = "upgrade to the newest LTS release; from 2.x by way of 3.0"
    return fault(
        row.broker, f"/metrics/ of {row.broker}", mend, version=row.version, last_repairs=day
    )


def _ready(row: PulsarBrokerRow, picture: Picture) -> Judgement:
    if row.healthy is None:
        return Doubt(f"{row.broker} was not asked, or its version has no brokers/ready")
    if row.healthy:
        return None
    return fault(row.broker, "brokers/ready", "see the broker's log", says="not ready")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "pulsar-no-auth",
        "pulsar",
        "critical",
        "clients need no login",
        "do clients have to log in?",
        "Anyone who reaches the ports can read and publish everything, and delete every namespace.",
        "brokers",
        _settings,
        _login,
    ),
    Check(
        "pulsar-no-authorization",
        "pulsar",
        "critical",
        "no authorization: any login may do anything",
        "are permissions checked?",
        "The login of any service can read and delete what belongs to the others.",
        "brokers",
        _settings,
        _authorization,
    ),
    Check(
        "pulsar-plain-tcp",
        "pulsar",
        "warning",
        "unencrypted connections from other machines",
        "is TLS required where other machines connect?",
        "Messages and tokens can be read and changed on the way.",
        "brokers",
        _settings,
        _clear_text,
    ),
    Check(
        "pulsar-metrics-open",
        "pulsar",
        "note",
        "metrics open to other machines",
        "do metrics need a login?",
        "They name every tenant, topic and subscription, and its traffic.",
        "brokers",
        _settings,
        _metrics,
    ),
    Check(
        "pulsar-auto-topics",
        "pulsar",
        "note",
        "any client may create topics by name",
        "do topics have to be created before they are used?",
        "A misspelt name becomes a new topic that nobody reads, without an error and without the"
        " partitions and policies meant.",
        "brokers",
        _settings,
        _new_topics,
    ),
    Check(
        "pulsar-unacked-limit",
        "pulsar",
        "warning",
        "no limit on unacknowledged messages",
        "is the number of unacknowledged messages limited?",
        "One consumer that never acknowledges is sent the whole backlog, and fills broker memory.",
        "brokers",
        _settings,
        _unacked,
    ),
    Check(
        "pulsar-single-bookie",
        "pulsar",
        "note",
        "single bookie",
        "are there several bookies?",
        "When it stops nothing can be published; if its disk is lost, so are all messages.",
        "bookies",
        _clusters,
        _single_bookie,
    ),
    Check(
        "pulsar-ensemble",
        "pulsar",
        "critical",
        "ensemble larger than the number of bookies",
        "are there enough bookies for the ensemble size?",
        "No new ledger can be opened: publishing stops at the next rollover or restart.",
        "bookies",
        _ensembles,
        _ensemble,
    ),
    Check(
        "pulsar-quorum",
        "pulsar",
        "warning",
        "one copy counts as stored",
        "are publishes confirmed by more than one bookie?",
        "A message that was confirmed to its producer can be lost with one disk.",
        "bookies",
        _ensembles,
        _quorum,
    ),
    Check(
        "pulsar-direct-memory",
        "pulsar",
        "warning",
        "direct memory near its limit",
        "is there direct memory left?",
        "At its limit the broker fails with OutOfDirectMemoryError, and its topics move to the"
        " others.",
        "metrics",
        _brokers,
        _memory(
            "direct_used",
            "direct_max",
            "direct memory",
            "raise -XX:MaxDirectMemorySize, or lower managedLedgerCacheSizeMB",
        ),
    ),
    Check(
        "pulsar-heap",
        "pulsar",
        "warning",
        "heap near its limit",
        "is there heap left?",
        "Garbage collection pauses the broker for seconds, and clients lose their connections.",
        "metrics",
        _brokers,
        _memory("heap_used", "heap_max", "heap", "raise -Xmx, or spread topics over more brokers"),
    ),
    Check(
        "pulsar-bookie-read-only",
        "pulsar",
        "warning",
        "bookie accepts no writes",
        "does every bookie accept writes?",
        "New ledgers go to the others; with fewer left than the ensemble size, publishing stops.",
        "bookies",
        _bookies,
        _read_only,
    ),
    Check(
        "pulsar-bookie-disk",
        "pulsar",
        "warning",
        "bookie's ledger disk nearly full",
        "is there room on the bookies' ledger disks?",
        "A bookie with full disks accepts no writes; with too few bookies left, publishing stops.",
        "bookies",
        _bookies,
        _disk,
    ),
    Check(
        "pulsar-under-replicated",
        "pulsar",
        "warning",
        "ledgers with too few copies",
        "does every ledger have all its copies?",
        "If another bookie is lost, the last copy may be lost with it.",
        "bookies",
        _clusters,
        _underreplicated,
    ),
    Check(
        "pulsar-mixed-versions",
        "pulsar",
        "warning",
        "brokers of different versions",
        "do all brokers have the same version?",
        "A topic may behave differently once it moves, and features work as the oldest has them.",
        "metrics",
        _clusters,
        _mixed,
    ),
    Check(
        "pulsar-old-version",
        "pulsar",
        "warning",
        "version no longer maintained",
        "is the brokers' version still maintained?",
        "Known defects and security holes stay unfixed.",
        "metrics",
        _brokers,
        _old,
    ),
    Check(
        "pulsar-not-ready",
        "pulsar",
        "critical",
        "broker reports that it is not ready",
        "does every broker report that it is ready?",
        "Clients that look up its topics fail.",
        "ready",
        _brokers,
        _ready,
    ),
)
