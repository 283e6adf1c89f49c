"""``stack up --offload``: a Pulsar that offloads to a local S3, on loopback alone."""

import httpx
import pulsar
import pytest

from arcwatch.stack import local, s3
from arcwatch.stack.ports import Ports
from tests.stack.test_geo import until

pytestmark = pytest.mark.slow

TOPIC = "persistent/public/default/old"


@pytest.fixture
def stack(tmp_path):
    stack = local.start(tmp_path / "home", ports=Ports.free(), extras=("offload",))
    yield stack
    stack.stop()


def test_closed_ledgers_go_to_it(stack, tmp_path):
    assert list(stack.ready(600).parts) == ["nats", "pulsar", "s3"]
    ends = stack.endpoints
    admin = f"{ends.pulsar_admin}/admin/v2"
    keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
    url = f"{admin}/namespaces/public/default/retention"
    until(lambda: httpx.post(url, json=keep, timeout=30).is_success)
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, str(tmp_path / "log"))
    client = pulsar.Client(ends.pulsar, logger=quiet)
    name = TOPIC.replace("/", "://", 1)
    producer = client.create_producer(name, batching_enabled=False, block_if_queue_full=True)
    for _ in range(5_500):
        producer.send_async(bytes(300), lambda *_: None)
    producer.flush()
    client.close()
    until(lambda: offloaded(admin))
    assert "-index</Key>" in httpx.get(f"{ends.s3}/{s3.BUCKET}", timeout=30).text
    assert ends.s3.startswith("http://127.0.0.1:")


def offloaded(admin):
    return httpx.get(f"{admin}/{TOPIC}/stats", timeout=30).json()["offloadedStorageSize"]
