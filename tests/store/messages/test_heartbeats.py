"""Who falls silent that used to say that it is alive."""

import pytest

from arcwatch.model.nats import Heartbeats
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.messages.presence import FORGOTTEN

AT = 1_700_000_000.0
ONE, OTHER = "arc.agents.a1.heartbeat", "arc.agents.a2.heartbeat"


@pytest.fixture
def seconds(store):
    """Lets seconds pass in which these are heard, or nothing can be."""
    store.alerts = Alerts(default_rules())
    told, clock = [], [0]

    def say(body):
        at = AT + clock[0]
        store.apply(Reading("prod", "nats", "nats://n1", "heartbeats", at, at, 0.0, body))

    def pass_by(count, *subjects, body=None):
        for _ in range(count):
            clock[0] += 1
            say(body or Heartbeats(subjects))
            told.extend(
                (row.rule, row.state, row.address)
                for row in store.judge(AT + clock[0], float(clock[0]))
            )
        return told

    say(Heartbeats(begins=True))
    return pass_by


def test_who_misses_six_of_its_own_beats_is_lost_until_it_is_back(seconds):
    seconds(10, ONE, OTHER)
    assert seconds(6, ONE) == []
    assert seconds(2, ONE) == [("heartbeat-lost", "firing", f"nats:{OTHER}")]
    assert seconds(20, ONE, OTHER)[1:] == [("heartbeat-lost", "resolved", f"nats:{OTHER}")]


def test_nobody_is_blamed_while_nobody_can_be_heard(store, seconds):
    seconds(10, ONE)
    lost = Failure("cannot receive heartbeats", "nats://n1", "refused", "")
    assert seconds(100, body=lost) == []
    assert [problem.what for problem in store.problems()] == ["cannot receive heartbeats"]
    seconds(1, body=Heartbeats(begins=True))
    assert seconds(5) == store.problems() == []
    assert seconds(10) == [("heartbeat-lost", "firing", f"nats:{ONE}")]


def test_who_was_lost_before_nobody_could_be_heard_is_lost_until_the_next_heartbeat(store, seconds):
    def every_five(times, *subjects):
        for _ in range(times):
            seconds(1, *subjects)
            told = seconds(4)
        return told

    every_five(10, ONE, OTHER)
    every_five(8, OTHER)
    (lost,) = store.alerts.firing()
    store.alerts.acknowledge(lost, store.now)
    cut = Failure("cannot receive heartbeats", "nats://n1", "refused", "")
    seconds(int(FORGOTTEN), body=cut)
    seconds(1, body=Heartbeats(begins=True))
    told = every_five(20, OTHER)
    assert told == [("heartbeat-lost", "firing", f"nats:{ONE}")]
    assert store.alerts.firing()[0].acknowledged
    assert every_five(5, ONE, OTHER)[1:] == [("heartbeat-lost", "resolved", f"nats:{ONE}")]


def test_who_is_gone_for_good_is_missed_for_an_hour(seconds):
    seconds(10, ONE)
    told = seconds(int(FORGOTTEN) + 90, OTHER)
    assert [state for _, state, _ in told] == ["firing", "resolved"]
