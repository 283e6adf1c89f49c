"""A functions worker outside the brokers, which answers as a real one of Pulsar 4.0.8 did."""

import asyncio
import json

import pytest

from arcwatch.cli import run

ASSIGNED = "/admin/v2/worker/assignments"
FUNCTION = "/admin/v3/functions/public/default/failing"


@pytest.fixture
async def worker(broker, recorded):
    """Its port and what it answers, which may be changed."""
    told = {name: recorded(f"pulsar-4.0.8/{name}.json") for name in ("function", "function-status")}
    answers = {
        ASSIGNED: (200, b'{"w":["public/default/failing:0"]}'),
        FUNCTION: (200, told["function"]),
        f"{FUNCTION}/status": (200, told["function-status"]),
    }
    port, asked = await broker(answers)
    return port, answers, asked


@pytest.fixture
def listed(stack, tmp_path, monkeypatch, capsys):
    """What `arcwatch pulsar functions` writes, of a real broker and this worker."""

    def tell(more):
        config = tmp_path / "arcwatch.toml"
        config.write_text(
            f'[context.a.pulsar]\nurl = "{stack.pulsar}"\nadmin = "{stack.pulsar_admin}"\n{more}\n'
        )
        monkeypatch.setenv("ARCWATCH_CONFIG", str(config))
        verb = ["--context", "a", "pulsar", "functions", "--json", "--interval", "100ms"]
        code, (out, err) = run(verb), capsys.readouterr()
        return code, [(one["name"], one["running"]) for one in json.loads(out or "[]")], err

    return tell


async def asked_beside(listed, more):
    # the worker of these tests answers on the loop of the test
    return await asyncio.to_thread(listed, more)


async def test_what_a_named_worker_runs_is_listed(listed, worker):
    told = await asked_beside(listed, f'functions_worker = "http://127.0.0.1:{worker[0]}"')
    assert told == (0, [("public/default/failing", 1)], "")


async def test_what_may_not_be_read_is_counted_beside_the_others(listed, worker):
    port, answers, _ = worker
    answers[ASSIGNED] = (200, b'{"w":["public/default/failing:0","public/default/secret:0"]}')
    answers["/admin/v3/functions/public/default/secret"] = (403, b'{"reason":"no"}')
    told = await asked_beside(listed, f'functions_worker = "http://127.0.0.1:{port}"')
    assert told[:2] == (0, [("public/default/failing", 1)])
    assert "not asked whether they run: 1 more function, source or sink" in told[2]


async def test_where_none_is_named_it_is_told_how_to(listed):
    code, rows, err = await asked_beside(listed, "")
    assert (code, rows) == (0, [])
    assert "functions_worker = " in err


async def test_a_worker_that_does_not_answer_is_told_and_the_brokers_go_on(listed, worker):
    worker[1][ASSIGNED] = (503, b'{"reason":"Function worker service is not done initializing."}')
    code, rows, err = await asked_beside(
        listed, f'functions_worker = "http://127.0.0.1:{worker[0]}"'
    )
    assert (code, rows) == (0, [])
    assert f"127.0.0.1:{worker[0]}" in err
    assert "not done initializing" in err


async def test_it_gets_the_login_that_is_named_for_the_cluster(listed, worker, monkeypatch):
    monkeypatch.setenv("TOKEN", "abc")
    more = f'functions_worker = "http://127.0.0.1:{worker[0]}"\ntoken = "env:TOKEN"'
    await asked_beside(listed, more)
    assert {head["authorization"] for _, head in worker[2]} == {"Bearer abc"}
