"""What fired: kept over restarts, told to others, and at what cost where that cannot be."""

import asyncio
import json
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from arcwatch.actions.delivery import Delivery, DeliveryError
from arcwatch.config.alert_settings import AlertSettings
from arcwatch.engine import alert_evaluator as alarm_module
from arcwatch.engine.alert_evaluator import AlertEvaluator
from arcwatch.engine.alert_files import MOST, AlertHistoryFile, AlertNotesFile
from arcwatch.engine.alertmanager_body import MOST as MOST_ALERTS
from arcwatch.engine.alertmanager_body import bodies
from arcwatch.model.reading import Failure, Paused, Reading
from arcwatch.store.alerts.alerts import REMEMBERED
from arcwatch.store.alerts.default_rules import default_rules
from arcwatch.store.alerts.notes import MOST as MOST_NOTES
from arcwatch.store.alerts.notes import Note
from arcwatch.store.alerts.row import AlertRow
from arcwatch.store.alerts.rules import Rule, parse_when
from arcwatch.store.store import Store

ROW = AlertRow(
    rule="late",
    severity="critical",
    state="firing",
    system="pulsar",
    cluster="belt",
    address="pulsar:a/b/c#d",
    when="backlog.age > 10m",
    metric="backlog.age",
    value=842.0,
    shown="14m 02s",
    unit="s",
    since=1_700_000_000.0,
    fired=1_700_000_120.0,
    hint="look",
)
OVER = replace(ROW, state="resolved", ended=1_700_000_500.0)


def test_a_body_is_what_alertmanager_sends():
    told = json.loads(bodies([ROW], "prod")[0])
    assert told["version"] == "4"
    assert (told["status"], told["receiver"]) == ("firing", "arcwatch")
    assert told["commonLabels"] == {"alertname": "late", "severity": "critical", "context": "prod"}
    alert = told["alerts"][0]
    assert alert["labels"]["address"] == "pulsar:a/b/c#d"
    assert alert["startsAt"] == "2023-11-14T22:13:20.000Z"
    assert alert["endsAt"].startswith("0001-01-01")
    assert alert["annotations"]["summary"] == "backlog.age > 10m: pulsar:a/b/c#d 14m 02s"


def test_what_is_over_has_the_fingerprint_of_what_fired():
    fired, over = (json.loads(bodies([row], "prod")[0]) for row in (ROW, OVER))
    assert over["status"] == over["alerts"][0]["status"] == "resolved"
    assert over["alerts"][0]["endsAt"] == "2023-11-14T22:21:40.000Z"
    assert over["alerts"][0]["fingerprint"] == fired["alerts"][0]["fingerprint"]


def test_thousands_at_once_are_one_body_for_each_rule_with_a_count_of_the_rest():
    rows = [replace(ROW, address=f"js:A#{n}") for n in range(3000)]
    told = [json.loads(body) for body in bodies([*rows, replace(ROW, rule="other")], "prod")]
    assert [len(one["alerts"]) for one in told] == [MOST_ALERTS, 1]
    assert told[0]["truncatedAlerts"] == 3000 - MOST_ALERTS


# -- the history --------------------------------------------------------------------------------


def test_what_fired_survives_a_restart(tmp_path):
    path = tmp_path / "state" / "alerts.ndjson"
    AlertHistoryFile(path).append([ROW])
    AlertHistoryFile(path).append([OVER])
    assert AlertHistoryFile(path).load() == [ROW, OVER]
    assert path.stat().st_mode & 0o077 == 0


def test_lines_that_cannot_be_read_cost_only_themselves(tmp_path):
    path = tmp_path / "alerts.ndjson"
    AlertHistoryFile(path).append([ROW])
    with path.open("ab") as file:
        file.write(b'{"rule": "cut sho\n\xff\xfe\n[]\n')
    AlertHistoryFile(path).append([OVER])
    assert AlertHistoryFile(path).load() == [ROW, OVER]


def test_it_takes_no_more_than_its_room_and_keeps_the_newest(tmp_path):
    history = AlertHistoryFile(tmp_path / "alerts.ndjson")
    for n in range(40):
        history.append([replace(ROW, value=float(n * 100 + m)) for m in range(100)])
    assert (tmp_path / "alerts.ndjson").stat().st_size <= MOST
    found = history.load()
    assert len(found) == REMEMBERED
    assert found[-1].value == 3999.0
    assert [path.name for path in tmp_path.iterdir()] == ["alerts.ndjson"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_costs_the_history_and_says_so():
    history = AlertHistoryFile(Path("/dev/full"))
    history.append([ROW])
    assert history.trouble == "No space left on device"


def test_a_folder_that_cannot_be_written_is_told_until_it_can(tmp_path):
    (tmp_path / "state").write_text("a file where a folder should be")
    history = AlertHistoryFile(tmp_path / "state" / "alerts.ndjson")
    assert history.load() == []
    history.append([ROW])
    assert history.trouble
    (tmp_path / "state").unlink()
    history.append([ROW])
    assert (history.trouble, history.load()) == ("", [ROW])


# -- what somebody said -------------------------------------------------------------------------


def note(address, **said):
    return Note("late", "belt", address, **said)


def test_what_somebody_said_survives_a_restart_each_contexts_its_own(tmp_path):
    path = tmp_path / "state" / "alert-notes.json"
    one, other = note("js:A#b", acknowledged=1.0), note("js:A#c", silenced=2.0)
    AlertNotesFile("prod", path).save({one.key: one, other.key: other})
    AlertNotesFile("staging", path).save({other.key: other})
    AlertNotesFile("prod", path).save({one.key: None})
    assert AlertNotesFile("prod", path).load() == AlertNotesFile("staging", path).load() == [other]
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_was_said_on_a_full_disk_is_kept_with_the_next(tmp_path):
    (tmp_path / "state").write_text("a file where a folder should be")
    kept = AlertNotesFile("prod", tmp_path / "state" / "alert-notes.json")
    first, second = note("js:A#b", acknowledged=1.0), note("js:A#c", acknowledged=1.0)
    kept.save({first.key: first})
    assert kept.trouble
    (tmp_path / "state").unlink()
    kept.save({second.key: second})
    assert (kept.trouble, kept.load()) == ("", [first, second])


@pytest.mark.parametrize("damage", [b"", b'{"prod": [{"rule"', b"\xff" * 99, b'{"prod": 1}'])
def test_notes_that_cannot_be_read_are_none(tmp_path, damage):
    path = tmp_path / "alert-notes.json"
    path.write_bytes(damage)
    assert AlertNotesFile("prod", path).load() == []


def test_of_notes_the_newest_are_kept(tmp_path):
    kept = AlertNotesFile("prod", tmp_path / "alert-notes.json")
    notes = [note(f"js:A#{n}", acknowledged=1.0) for n in range(MOST_NOTES + 10)]
    kept.save({one.key: one for one in notes})
    assert kept.load() == notes[10:]


# -- all of it ----------------------------------------------------------------------------------


class Beats:
    """A clock on which every look is a second later."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return 1_700_000_000.0 + self.seconds

    def steady(self):
        self.seconds += 1.0
        return self.seconds


def dead_server():
    store = Store()
    failure = Failure("cannot connect", "http://n1:8222/varz", "refused", "start it")
    store.apply(Reading("prod", "nats", "http://n1:8222", "varz", 0.0, 0.0, 0.0, failure))
    return store


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(alarm_module, "BEAT", 0)


async def until(evaluator, true):
    """Let it judge until something is true."""
    task = asyncio.create_task(evaluator.run())
    try:
        async with asyncio.timeout(5):
            while not true():
                await asyncio.sleep(0)
                assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_fires_is_told_kept_and_delivered(tmp_path, at_once):
    store, seen, sent = dead_server(), [], []

    async def send(body):
        sent.append(json.loads(body))

    history = AlertHistoryFile(tmp_path / "alerts.ndjson")
    evaluator = AlertEvaluator(
        store,
        AlertSettings(default_rules()),
        "prod",
        history=history,
        clock=Beats(),
        deliveries=[Delivery(send)],
        on_change=seen.extend,
    )
    await until(evaluator, lambda: sent and history.load())
    assert [row.rule for row in seen] == ["not-answering"]
    assert sent[0]["alerts"][0]["labels"]["address"] == "server:http://n1:8222"
    assert [row.rule for row in history.load()] == ["not-answering"]
    again = AlertEvaluator(store, AlertSettings(()), "prod", history=history, clock=Beats())
    await until(again, lambda: store.alerts.past)
    assert [row.state for row in store.alerts.past] == ["firing"]


async def test_what_cannot_be_kept_or_delivered_is_a_problem_and_judging_goes_on(tmp_path, at_once):
    async def refuse(body):
        raise DeliveryError("cannot deliver alerts", where="https://a.test", why="no", again=False)

    store = dead_server()
    (tmp_path / "state").write_text("no folder")
    evaluator = AlertEvaluator(
        store,
        AlertSettings(default_rules()),
        "prod",
        history=AlertHistoryFile(tmp_path / "state" / "x"),
        clock=Beats(),
        deliveries=[Delivery(refuse)],
    )
    await until(evaluator, lambda: len(store.alerts.troubles) == 2)
    assert {p.what for p in store.problems()} >= {
        "cannot deliver alerts",
        "fired alerts are not saved",
    }
    assert all(problem.since for problem in store.alerts.troubles)


async def test_a_receiver_and_a_disk_that_hang_hold_nothing_up(tmp_path, at_once):
    disk = threading.Event()
    store, clock, seen = dead_server(), Beats(), []

    async def never(*args):
        await asyncio.Event().wait()

    class Hanging(AlertHistoryFile):
        def append(self, rows):
            disk.wait()

    evaluator = AlertEvaluator(
        store,
        AlertSettings(default_rules()),
        "prod",
        history=Hanging(tmp_path / "x"),
        clock=clock,
        deliveries=[Delivery(never)],
        on_change=seen.extend,
    )
    try:
        await until(evaluator, lambda: seen and clock.seconds > 500)
    finally:
        disk.set()


async def test_a_rule_that_looks_nowhere_is_told_with_the_nearest_place(tmp_path, at_once):
    store = dead_server()
    conditions, lasts = parse_when("silent > 1h")
    rule = Rule("mine", conditions, lasts, at=("server:http://n2:8222",))
    history = AlertHistoryFile(tmp_path / "x")
    evaluator = AlertEvaluator(
        store, AlertSettings((rule,)), "prod", history=history, clock=Beats()
    )
    await until(evaluator, lambda: store.alerts.troubles)
    problem = store.problems()[-1]
    assert problem.what == "rule mine matches no address"
    assert problem.hint == "did you mean server:http://n1:8222?"


async def test_what_is_known_when_it_is_left_is_known_when_it_is_back(at_once):
    seen = []

    def acknowledged(alerts):
        for row in alerts.firing():
            seen.append(row.quiet)
            alerts.acknowledge(row, alerts.at)
        return alerts.firing()

    for _ in range(2):
        store = dead_server()
        evaluator = AlertEvaluator(store, AlertSettings(default_rules()), "prod", clock=Beats())
        await until(evaluator, lambda alerts=store.alerts: acknowledged(alerts))
    assert seen == [False, True]


async def test_no_place_is_said_not_to_exist_while_its_server_does_not_answer(tmp_path, at_once):
    store, clock = dead_server(), Beats()
    conditions, lasts = parse_when("backlog.messages > 10")
    rule = Rule("mine", conditions, lasts, at=("js:ORDERS#billing",))
    history = AlertHistoryFile(tmp_path / "x")
    evaluator = AlertEvaluator(store, AlertSettings((rule,)), "prod", history=history, clock=clock)
    await until(evaluator, lambda: clock.seconds > 200)
    assert store.alerts.troubles == ()
    store.note_failure(
        Reading("prod", "nats", "http://n1:8222", "varz", 0.0, 0.0, 0.0, Paused(1.0))
    )
    await until(evaluator, lambda: store.alerts.troubles)
