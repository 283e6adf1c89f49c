"""Client ports that do not answer beside web ports that do."""

import json

import pytest

from arcwatch.cli import run

NOWHERE = {"--nats": "nats://127.0.0.1:1", "--pulsar": "pulsar://127.0.0.1:1"}
SYSTEMS = {"--nats": "nats", "--pulsar": "pulsar"}


@pytest.fixture
def places(stack):
    return {
        "--nats": stack.nats,
        "--nats-monitor": stack.nats_monitor,
        "--pulsar": stack.pulsar,
        "--pulsar-admin": stack.pulsar_admin,
    }


def problems(capsys, places):
    """What a status says of client ports."""
    argv = [word for place in places.items() for word in place]
    assert run(["status", "--json", "--interval", "100ms", *argv]) == 0
    out, err = capsys.readouterr()
    found = [p for p in json.loads(out)["problems"] if "client port" in p["what"]]
    assert err.count("the client port does not answer") == len(found)
    return [(p["system"], p["where"], p["why"]) for p in found]


@pytest.mark.parametrize("flag", NOWHERE)
def test_a_wrong_client_port_is_a_problem_that_names_it(flag, capsys, places):
    assert problems(capsys, places) == []
    (found,) = problems(capsys, places | {flag: NOWHERE[flag]})
    assert found == (SYSTEMS[flag], NOWHERE[flag], "cannot connect: connection refused")


def test_a_client_port_that_nobody_named_is_not_missed(capsys, stack):
    # beside a port that is not the usual one, the client port would be guessed
    assert problems(capsys, {"--nats-monitor": stack.nats_monitor, "--pulsar": "off"}) == []
