"""A broker that dies is started again, on its ports and with its data."""

import time

import nats
import psutil
import pulsar
import pytest

from arcwatch.stack import local
from arcwatch.stack.ports import Ports, is_free

TOPIC = "persistent://public/default/kept"


@pytest.fixture
def own_stack(tmp_path):
    """Start a stack that a test may be rough with."""
    stacks = []

    def start(**options):
        stack = local.start(tmp_path / "home", ports=Ports.free(), **options)
        stacks.append(stack)
        stack.ready(600)
        return stack

    yield start
    for stack in stacks:
        stack.stop()


def killed_and_back(stack, name):
    """Kill a part, and wait until another process has its place."""
    old = getattr(stack.status(), name).pid
    psutil.Process(old).kill()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        part = getattr(stack.status(), name)
        assert not part.failed, part.stage
        if part.ready and part.pid != old:
            return
        time.sleep(0.02)
    pytest.fail(f"{name} did not come back: {part.stage}")


async def test_nats_comes_back_with_its_streams(own_stack):
    stack = own_stack(pulsar=False)
    client = await nats.connect(stack.endpoints.nats)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    for _ in range(3):
        await client.jetstream().publish("kept", b"x")
    await client.close()
    killed_and_back(stack, "nats")
    client = await nats.connect(stack.endpoints.nats)
    assert (await client.jetstream().stream_info("KEPT")).state.messages == 3
    await client.close()


@pytest.mark.slow
def test_pulsar_comes_back_with_its_topics_and_goes_with_its_keeper(own_stack):
    stack = own_stack()
    client = pulsar.Client(stack.endpoints.pulsar, operation_timeout_seconds=120)
    producer = client.create_producer(TOPIC)
    for number in range(3):
        producer.send(b"%d" % number)
    client.close()

    killed_and_back(stack, "pulsar")
    client = pulsar.Client(stack.endpoints.pulsar, operation_timeout_seconds=120)
    reader = client.create_reader(TOPIC, pulsar.MessageId.earliest)
    assert [reader.read_next(60_000).data() for _ in range(3)] == [b"0", b"1", b"2"]
    client.close()

    java = psutil.Process(stack.status().pulsar.pid)
    psutil.Process(stack.status().keeper).kill()
    stack.stop()
    psutil.wait_procs([java], timeout=20)
    assert not java.is_running() or java.status() == psutil.STATUS_ZOMBIE
    assert is_free(int(stack.endpoints.pulsar.rpartition(":")[2]))
