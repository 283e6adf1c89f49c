"""What verbs do where servers do not answer: no data is an error, and one half goes on."""

import asyncio
import json

import pytest

from arcwatch.cli import run

NOBODY = (
    *("--nats", "nats://127.0.0.1:1", "--nats-monitor", "http://127.0.0.1:1"),
    *("--pulsar", "pulsar://127.0.0.1:1", "--pulsar-admin", "http://127.0.0.1:1"),
)
"""Brokers on a port where nothing listens."""

LISTS = [
    *(f"nats {table}" for table in ["servers", "connections", "closed", "streams", "consumers"]),
    *(f"nats {table}" for table in ("accounts", "links", "connection 5", "stream ORDERS")),
    *(f"pulsar {table}" for table in ["tree", "topics", "subscriptions", "brokers", "bookies"]),
    *("pulsar topic a/b/c", "backlog", "backlog --for 300ms", "deadletters"),
    *("deadletters --for 300ms", "latency", "latency --services"),
]
MESSAGES = [
    *("backlog pulsar:a/b/c#d --exact", "history js:ORDERS", "history pulsar:a/b/c"),
    *("rewind pulsar:a/b/c#d --to 1h", "replay js:ORDERS --from 1h --onto nats:x"),
    *("tail orders.>", "presence orders.*", "probe nats-request --for 300ms"),
]


@pytest.mark.parametrize("verb", [*LISTS, *MESSAGES, "watch --for 4s"])
def test_where_nothing_answers_nothing_is_printed_but_why(capsys, verb):
    assert run([*verb.split(), *NOBODY]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    *_, what, hint = err.splitlines()
    assert what.startswith("arcwatch: ")
    assert "127.0.0.1:1" in what
    assert hint.startswith("  try: ")


@pytest.mark.parametrize("verb", ["check", "check --for 300ms", "check --format nagios"])
def test_a_check_that_nobody_answers_is_unknown(capsys, verb):
    assert run([*verb.split(), *NOBODY]) == 3
    out, err = capsys.readouterr()
    # where a monitoring system looks, and where a person does
    assert out.count("UNKNOWN") == out.count("127.0.0.1:1") == 1
    assert err.count("127.0.0.1:1") == 1


@pytest.mark.parametrize("verb", ["status", "top --once"])
def test_an_overview_of_nothing_says_why_and_leaves_with_1(capsys, verb):
    assert run([*verb.split(), *NOBODY]) == 1
    assert capsys.readouterr().out.count("! cannot connect (http://127.0.0.1:1/") == 2


@pytest.fixture
async def listing(serve):
    """Arguments for a Pulsar that lists two brokers, neither of which can be reached."""

    async def answer(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            is_list = head.startswith(b"GET /admin/v2/brokers ")
            body = b'["127.0.0.1:1","127.0.0.1:2"]' if is_list else b"[]"
            status = b"200 OK" if is_list or b"bookies" in head else b"404 Not Found"
            size = str(len(body)).encode()
            kind = b"Content-Type: application/json\r\nContent-Length: "
            writer.write(b"HTTP/1.1 " + status + b"\r\n" + kind + size + b"\r\n\r\n" + body)

    port = await serve(answer)
    return ["--nats", "off", "--pulsar", "off", "--pulsar-admin", f"http://127.0.0.1:{port}"]


@pytest.mark.parametrize("verb", ["status", "top --once", "pulsar topics", "backlog", "latency"])
async def test_brokers_that_are_listed_and_cannot_be_reached_have_not_answered(
    capsys, listing, verb
):
    assert await asyncio.to_thread(run, [*verb.split(), *listing]) == 1
    assert "cannot connect (http://127.0.0.1:1/" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "verb", ["status", "status --json", "top --once", "nats servers", "backlog", "deadletters"]
)
def test_of_two_systems_one_that_does_not_answer_is_told_beside_the_other(capsys, stack, verb):
    nats = ["--nats", stack.nats, "--nats-monitor", stack.nats_monitor]
    assert run([*verb.split(), *NOBODY, *nats]) == 0
    out, err = capsys.readouterr()
    assert out
    silent = "nats" not in verb
    assert ("arcwatch: cannot connect (http://127.0.0.1:1/admin/v2/brokers)" in err) == silent
    if "--json" in verb:
        # what others did to the shared servers is a problem of another kind
        problems = [one for one in json.loads(out)["problems"] if one["what"] == "cannot connect"]
        assert [one["system"] for one in problems] == ["pulsar"]
