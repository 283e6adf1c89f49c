"""The steps of checking a nats-server, and what each says."""

import json

import pytest

from arcwatch.config.credentials import NatsCredentials
from arcwatch.config.secret import Secret
from arcwatch.model.nats import NatsGreeting, NatsGreetings
from arcwatch.sources.inspect.nats import examine_monitor, examine_nats
from tests.hostile_servers import answering, lines

NOBODY = NatsCredentials()


async def steps(examining):
    return {step.name: step async for step in examining}


async def test_a_server_that_lets_us_in_says_what_we_may(serve):
    user = {"server": {"id": "S"}, "data": {"user": "u", "account": "A"}}
    answers = {
        b"$SYS.REQ.USER.INFO": json.dumps(user).encode(),
        b"$JS.API.INFO": b"{}",
        b"$SYS.REQ.SERVER": b"",
    }
    url = f"nats://127.0.0.1:{await serve(answering(answers))}"
    found = await steps(examine_nats(url, NOBODY))
    assert found["version"].result == "nats-server 2.11.0 : jetstream, headers"
    assert found["login"].verdict == "ok"
    assert found["permissions"].result == "user u of account A: no restrictions"
    assert found["features: JetStream"].result == "answers"
    assert found["features: all servers"].verdict in ("ok", "skipped")
    assert "TLS" not in found


async def test_credentials_in_the_clear_are_worth_a_warning(serve):
    url = f"nats://127.0.0.1:{await serve(lines(b'INFO {}'))}"
    who = NatsCredentials(user=Secret("text", "u"), password=Secret("text", "p"))
    found = {}
    async for step in examine_nats(url, who):
        found[step.name] = step
        if step.name == "TLS":
            break
    assert (found["TLS"].verdict, found["version"].result) == ("warning", "nats-server  : ")


async def test_what_does_not_greet_is_not_asked_further(serve):
    url = f"nats://127.0.0.1:{await serve(lines(b'SSH-2.0'))}"
    found = await steps(examine_nats(url, NOBODY))
    assert [name for name, step in found.items() if step.verdict == "failed"] == ["version"]
    assert "login" not in found
    assert await steps(examine_nats("", NOBODY)) == {}


@pytest.mark.parametrize(
    ("greeted", "named"),
    [
        ((), False),
        (("N", "c"), False),
        (("OTHER", "c"), True),
    ],
)
async def test_a_monitoring_port_of_another_server_is_said_to_be_one(
    broker, recorded, greeted, named
):
    varz = json.loads(recorded("nats-2.15.1/varz.json")) | {"server_id": "N"}
    port, _ = await broker({"/varz": (200, json.dumps(varz).encode())})
    servers = (
        [NatsGreeting("nats://h:4222", greeted[0], "n2", greeted[1], False)] if greeted else []
    )
    url = f"http://127.0.0.1:{port}"
    found = await steps(examine_monitor(url, NOBODY, NatsGreetings(tuple(servers))))
    assert found["version"].result.startswith("nats-server 2.15.1")
    assert ("same server" in found) is named
    assert not named or "is not n2 at nats://h:4222" in found["same server"].result
