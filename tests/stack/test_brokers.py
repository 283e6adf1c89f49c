"""The shared brokers are real, and nobody else's machine can reach them."""

import httpx
import nats


async def test_nats_has_jetstream(stack):
    client = await nats.connect(stack.nats)
    assert (await client.jetstream().account_info()).streams >= 0
    await client.close()


def test_nats_listens_on_loopback_alone(stack):
    varz = httpx.get(f"{stack.nats_monitor}/varz").json()
    assert (varz["server_name"], varz["host"]) == ("n1", "127.0.0.1")


def test_pulsar_has_its_cluster_and_default_namespace(stack):
    admin = httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2")
    with admin:
        assert admin.get("clusters").json() == ["standalone"]
        assert "public/default" in admin.get("namespaces/public").json()
