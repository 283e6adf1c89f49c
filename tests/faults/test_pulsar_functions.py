"""Functions of a real worker: one that works, one that fails, one that does not run."""

import io
import json
import shutil
import subprocess
import time
import zipfile

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


JAVA = {
    "Ticks": """
        import org.apache.pulsar.io.core.*;
        public class Ticks implements Source<String> {
          int n;
          public void open(java.util.Map<String, Object> config, SourceContext context) {}
          public org.apache.pulsar.functions.api.Record<String> read() throws Exception {
            Thread.sleep(20);
            String value = "tick " + n++;
            return () -> value;
          }
          public void close() {}
        }""",
    "Full": """
        import org.apache.pulsar.io.core.*;
        public class Full implements Sink<String> {
          public void open(java.util.Map<String, Object> config, SinkContext context) {}
          public void write(org.apache.pulsar.functions.api.Record<String> record) {
            if (record.getValue().endsWith("7")) throw new RuntimeException("the disk is full");
            record.ack();
          }
          public void close() {}
        }""",
}
"""A source and a sink: no connector comes with the distribution."""


@pytest.fixture(scope="module")
def connectors(tmp_path_factory):
    """The jar of :data:`JAVA`."""
    if shutil.which("javac") is None:
        pytest.skip("javac is not on the path: install a JDK")
    folder = tmp_path_factory.mktemp("java")
    for name, text in JAVA.items():
        (folder / f"{name}.java").write_text(text)
    lib = tree() / "lib" / "*"
    files = [f"{name}.java" for name in JAVA]
    argv = ["javac", "--release", "17", "-proc:none", "-cp", str(lib), *files]
    subprocess.run(argv, cwd=folder, check=True)
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as archive:
        for one in sorted(folder.glob("*.class")):
            archive.write(one, one.name)
    return jar.getvalue()


def tree():
    return distribution.install(distribution.cache_dir(), print)


def connect(broker, jar, kind, name, **about):
    config = {"tenant": "public", "namespace": "default", "name": name} | about
    parts = {
        "data": ("connectors.jar", jar),
        f"{kind}Config": ("", json.dumps(config), "application/json"),
    }
    url = f"{broker.admin}/admin/v3/{kind}s/public/default/{name}"
    until(lambda: httpx.post(url, files=parts, timeout=60).is_success)


def test_a_source_and_a_sink_that_fails_are_told_with_why(broker, connectors, capsys):
    ticks = "persistent://public/default/ticks"
    connect(broker, connectors, "source", "ticking", className="Ticks", topicName=ticks)
    connect(broker, connectors, "sink", "filling", className="Full", inputs=[ticks])

    def done():
        rows = functions(broker, capsys)
        return {"ticking", "filling"} <= rows.keys() and "disk" in rows["filling"]["why"]

    until(done)
    rows = functions(broker, capsys)
    source, sink = rows["ticking"], rows["filling"]
    assert (source["kind"], source["running"], source["output"]) == ("source", 1, ticks)
    assert (sink["kind"], sink["inputs"]) == ("sink", [ticks])
    assert source["last_invoked"]
    # its thread ended with the exception
    assert (sink["running"], sink["failed"]) == (0, None)
    assert run(["check", "--rule", "function-down", *broker.flags]) == 2
    assert "sink:public/default/filling" in capsys.readouterr().out


def create(broker, name, **about):
    examples = tree() / "examples"
    path = examples / (
        "api-examples.jar" if "py" not in about else f"python-examples/{about['py']}"
    )
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
