"""All addresses of a context, checked one after the other."""

import json

from arcwatch.config.settings import load
from arcwatch.sources.inspect.context import examine
from tests.hostile_servers import closing, pulsar


async def places(given):
    found = {}
    async for step in examine(load(given)):
        found.setdefault(step.place, []).append(step.name)
    return found


async def test_each_address_is_checked_whatever_becomes_of_the_others(broker, serve, recorded):
    varz = json.loads(recorded("nats-2.15.1/varz.json"))
    port, _ = await broker({"/varz": (200, json.dumps(varz).encode())})
    urls = {
        "nats": f"nats://127.0.0.1:{await serve(closing)}",
        "nats_monitor": f"http://127.0.0.1:{port}",
        "pulsar": f"pulsar://127.0.0.1:{await serve(pulsar())}",
        "pulsar_admin": "http://127.0.0.1:1",
    }
    found = await places(urls)
    assert {*found} == {*urls.values()}
    assert found[urls["nats"]][-1] == "version"
    assert found[urls["nats_monitor"]][-1] == "version"
    assert found[urls["pulsar"]][-1] == "login"
    assert found[urls["pulsar_admin"]] == ["DNS", "TCP"]


async def test_what_is_off_is_not_checked():
    assert await places({"nats": "off", "pulsar": "off"}) == {}
