"""What may be connected to of a context, and that each is opened once."""

import asyncio
import time

import pytest

from arcwatch.config.settings import load
from arcwatch.errors import SourceError, UsageError
from arcwatch.sources.connections import Servers
from tests.hostile_servers import nats
from tests.sources.outcome import Outcome

OFF = {"nats": "off", "pulsar": "off"}


async def test_what_is_disabled_says_which_flag_enables_it():
    servers = Servers(load(OFF))
    for ask, flag in ((servers.nats, "--nats"), (servers.pulsar_admin, "--pulsar-admin")):
        with pytest.raises(UsageError, match="disabled") as caught:
            ask()
        assert caught.value.hint.startswith(flag)
    with pytest.raises(UsageError, match="Pulsar is disabled"):
        await servers.pulsar()
    await servers.close()


async def test_without_its_admin_address_a_topic_would_be_created():
    servers = Servers(load({"nats": "off", "pulsar_admin": "off"}))
    with pytest.raises(UsageError, match="admin address is disabled") as caught:
        servers.pulsar_admin()
    assert "reading would create it" in caught.value.why


async def test_all_addresses_of_a_context_share_a_connection(serve):
    servers = Servers(load(OFF | {"nats": f"nats://127.0.0.1:{await serve(nats({}))}"}))
    connection, outcome = servers.nats(), Outcome()
    try:
        connection.add(outcome)
        async with asyncio.timeout(5):
            assert await outcome.said.get() == "connected"
        assert servers.nats() is connection
        assert servers.web() is servers.web()
    finally:
        await servers.close()
    assert not connection.is_connected


async def test_a_check_of_brokers_is_shared_and_holds_for_a_moment(serve):
    asked = []

    async def hang_up(reader, writer):
        asked.append(await reader.read(1))

    servers = Servers(load(OFF | {"pulsar": f"pulsar://127.0.0.1:{await serve(hang_up)}"}))
    checks = [servers.check_pulsar() for _ in range(20)]
    failures = await asyncio.gather(*checks, return_exceptions=True)
    assert {type(failure) for failure in failures} == {SourceError}
    first = len(asked)
    with pytest.raises(SourceError):
        await servers.check_pulsar()
    assert len(asked) == first
    await servers.close()


async def test_a_check_that_nobody_waits_for_any_more_is_no_error(serve):
    async def silent(reader, writer):
        await reader.read()

    servers = Servers(load(OFF | {"pulsar": f"pulsar://127.0.0.1:{await serve(silent)}"}))
    waiting = asyncio.create_task(servers.check_pulsar())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    began = time.monotonic()
    await servers.close()
    assert time.monotonic() - began < 1
