"""The shared brokers are real, and nobody else's machine can reach them."""

import httpx
import nats
import psutil
import pytest

from arcwatch.stack.pulsar_broker import with_settings


async def test_nats_has_jetstream(stack):
    client = await nats.connect(stack.nats)
    jetstream = client.jetstream()
    await jetstream.add_stream(name="KEPT-BY-BROKERS", subjects=["kept.by.brokers"])
    try:
        assert (await jetstream.publish("kept.by.brokers", b"one")).seq == 1
        assert (await jetstream.get_msg("KEPT-BY-BROKERS", 1)).data == b"one"
    finally:
        await jetstream.delete_stream("KEPT-BY-BROKERS")
        await client.close()


def test_pulsar_has_its_cluster_and_default_namespace(stack):
    admin = httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2")
    with admin:
        assert admin.get("clusters").json() == ["standalone"]
        assert "public/default" in admin.get("namespaces/public").json()


@pytest.mark.parametrize(("end", "sockets"), [("nats", 2), ("pulsar", 3)])
def test_everything_listens_on_loopback_alone(stack, end, sockets):
    """Pulsar's third is the bookie, which has no setting for its address."""
    port = int(getattr(stack, end).rpartition(":")[2])
    everything = map(_listening, psutil.Process().children(recursive=True))
    (listening,) = (places for places in everything if port in {place.port for place in places})
    assert {place.ip for place in listening} == {"127.0.0.1"}
    assert len(listening) == sockets


def _listening(process):
    # what another test has started may end just now
    try:
        sockets = process.net_connections("inet")
    except psutil.NoSuchProcess:
        return []
    return [socket.laddr for socket in sockets if socket.status == psutil.CONN_LISTEN]


def test_the_last_key_of_a_file_without_a_last_newline_keeps_its_value():
    assert with_settings("a=1\nlast=x", {"new": 2}) == "a=1\nlast=x\nnew=2\n"
