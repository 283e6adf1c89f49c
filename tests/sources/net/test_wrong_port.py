"""Whatever listens at a broker's address costs a verb little time and memory."""

import asyncio

import pytest

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.errors import SourceError, WireError
from arcwatch.runtime.memory_bound import MOST
from arcwatch.sources.net import wrong_port
from arcwatch.sources.pulsar import handshake
from tests.hostile_servers import ZOO, admin, cost_of, tls_context

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


@pytest.fixture
async def at(serve):
    """The URL of an animal of the zoo."""

    async def start(kind):
        port = await serve(ZOO[kind], ssl=tls_context() if kind == "tls" else None)
        return f"pulsar://127.0.0.1:{port}"

    return start


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(handshake, "PATIENCE", 0.3)
    monkeypatch.setattr(wrong_port, "PATIENCE", 0.3)


async def check(urls):
    await handshake.check_brokers(urls, PulsarCredentials())


@pytest.mark.parametrize("kind", REASONS)
async def test_what_is_no_broker_is_told_before_the_library_has_its_address(at, impatient, kind):
    with pytest.raises(SourceError) as told:
        await check(await at(kind))
    assert REASONS[kind] in told.value.why


async def test_a_frame_that_answers_nothing_is_blamed_on_its_address(serve):
    async def empty(reader, writer):
        await reader.read(1)
        writer.write(bytes.fromhex("0000000800000004080f1200"))

    url = f"pulsar://127.0.0.1:{await serve(empty)}"
    with pytest.raises(WireError) as told:
        await check(url)
    assert (told.value.what, told.value.where) == ("not an answer of a Pulsar broker", url)


async def test_tls_is_not_taken_for_a_broker_without(at, impatient):
    url = (await at("silent broker")).replace("pulsar:", "pulsar+ssl:")
    with pytest.raises(SourceError, match="TLS"):
        await check(url)


async def test_of_several_addresses_one_that_answers_is_enough_unless_another_is_wrong(
    at, impatient
):
    good, wrong = await at("silent broker"), await at("http")
    await check(good)
    await check(f"pulsar://127.0.0.1:1,{good}")
    with pytest.raises(WireError):
        await check(f"{good},{wrong}")
    with pytest.raises(SourceError, match="cannot connect"):
        await check("pulsar://127.0.0.1:1,pulsar://127.0.0.1:2")


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
