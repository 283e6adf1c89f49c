"""What services answer when all are asked at once."""

import asyncio
import json

import pytest

from arcwatch.config.settings import load
from arcwatch.errors import SourceError
from arcwatch.sources.nats import services
from arcwatch.sources.nats.services import open_services
from tests.hostile_servers import answering

SUMS = {
    "type": "io.nats.micro.v1.stats_response",
    "name": "sums",
    "id": "x1",
    "version": "1.0.0",
    "endpoints": [{"name": "add", "subject": "sums.add", "num_requests": 4}],
}


@pytest.fixture
def asked(serve, monkeypatch):
    """What is made of one answer: ``await asked(body)``."""
    monkeypatch.setattr(services, "QUIET", 0.05)

    async def ask(body):
        url = f"nats://127.0.0.1:{await serve(answering({b'$SRV.STATS': body}))}"
        async with open_services(load({"nats": url, "pulsar": "off"})) as once, asyncio.timeout(5):
            return await once()

    return ask


async def test_each_endpoint_of_an_instance_is_told(asked):
    found = await asked(json.dumps(SUMS).encode())
    assert [(one.service, one.endpoint, one.requests) for one in found.endpoints] == [
        ("sums", "add", 4)
    ]
    assert found.unread == ()


async def test_an_answer_without_a_body_is_nobody(asked):
    assert await asked(b"") == services.ServiceAnswers((), ())


async def test_what_is_no_service_is_named_beside_the_others(asked):
    found = await asked(b"hello")
    assert found.endpoints == ()
    (why,) = found.unread
    assert "hello" in why


async def test_what_is_too_much_is_not_read_and_counted(asked, monkeypatch):
    monkeypatch.setattr(services, "MOST_BYTES", 10)
    found = await asked(json.dumps(SUMS).encode())
    assert found.endpoints == ()
    assert found.unread == ("1 answer was not read: too many or too large",)


async def test_where_nothing_listens_that_is_the_reason(monkeypatch):
    settings = load({"nats": "nats://127.0.0.1:1", "pulsar": "off"})
    async with open_services(settings) as once:
        with pytest.raises(SourceError):
            await once()
