"""What will be said is decided by the seed alone: no broker, no clock."""

import json
import subprocess
import sys
from collections import Counter
from itertools import islice, pairwise, takewhile

import pytest

from arcwatch.stack.traffic import nats_plan, pulsar_plan
from arcwatch.stack.traffic.change_plan import order_changes
from arcwatch.stack.traffic.plan import Clock, Schedule, agents, wave

NOON = 1_700_000_000_000


def when(at):
    return NOON + round(at * 1000)


STREAMS = {
    "heartbeats": nats_plan.heartbeats,
    "events": nats_plan.events,
    "work items": nats_plan.work_items,
    "requests": nats_plan.requests,
    "publications": nats_plan.publications,
    "task events": lambda seed: pulsar_plan.task_events(seed, when),
    "metrics": lambda seed: pulsar_plan.metrics(seed, when),
    "tool calls": pulsar_plan.tool_calls,
    "audit log": lambda seed: pulsar_plan.audit_log(seed, when),
    "audit history": lambda seed: pulsar_plan.audit_history(seed, 1000, NOON),
    "order changes": lambda seed: order_changes(seed, when),
}


@pytest.fixture(params=STREAMS.values(), ids=STREAMS.keys())
def stream(request):
    return request.param


def first(said, seconds):
    """What is said in the first ``seconds``."""
    return list(takewhile(lambda message: message.at < seconds, said))


def test_a_seed_says_the_same_in_the_same_order(stream):
    assert list(islice(stream(7), 1000)) == list(islice(stream(7), 1000))


def test_another_seed_says_something_else(stream):
    assert list(islice(stream(7), 100)) != list(islice(stream(8), 100))


def test_what_is_said_is_in_order_of_time(stream):
    moments = [message.at for message in islice(stream(7), 1000)]
    assert moments == sorted(moments)


def test_a_seed_means_the_same_in_every_process():
    code = (
        "from itertools import islice; from arcwatch.stack.traffic.nats_plan import publications;"
        "print(*islice(publications(7), 500))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(said) == 1


def test_one_stream_does_not_depend_on_how_far_another_is():
    alone = list(islice(nats_plan.events(7), 50))
    events, other = nats_plan.events(7), order_changes(7, when)
    beside = [event for event, _ in zip(events, islice(other, 50), strict=False)]
    assert beside == alone


def test_events_swing_slowly():
    events = first(nats_plan.events(7), 65)
    low, high = (sum(a <= event.at < a + 5 for event in events) / 5 for a in (0, 57))
    assert low < 190 < 310 < high


def test_a_wave_stays_within_its_bounds():
    heights = [wave(at / 10, period=60, low=10, high=30) for at in range(1200)]
    assert (min(heights), max(heights)) == (10, 30)
    assert max(abs(b - a) for a, b in pairwise(heights)) < 0.2


def test_agents_say_they_live_at_intervals_of_their_own():
    beats = first(nats_plan.heartbeats(7), 60)
    for agent in agents(7):
        moments = [beat.at for beat in beats if beat.sender == agent.id]
        steady = [b - a for a, b in pairwise(moments) if b - a < 10]
        assert steady == pytest.approx([agent.interval] * len(steady), rel=0.05)
        assert 1 <= agent.interval <= 5


def test_some_agents_fall_silent_and_return():
    beats = first(nats_plan.heartbeats(7), 300)
    moments = {
        agent.id: [beat.at for beat in beats if beat.sender == agent.id] for agent in agents(7)
    }
    gaps = {id: max(b - a for a, b in pairwise(seen)) for id, seen in moments.items()}
    assert {id for id, gap in gaps.items() if gap > 25} == {a.id for a in agents(7) if a.quiet}
    assert sum(gap < 6 for gap in gaps.values()) == 18


def test_a_finished_task_leaves_its_trail_under_one_key():
    trail = list(islice(pulsar_plan.task_events(7, when), 5))
    told = [json.loads(message.value) for message in trail]
    assert len({message.key for message in trail}) == 1
    assert [event["state"] for event in told][:4] == ["queued", "started", "progress", "progress"]
    assert [m.event_time for m in trail] == sorted(m.event_time for m in trail)


def test_the_audit_history_covers_the_days_before():
    times = [entry.event_time for entry in pulsar_plan.audit_history(7, 5000, NOON)]
    assert len(times) == 5000
    assert times == sorted(times)
    assert NOON - 7 * 86_400_000 <= times[0] < NOON - 6 * 86_400_000
    assert NOON - 3_600_000 < times[-1] < NOON


def test_a_few_tool_calls_are_malformed():
    calls = [call.value for call in islice(pulsar_plan.tool_calls(7), 1000)]
    assert 20 < sum(map(pulsar_plan.is_malformed, calls)) < 60


def test_changes_tell_the_whole_story_of_the_table():
    table, ops = {}, Counter()
    deleted = None
    for change in islice(order_changes(7, when), 5000):
        if change.value is None:
            ops["tombstone"] += 1
            assert change.key == deleted
            continue
        envelope = json.loads(change.value)
        order = json.loads(change.key)["id"]
        assert envelope["before"] == table.pop(order, None)
        if envelope["after"] is not None:
            table[order] = envelope["after"]
        ops[envelope["op"]] += 1
        deleted = change.key if envelope["op"] == "d" else None
    assert ops["d"] == ops["tombstone"]
    assert min(ops.values()) > 500
    assert 100 < len(table) < 400


def test_a_change_carries_the_wall_s_time():
    change = next(order_changes(7, when))
    envelope = json.loads(change.value)
    assert envelope["source"]["ts_ms"] == when(change.at)


def test_a_schedule_hands_out_what_is_due_once():
    schedule = Schedule(nats_plan.requests(7), patience=10)
    handed = [request for now in range(1, 9) for request in schedule.due(now)]
    assert handed == [r for r in first(nats_plan.requests(7), 9) if r.at <= 8]


def test_a_schedule_lets_go_of_what_is_long_past():
    schedule = Schedule(nats_plan.requests(7), patience=1)
    late = schedule.due(60)
    assert late == [r for r in first(nats_plan.requests(7), 61) if 59 < r.at <= 60]
    assert late


def test_the_pace_makes_plan_time_run_faster(monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    clock = Clock(4.0)
    monkeypatch.setattr("time.monotonic", lambda: 110.0)
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    assert clock.now() == 40.0
    assert clock.unix_ms(44.0) == NOON + 1000
