"""What the list of events says of a broker that dies and is started again."""

import asyncio
import os

import pytest

from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.store.alerts.alerts import Alerts
from arcwatch.store.alerts.rules import Rule, parse_when
from arcwatch.store.store import Store

from .conftest import BOUND, PulsarServer

pytestmark = pytest.mark.slow


@pytest.fixture
def broker(tmp_path, of_the_session):
    found = PulsarServer(tmp_path, of_the_session)
    found.start()
    yield found
    found.kill()


async def test_a_broker_is_gone_restarted_and_back_and_its_silence_resolves_nothing(broker):
    places = {"pulsar": broker.url, "pulsar_admin": broker.admin, "nats": "off"}
    store = Store()
    store.alerts = Alerts([Rule("not-answering", *parse_when('silent > "1s"'), resolves=1.0)])
    engine = Engine(load(places, environ={"ARCWATCH_CONFIG": os.devnull}), store)
    running = asyncio.create_task(engine.run())

    async def happened(*kinds):
        async with asyncio.timeout(BOUND):
            while not {*kinds} <= {one.kind for one in store.events}:
                store.judge(asyncio.get_running_loop().time(), asyncio.get_running_loop().time())
                await asyncio.sleep(0.1)

    try:
        async with asyncio.timeout(BOUND):
            while not store.pulsar_brokers():  # noqa: ASYNC110 - a store tells nobody
                await asyncio.sleep(0.1)
        await asyncio.to_thread(broker.kill)
        await happened("gone", "fired")
        assert "resolved" not in {one.kind for one in store.events}
        assert store.half("pulsar") == "down"
        await asyncio.to_thread(broker.start)
        await happened("back", "restarted", "resolved")
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert {one.text for one in store.events if one.kind == "restarted"} == {"restarted"}
