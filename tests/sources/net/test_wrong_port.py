"""Whatever listens at a broker's address costs a verb little time and memory."""

import asyncio

import pytest

from arcwatch.runtime.memory_bound import MOST
from tests.hostile_servers import admin, cost_of

TOPIC = "pulsar:arc/x/t"
VERBS = {
    "tail": ("tail", TOPIC, "--for", "1s"),
    "history": ("history", TOPIC),
    "latency": ("latency", "--tail", TOPIC, "--for", "1s"),
    "probe": ("probe", "pulsar", "--for", "1s"),
    "rewind": ("rewind", f"{TOPIC}#s", "--to", "earliest"),
    "replay": ("replay", TOPIC, "--from", "earliest", "--onto", "pulsar:arc/x/u"),
    "context test": ("context", "test"),
}
SECONDS = 45
"""For one verb: what it waits for is bounded by 10, the rest is a machine with other work."""

MEMORY = 250
"""MiB of a verb and its helper process."""

REASONS = {
    "http": "this is an HTTP port",
    "garbage": r"its answer begins with '\xad\xf6",
    "endless frame": r"its answer begins with '\xff\xff\xff\xf0xxxx'",
    "silent": "no data after",
    "closing": "it closed the connection",
    "dripping": "incomplete answer",
    "long info": "this is a NATS client port",
    "endless info": "this is a NATS client port",
    "tls": "this is a TLS port",
    "nats": "this is a NATS client port",
}


@pytest.mark.parametrize(
    ("kind", "verbs"),
    [
        ("http", tuple(VERBS)),
        ("endless frame", ("tail", "history")),
        ("silent", ("tail", "probe")),
        ("dripping", ("latency", "rewind")),
    ],
)
async def test_verbs_end_soon_with_the_reason_and_stay_small(at, serve, kind, verbs):
    url, web = await at(kind), f"http://127.0.0.1:{await serve(admin)}"
    places = ("--nats", "off", "--pulsar", url, "--pulsar-admin", web)
    ran = [asyncio.to_thread(cost_of, [*VERBS[verb], *places]) for verb in verbs]
    for verb, cost in zip(verbs, await asyncio.gather(*ran), strict=True):
        code, out, err, seconds, memory = cost
        assert code == 1, (verb, code, err)
        assert REASONS[kind] in out + err, verb
        assert "reconnected" not in err, verb
        assert "Traceback" not in err, verb
        assert seconds < SECONDS, verb
        assert memory < MEMORY, verb


HOSTILE = VERBS | {"tail": ("tail", TOPIC, "--for", "20s")}


@pytest.mark.parametrize("verb", ["tail", "history", "probe"])
async def test_a_broker_that_turns_hostile_after_the_handshake_ends_the_reader_alone(
    at, serve, verb
):
    url = await at("broker of huge frames")
    web = f"http://127.0.0.1:{await serve(admin)}"
    places = ("--nats", "off", "--pulsar", url, "--pulsar-admin", web)
    ran = await asyncio.to_thread(cost_of, [*HOSTILE[verb], *places])
    code, _, err, seconds, memory = ran
    assert code == 1, err
    assert "it used too much memory" in err
    assert seconds < SECONDS
    assert memory < MOST / 2**20 + 500


@pytest.mark.parametrize("verb", ["tail", "history", "replay"])
async def test_a_broker_that_only_shakes_hands_is_not_waited_for_long(at, serve, verb):
    url, web = await at("silent broker"), f"http://127.0.0.1:{await serve(admin)}"
    places = ("--nats", "off", "--pulsar", url, "--pulsar-admin", web)
    code, out, err, seconds, memory = await asyncio.to_thread(cost_of, [*VERBS[verb], *places])
    assert code == 1, err
    assert out == ""
    assert "reconnected" not in err
    assert (seconds < SECONDS, memory < MEMORY) == (True, True), (seconds, memory)
