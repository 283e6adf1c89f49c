"""Functions in the store: rates from two pages, what their workers add, and who is told."""

from math import isnan

import pytest

from arcwatch.model.pulsar import FunctionCounts, PulsarFunction, PulsarFunctions
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules

NAME = "arc/agents/enrich"
WORDS, LOUD = "persistent://arc/agents/words", "persistent://arc/agents/loud"


def counts(received, failed=0, instance="0", latency=0.0):
    done = received - failed
    return FunctionCounts("function", NAME, instance, received, done, failed, latency, done, 90.0)


def function(running=2, why=""):
    return PulsarFunction("function", NAME, (WORDS,), LOUD, 2, running, 1, why, None, ("w1",))


@pytest.fixture
def run(tell, nouns):
    """Tells the counts of its instances at so many seconds."""
    return lambda at, *found: tell.broker(at, nouns.page(functions=found))


def test_rates_are_summed_over_instances(store, run):
    run(0.0, counts(100), counts(10, instance="1"))
    (row,) = store.pulsar_functions()
    assert isnan(row.in_rate)
    run(10.0, counts(200, 50, latency=0.5), counts(20, instance="1", latency=0.1))
    (row,) = store.pulsar_functions()
    assert (row.kind, row.name, row.instances, row.running) == ("function", NAME, 2, None)
    assert (row.in_rate, row.out_rate, row.failed_rate, row.failed) == (11.0, 6.0, 5.0, 50)
    assert row.latency == pytest.approx(0.6 / 60)
    assert row.last_invoked == 90.0


def test_one_that_began_anew_has_no_rate(store, run):
    run(0.0, counts(100))
    run(10.0, counts(5))
    assert isnan(store.pulsar_functions()[0].in_rate)


def test_its_worker_says_whether_it_runs_and_what_it_reads(store, run, tell):
    run(0.0, counts(100))
    tell.cluster(1.0, "functions", PulsarFunctions((function(1, "no class"),)))
    (row,) = store.pulsar_functions()
    assert (row.running, row.instances, row.is_down, row.restarts) == (1, 2, True, 1)
    assert (row.inputs, row.output, row.why, row.workers) == ((WORDS,), LOUD, "no class", ("w1",))
    # nobody looks any more: what is not asked is not known
    tell.cluster(2.0, "functions", PulsarFunctions(None))
    (row,) = store.pulsar_functions()
    assert (row.running, row.is_down, row.why) == (None, False, "")


def test_one_that_no_page_counts_is_there_all_the_same(store, tell, nouns):
    tell.broker(0.0, nouns.page())
    assert not store.pulsar[0].has_functions
    tell.broker(0.5, nouns.page(functions_known=1))
    assert store.pulsar[0].has_functions
    tell.cluster(1.0, "functions", PulsarFunctions((function(0, "no class"),)))
    (row,) = store.pulsar_functions()
    assert (row.running, row.is_down) == (0, True)
    assert isnan(row.in_rate)


def test_a_silent_broker_leaves_what_it_told(store, run, tell):
    run(0.0, counts(100))
    run(10.0, counts(200))
    tell.silence(12.0, "pulsar", "p1:8080", "metrics")
    (row,) = store.pulsar_functions()
    assert row.stale
    assert isnan(row.in_rate)


def firing(store, run, seconds, at):
    for second in range(seconds):
        run(float(second), *at(second))
        store.judge(1_700_000_000.0 + second, float(second))
    return [alert.rule for alert in store.alerts.firing()]


def test_one_that_fails_is_an_alert_once_it_lasts(store, run):
    store.alerts = Alerts(default_rules())
    assert firing(store, run, 25, lambda at: [counts(10 * at, at)]) == []
    assert firing(store, run, 40, lambda at: [counts(10 * at, at)]) == ["function-failing"]


def test_one_that_does_not_run_is_an_alert_where_that_is_asked(store, run, tell):
    store.alerts = Alerts(default_rules())
    assert firing(store, run, 40, lambda at: [counts(10 * at)]) == []
    tell.cluster(40.0, "functions", PulsarFunctions((function(1, "no class"),)))
    for second in range(40, 80):
        run(float(second), counts(10 * second))
        store.judge(1_700_000_000.0 + second, float(second))
    (alert,) = store.alerts.firing()
    assert (alert.rule, alert.address) == ("function-down", f"function:{NAME}")
