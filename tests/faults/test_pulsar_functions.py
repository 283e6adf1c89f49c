"""Functions of a real worker: one that works, one that fails, one that does not run."""

import json
import time

import httpx
import pytest

from arcwatch.cli import run
from arcwatch.stack import distribution
from tests.faults.conftest import BOUND, PulsarServer

pytestmark = pytest.mark.slow

EXAMPLES = "org.apache.pulsar.functions.api.examples"
WORDS = "persistent://public/default/words"


@pytest.fixture(scope="module")
def broker(tmp_path_factory, of_the_session):
    folder = tmp_path_factory.mktemp("functions")
    broker = PulsarServer(folder, of_the_session, extras=("functions",))
    broker.start()
    yield broker
    broker.kill()


def create(broker, name, **about):
    tree = distribution.install(distribution.cache_dir(), print) / "examples"
    path = tree / ("api-examples.jar" if "py" not in about else f"python-examples/{about['py']}")
    config = {"tenant": "public", "namespace": "default", "name": name, "inputs": [WORDS]} | about
    parts = {
        "data": (path.name, path.read_bytes()),
        "functionConfig": ("", json.dumps(config), "application/json"),
    }
    url = f"{broker.admin}/admin/v3/functions/public/default/{name}"
    until(lambda: httpx.post(url, files=parts, timeout=60).is_success)


def until(holds):
    end = time.monotonic() + BOUND
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.5)


def test_what_fails_and_what_does_not_run_is_told_with_why(broker, client, capsys):
    import pulsar

    for name, of in (("exclaim", "ExclamationFunction"), ("failing", "UserExceptionFunction")):
        out = f"persistent://public/default/{name}-out"
        create(broker, name, className=f"{EXAMPLES}.{of}", output=out, runtime="JAVA")
    python = {"className": "exclamation_function.ExclamationFunction", "runtime": "PYTHON"}
    create(broker, "python", py="exclamation_function.py", output=f"{WORDS}-out", **python)
    until(lambda: {"exclaim", "failing"} <= set(running(broker, capsys)))
    producer = client.create_producer(WORDS, schema=pulsar.schema.StringSchema())
    for number in range(100):
        producer.send(f"{number}")

    def done():
        rows = functions(broker, capsys)
        return rows["failing"]["failed"] == 100 and rows["failing"]["why"]

    until(done)
    rows = functions(broker, capsys)
    assert "This wont work" in rows["failing"]["why"]
    assert (rows["python"]["running"], rows["python"]["instances"]) == (0, 1)
    assert "class" in rows["python"]["why"]
    good = rows["exclaim"]
    assert (good["running"], good["failed"], good["inputs"]) == (1, 0, [WORDS])
    assert good["output"] == "persistent://public/default/exclaim-out"
    assert run(["check", "--rule", "function-down", *broker.flags]) == 2
    assert "function:public/default/python" in capsys.readouterr().out


@pytest.fixture
def client(broker):
    import pulsar

    client = pulsar.Client(broker.url, operation_timeout_seconds=60)
    yield client
    client.close()


def functions(broker, capsys):
    capsys.readouterr()
    assert run(["pulsar", "functions", "--json", *broker.flags]) == 0
    rows = json.loads(capsys.readouterr().out)
    return {row["name"].rpartition("/")[2]: row for row in rows}


def running(broker, capsys):
    return [name for name, row in functions(broker, capsys).items() if row["running"]]
