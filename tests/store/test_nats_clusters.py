"""Two NATS clusters whose servers, streams and clients have the same names: none is mixed up."""

import pytest

from arcwatch.model.expiry import Expiries, Expiry
from arcwatch.model.nats import Heartbeats, NatsGreeting, NatsGreetings, NatsListed
from arcwatch.model.nats_advisories import JsAdvisories, JsAdvisory
from arcwatch.model.nats_buckets import KvKey, NatsBucket
from arcwatch.model.nats_reports import NatsReport, NatsReports
from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.charted import of_backlog, of_nats
from arcwatch.store.names import names

URL = {"east": "http://e1:8222", "west": "http://w1:8222"}
AT = "js:ORDERS#billing"
DOWN = Failure("cannot connect", URL["west"], "refused", "start it")


@pytest.fixture
def both(store):
    store.call("world.east", "east")
    store.call("world.west", "west")
    return store


@pytest.fixture
def say(both, nouns):
    def say(at, cluster, part, body, source=None):
        source = source or URL[cluster]
        reading = Reading(f"world.{cluster}", "nats", source, part, nouns.START + at, at, 0.0, body)
        both.apply(reading)

    return say


@pytest.fixture
def told(say, nouns):
    """Tells what a cluster's one server has: a stream, a consumer and a client."""

    def tells(at, cluster, pending, *, more=(), last=0, **server):
        run = f"RUN-{cluster}"
        say(at, cluster, "varz", nouns.server(server_id=run, now=500.0 + at, **server))
        consumer = nouns.consumer(num_pending=pending)
        stream = nouns.stream("ORDERS", consumer, last_seq=last, messages=last)
        say(at, cluster, "jsz", nouns.jetstream(stream, *more, now=500.0 + at, server_id=run))
        client = nouns.connection(7, in_msgs=int(10 * at))
        say(at, cluster, "connz", nouns.connections(client, now=500.0 + at, server_id=run))

    return tells


def test_rows_have_the_name_that_the_settings_give_it_whatever_it_calls_itself(both, told):
    for at in (0, 2):
        # whoever answers first, they are in the order of the settings
        told(at, "west", 3)
        told(at, "east", 7)
    assert [(r.cluster, r.server_name, r.url) for r in both.nats_servers()] == [
        ("east", "n1", URL["east"]),
        ("west", "n1", URL["west"]),
    ]
    for rows in (both.nats_streams(), both.nats_connections(), both.nats_accounts()):
        assert [row.cluster for row in rows] == ["east", "west"][: len(rows)]
    assert {row.cluster: row.num_pending for row in both.nats_consumers()} == {"east": 7, "west": 3}
    assert [state.calls_itself for state in both.nats] == ["flash", "flash"]


def test_an_address_leads_to_the_cluster_that_it_is_of(both, told):
    told(0, "east", 7)
    told(0, "west", 3)
    assert [(row.address, row.messages) for row in both.backlogs()] == [
        (f"world.east::{AT}", 7),
        (f"world.west::{AT}", 3),
    ]
    assert [row.messages for row in both.backlogs_of(f"world.west::{AT}")] == [3]
    assert [row.cluster for row in both.backlogs_of(AT)] == ["east", "west"]
    assert [why.address for why in both.why(f"world.east::{AT}")] == [f"world.east::{AT}"]
    assert {(name.address, name.cluster) for name in names(both) if name.kind == "consumer"} == {
        (f"world.{of}::{AT}", of) for of in URL
    }
    assert both.prefix_of("nats", "west") == "world.west::"
    assert both.prefix_of("pulsar", "west") == ""


def test_each_has_a_series_of_its_own(both, told):
    for at in range(0, 80, 2):
        told(at, "east", 10 * at, last=20 * at)
        told(at, "west", 500, last=at)
    east, west = sorted(both.backlogs(), key=lambda row: row.cluster)
    assert east.growth == pytest.approx(10.0)
    assert west.growth == 0.0
    assert both.backlog_window(east, 60.0, 10)[-1] > 700
    assert both.backlog_window(west, 60.0, 10)[-1] == 500
    assert of_backlog(both, east).table is not of_backlog(both, west).table
    charted = [of_nats(both.nats, row) for row in both.nats_streams()]
    assert [c.table.latest(c.key, "in_msgs") for c in charted] == pytest.approx([20.0, 1.0])


def test_one_that_is_down_takes_nothing_of_the_other(both, told, say):
    for at in (0, 2):
        told(at, "east", 7)
        told(at, "west", 3)
    for part in ("varz", "jsz", "connz"):
        say(4, "west", part, DOWN)
    told(4, "east", 7)
    for rows in (both.nats_servers(), both.nats_streams(), both.nats_consumers()):
        assert {row.cluster: row.stale for row in rows} == {"east": False, "west": True}
    (problem,) = both.problems()
    assert (problem.cluster, problem.what) == ("west", "cannot connect")
    assert both.half("nats") == "partly"
    assert [e.cluster for e in both.events if e.kind == "gone"] == ["west"]
    # a list of servers is of its own cluster
    say(6, "west", "servers", NatsListed(()), "settings")
    assert [row.cluster for row in both.nats_servers()] == ["east"]


def test_what_happens_in_one_is_an_event_of_that_alone(both, told, say, nouns):
    for at in (0, 2):
        told(at, "east", 7)
        told(at, "west", 3)
    told(4, "west", 3, more=[nouns.stream("NEW")], server_name="n1")
    told(4, "east", 7)
    found = [e for e in both.events if e.kind in ("created", "deleted")]
    assert [(e.cluster, e.place) for e in found] == [("west", "world.west::js:NEW")]


def test_what_each_reports_by_itself_is_kept_apart(both, say):
    report = NatsReport("connected", 1.0, "its-own-name", "n1", client="c", cid=9)
    say(1, "east", "reports", NatsReports((report,), of_clients=True))
    assert both.clients_reported is True
    say(1, "west", "reports", Failure("refused", "nats://w1", "not permitted", ""))
    # of one of them connections are compared
    assert both.clients_reported is False
    assert [(e.cluster, e.place) for e in both.events if e.kind == "came"] == [
        ("east", "client:c#9")
    ]


def test_advisories_heartbeats_and_services_keep_their_cluster(both, told, say):
    for of, count in (("east", 1), ("west", 2)):
        told(0, of, 0)
        say(1, of, "advisories", JsAdvisories(begins=True))
        heard = [JsAdvisory("ORDERS", "billing", "gave up", n, 5, 1.0) for n in range(count)]
        say(2, of, "advisories", JsAdvisories(tuple(heard)))
        say(1, of, "heartbeats", Heartbeats((), begins=True))
        say(2, of, "heartbeats", Heartbeats(("arc.beat",)))
        endpoint = ServiceEndpoint("s", "1", "i", "e", "x", "q", 10.0 * count, 0.0, None, "")
        say(1, of, "services", ServiceAnswers((endpoint,)), "$SRV.STATS")
    assert [(r.cluster, r.place, r.source, r.count) for r in both.dead_letters()] == [
        ("east", "world.east::js:ORDERS", f"world.east::{AT}", 1),
        ("west", "world.west::js:ORDERS", f"world.west::{AT}", 2),
    ]
    assert {r.cluster: r.requests for r in both.services.rows} == {"east": 10, "west": 20}
    both.scope.update(both, 0.0)
    members = both.scope.places("member")
    assert {(place.cluster, place.address) for place in members} == {
        ("east", "nats:arc.beat"),
        ("west", "nats:arc.beat"),
    }
    say(3, "west", "advisories", DOWN)
    say(3, "west", "heartbeats", DOWN)
    say(3, "west", "services", DOWN, "$SRV.STATS")
    assert both.advisories["world.east"].failure is None
    assert {place.cluster: place.stale for place in _members(both)} == {"east": False, "west": True}
    assert {r.cluster: r.stale for r in both.services.rows} == {"east": False, "west": True}
    assert [p.cluster for p in both.problems()] == ["west"]


def _members(store):
    store.scope.update(store, 0.0)
    return store.scope.places("member")


def test_a_bucket_that_is_looked_into_is_that_of_its_cluster(both, say):
    key = KvKey("a", "$KV.config.a", 1, 1.0, "put", 4, "east", "text", is_cut=False)
    say(1, "east", "bucket", NatsBucket("KV_config", keys=(key,)), "js:KV_config")
    assert (both.bucket.cluster, [k.cluster for k in both.bucket.keys]) == ("east", ["east"])
    say(2, "west", "bucket", DOWN, "js:KV_config")
    assert (both.bucket.cluster, both.bucket.keys) == ("west", ())


def test_a_server_is_compared_with_the_client_port_of_its_own_cluster(both, told, say):
    for at in (0, 4):
        told(at, "east", 7)
        told(at, "west", 3)
        greeting = NatsGreeting("nats://e1:4222", "RUN-east", "n1", "flash", False)
        say(2, "east", "greetings", NatsGreetings((greeting,)), "settings")
    assert both.foreign_servers() == []
    assert both.has_new_servers("world.west")
    assert not both.has_new_servers("world.east")
    wrong = NatsGreeting("nats://w1:4222", "RUN-other", "n1", "other", False)
    say(5, "west", "greetings", NatsGreetings((wrong,)), "settings")
    told(6, "west", 3)
    (stranger,) = both.foreign_servers()
    assert (stranger.cluster, "set `monitor` of west to" in stranger.hint) == ("west", True)


def test_an_alert_of_one_ends_although_the_other_is_silent(both, told, say):
    both.alerts = Alerts(default_rules())
    for at in range(0, 160, 2):
        told(at, "east", 0, js_storage=99, js_max_storage=100)
        told(at, "west", 0)
        both.judge(at, float(at))
    (alert,) = both.alerts.firing()
    assert (alert.cluster, alert.address) == ("east", "server:n1")
    say(162, "west", "varz", DOWN)
    for at in range(162, 320, 2):
        told(at, "east", 0, js_storage=1, js_max_storage=100)
        both.judge(at, float(at))
    assert [row.rule for row in both.alerts.firing() if row.cluster == "east"] == []


def test_certificates_and_credentials_end_in_their_cluster(both, told, say, nouns):
    for of, days in (("east", 9), ("west", 5)):
        told(0, of, 0, tls_cert_not_after=nouns.START + days * 86_400)
        ours = Expiry("JWT", "arc.creds", "me", nouns.START + 86_400 * (days + 1))
        say(1, of, "expiries", Expiries((ours,)), "settings")
    ends = [(row.cluster, row.what, row.place) for row in both.endings()]
    assert ends == [
        ("west", "certificate", "n1"),
        ("west", "JWT", "arc.creds"),
        ("east", "certificate", "n1"),
        ("east", "JWT", "arc.creds"),
    ]
    both.scope.update(both, 0.0)
    assert len({place.key for place in both.scope.places("expiry")}) == 4


def test_a_copy_is_independent(both, told, say):
    frozen = both.freeze()
    told(0, "east", 7)
    say(1, "east", "advisories", JsAdvisories(begins=True))
    assert (frozen.nats_streams(), frozen.advisories) == ([], {})


def test_the_same_server_in_both_is_said_to_be_counted_twice(both, say, nouns):
    for of in ("east", "west"):
        say(0, of, "varz", nouns.server(server_id="RUN-one", server_name="n1"))
    (problem,) = both.problems()
    assert (problem.severity, problem.where) == ("warning", "n1")
    assert "east and west both report 1 of them: sums count them twice" in problem.why
    say(1, "west", "varz", nouns.server(server_id="RUN-two", server_name="n1"))
    assert both.problems() == []
