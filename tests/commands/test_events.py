"""The list of what happened: what is kept, from a time on, and what is not known."""

import json
import os
import time

import pytest

from arcwatch import cli
from arcwatch.commands.events import start_of
from arcwatch.engine.event_file import EventFile
from arcwatch.errors import UsageError
from arcwatch.store.events.event import Event


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Keeps events of the context ``local``, which somebody looked at until ``until``."""
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path))
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)

    def keep(*ages, until=0.0):
        now = time.time()
        told = [
            Event(now - age, "nats", "belt", "leader", f"js:S{n}", "leader moved", "n1", "n2")
            for n, age in enumerate(ages)
        ]
        file = EventFile("local")
        file.append(told, now - until)
        file.close()

    return keep


def test_events_are_listed_from_a_time_on_as_text_and_as_json(kept, capsys):
    kept(7_200, 600, 5)
    assert cli.run(["events", "--since", "1h"]) == 0
    said, told = capsys.readouterr()
    assert [line.split(maxsplit=1)[1] for line in said.splitlines()] == [
        "leader         js:S1  leader moved  n1 → n2",
        "leader         js:S2  leader moved  n1 → n2",
    ]
    assert told == ""
    assert cli.run(["events", "--since", "1h", "--json", "--filter", "S2"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["place"] == "js:S2"


def test_where_nobody_looks_now_the_list_ends_with_that(kept, capsys):
    kept(7_200, until=3_600)
    assert cli.run(["events", "--since", "earliest"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "gap" in last
    assert "arcwatch was not running for 1h 00m" in last


def test_what_is_before_the_oldest_event_is_said_not_to_be_known(kept, capsys):
    kept(600)
    cli.run(["events", "--since", "2d"])
    assert "are saved from 2" in capsys.readouterr().err


def test_where_nothing_is_kept_that_is_said(kept, capsys):
    assert cli.run(["events", "--since", "1h"]) == 0
    said, told = capsys.readouterr()
    assert said == ""
    assert "no saved events of context local" in told


@pytest.mark.parametrize("text", ["#12", "id:1:2", "latest"])
def test_a_place_in_a_stream_is_no_start(text):
    with pytest.raises(UsageError, match="needs a time"):
        start_of(text)


def test_an_event_of_another_day_has_its_date(kept, capsys):
    kept(3 * 86_400)
    cli.run(["events", "--since", "4d"])
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() - 3 * 86_400))
    assert capsys.readouterr().out.startswith(day)
