"""Micro services between two answers: rates, and how long requests took since then."""

import math

from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.model.reading import Failure, Reading


def endpoint(requests, average, instance="i1"):
    place = ("tasks", "1.0.0", instance, "run", "tasks.run", "q")
    return ServiceEndpoint(*place, requests, 0, average, "")


def told(store, t, body):
    store.apply(Reading("prod", "nats", "$SRV.STATS", "services", t, t, 0.0, body))


def test_what_was_done_since_the_last_answer_is_told_beside_the_average(store):
    told(store, 0.0, ServiceAnswers((endpoint(100, 0.010),)))
    assert math.isnan(store.services.rows[0].rate)
    # 50 more, of 30 ms each
    told(store, 10.0, ServiceAnswers((endpoint(150, (100 * 0.010 + 50 * 0.030) / 150),)))
    (row,) = store.services.rows
    assert row.rate == 5.0
    assert abs(row.recent - 0.030) < 1e-9


def test_an_instance_that_began_anew_has_no_rate(store):
    told(store, 0.0, ServiceAnswers((endpoint(100, 0.010),)))
    told(store, 10.0, ServiceAnswers((endpoint(3, 0.010), endpoint(7, 0.01, "i2"))))
    assert [math.isnan(row.rate) for row in store.services.rows] == [True, True]


def test_silence_is_no_news_and_no_problem(store):
    told(store, 0.0, ServiceAnswers((endpoint(100, 0.010),)))
    told(store, 5.0, Failure("not connected", "nats://n1", "", ""))
    (row,) = store.services.rows
    assert (row.stale, math.isnan(row.rate), row.requests) == (True, True, 100)
    assert store.problems() == []
    told(store, 10.0, ServiceAnswers((endpoint(150, 0.010),)))
    assert math.isnan(store.services.rows[0].rate)
