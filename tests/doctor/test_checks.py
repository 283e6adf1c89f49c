"""Each check in a world where its fault is, and in one where it is not."""

from math import inf, nan

import pytest
from msgspec.structs import replace

from arcwatch.doctor.picture import Picture
from arcwatch.doctor.table import BY_ID
from arcwatch.model.nats import JsOrigin, JsReplica, NatsClosedConnection
from arcwatch.model.pulsar import PulsarBrokers
from arcwatch.model.pulsar_opened import Compaction, Quota, Replication
from arcwatch.model.pulsar_settings import NotAsked, PulsarSettings, TopicLimits
from arcwatch.model.reading import Stage
from arcwatch.model.silence import Silence
from arcwatch.store.store import Store
from tests.doctor.conftest import NOW, consumer_of, opened_subscription, part
from tests.store import conftest as nouns

DAYS = 86_400.0
SLOW = NatsClosedConnection(
    nouns.connection(9, name="reader"), NOW - 60, "Slow Consumer (Pending Bytes)"
)
OLD_CPP = (consumer_of(version="Pulsar-CPP-v2.8.1"),)
AWAY = Replication("far", False, 0, 0.0, 0, 0, "")
ABANDONED = opened_subscription(consumers=(), backlog_entries=5, oldest=NOW - 60)


def of_all(**told):
    return {"server": told, "others": told}


FAULTS = {
    "nats-no-auth": {"server": {"auth_required": False}},
    "nats-anonymous-user": {"greeted": False},
    "nats-plain-tcp": {"server": {"tls_required": False}},
    "nats-monitoring-open": {"server": {"http_host": "0.0.0.0"}},
    "nats-mixed-versions": {"others": {"version": "2.12.0"}},
    "nats-old-version": {"server": {"version": "2.9.25"}},
    "nats-max-payload": {"server": {"max_payload": 64 << 20}},
    "nats-write-deadline": {"server": {"write_deadline": 1.0}},
    "nats-connections-limit": {"server": {"connections": 970}},
    "nats-storage-limit": {"server": {"js_storage": 900}},
    "nats-storage-reserved": {"server": {"js_reserved_storage": 900}},
    "nats-store-in-tmp": {"server": {"store_dir": "/tmp/nats/jetstream"}},
    "nats-meta-leader": {"server": {"meta_leader": None}},
    "nats-even-servers": of_all(meta_size=2),
    "nats-unhealthy": {"healthy": False},
    "nats-clock": {"skew_clock": 5.0},
    "nats-route-missing": {"links": ("gateway",)},
    "nats-gateway-down": {"links": ("route",)},
    "nats-account-limits": {"limit": None},
    "nats-old-client": {"connection": {"version": "1.9.1"}},
    "nats-nameless-client": {"connection": {"name": ""}},
    "nats-stalling-client": {"connection": {"stalls": 7}},
    "nats-slow-consumer": {"closed": (SLOW,)},
    "nats-certificate-ends": {"server": {"tls_cert_not_after": NOW + 20 * DAYS}},
    "nats-login-ends": {"expiries": 20 * DAYS},
    "pulsar-certificate-ends": {"expiries": 3 * DAYS},
    "pulsar-login-ends": {"expiries": -DAYS},
    "js-unbounded": {"stream": {"max_age": None}},
    "js-one-replica": {"stream": {"replicas": 1}},
    "js-even-replicas": {"stream": {"replicas": 2}},
    "js-no-leader": {"stream": {"leader": ""}},
    "js-replica-behind": {"stream": {"peers": (JsReplica("n2", False, False, 9.0, 70),)}},
    "js-full": {"stream": {"discard": "new", "max_messages": 10}},
    "js-in-memory": {"stream": {"storage": "memory", "replicas": 1}},
    "js-unread": {"stream": {"retention": "workqueue", "consumer_count": 0}},
    "js-origin": {"stream": {"origins": (JsOrigin("FAR", 9, 300.0),)}},
    "js-many-subjects": {"stream": {"num_subjects": 2_000_000}},
    "js-long-duplicates": {"stream": {"duplicate_window": 86_400.0}},
    "js-many-holes": {"stream": {"num_deleted": 1_000_000}},
    "js-consumer-no-leader": {"consumer": {"leader": ""}},
    "js-ack-pending": {"consumer": {"max_ack_pending": 5, "num_ack_pending": 5, "num_pending": 5}},
    "js-endless-redelivery": {"consumer": {"max_deliver": None, "num_redelivered": 1}},
    "js-flow-control": {"consumer": {"flow_control": False, "ack_policy": "none"}},
    "js-unserved": {"consumer": {"push_bound": False, "num_pending": 1}},
    "js-abandoned": {
        "consumer": {
            "push_bound": False,
            "num_waiting": 0,
            "num_pending": 1,
            "created": NOW - 3 * DAYS,
        }
    },
    "js-generated-name": {"consumer": {"name": "worker-7f3a91c0"}},
    "js-short-ack-wait": {"consumer": {"ack_wait": 1.0, "num_redelivered": 1}},
    "js-paused": {"consumer": {"paused": True}},
    "js-filter": {"consumer": {"filters": ("paid.>",)}, "stream": {"origins": ()}},
    "js-pulls": {"consumer": {"num_waiting": 500}},
    "pulsar-no-auth": {"broker": {"authenticationEnabled": "false"}},
    "pulsar-no-authorization": {"broker": {"authorizationEnabled": "false"}},
    "pulsar-plain-tcp": {"broker": {"brokerServicePort": "6650"}},
    "pulsar-metrics-open": {"broker": {"authenticateMetricsEndpoint": "false"}},
    "pulsar-auto-topics": {"broker": {"allowAutoTopicCreation": "true"}},
    "pulsar-unacked-limit": {"broker": {"maxUnackedMessagesPerConsumer": "0"}},
    "pulsar-single-bookie": {"bookies": 1},
    "pulsar-ensemble": {"bookies": 2},
    "pulsar-bookie-read-only": {"bookie": {"read_only": True}},
    "pulsar-bookie-disk": {"bookie": {"free": 19}},
    "pulsar-under-replicated": {"underreplicated": 7},
    "pulsar-quorum": {"space": {"bookies": (1, 1, 1)}},
    "pulsar-direct-memory": {"page": {"direct_used": 96}},
    "pulsar-heap": {"page": {"heap_used": 85}},
    "pulsar-old-version": {"page": {"version": "2.10.4"}},
    "pulsar-not-ready": {"ready": False},
    "pulsar-no-quota": {"space": {"quotas": (), "ttl": 0}},
    "pulsar-quota-retention": {"space": {"retention": (3600, 500)}},
    "pulsar-ttl-quota": {
        "space": {"quotas": (Quota("message_age", None, 86_400, "producer_exception"),)}
    },
    "pulsar-quota-evicts": {
        "space": {"quotas": (Quota("destination_storage", 9, None, "consumer_backlog_eviction"),)}
    },
    "pulsar-keeps-for-ever": {"space": {"retention": (-1, -1)}},
    "pulsar-half-retention": {"space": {"retention": (3600, 0)}},
    "pulsar-subscription-pins": {"parts": (part(0, ABANDONED), part(1, ABANDONED))},
    "pulsar-generated-name": {"parts": (part(0, opened_subscription("sub-7f3a91")),)},
    "pulsar-holes": {"parts": (part(0, opened_subscription(holes=9_000)),)},
    "pulsar-dlq-missing": {"subscription": {"redeliver_rate": 0.4}},
    "pulsar-blocked": {"subscription": {"blocked": True}},
    "pulsar-skew": {"parts": tuple(part(n, in_messages=9_000 if n == 0 else 10) for n in range(4))},
    "pulsar-no-schema": {"schema": None},
    "pulsar-replication": {
        "parts": (part(0, replication=(Replication("far", False, 9, 0.0, 0, 0, ""),)),)
    },
    "pulsar-offload": {"parts": (part(0, last_offload_failed=NOW - 1),)},
    "pulsar-compaction": {"parts": (part(0, compaction=Compaction(1.0, NOW - 1, 5, 0.3)),)},
    "pulsar-old-client": {"parts": (part(0, opened_subscription(consumers=OLD_CPP)),)},
}
"""What spoils the world, by the check that finds it."""


ELSEWHERE = {"pulsar-mixed-versions", "pulsar-lost-soon"}
"""Checks with a test of their own below."""


def spoilt(world, **parts):
    for name, value in parts.items():
        setattr(world, name, value)
    return world.picture()


def test_every_check_has_a_fault_here():
    assert FAULTS.keys() | ELSEWHERE == BY_ID.keys()


def test_where_all_is_well_every_check_looks_and_none_finds_anything(world, results):
    states = {check: result.state for check, result in results(world.picture()).items()}
    assert {check: state for check, state in states.items() if state != "ok"} == {}


@pytest.mark.parametrize("check", FAULTS)
def test_a_fault_is_found_with_its_place_its_figures_and_what_mends_it(world, results, check):
    result = results(spoilt(world, **FAULTS[check]))[check]
    assert result.state == "found"
    for finding in result.findings:
        assert finding.fault.place
        assert finding.fault.evidence
        assert finding.fault.mend
        assert all(one.figure and one.value and one.source for one in finding.fault.evidence)


@pytest.mark.parametrize(
    "check", ["pulsar-bookie-read-only", "pulsar-bookie-disk", "pulsar-under-replicated"]
)
@pytest.mark.parametrize(("why", "words"), [("", "bookie_admin"), ("no answer", "b0: no answer")])
def test_what_no_bookie_says_cannot_be_checked(world, results, check, why, words):
    unasked = {"read_only": None, "free": None, "total": None, "why": why}
    result = results(spoilt(world, bookie=unasked, underreplicated=None))[check]
    assert result.state == "not possible"
    assert words in result.why


@pytest.mark.parametrize(("free", "severity"), [(20, "warning"), (5, "critical")])
def test_a_bookie_without_room_is_worse_than_one_with_little(world, results, free, severity):
    result = results(spoilt(world, bookie={"free": free}))["pulsar-bookie-disk"]
    assert {finding.severity for finding in result.findings} == {severity}


def test_brokers_of_two_versions(world, results):
    picture = world.picture()
    tell = nouns.Teller(picture.store)
    tell.cluster(2, "brokers", PulsarBrokers(("p1:8080", "p2:8080")))
    tell.broker(2, nouns.page(broker="p2:8080", version="3.3.6"))
    (found,) = results(picture)["pulsar-mixed-versions"].findings
    assert [one.value for one in found.fault.evidence] == ["3.3.6, 4.0.8"]


@pytest.mark.parametrize(("lost_in", "state"), [(600.0, "found"), (3 * DAYS, "ok"), (inf, "ok")])
def test_a_backlog_that_expires_before_it_drains(world, results, lost_in, state):
    picture = world.picture()
    (row,) = [row for row in picture.backlogs.values() if row.system == "pulsar"]
    picture.backlogs = {row.address: replace(row, lost_in=lost_in, lost_how="expires unconsumed")}
    assert results(picture)["pulsar-lost-soon"].state == state


AGED = (Quota("message_age", None, 3_600, "producer_exception"),)


@pytest.mark.parametrize(
    ("limits", "oldest", "state"),
    [
        (TopicLimits(3_600), NOW - 60, "found"),
        # its namespace's
        (TopicLimits(), NOW - 60, "found"),
        (TopicLimits(3_600), None, "not possible"),
        (TopicLimits(300_000), NOW - 60, "ok"),
        (TopicLimits(0, AGED), NOW - 60, "found"),
        (TopicLimits(0), NOW - 60, "ok"),
        (NotAsked("not permitted"), NOW - 60, "not possible"),
    ],
)
def test_a_look_takes_the_age_of_a_backlog_from_the_broker(world, results, limits, oldest, state):
    world.limits, world.space = limits, {"quotas": ()}
    world.parts = (part(0, opened_subscription(consumers=(), oldest=oldest)),)
    picture = world.picture()
    (row,) = [row for row in picture.backlogs.values() if row.system == "pulsar"]
    still = replace(row, lost_in=nan, in_rate=1.0, out_rate=0.0, growth=nan, messages=50.0)
    picture.backlogs = {row.address: replace(still, keeps_up=False)}
    assert results(picture)["pulsar-lost-soon"].state == state


@pytest.mark.parametrize(
    ("check", "parts", "severity"),
    [
        ("nats-no-auth", {"server": {"auth_required": False}}, "critical"),
        ("nats-no-auth", {"server": {"auth_required": False, "host": "127.0.0.1"}}, "note"),
        ("nats-storage-limit", {"server": {"js_storage": 850}}, "warning"),
        ("nats-storage-limit", {"server": {"js_storage": 960}}, "critical"),
        ("nats-login-ends", {"expiries": 20 * DAYS}, "warning"),
        ("nats-login-ends", {"expiries": 2 * DAYS}, "critical"),
        ("js-one-replica", {"stream": {"replicas": 1}}, "warning"),
        ("js-unbounded", {"stream": {"max_age": None}}, "warning"),
        ("js-unbounded", {"stream": {"max_age": None, "max_per_subject": 1}}, "note"),
    ],
)
def test_how_bad_it_is_depends_on_the_figures(world, results, check, parts, severity):
    assert results(spoilt(world, **parts))[check].findings[0].severity == severity


@pytest.mark.parametrize(
    ("check", "parts"),
    [
        ("pulsar-subscription-pins", {"parts": (part(0, replace(ABANDONED, durable=False)),)}),
        ("pulsar-subscription-pins", {"parts": (part(0, replace(ABANDONED, backlog_entries=0)),)}),
        (
            "pulsar-subscription-pins",
            {"parts": (part(0, replace(ABANDONED, name="__compaction")),)},
        ),
        ("pulsar-replication", {"parts": (part(0, replication=(AWAY,)),)}),
        ("js-full", {"stream": {"discard": "old", "max_messages": 10}}),
        ("js-no-leader", {"stream": {"leader": "", "replicas": 1}}),
        ("js-flow-control", {"consumer": {"flow_control": False}}),
        ("js-flow-control", {"consumer": {"ack_policy": "none", "deliver_group": "g"}}),
        ("js-filter", {"consumer": {"filters": ("orders.*.eu",)}}),
        (
            "js-filter",
            {
                "consumer": {"filters": ("paid.>",)},
                "stream": {"origins": (JsOrigin("PAID", 0, 0.1),)},
            },
        ),
        ("nats-old-client", {"connection": {"lang": "erlang", "version": "0.1.0"}}),
        ("nats-store-in-tmp", {"server": {"store_dir": "/tmpfs/nats"}}),
    ],
)
def test_what_looks_like_a_fault_and_is_none(world, results, check, parts):
    assert results(spoilt(world, **parts))[check].state != "found"


def test_a_command_that_is_copied_does_only_what_it_says(world, results):
    world.parts = (part(0, replace(ABANDONED, name="$(reboot)")),)
    (found,) = results(world.picture())["pulsar-subscription-pins"].findings
    assert "-s '$(reboot)'" in found.fault.mend


def test_a_consumer_named_like_a_flag_is_none_in_a_command(world, results):
    for check in [check for check in FAULTS if check.startswith("js-")]:
        of_consumer = {"name": "-x"} | FAULTS[check].get("consumer", {})
        found = results(spoilt(world, **FAULTS[check] | {"consumer": of_consumer}))[check].findings
        mends = [finding.fault.mend for finding in found]
        assert [mend for mend in mends if " -x" in mend.partition(" -- ")[0]] == []
    (found,) = results(spoilt(world, consumer={"name": "-x", "paused": True}))["js-paused"].findings
    assert found.fault.mend.endswith("-- ORDERS -x")


def test_who_does_not_answer_is_not_well(world, results):
    picture = world.picture()
    nouns.Teller(picture.store).silence(2, "nats", "http://n1:8222", "varz")
    result = results(picture)["nats-no-auth"]
    assert (result.state, result.why) == (
        "not possible",
        "no answer from http://n1:8222: cannot connect: refused",
    )


def test_what_may_not_be_read_is_not_possible_and_says_why(world, results):
    picture = world.picture()
    refused = NotAsked("not permitted (brokers/configuration/runtime)")
    bare = Picture(picture.store, picture.now, PulsarSettings(refused, refused, refused))
    for check in ("pulsar-no-auth", "pulsar-no-quota", "pulsar-skew", "pulsar-ensemble"):
        assert results(bare)[check].state == "not possible"
        assert results(bare)[check].why.startswith("not permitted")


@pytest.mark.parametrize(
    ("gigabytes", "state"), [("10.0", "ok"), ("0.5", "ok"), ("-1.0", "found"), ("", "found")]
)
def test_the_older_default_of_backlog_quotas_goes_before_that_in_bytes(
    world, results, gigabytes, state
):
    picture = world.picture()
    broker = picture.settings.broker | {"backlogQuotaDefaultLimitGB": gigabytes}
    space = replace(picture.namespaces[0], quotas=(), ttl=0)
    picture = Picture(picture.store, picture.now, PulsarSettings(broker, (space,), ()))
    assert results(picture)["pulsar-no-quota"].state == state


def test_a_setting_that_a_version_lacks_is_not_well(world, results):
    settings = {"bindAddress": "0.0.0.0"}
    picture = world.picture()
    picture = Picture(picture.store, picture.now, PulsarSettings(settings, (), ()))
    why = results(picture)["pulsar-no-auth"].why
    assert why == "this version has no setting authenticationEnabled"


def test_an_account_alone_shows_no_server(world, results):
    result = results(spoilt(world, **of_all(seen_as="APP")))["nats-plain-tcp"]
    assert result.state == "not possible"
    assert "only the share of account APP" in result.why


def test_a_system_that_is_off_has_nothing_to_look_at(results):
    store = Store()
    for system in ("nats", "pulsar"):
        nouns.Teller(store).stage(0, system, Stage("disabled by --nats", off=True))
    assert {result.state for result in results(Picture(store, NOW)).values()} == {"does not apply"}


def test_nobody_asked_is_not_well(results):
    states = {result.state for result in results(Picture(Store(), NOW)).values()}
    assert states == {"not possible"}


@pytest.mark.parametrize(
    ("silence", "told"),
    [
        (Silence("js-one-replica", "fine"), 0),
        (Silence("js-one-replica", "fine", "js:OR*", NOW + 60), 0),
        (Silence("js-one-replica", "fine", "js:PAID"), 1),
        (Silence("js-one-replica", "fine", until=NOW), 1),
        (Silence("js-unbounded", "fine"), 1),
    ],
)
def test_a_silence_is_counted_and_ends_with_its_day(world, results, silence, told):
    found = results(spoilt(world, stream={"replicas": 1}), [silence])["js-one-replica"].findings
    assert sum(not one.silence for one in found) == told
    assert len(found) == 1


def test_only_places_that_are_asked_about(world, results):
    picture = spoilt(world, server={"auth_required": False}, stream={"max_age": None})
    found = results(picture, about="js:ORD")
    assert found["js-unbounded"].state == "found"
    assert found["nats-no-auth"].why == "found at other places alone"


def test_a_filter_on_what_a_transform_stores_matches(world, results):
    spoilt(world, consumer={"filters": ("new.>",)}, stream={"stored_as": "new.*", "origins": ()})
    assert results(world.picture())["js-filter"].state == "ok"
    spoilt(world, stream={"stored_as": "other.*", "origins": ()})
    assert results(world.picture())["js-filter"].state == "found"


@pytest.mark.parametrize(
    ("version", "state"), [("2.12.2", "found"), ("2.14.0", "ok"), ("2.99.0", "ok"), ("main", "-")]
)
def test_a_version_is_old_from_the_day_on_that_its_series_ended(world, results, version, state):
    for now, expected in ((1_795_000_000.0, state), (1_780_000_000.0, "ok")):
        spoilt(world, server={"version": version}, others={"version": version})
        picture = world.picture()
        picture.now = now
        found = results(picture)["nats-old-version"].state
        assert found == (expected if version != "main" else "not possible")


def test_a_quota_without_a_limit_overrides_that_of_the_broker(world, results):
    none = Quota("destination_storage", None, None, "producer_exception")
    world.broker = {"backlogQuotaDefaultLimitGB": "10.0"}
    world.space = {"quotas": (), "ttl": 0}
    assert results(world.picture())["pulsar-no-quota"].state == "ok"
    world.space = {"quotas": (none,), "ttl": 0}
    assert results(world.picture())["pulsar-no-quota"].state == "found"


def test_a_finding_says_how_old_its_figures_are(world, results):
    spoilt(world, server={"auth_required": False})
    picture = world.picture()
    picture.now += 7.0
    (finding,) = results(picture)["nats-no-auth"].findings
    assert 7.0 <= finding.age < 10.0


def test_clocks_are_compared_with_those_of_the_other_servers(world, results):
    spoilt(world, skew_clock=5.0)
    (finding,) = results(world.picture())["nats-clock"].findings
    assert "the machine of n1" in finding.fault.mend
    figures = {one.figure: one.value for one in finding.fault.evidence}
    assert (figures["differs by"], figures["other servers differ by"]) == (
        "+5.0s",
        "+0.0s, +0.0s",
    )
