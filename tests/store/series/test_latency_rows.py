"""What servers tell of latencies, as rows and as they were."""

from math import inf, isnan

import pytest

from arcwatch.model.latency import Latency, PulsarLatencies
from arcwatch.model.reading import Reading
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.rules import Rule, parse_when
from arcwatch.store.series.heat import EDGES, Heat
from arcwatch.store.series.latency_history import MOST, LatencyHistory
from arcwatch.store.series.latency_rows import of_broker, ranked_quantiles, row_of, write_quantiles
from arcwatch.store.store import Store


class Page:
    broker = "b:8080"
    latencies = PulsarLatencies(((50.0, 0.002), (99.0, 0.01)), (0, 8, 0, 2, *[0] * 6), "t")


def test_a_percentile_that_the_broker_does_not_tell_is_unknown():
    publish, write = (row_of("pulsar", "c", told, stale=False) for told in of_broker(Page()))
    assert (publish.p50, publish.p99, publish.window) == (0.002, 0.01, 60.0)
    assert isnan(publish.p90)
    assert isnan(publish.count)
    assert (write.p50, write.p99, write.count, write.worst) == (0.001, 0.01, 10, "t")


def test_what_is_beyond_the_last_class_is_not_given_a_figure():
    assert write_quantiles((*[0] * 9, 3)) == tuple((p, inf) for p in (50, 90, 99, 99.9, 100))


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (10, 9), (11, 10), (1000, 900)])
def test_a_percentile_is_the_sample_of_that_rank(count, rank):
    samples = [float(n) for n in range(1, count + 1)]
    assert ranked_quantiles(samples, (90.0,)) == ((90.0, float(rank)),)


def told(place="b", spread=((0.001, 5),), way="server", **more):
    return Latency("pulsar write", way, place, ((50.0, 0.001),), spread=spread, **more)


def test_a_window_that_is_told_again_does_not_count_twice():
    past = LatencyHistory()
    for at in (600.0, 602.0):
        past.update("pulsar", "c", told(), at)
        past.update("pulsar", "c", told(way="probe"), at)
    of_server, of_probe = (past.heat(row).slices(602.0)[-1] for row in past.rows())
    assert (sum(of_server), sum(of_probe)) == (5, 10)


def test_a_server_that_does_not_answer_leaves_a_gap_and_an_old_figure():
    past = LatencyHistory()
    past.update("pulsar", "c", told(), 10.0)
    past.missed("c", "b", 12.0)
    (row,) = past.rows()
    series, key = past.series(row)
    assert row.stale
    assert isnan(series.latest(key, "p50"))


def test_over_time_a_measurement_shows_its_last_seconds_and_not_all_since_it_began():
    past = LatencyHistory()
    past.update("nats", "c", told(way="probe", recent=((50.0, 0.5),)), 10.0)
    (row,) = past.rows()
    series, key = past.series(row)
    assert (row.p50, series.latest(key, "p50")) == (0.001, 0.5)


def test_only_so_many_are_kept():
    past = LatencyHistory()
    for n in range(MOST + 5):
        past.update("pulsar", "c", told(f"b{n}"), float(n))
    assert [row.place for row in past.rows()] == [f"b{n}" for n in range(5, MOST + 5)]


def test_what_is_an_hour_old_is_a_gap_again():
    heat = Heat()
    heat.update(0.0, [(1e-6, 1), (1e-5, 2), (100.0, 3)], adds=True)
    (first, *rest) = reversed(heat.slices(30.0))
    assert (first[0], first[EDGES.index(1e-5)], first[-1]) == (1, 2, 3)
    assert not any(rest)
    assert not any(heat.slices(3600.0))


def test_a_rule_looks_at_the_last_seconds_and_at_nothing_old():
    store = Store()
    conditions, lasts = parse_when('latency.p99 > "50ms"')
    store.alerts = Alerts((Rule("slow", conditions, lasts, at=("latency:nats publish",)),))

    def tell(at, seconds):
        recent = ((99.0, seconds),)
        body = Latency("nats publish", "probe", "n1", ((99.0, 0.2),), recent=recent)
        store.apply(Reading("c", "nats", "probe", "probe", at, at, 0.0, body))
        store.judge(at, at)
        return [(row.address, row.state) for row in store.alerts.rows()]

    assert tell(1.0, 0.01) == []
    assert tell(2.0, 0.3) == [("latency:nats publish#n1", "firing")]
    assert [row.stale for row in store.latencies.rows(40.0)] == [True]
