"""What a check-up prints, and its exit codes."""

import json

import pytest

from arcwatch.commands.doctor import code_of
from arcwatch.commands.doctor_report import document, lines, summary
from arcwatch.commands.listing import as_json
from arcwatch.commands.paint import Page
from arcwatch.doctor.examine import examine
from arcwatch.doctor.table import CHECKS
from arcwatch.model.reading import Stage
from arcwatch.model.silence import Silence
from tests.doctor.conftest import NOW
from tests.store import conftest as nouns

SPOILT = {"server": {"auth_required": False}, "stream": {"max_age": None}, "bookies": 1}
HOSTILE = "\x1b[2J$(x)"


def report(world, silences=(), **parts):
    for name, value in parts.items():
        setattr(world, name, value)
    return examine(world.picture(), CHECKS, silences)


def text(found, *, everything=False):
    return "\n".join(lines(found, Page(), everything=everything))


def test_the_worst_comes_first_with_why_and_what_mends_it(world):
    said = text(report(world, **SPOILT))
    heads = [line for line in said.splitlines() if line.startswith(("crit", "warn", "note"))]
    assert [head.split()[0] for head in heads] == ["critical", "critical", "warning", "note"]
    assert "  n1  auth required false; listens on 10.0.0.1" in said
    assert "  fix   nats stream edit --max-age 7d --max-bytes 10GB ORDERS" in said
    assert "  why   It grows until the disk is full" in said


def test_one_line_counts_everything(world):
    silences = [Silence("js-unbounded", "a test")]
    found = report(world, silences, **SPOILT)
    assert summary(found).split(" · ")[1:] == [
        f"{len(CHECKS) - 4} ok",
        "2 critical",
        "1 note",
        "1 silenced",
    ]


def test_what_is_well_and_what_is_silenced_is_told_on_demand(world):
    found = report(world, [Silence("js-unbounded", "a test", until=NOW + 9)], **SPOILT)
    assert "a test" not in text(found)
    told = text(found, everything=True)
    assert "silenced      stream without any limit  js:ORDERS  a test until 2023-11-14" in told
    assert "ok            do all brokers have the same version?  1 place" in told


def test_what_was_not_possible_is_always_told(world):
    picture = world.picture()
    nouns.Teller(picture.store).silence(2, "pulsar", "p1:8080", "ready")
    said = text(examine(picture, CHECKS, ()))
    assert (
        "not possible  does every broker report that it is ready?  no answer from p1:8080" in said
    )


def test_a_system_that_is_off_is_not_called_well(world):
    picture = world.picture()
    nouns.Teller(picture.store).stage(2, "pulsar", Stage("off", off=True))
    said = summary(examine(picture, CHECKS, ()))
    assert f"{sum(c.system == 'pulsar' for c in CHECKS)} not applicable" in said


def test_many_places_are_counted_and_all_in_the_document(world):
    found = report(world, server={"auth_required": False}, others={"auth_required": False})
    told = document(found, "prod", NOW)
    assert told["counts"]["critical"] == 3
    assert {one["place"] for one in told["findings"]} == {"n1", "n2", "n3"}


def test_the_document_is_json_with_all_there_is_to_know(world):
    silences = [Silence("js-unbounded", "a test", until=NOW + 9)]
    told = json.loads(as_json(document(report(world, silences, **SPOILT), "prod", NOW)))
    assert told["context"] == "prod"
    assert {one["state"] for one in told["checks"]} == {"ok", "found"}
    by_id = {one["id"]: one for one in told["findings"]}
    assert by_id["js-unbounded"]["silenced"]["reason"] == "a test"
    assert by_id["nats-no-auth"] == {
        "id": "nats-no-auth",
        "severity": "critical",
        "system": "nats",
        "finding": "clients need no login",
        "cluster": "",
        "place": "n1",
        "evidence": [
            {"figure": "auth required", "value": "false", "from": "/varz of n1"},
            {"figure": "listens on", "value": "10.0.0.1", "from": "/varz of n1"},
        ],
        "why": "Anyone who reaches the port can read and publish everything, and delete every"
        " stream.",
        "mend": "give clients credentials, then set `authorization` or `accounts` in"
        " nats-server.conf, and nats-server --signal reload, which disconnects those without",
        "age": 0.0,
        "silenced": None,
    }


def test_names_meant_to_do_harm_do_none(world):
    said = text(
        report(
            world,
            consumer={"name": f"sub-7f3a91{HOSTILE}", "num_redelivered": 1, "max_deliver": None},
        )
    )
    assert "\x1b" not in said
    assert "'sub-7f3a91␛[2J$(x)'" in said


@pytest.mark.parametrize(
    ("parts", "fail_on", "code"),
    [
        ({}, "note", 0),
        (SPOILT, "critical", 2),
        (SPOILT, "note", 2),
        (SPOILT, "never", 0),
        ({"stream": {"max_age": None}}, "critical", 0),
        ({"stream": {"max_age": None}}, "warning", 1),
        ({"broker": {"allowAutoTopicCreation": "true"}}, "warning", 0),
        ({"broker": {"allowAutoTopicCreation": "true"}}, "note", 1),
    ],
)
def test_the_exit_code_tells_the_worst_that_counts(world, parts, fail_on, code):
    assert code_of(report(world, **parts), fail_on) == code


def test_what_is_silenced_fails_nothing(world):
    found = report(world, [Silence("js-unbounded", "fine")], stream={"max_age": None})
    assert code_of(found, "note") == 0
