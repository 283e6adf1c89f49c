"""``stack up --geo``: two Pulsars that replicate arc/agents, on loopback alone."""

import time
import uuid

import httpx
import pulsar
import pytest

from arcwatch.stack import local
from arcwatch.stack.ports import Ports

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(tmp_path):
    stack = local.start(tmp_path / "home", ports=Ports.free(), extras=("geo",))
    yield stack
    stack.stop()


def test_what_is_published_to_one_comes_to_the_other(stack, tmp_path):
    assert list(stack.ready(600).parts) == ["nats", "pulsar", "remote"]
    ends = stack.endpoints
    name = f"persistent/arc/agents/t-{uuid.uuid4().hex[:8]}"
    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, str(tmp_path / "log"))
    until(lambda: both(ends.pulsar_admin) and both(ends.remote_admin))
    client = pulsar.Client(ends.pulsar, logger=quiet, operation_timeout_seconds=60)
    client.create_producer(name.replace("/", "://", 1)).send(b"1")
    client.close()
    until(lambda: stored(ends.remote_admin, name) == 1)
    assert ends.remote.startswith("pulsar://127.0.0.1:")


def both(admin):
    """Whether a cluster replicates the namespace."""
    answer = httpx.get(f"{admin}/admin/v2/namespaces/arc/agents/replication", timeout=30)
    return answer.is_success and sorted(answer.json()) == ["remote", "standalone"]


def stored(admin, topic):
    answer = httpx.get(f"{admin}/admin/v2/{topic}/internalStats", timeout=30)
    return answer.json()["numberOfEntries"] if answer.is_success else 0


def until(holds):
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.3)
