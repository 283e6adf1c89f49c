"""The real offloader and a local S3: ledgers that go there, and ledgers that cannot."""

import json
import time

import httpx
import pytest

from arcwatch.cli import run
from arcwatch.stack import s3
from arcwatch.stack.ports import HOST, free_ports
from tests.faults.conftest import BOUND, Broker, PulsarServer

pytestmark = pytest.mark.slow


class Storage(Broker):
    """A local S3 with the bucket."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "s3.log"
        self.url = f"http://{HOST}:{free_ports(1)[0]}"
        self.argv = [*s3.executable(), *s3.arguments(self.url)]

    def ready(self):
        def made():
            try:
                return httpx.put(f"{self.url}/{s3.BUCKET}", timeout=5).is_success
            except httpx.HTTPError:
                return False

        until(made)


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    storage = Storage(tmp_path_factory.mktemp("s3"))
    storage.start()
    yield storage
    if storage.runs:
        storage.kill()


@pytest.fixture(scope="module")
def broker(tmp_path_factory, of_the_session, storage):
    folder = tmp_path_factory.mktemp("offloading")
    broker = PulsarServer(folder, of_the_session, extras=("offload",), storage=storage.url)
    broker.start()
    keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
    url = f"{broker.admin}/admin/v2/namespaces/public/default/retention"
    httpx.post(url, json=keep, timeout=30).raise_for_status()
    yield broker
    broker.kill()


def send(client, name):
    """Three ledgers of a topic, of which the last is open."""
    topic = f"persistent://public/default/{name}"
    client.subscribe(topic, "archive").close()
    producer = client.create_producer(topic, batching_enabled=False, block_if_queue_full=True)
    for number in range(2_500):
        producer.send_async(b"%0300d" % number, lambda *_: None)
    producer.flush()


def trigger(broker, name):
    """Offload all closed ledgers."""
    url = f"{broker.admin}/admin/v2/persistent/public/default/{name}"
    last = httpx.get(f"{url}/internalStats", timeout=30).json()["ledgers"][-1]["ledgerId"]
    body = {"ledgerId": last, "entryId": 0, "partitionIndex": -1}
    httpx.put(f"{url}/offload", json=body, timeout=30).raise_for_status()


def printed(broker, capsys, *argv):
    capsys.readouterr()
    assert run([*argv, *broker.flags]) == 0
    return capsys.readouterr()


def rows(broker, capsys):
    found = json.loads(printed(broker, capsys, "pulsar", "offloading", "--json").out)
    return {row["topic"].rpartition("/")[2]: row for row in found}


def until(holds):
    end = time.monotonic() + BOUND
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.3)


def checked_up(broker, capsys):
    """What the check-up says of offloads."""
    told = json.loads(printed(broker, capsys, "doctor", "--json", "--only", "pulsar-offload").out)
    return told["checks"][0]["state"], told["findings"]


def test_ledgers_that_went_there_are_told_until_it_is_gone(broker, storage, client, capsys):
    send(client, "old")
    trigger(broker, "old")
    until(lambda: rows(broker, capsys).get("old", {}).get("last_offloaded"))
    row = rows(broker, capsys)["old"]
    assert row["offloaded_size"] > 600_000
    assert (row["errors"], row["failed_at"]) == (0, None)
    topic = json.loads(
        printed(broker, capsys, "pulsar", "topic", "public/default/old", "--json").out
    )
    assert topic["about"]["ledgers"]["offloaded"] == 2
    assert topic["about"]["offload_status"] == "SUCCESS"
    assert topic["about"]["offloading"]["driver"] == "S3"
    assert run(["check", "--rule", "offload-failed", *broker.flags]) == 0
    assert checked_up(broker, capsys) == ("ok", [])
    history = ("history", "pulsar:public/default/old")
    told = printed(broker, capsys, *history, "--from", "earliest", "--json")
    assert len(told.out.splitlines()) == 2_500
    assert "up to 2 offloaded ledgers (" in told.err
    # the last 50 are in the ledger that is written to
    assert "offloaded" not in printed(broker, capsys, *history).err
    assert "1 offloaded ledger " in printed(broker, capsys, *history, "--at", "earliest").err
    storage.kill()
    send(client, "late")
    trigger(broker, "late")
    # its client tries for 40 s
    until(lambda: rows(broker, capsys).get("late", {}).get("failed_at"))
    state, (finding,) = checked_up(broker, capsys)
    assert (state, finding["place"]) == ("found", "pulsar:public/default/late")
    assert finding["severity"] == "warning"
    assert run(["check", "--rule", "offload-failed", *broker.flags]) == 1
    assert "pulsar:public/default/late" in capsys.readouterr().out
    said = printed(broker, capsys, "status").out
    assert "offloading fails" in said
