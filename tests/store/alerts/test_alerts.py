"""Alerts in time that passes only when a test says so."""

import random
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.model.pulsar import PulsarBrokers, PulsarNames
from arcwatch.store.alerts.alerts import LONGEST_BEAT, UNKNOWN_FOR, Alerts
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.alerts.notes import KNOWN_FOR
from arcwatch.store.alerts.places import RuleTarget
from arcwatch.store.alerts.rules import Rule, parse_when

AT = 1_700_000_000.0


class World:
    """One rule, and one place whose figure a test sets: ``None`` is no such place."""

    def __init__(self, when="backlog.messages > 100 for 30s", **fields):
        conditions, lasts = parse_when(when)
        self.rule = Rule("r", conditions, lasts, **{"resolves": 20.0} | fields)
        self.alerts = Alerts([self.rule])
        self.steady, self.at, self.seen = 0.0, AT, []

    def judge(self, value, seconds=1.0, jump=0.0):
        """Let time pass, and the wall clock jump besides; the states that were told of."""
        self.steady += seconds
        self.at += seconds + jump
        places = [] if value is None else [self.place(value)]
        told = self.alerts.judge(lambda kind: places, self.at, self.steady)
        self.seen += [(row.state, self.steady) for row in told]
        return [row.state for row in told]

    def place(self, value):
        return RuleTarget({"backlog.messages": lambda p: value}, "nats", "js:A#b", None)

    def states(self, *values, seconds=1.0):
        for value in values:
            self.judge(value, seconds)
        return [state for state, _ in self.seen]

    @property
    def live(self):
        return [row.state for row in self.alerts.rows()]


def test_it_is_pending_until_it_has_held_for_as_long_as_the_rule_says():
    world = World()
    assert world.states(*[200] * 30) == []
    assert world.live == ["pending"]
    assert world.judge(200) == ["firing"]
    row = world.alerts.firing()[0]
    assert (row.since, row.fired, row.value, row.shown) == (AT + 1, AT + 31, 200, "200")


def test_what_is_well_in_between_begins_anew_and_nothing_is_said():
    world = World()
    assert world.states(*[200] * 29, 50, *[200] * 29, 50) == []
    assert world.live == []


def test_it_is_over_once_it_has_been_well_for_a_while():
    world = World()
    assert world.states(*[200] * 40, *[50] * 19) == ["firing"]
    assert world.judge(50) == ["resolved"]
    assert world.live == []
    assert [row.state for row in world.alerts.past] == ["firing", "resolved"]


def test_a_figure_that_hovers_around_the_limit_fires_once():
    world = World()
    assert world.states(*[101, 99, 95] * 50) == []
    assert world.states(*[101] * 31, *[99, 101, 95] * 50) == ["firing"]


def test_what_needs_no_time_fires_at_once():
    assert World("backlog.messages > 100").states(200) == ["firing"]


def test_a_place_that_went_away_is_over_after_a_minute_and_not_before():
    world = World()
    world.states(*[200] * 40)
    assert world.states(*[None] * int(UNKNOWN_FOR - 1)) == ["firing"]
    assert world.judge(None) == ["resolved"]


def test_what_is_not_known_for_long_is_pending_no_more_and_fires_on():
    pending, firing = World(), World()
    pending.states(200, *[nan] * 60)
    firing.states(*[200] * 40, *[nan] * 600)
    assert (pending.live, firing.live) == ([], ["firing"])


def test_a_gap_is_time_in_which_nothing_holds():
    world = World()
    assert world.states(*[200] * 20, *[nan] * 30, *[200] * 10) == []
    assert world.judge(200) == ["firing"]


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 86_400.0])
def test_a_clock_that_is_set_lets_nothing_fire_and_nothing_be_over(jump):
    world = World()
    world.judge(200)
    world.judge(200, jump=jump)
    assert world.states(*[200] * 27) == []
    assert world.states(*[200] * 5) == ["firing"]
    assert world.judge(50, jump=jump) == []


def test_a_machine_that_slept_lets_nothing_fire():
    world = World()
    world.judge(200)
    assert world.judge(200, seconds=8 * 3600) == []
    assert World().states(200, 200, seconds=LONGEST_BEAT) == []


BEATS = st.lists(
    st.tuples(
        st.sampled_from([nan, None, 0.0, 50.0, 95.0, 101.0, 500.0]),
        st.floats(0.1, 20.0),
        st.sampled_from([0.0, 0.0, 0.0, 7200.0, -7200.0]),
    ),
    max_size=120,
)


@given(BEATS, st.floats(0, 60), st.floats(0, 60))
def test_it_never_flaps_and_never_fires_without_having_held(beats, lasts, resolves):
    world = World(f"backlog.messages > 100 for {lasts:.3f}s", resolves=resolves)
    lasts = world.rule.lasts
    held = 0.0
    for value, seconds, jump in beats:
        known = value is not None and value == value
        holds = known and value > 100
        held = held + seconds if holds and world.live else 0.0 if known and not holds else held
        told = world.judge(value, seconds, jump)
        if told == ["firing"]:
            assert holds
            assert held >= lasts - 1e-6
    states = [state for state, _ in world.seen]
    assert states == (["firing", "resolved"] * len(states))[: len(states)]
    for (_, fired), (_, ended) in zip(world.seen[::2], world.seen[1::2], strict=False):
        assert ended - fired >= min(resolves, UNKNOWN_FOR) - 1e-6


def test_what_somebody_knows_of_is_no_problem_any_more_and_is_one_when_it_fires_again():
    world = World()
    world.states(*[200] * 40)
    assert [p.where for p in world.alerts.problems()] == ["js:A#b"]
    world.alerts.acknowledge(world.alerts.rows()[0], world.at)
    assert world.alerts.problems() == []
    assert world.alerts.firing()[0].acknowledged == world.at
    world.states(*[50] * 30, *[200] * 40)
    assert len(world.alerts.problems()) == 1


def test_what_waits_to_be_over_says_so_instead_of_contradicting_itself():
    world = World()
    world.states(*[200] * 40)
    assert world.alerts.problems()[0].why == "200"
    world.states(*[0] * 12)
    assert world.alerts.problems()[0].why == "cleared 12s ago, resolves in 8s"
    world.judge(200)
    assert world.alerts.problems()[0].why == "200"


def test_a_figure_that_hovers_at_its_limit_does_not_flip_the_words_of_its_alert():
    world = World()
    world.states(*[200] * 40)
    for value in (200, 50, 200, 50, 50, 200):
        world.judge(value)
        assert world.alerts.problems()[0].why == str(value)
    world.states(*[50] * 4)
    assert world.alerts.problems()[0].why.startswith("cleared 4s ago")


def restarted(world):
    """The same world, watched by another arcwatch that was told what was said before."""
    again = World()
    again.alerts.notes.restore([n for n in world.alerts.notes.changed.values() if n])
    again.at = world.at
    return again


def test_what_somebody_knows_of_is_known_after_a_restart_for_a_day_and_until_it_is_over():
    world = World()
    world.states(*[200] * 40)
    world.alerts.acknowledge(world.alerts.rows()[0], world.at)
    again = restarted(world)
    again.states(*[200] * 40)
    assert again.alerts.firing()[0].acknowledged == world.at
    again.states(*[50] * 30, *[200] * 40)
    assert not again.alerts.firing()[0].quiet
    assert list(again.alerts.notes.changed.values()) == [None]

    late = restarted(world)
    late.judge(200, jump=KNOWN_FOR)
    assert not late.alerts.rows()[0].quiet


def test_a_silence_lasts_its_time_however_often_it_fires_and_over_a_restart():
    world = World()
    world.states(*[200] * 40)
    world.alerts.silence(world.alerts.rows()[0], 200.0, world.at)
    until = world.at + 200
    for one in (world, restarted(world)):
        one.states(*[50] * 30, *[200] * 40)
        assert one.alerts.firing()[0].silenced == until
        one.states(*[200] * int(until - one.at))
        assert not one.alerts.firing()[0].quiet


def test_silence_ends_by_itself():
    world = World()
    world.states(*[200] * 40)
    world.alerts.silence(world.alerts.rows()[0], 60.0, world.at)
    assert world.alerts.firing()[0].silenced == world.at + 60
    world.states(*[200] * 59)
    assert world.alerts.problems() == []
    world.judge(200)
    assert len(world.alerts.problems()) == 1


def test_a_still_copy_stays_as_it_is():
    world = World()
    world.states(*[200] * 40)
    frozen = world.alerts.freeze()
    world.states(*[50] * 40)
    assert [row.state for row in frozen.rows()] == ["firing"]


# -- over a store -------------------------------------------------------------------------------


@pytest.fixture
def judged(store, tell, nouns):
    """A store with the default rules that is told and judged once a second."""

    class Judged:
        def __init__(self):
            self.store, self.at, self.told = store, 0, []
            store.alerts = Alerts(default_rules())

        def second(self, *topics, said=True):
            if said:
                tell.broker(self.at, nouns.page(*topics))
            rows = store.judge(AT + self.at, float(self.at))
            self.told += [(row.rule, row.state, row.address) for row in rows]
            self.at += 1

    return Judged()


def billing(nouns, at, *, per_second=100, consumers=1, name="persistent://t/n/x", start=0, **told):
    waits = start + max(0, at * per_second)
    sub = nouns.subscription(backlog_entries=waits, consumers=consumers, **told)
    return nouns.topic(name, sub, in_messages=1000 + at * 200)


def test_a_backlog_that_grows_for_minutes_is_a_problem_with_its_place_and_its_since(
    judged, nouns, store
):
    for at in range(400):
        judged.second(billing(nouns, at))
    assert judged.told == [("backlog-growing", "firing", "pulsar:t/n/x#billing")]
    problem = store.problems()[0]
    assert (problem.what, problem.where) == ("backlog.growth > 50/s", "pulsar:t/n/x#billing")
    assert (problem.why, problem.rule, problem.severity) == (
        "100/s",
        "backlog-growing",
        "warning",
    )
    assert AT + 60 <= problem.since <= AT + 80


def test_nobody_consuming_what_grows_is_told_sooner(judged, nouns):
    for at in range(200):
        judged.second(billing(nouns, at, per_second=1, consumers=0))
    assert judged.told == [("no-consumers", "firing", "pulsar:t/n/x#billing")]


@pytest.mark.parametrize("every", [7, 45, 90])
def test_restarts_gaps_and_counters_set_back_fire_no_growth(judged, nouns, tell, every):
    """The broker restarts again and again, each time with another backlog and silent for a bit."""
    for at in range(900):
        run, into = divmod(at, every)
        silent = into < 3
        if silent:
            tell.silence(at, "pulsar", "p1:8080", "metrics")
        leap = random.Random(run).randrange(100_000)
        judged.second(billing(nouns, 0, start=leap, consumers=0), said=not silent)
    assert {rule for rule, *_ in judged.told} & {"backlog-growing", "no-consumers"} == set()


def test_a_server_that_does_not_answer_is_critical_and_is_told_once(judged, tell, store, nouns):
    tell.nats(0, "varz", nouns.server(now=0.0))
    for at in range(1, 40):
        tell.silence(at, "nats", "http://n1:8222", "varz")
        judged.at = at
        judged.second(said=False)
    assert judged.told == [("not-answering", "firing", "server:http://n1:8222")]
    assert [p.what for p in store.problems()] == ["cannot connect"]


def test_the_only_broker_of_a_cluster_is_silent_once_under_either_name(judged, tell, store, nouns):
    tell.cluster(0, "brokers", PulsarBrokers(("p1.internal:8080",)), "http://localhost:8080")
    tell.broker(0, nouns.page(broker="p1.internal:8080"))
    for _ in range(60):
        tell.silence(judged.at, "pulsar", "http://localhost:8080", "brokers")
        tell.silence(judged.at, "pulsar", "p1.internal:8080", "metrics")
        judged.second(said=False)
    silent = [(state, where) for rule, state, where in judged.told if rule == "not-answering"]
    assert silent == [("firing", "server:http://localhost:8080")]


def test_a_broker_that_leaves_the_cluster_is_missed(judged, tell, nouns):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080", "p2:8080")))
    for at in range(40):
        if at == 5:
            tell.cluster(at, "brokers", PulsarBrokers(("p1:8080",)))
        judged.second()
    assert judged.told == [("not-answering", "firing", "server:p2:8080")]


def test_topics_of_pulsars_own_are_nobodys_business(judged, nouns):
    for at in range(400):
        judged.second(billing(nouns, at, name="persistent://t/n/__change_events", consumers=0))
    assert judged.told == []


def test_dead_letters_are_told_as_they_come(judged, nouns):
    for at in range(20):
        name = "persistent://t/n/x-billing-DLQ"
        judged.second(nouns.topic(name, in_messages=5 + (at > 10)))
    assert judged.told == [("dead-letters", "firing", "pulsar:t/n/x-billing-DLQ")]


def test_thousands_of_the_same_are_a_few_problems_and_a_count(judged, nouns, store):
    for at in range(400):
        judged.second(
            *[billing(nouns, at, name=f"persistent://t/n/x{n}") for n in range(30)],
        )
    problems = store.problems()
    assert len(problems) == 21
    assert "at 10 more addresses" in problems[-1].what


# -- servers that do not answer -----------------------------------------------------------------


def behind(nouns, waits=500):
    return nouns.topic("persistent://t/n/x", nouns.subscription(backlog_entries=waits))


@pytest.fixture
def watched(judged, store, tell, nouns):
    """A firing and acknowledged alert on a backlog of a Pulsar cluster of one broker."""
    conditions, lasts = parse_when("backlog.entries > 100")
    store.alerts = Alerts([Rule("behind", conditions, lasts, resolves=20.0)])
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    for _ in range(5):
        judged.second(behind(nouns))
    store.alerts.acknowledge(store.alerts.rows()[0], AT + judged.at)
    return judged


def known(store):
    return [(row.state, row.since - AT, row.acknowledged) for row in store.alerts.rows()]


def silent(judged, tell, seconds, *parts):
    for _ in range(seconds):
        for part, source in parts:
            tell.silence(judged.at, "pulsar", source, part)
        judged.second(said=False)


BROKER, CLUSTER = ("metrics", "p1:8080"), ("brokers", "http://p1:8080")


def test_an_alert_outlives_the_silence_of_its_server_with_what_was_said_of_it(
    watched, store, tell, nouns
):
    before = known(store)
    silent(watched, tell, 200, BROKER, CLUSTER)
    assert known(store) == before
    # the topic is loaded again a while after the broker's start
    for _ in range(int(UNKNOWN_FOR - 5)):
        watched.second()
    watched.second(behind(nouns))
    assert known(store) == before
    assert [state for _, state, _ in watched.told] == ["firing"]


TOPIC = "persistent://t/n/x"


def list_names(judged, tell, *topics, partitioned=(), left_out=0):
    tell.cluster(judged.at, "names", PulsarNames("t/n", topics, partitioned, left_out))


def test_a_topic_that_no_broker_has_loaded_is_unknown_until_it_is_loaded_again(
    watched, store, tell, nouns
):
    before = known(store)
    (fired,) = store.alerts.firing()
    silent(watched, tell, 100, BROKER)
    for _ in range(3):
        # a broker that has started has loaded nothing yet
        for _ in range(int(UNKNOWN_FOR) + 5):
            watched.second()
        assert store.scope.unloaded.namespaces == {"t/n"}
        list_names(watched, tell, TOPIC)
    assert known(store) == before
    (row,) = store.alerts.firing()
    # when its broker fell silent, which is noticed by the answer that is overdue
    assert row.unknown_since == pytest.approx(AT + 5, abs=5)
    assert (row.doubt, row.shown) == ("unknown now, was 500", fired.shown)

    watched.second(behind(nouns))
    assert store.alerts.firing() == [fired]
    assert store.scope.unloaded.namespaces == set()
    for _ in range(30):
        watched.second(behind(nouns, 0))
    assert [state for _, state, _ in watched.told] == ["firing", "resolved"]


def test_a_topic_that_was_deleted_is_resolved_a_minute_after_that_is_known(watched, store, tell):
    # from before it went missing
    list_names(watched, tell)
    for _ in range(2 * int(UNKNOWN_FOR)):
        watched.second()
    # what is not in a list that was cut may exist
    list_names(watched, tell, left_out=1)
    for _ in range(2 * int(UNKNOWN_FOR)):
        watched.second()
    assert [state for _, state, _ in watched.told] == ["firing"]
    list_names(watched, tell, "persistent://t/n/another")
    for _ in range(int(UNKNOWN_FOR) - 1):
        watched.second()
    assert [state for _, state, _ in watched.told] == ["firing"]
    watched.second()
    watched.second()
    assert [state for _, state, _ in watched.told] == ["firing", "resolved"]


def test_a_subscription_that_was_deleted_is_resolved_though_nothing_was_listed(
    watched, nouns, store
):
    for _ in range(int(UNKNOWN_FOR) + 1):
        watched.second(nouns.topic(TOPIC))
    assert [state for _, state, _ in watched.told] == ["firing", "resolved"]


def test_a_topic_that_is_not_persistent_is_gone_once_it_is_not_loaded(judged, store, nouns):
    conditions, lasts = parse_when("backlog.entries > 100")
    store.alerts = Alerts([Rule("behind", conditions, lasts)])
    topic = nouns.topic("non-persistent://t/n/x", nouns.subscription(backlog_entries=500))
    judged.second(topic)
    for _ in range(int(UNKNOWN_FOR) + 1):
        judged.second()
    assert [state for _, state, _ in judged.told] == ["firing", "resolved"]


def test_a_topic_of_which_some_partitions_are_not_loaded_is_unknown(judged, store, tell, nouns):
    conditions, lasts = parse_when("backlog.entries > 100")
    store.alerts = Alerts([Rule("behind", conditions, lasts, resolves=5.0)])
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))

    def parts(*waits):
        return [
            nouns.topic(f"{TOPIC}-partition-{n}", nouns.subscription(backlog_entries=waiting))
            for n, waiting in enumerate(waits)
        ]

    judged.second(*parts(10, 500))
    for _ in range(100):
        judged.second(*parts(10))
    (row,) = store.alerts.firing()
    assert row.doubt == "unknown now, was 510"
    judged.second(*parts(10, 400))
    assert [row.shown for row in store.alerts.firing()] == ["410"]
    for _ in range(10):
        judged.second(*parts(10, 20))
    assert [state for _, state, _ in judged.told] == ["firing", "resolved"]


def test_a_cluster_that_lists_no_broker_resolves_nothing(watched, store, tell):
    before = known(store)
    for _ in range(200):
        tell.cluster(watched.at, "brokers", PulsarBrokers(()))
        watched.second(said=False)
    assert known(store) == before


def test_a_broker_that_left_the_cluster_may_hold_what_no_other_reports(watched, store, tell, nouns):
    before = known(store)
    for _ in range(200):
        tell.cluster(watched.at, "brokers", PulsarBrokers(("p2:8080",)))
        tell.broker(watched.at, nouns.page(broker="p2:8080"))
        watched.second(said=False)
    assert known(store) == before
    for _ in range(30):
        tell.broker(watched.at, nouns.page(behind(nouns, 0), broker="p2:8080"))
        watched.second(said=False)
    assert watched.told[-1][1] == "resolved"


def test_nothing_is_resolved_by_old_figures_before_the_silence_is_noticed(
    watched, store, tell, nouns
):
    for _ in range(15):
        watched.second(behind(nouns, 0))
    for _ in range(10):
        watched.second(said=False)
    assert [state for state, *_ in known(store)] == ["firing"]
    for _ in range(15):
        watched.second(behind(nouns, 0))
    assert watched.told[-1][1] == "resolved"


def test_what_is_pending_waits_out_the_silence(judged, store, tell, nouns):
    conditions, lasts = parse_when("backlog.entries > 100 for 30s")
    store.alerts = Alerts([Rule("behind", conditions, lasts)])
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",)))
    for _ in range(21):
        judged.second(behind(nouns))
    silent(judged, tell, 100, BROKER)
    assert [state for state, *_ in known(store)] == ["pending"]
    for _ in range(9):
        judged.second(behind(nouns))
    assert judged.told == []
    judged.second(behind(nouns))
    judged.second(behind(nouns))
    assert [state for _, state, _ in judged.told] == ["firing"]


SLOW = "http://n1:8222", "http://n2:8222"


def test_a_connection_that_vanished_is_in_doubt_while_its_server_is_silent(
    judged, store, tell, nouns
):
    conditions, lasts = parse_when("client.pending > 100")
    store.alerts = Alerts([Rule("pending", conditions, lasts, resolves=5.0)])
    gone = SLOW[0]

    def second(*, answers=True, cids=()):
        at = judged.at
        for url in SLOW:
            if url == gone and not answers:
                tell.silence(at, "nats", url, "varz")
                continue
            name = url[7:9]
            tell.nats(at, "varz", nouns.server(now=float(at), server_name=name), url)
            rows = [nouns.connection(cid, pending_bytes=500) for cid in cids if url == gone]
            tell.nats(at, "connz", nouns.connections(*rows, now=float(at)), url)
        judged.second(said=False)

    for _ in range(5):
        second(cids=(7,))
    second()
    for _ in range(200):
        second(answers=False)
    assert [state for state, *_ in known(store)] == ["firing"]
    for _ in range(int(UNKNOWN_FOR) + 1):
        second()
    assert [state for _, state, _ in judged.told] == ["firing", "resolved"]


def test_another_servers_silence_keeps_no_alert_of_a_connection(judged, store, tell, nouns):
    conditions, lasts = parse_when("client.pending > 100")
    store.alerts = Alerts([Rule("pending", conditions, lasts, resolves=5.0)])
    up, down = SLOW
    tell.nats(0, "varz", nouns.server(now=0.0), up)
    tell.nats(0, "connz", nouns.connections(nouns.connection(7, pending_bytes=500), now=0.0), up)
    for _ in range(int(UNKNOWN_FOR) + 2):
        judged.second(said=False)
        tell.nats(judged.at, "varz", nouns.server(now=float(judged.at)), up)
        tell.nats(judged.at, "connz", nouns.connections(now=float(judged.at)), up)
        tell.silence(judged.at, "nats", down, "varz")
    assert [state for _, state, _ in judged.told] == ["firing", "resolved"]
