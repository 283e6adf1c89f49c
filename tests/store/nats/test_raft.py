"""RAFT groups by their leaders: peers, lag, and what is said of a peer that is not with them."""

import pytest

from arcwatch.model.nats import JsReplica
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules
from tests.store.conftest import START

N1, N2 = "http://n1:8222", "http://n2:8222"


def peer(name, *, current=True, offline=False, lag=0):
    return JsReplica(name, current, offline, 0.5, lag)


@pytest.fixture
def led(tell, nouns):
    """Let n1, the meta leader, lead a stream and n2 its consumer, with these peers."""

    def say(at, meta, stream, consumer):
        one = nouns.consumer(leader="n2", peers=consumer)
        whole = nouns.stream(peers=stream, replicas=3, leader="n1")
        for url, name, peers in ((N1, "n1", meta), (N2, "n2", (peer("n1", current=False),))):
            server = nouns.server(
                server_name=name, now=at, meta_leader="n1", meta_size=3, meta_peers=peers
            )
            tell.nats(at, "varz", server, url)
        tell.nats(at, "jsz", nouns.jetstream(whole, now=at), N1)
        followed = nouns.stream("ORDERS", one, leader="n1")
        tell.nats(at, "jsz", nouns.jetstream(now=at, followed=(followed,)), N2)

    return say


def test_each_group_is_told_by_its_leader(store, led):
    led(0.0, (peer("n2"), peer("n3")), (peer("n2"), peer("n3", current=False, lag=42)), ())
    rows = {row.group: row for row in store.nats_raft()}
    assert rows.keys() == {"meta", "js:ORDERS"}
    assert store.count_raft() == 2
    meta, stream = rows["meta"], rows["js:ORDERS"]
    assert (meta.leader, meta.members, meta.current, meta.offline) == ("n1", 3, 3, 0)
    assert (stream.kind, stream.leader, stream.current, stream.lag) == ("stream", "n1", 2, 42)


def test_a_peer_that_is_offline_is_one_problem_of_all_its_groups(store, led):
    well, gone = (peer("n2"), peer("n3")), (peer("n2"), peer("n3", current=False, offline=True))
    led(0.0, well, well, (peer("n1"), peer("n3")))
    assert store.problems() == []
    led(3.0, gone, gone, (peer("n1"), gone[1]))
    (problem,) = store.problems()
    assert (problem.what, problem.where, problem.since) == ("RAFT peer offline", "n3", START + 3.0)
    assert problem.why == "missing from js:ORDERS, js:ORDERS#billing, meta"
    led(9.0, well, well, (peer("n1"), peer("n3")))
    assert store.problems() == []


def test_a_peer_that_stays_offline_is_an_alert_until_it_is_back(store, led):
    store.alerts = Alerts(default_rules())
    well, gone = (peer("n2"), peer("n3")), (peer("n2"), peer("n3", current=False, offline=True))

    def firing(at, meta):
        led(at, meta, meta, (peer("n1"), peer("n3")))
        store.judge(START + at, at)
        return [(alert.rule, alert.address) for alert in store.alerts.firing()]

    assert [firing(3.0 * look, gone) for look in range(20)] == [[]] * 20
    assert firing(66.0, gone) == [("peer-offline", "server:n3")]
    # the problem that is there without any rule says it already
    assert [problem.what for problem in store.problems()] == ["RAFT peer offline"]
    seen = [firing(69.0 + 3.0 * look, well) for look in range(40)]
    assert seen[0] == [("peer-offline", "server:n3")]
    assert seen[-1] == []


def test_a_peer_is_behind_for_a_moment_before_that_is_a_problem(store, led):
    late = (peer("n2"), peer("n3", current=False, lag=7))
    led(0.0, late, late, ())
    assert store.problems() == []
    led(11.0, late, late, ())
    (problem,) = store.problems()
    assert (problem.what, problem.where) == ("RAFT peer lags", "n3")
    assert problem.why == "behind in js:ORDERS, meta"


def test_what_the_meta_leader_knows_is_unknown_where_it_is_not_asked(store, tell, nouns):
    server = nouns.server(meta_leader="n9", meta_size=3, meta_peers=(peer("n9"),))
    tell.nats(0.0, "varz", server)
    (row,) = store.nats_raft()
    assert (row.leader, row.members, row.current, row.offline, row.lag) == (
        "n9",
        3,
        None,
        None,
        None,
    )


def test_a_server_alone_has_no_groups(store, tell, nouns):
    tell.nats(0.0, "varz", nouns.server(meta_size=None))
    tell.nats(0.0, "jsz", nouns.jetstream(nouns.stream(), now=1.0))
    assert store.nats_raft() == []


def test_peers_that_are_gone_by_the_thousand_are_one_problem(store, led):
    gone = tuple(peer(f"x{n:04}", current=False, offline=True) for n in range(2_000))
    led(0.0, gone, (), ())
    (problem,) = store.problems()
    assert problem.what == "2,000 RAFT peers offline"
    assert problem.where == "x0000, x0001, x0002 and 1,997 more"
    assert (problem.why, problem.since) == ("missing from meta", START)
