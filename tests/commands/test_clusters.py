"""Verbs about several clusters: text and JSON tell them apart, and each hears its login alone."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from arcwatch.cli import run

DATA = Path(__file__).parents[1] / "data" / "pulsar-4.0.8"


class Broker(ThreadingHTTPServer):
    """A broker that says what a real one once said, and notes whose token it is shown."""

    def __init__(self, page):
        super().__init__(("127.0.0.1", 0), Answers)
        self.page, self.logins, self.paths = page, set(), []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        broker = self.server
        broker.logins.add(self.headers.get("Authorization"))
        broker.paths.append(self.path)
        known = {
            "/admin/v2/brokers": json.dumps([f"127.0.0.1:{broker.server_port}"]).encode(),
            "/metrics/": broker.page,
            "/admin/v2/brokers/ready": b"ok",
        }
        body = known.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args):
        """Nothing is to be said."""


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Two brokers with the same topics, named us and eu, and a context of both."""
    page = (DATA / "metrics.txt").read_bytes()
    brokers = {name: Broker(page) for name in ("us", "eu")}
    entries = ", ".join(
        f'{{ name = "{name}", admin = "{one.url}", url = "off", token = "env:{name.upper()}_T" }}'
        for name, one in brokers.items()
    )
    (tmp_path / "arcwatch.toml").write_text(
        f'[context.world]\nnats = "off"\npulsar = [{entries}]\n'
    )
    monkeypatch.setenv("ARCWATCH_CONFIG", str(tmp_path / "arcwatch.toml"))
    monkeypatch.setenv("US_T", "token-of-us")
    monkeypatch.setenv("EU_T", "token-of-eu")
    yield brokers
    for one in brokers.values():
        one.shutdown()
        one.server_close()


def told(capsys, *argv):
    code = run([*argv, "--context", "world"])
    return code, *capsys.readouterr()


def test_every_row_has_its_cluster_and_every_broker_its_own_login(world, capsys):
    code, out, _ = told(capsys, "status", "--json", "--interval", "0.2s")
    found = json.loads(out)
    assert code == 0
    for rows in (found["pulsar"]["brokers"], found["pulsar"]["topics"], found["backlogs"]):
        assert {row["cluster"] for row in rows} == {"us", "eu"}
    topics = found["pulsar"]["topics"]
    assert len({(row["cluster"], row["topic"]) for row in topics}) == len(topics)
    assert {row["address"].partition("::")[0] for row in found["backlogs"]} == {
        "world.us",
        "world.eu",
    }
    assert list(found["clusters"]) == ["world.us", "world.eu"]
    assert "token-of" not in out
    assert {name: one.logins for name, one in world.items()} == {
        name: {f"Bearer token-of-{name}"} for name in world
    }
    assert all(one.paths for one in world.values())


def test_text_has_a_column_that_tells_them_apart(world, capsys):
    _, out, _ = told(capsys, "status", "--interval", "0.2s")
    heading, *rows = out.splitlines()
    assert heading.split()[:3] == ["SERVER", "CLUSTER", "SYSTEM"]
    assert [row.split()[1] for row in rows[:2]] == ["us", "eu"]
    _, out, _ = told(capsys, "pulsar", "topics", "--interval", "0.2s")
    assert out.splitlines()[0].split()[:2] == ["TOPIC", "CLUSTER"]
    _, out, _ = told(capsys, "backlog", "world.eu", "--interval", "0.2s")
    assert out.splitlines()[1].startswith("world.eu::pulsar:")


def test_of_one_alone_there_is_no_such_column(world, capsys):
    assert run(["pulsar", "topics", "--context", "world.eu", "--interval", "0.2s"]) == 0
    assert "CLUSTER" not in capsys.readouterr().out
    assert not world["us"].paths


def test_one_that_is_down_or_cannot_be_opened_leaves_the_other(world, capsys, monkeypatch):
    monkeypatch.delenv("EU_T")
    code, out, _ = told(capsys, "status", "--json", "--interval", "0.2s")
    found = json.loads(out)
    assert code == 0
    assert [row["cluster"] for row in found["pulsar"]["brokers"]] == ["us"]
    (problem,) = (one for one in found["problems"] if not one["rule"])
    assert (problem["cluster"], problem["what"]) == ("eu", "cannot read a secret")
    assert world["eu"].logins == set()
    _, out, err = told(capsys, "status", "--interval", "0.2s")
    assert "! eu: cannot read a secret" in out
    assert "cannot read a secret" in err


@pytest.mark.parametrize(
    "argv",
    [
        ["tail", "pulsar:a/b/c"],
        ["history", "pulsar:a/b/c"],
        ["backlog", "pulsar:a/b/c#d", "--exact"],
        ["pulsar", "topic", "a/b/c"],
    ],
)
def test_what_is_about_one_asks_which_and_guesses_none(world, capsys, argv):
    code, out, err = told(capsys, *argv)
    assert (code, out) == (2, "")
    assert "which Pulsar cluster?" in err
    assert "world.us:: or world.eu::" in err
    assert not any(one.paths for one in world.values())


def test_a_check_has_a_verdict_about_each(world, capsys):
    world["eu"].shutdown()
    world["eu"].server_close()
    code, out, _ = told(capsys, "check", "--format", "json")
    assert code == 3
    assert json.loads(out)["problems"][0]["cluster"] == "eu"


def test_the_settings_of_each_are_shown(world, capsys):
    assert run(["context", "show", "world"]) == 0
    out = capsys.readouterr().out
    assert "context        world.us" in out
    assert "token of env:EU_T" in out
    assert out.count("one for each cluster") == 2
