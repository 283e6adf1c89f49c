"""Whatever listens at a broker's address, a handshake tells it from a broker."""

import pytest

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.errors import SourceError, WireError
from arcwatch.sources.net import peer, wrong_port
from arcwatch.sources.pulsar import handshake
from tests.sources.net.test_wrong_port import REASONS


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(handshake, "PATIENCE", 0.3)
    monkeypatch.setattr(wrong_port, "PATIENCE", 0.3)
    monkeypatch.setattr(peer, "PATIENCE", 0.3)


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
