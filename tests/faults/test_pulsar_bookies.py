"""A bookie that serves its HTTP port: what it says of itself."""

import json

import httpx
import pytest

from arcwatch.cli import run
from arcwatch.stack.ports import HOST, free_ports
from tests.faults.conftest import PulsarServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bookie():
    return f"http://{HOST}:{free_ports(1)[0]}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory, of_the_session, bookie):
    settings = {
        "httpServerEnabled": "true",
        "httpServerHost": HOST,
        "httpServerPort": bookie.rpartition(":")[2],
        "httpServerClass": "org.apache.bookkeeper.http.vertx.VertxHttpServer",
        # where it is empty, which is a broker's default, that server does not start
        "numIOThreads": 2,
    }
    broker = PulsarServer(tmp_path_factory.mktemp("bookie"), of_the_session, settings)
    broker.start()
    yield broker
    broker.kill()


def test_a_bookie_says_whether_it_takes_writes_and_how_full_it_is(
    broker, bookie, capsys, monkeypatch, tmp_path
):
    config = tmp_path / "arcwatch.toml"
    config.write_text(
        f'[context.one]\nnats = "off"\n[context.one.pulsar]\nurl = "{broker.url}"\n'
        f'admin = "{broker.admin}"\nbookie_admin = "http://*:{bookie.rpartition(":")[2]}"\n'
    )
    monkeypatch.setenv("ARCWATCH_CONFIG", str(config))

    def told(*argv):
        capsys.readouterr()
        run([*argv, "--context", "one", "--json"])
        return json.loads(capsys.readouterr().out)

    (row,) = told("pulsar", "bookies")
    assert row["read_only"] is False
    assert 0 < row["free"] < row["total"]
    assert row["underreplicated"] == 0
    checks = ["pulsar-bookie-read-only", "pulsar-under-replicated"]
    only = [word for check in checks for word in ("--only", check)]
    assert told("doctor", *only)["findings"] == []
    url = f"{bookie}/api/v1/bookie/state/readonly"
    httpx.put(url, json={"readOnly": True}, timeout=30).raise_for_status()
    (row,) = told("pulsar", "bookies")
    assert row["read_only"] is True
    (finding,) = told("doctor", *only)["findings"]
    assert (finding["id"], finding["severity"]) == ("pulsar-bookie-read-only", "critical")
