"""Who answers, who does not and since when; what is a problem, and how often it is told."""

import math

import pytest

from arcwatch.model.nats import NatsGreetings, NatsHealth
from arcwatch.model.pulsar import PulsarBrokers, PulsarHealth, PulsarTransactions
from arcwatch.model.reading import Stage
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.rules import Rule, parse_when

N1, N2, ADMIN, P1 = "http://n1:8222", "http://n2:8222", "http://p1:8080", "p1:8080"


# -- one contact --------------------------------------------------------------------------------


def test_a_list_of_brokers_that_may_not_be_read_is_a_problem_until_it_may(store, tell):
    tell.cluster(0, "brokers", PulsarBrokers(("p1:8080",), refused=True))
    (problem,) = store.problems()
    assert problem.what == "not permitted to list the brokers"
    assert problem.why == "only p1:8080 is watched"
    tell.cluster(10, "brokers", PulsarBrokers(("p1:8080", "p2:8080")))
    assert store.problems() == []


def test_a_contact_knows_its_cost_and_its_beat(store, tell, nouns):
    for at in (0.0, 1.5, 4.0):
        tell.nats(at, "varz", nouns.server(now=at))
    contact = store.contact("nats", N1, "varz")
    assert (contact.answers, contact.failures, contact.failing) == (3, 0, False)
    assert (contact.every, contact.took) == (2.5, 0.01)
    assert contact.answered_at == nouns.START + 4.0


def test_a_failure_dates_from_the_first_of_a_row(store, tell, nouns):
    tell.nats(0, "varz", nouns.server())
    for at in (1, 3, 7):
        tell.silence(at, "nats", N1, "varz", what=f"failed at {at}")
    contact = store.contact("nats", N1, "varz")
    assert (contact.failing_since, contact.failure.what) == (nouns.START + 1, "failed at 7")
    tell.nats(8, "varz", nouns.server())
    assert (contact.failing, math.isnan(contact.failing_since)) == (False, True)
    tell.silence(9, "nats", N1, "varz")
    assert contact.failing_since == nouns.START + 9


# -- a half in a word ---------------------------------------------------------------------------


def test_a_half_waits_until_something_answers_or_fails(store):
    assert (store.half("nats"), store.half("pulsar")) == ("waiting", "waiting")


def test_a_half_that_was_left_out_is_off(store, tell):
    tell.stage(0, "nats", Stage("disabled by --nats", off=True))
    assert (store.half("nats"), store.half("pulsar")) == ("off", "waiting")


def test_a_half_that_never_answered_is_down(store, tell):
    tell.silence(0, "nats", N1, "varz")
    assert store.half("nats") == "down"


def test_a_half_is_up_when_all_of_it_answers(store, tell, nouns):
    tell.nats(0, "varz", nouns.server())
    tell.nats(0, "connz", nouns.connections(now=0.0))
    assert store.half("nats") == "up"


@pytest.mark.parametrize("part", ["connz", "jsz", "healthz"])
def test_one_failing_part_is_not_the_whole_server(store, tell, nouns, part):
    tell.nats(0, "varz", nouns.server())
    tell.silence(1, "nats", N1, part)
    assert store.half("nats") == "partly"
    assert store.nats_servers()[0].stale is False


def test_one_of_two_servers_down_is_partly(store, tell, nouns):
    tell.nats(0, "varz", nouns.server(), N1)
    tell.silence(0, "nats", N2, "varz")
    assert store.half("nats") == "partly"


def test_a_half_is_down_when_no_server_tells_its_figures(store, tell, nouns):
    for url in (N1, N2):
        tell.nats(0, "varz", nouns.server(), url)
        tell.silence(1, "nats", url, "varz")
    assert store.half("nats") == "down"


def test_a_cluster_whose_list_alone_had_answered_is_down_when_that_fails(store, tell):
    tell.cluster(0, "brokers", PulsarBrokers((P1,)))
    assert store.half("pulsar") == "up"
    tell.silence(10, "pulsar", ADMIN, "brokers")
    assert store.half("pulsar") == "down"


def test_a_cluster_whose_brokers_answer_is_partly_there_without_its_list(store, tell, nouns):
    tell.broker(0, nouns.page())
    tell.silence(0, "pulsar", ADMIN, "brokers")
    assert store.half("pulsar") == "partly"


def test_a_half_comes_back(store, tell, nouns):
    tell.silence(0, "nats", N1, "varz")
    tell.nats(1, "varz", nouns.server())
    assert store.half("nats") == "up"


# -- problems -----------------------------------------------------------------------------------


def told(store):
    return [(problem.system, problem.what, problem.where) for problem in store.problems()]


def test_a_server_that_is_down_in_all_its_parts_is_one_problem_since_the_first(store, tell, nouns):
    for at, part in ((3, "jsz"), (1, "varz"), (2, "connz")):
        tell.silence(at, "nats", N1, part, where=f"{N1}/{part}")
    (problem,) = store.problems()
    assert (problem.what, problem.why, problem.hint) == ("cannot connect", "refused", "start it")
    assert problem.since == nouns.START + 1


def test_a_server_is_the_same_with_and_without_its_password_hidden(store, tell):
    tell.silence(0, "nats", "http://…@n1:8222", "varz", where="http://n1:8222/varz")
    tell.silence(0, "nats", "http://…@n1:8222", "connz", where="http://…@n1:8222")
    assert len(store.problems()) == 1


def test_what_fails_in_different_ways_or_places_is_told_apart(store, tell):
    tell.silence(0, "nats", N1, "varz")
    tell.silence(1, "nats", N1, "healthz", what="HTTP 404")
    tell.silence(2, "nats", N2, "varz")
    tell.silence(3, "pulsar", ADMIN, "brokers")
    assert told(store) == [
        ("nats", "cannot connect", N1),
        ("nats", "HTTP 404", N1),
        ("nats", "cannot connect", N2),
        ("pulsar", "cannot connect", ADMIN),
    ]


def test_a_broker_that_is_dead_is_one_problem_however_its_questions_failed(store, tell, nouns):
    tell.cluster(0, "brokers", PulsarBrokers((P1,)))
    tell.broker(0, nouns.page())
    tell.silence(1, "pulsar", P1, "metrics", what="answer cut short", where=f"{ADMIN}/metrics/")
    tell.silence(2, "pulsar", P1, "ready", where=f"{ADMIN}/admin/v2/brokers/ready")
    tell.silence(3, "pulsar", ADMIN, "brokers", what="no answer in time")
    assert told(store) == [("pulsar", "answer cut short", f"{ADMIN}/metrics/")]
    # one that still tells its figures is not dead
    tell.broker(4, nouns.page())
    assert [what for _, what, _ in told(store)] == ["cannot connect", "no answer in time"]


def test_a_client_port_is_a_problem_only_while_the_server_answers_elsewhere(store, tell, nouns):
    tell.nats(0, "varz", nouns.server())
    tell.silence(1, "nats", "settings", "greetings", what="the client port does not answer")
    assert [what for _, what, _ in told(store)] == ["the client port does not answer"]
    assert [row.server_name for row in store.nats_servers()] == ["n1"]
    tell.silence(2, "nats", N1, "varz")
    assert [what for _, what, _ in told(store)] == ["cannot connect"]
    tell.nats(3, "varz", nouns.server())
    tell.nats(4, "greetings", NatsGreetings(()), "settings")
    assert told(store) == []


def test_a_problem_ends_with_its_cause(store, tell, nouns):
    tell.silence(0, "nats", N1, "varz")
    tell.nats(1, "varz", nouns.server())
    assert store.problems() == []


def test_a_problem_names_the_cluster_once_that_is_known(store, tell, nouns):
    tell.silence(0, "nats", N1, "varz")
    assert store.problems()[0].cluster is None
    tell.nats(1, "varz", nouns.server())
    tell.silence(2, "nats", N1, "varz")
    tell.broker(2, nouns.page())
    tell.silence(4, "pulsar", P1, "metrics")
    assert [problem.cluster for problem in store.problems()] == ["flash", "belt"]


def test_servers_that_say_they_are_not_well_are_problems(store, tell, nouns):
    tell.nats(0, "varz", nouns.server())
    tell.nats(0, "healthz", NatsHealth(False, "no meta leader"))
    tell.broker(0, nouns.page())
    tell.cluster(0, "ready", PulsarHealth(P1, False, "starting"), P1)
    assert [(problem.what, problem.where, problem.why) for problem in store.problems()] == [
        ("unhealthy", "n1", "no meta leader"),
        ("not ready", P1, "starting"),
    ]


def test_a_stack_that_is_being_started_is_no_problem_and_one_that_failed_is(store, tell):
    tell.stage(0, "pulsar", Stage("fetching Pulsar 4.0.8: 112 of 245 MB"))
    tell.silence(1, "pulsar", ADMIN, "brokers")
    assert store.problems() == []
    tell.stage(2, "pulsar", Stage("no room on the disk", failed=True))
    (problem,) = store.problems()
    assert (problem.what, problem.why) == ("Pulsar did not start", "no room on the disk")
    tell.stage(3, "pulsar", Stage(""))
    assert told(store) == [("pulsar", "cannot connect", ADMIN)]


def test_a_stack_that_answered_and_ended_did_start(store, tell):
    tell.cluster(0, "brokers", PulsarBrokers((P1,)))
    tell.stage(1, "pulsar", Stage("its keeper has ended", failed=True))
    assert [problem.what for problem in store.problems()] == ["Pulsar stopped"]


def test_a_stack_that_ran_and_is_started_again_is_a_problem_meanwhile(store, tell, nouns):
    tell.stage(0, "pulsar", Stage(""))
    tell.broker(1, nouns.page())
    tell.stage(2, "pulsar", Stage("starting"))
    tell.silence(3, "pulsar", P1, "metrics")
    assert told(store) == [("pulsar", "cannot connect", P1)]
    store.alerts = Alerts([Rule("silent", *parse_when('silent > "4s"'))])
    store.judge(3.0, 3.0)
    assert store.judge(6.0, 6.0) == []
    assert [row.address for row in store.judge(8.0, 8.0)] == [f"server:{P1}"]


def test_a_stack_that_starts_for_longer_than_it_should_does_not_answer(store, tell):
    store.alerts = Alerts([Rule("silent", *parse_when('silent > "4s"'))])
    tell.stage(0, "pulsar", Stage("starting"))
    for at in range(0, 121, 10):
        tell.silence(at, "pulsar", ADMIN, "brokers")
        assert (store.judge(float(at), float(at)), store.problems()) == ([], [])
    tell.silence(130, "pulsar", ADMIN, "brokers")
    assert told(store) == [("pulsar", "cannot connect", ADMIN)]
    store.judge(130.0, 130.0)
    assert [row.rule for row in store.judge(136.0, 136.0)] == ["silent"]
    # while it is downloaded, it says how far it is
    tell.stage(140, "pulsar", Stage("fetching Pulsar 4.0.8: 112 of 245 MB"))
    assert store.problems() == []


def test_what_nobody_was_asked_shows_nobody_there(store, tell):
    tell.cluster(0, "transactions", PulsarTransactions(()), ADMIN)
    for part in ("brokers", "bookies"):
        tell.silence(1, "pulsar", ADMIN, part)
    assert store.half("pulsar") == "down"
    tell.stage(2, "pulsar", Stage("starting"))
    assert store.problems() == []
    tell.silence(3, "pulsar", ADMIN, "transactions")
    tell.cluster(4, "transactions", PulsarTransactions(()), ADMIN)
    assert store.contact("pulsar", ADMIN, "transactions").failure is None


def _health(tell, nouns, at, *, well):
    tell.nats(at, "healthz", NatsHealth(well, "" if well else "no meta leader"))


def _ready(tell, nouns, at, *, well):
    tell.cluster(at, "ready", PulsarHealth(P1, well, "" if well else "starting"), P1)


def _mute(tell, nouns, at, *, well):
    tell.broker(at, nouns.page(topic_metrics=well))


def _refused(tell, nouns, at, *, well):
    tell.cluster(at, "brokers", PulsarBrokers((P1,), refused=not well))


@pytest.mark.parametrize("say", [_health, _ready, _mute, _refused])
def test_what_is_wrong_is_told_since_it_began(store, tell, nouns, say):
    say(tell, nouns, 1, well=True)
    for at in (3, 5):
        say(tell, nouns, at, well=False)
    assert [problem.since for problem in store.problems()] == [nouns.START + 3]
    say(tell, nouns, 7, well=True)
    say(tell, nouns, 9, well=False)
    assert [problem.since for problem in store.problems()] == [nouns.START + 9]


def test_a_stack_that_failed_is_told_since_it_did(store, tell, nouns):
    tell.stage(3, "pulsar", Stage("no room on the disk", failed=True))
    assert [problem.since for problem in store.problems()] == [nouns.START + 3]


# -- the whole ----------------------------------------------------------------------------------


def test_every_reading_changes_the_version_and_the_newest_moment(store, tell, nouns):
    tell.nats(5, "varz", nouns.server())
    tell.silence(3, "nats", N2, "varz")
    assert (store.version, store.now) == (2, nouns.START + 5)


def test_a_context_keeps_to_itself(nouns):
    from arcwatch.model.reading import Reading
    from arcwatch.store.store import Store

    store = Store()
    for context in ("east", "west"):
        body = nouns.server(cluster=context)
        store.apply(Reading(context, "nats", N1, "varz", 0.0, 0.0, 0.0, body))
    assert [row.cluster for row in store.nats_servers()] == ["east", "west"]
