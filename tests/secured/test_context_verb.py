"""``arcwatch context``: written without secrets, listed, and looked into step by step."""

import json
import tomllib
from pathlib import Path

import pytest

from arcwatch.cli import run

CANARY = "c4n4ry-of-the-mine"


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "arcwatch.toml"
    path.write_text("# mine\n")
    monkeypatch.setenv("ARCWATCH_CONFIG", str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def arcwatch(capsys, config):
    """Runs a command: its exit code, what it printed, and what it complained of."""

    def command(*words):
        code = run(["context", *map(str, words)])
        printed = capsys.readouterr()
        assert CANARY not in printed.out + printed.err
        return code, printed.out, printed.err

    return command


def test_a_context_is_added_listed_shown_and_made_the_default(arcwatch, config):
    prod = ["add", "prod", "--nats", "tls://n1", "--nats-creds", "~/arc.creds", "--color", "red"]
    assert arcwatch(*prod, "--pulsar", "pulsar+ssl://p1", "--pulsar-token", "env:TOK")[0] == 0
    assert arcwatch("add", "test", "--nats", "n2", "--pulsar", "off", "--read-only")[0] == 0
    told = tomllib.loads(config.read_text())
    assert told["default"] == "prod"
    assert told["context"]["prod"]["pulsar"] == {"url": "pulsar+ssl://p1", "token": "env:TOK"}
    assert "# mine" in config.read_text()
    assert arcwatch("use", "test")[0] == 0
    assert tomllib.loads(config.read_text())["default"] == "test"
    rows = json.loads(arcwatch("ls", "--json")[1])["contexts"]
    assert [(row["name"], row["default"], row["nats"]) for row in rows] == [
        ("prod", False, "tls://n1:4222"),
        ("test", True, "nats://n2:4222"),
    ]
    shown = json.loads(arcwatch("show", "prod", "--json")[1])
    assert shown["logins"]["pulsar"]["value"] == "token of env:TOK"
    assert "pulsar         off" in arcwatch("show")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "x", "--nats", f"nats://me:{CANARY}@n1"], "has a password in it"),
        (["add", "x", "--pulsar-token", CANARY], "`token` must be a reference to the secret"),
        (["add", "a b", "--nats", "n1"], "cannot call a context"),
        (["add", "x", "--nats", "http://n1"], "cannot use 'http://n1'"),
        (["add"], "a context needs a name"),
        (["use", "nowhere"], "there is no context called 'nowhere'"),
    ],
)
def test_what_cannot_be_used_is_not_written(arcwatch, config, words, told):
    code, _, complaint = arcwatch(*words)
    assert code == 2
    assert told in complaint
    assert config.read_text() == "# mine\n"


def test_a_context_is_not_written_over(arcwatch, config):
    arcwatch("add", "x", "--nats", "n1")
    before = config.read_text()
    assert "there is a context 'x' already" in arcwatch("add", "x", "--nats", "n2")[2]
    assert config.read_text() == before


def steps_of(printed):
    return {step["name"]: step for step in json.loads(printed)["steps"]}


def test_looking_into_a_server_that_lets_us_in(
    arcwatch, config, nats_server, operator, papers, tls, tmp_path
):
    ports = nats_server(f"{tls(papers.host)}{operator.config()}")
    (tmp_path / "me.creds").write_text(operator.creds("SYS"))
    config.write_text(
        f'[context.x]\npulsar = "off"\nnats_monitor = "off"\n'
        f'nats = {{ url = "tls://localhost:{ports.nats}", creds = "me.creds", ca = "{papers.ca}" }}'
    )
    code, printed, _ = arcwatch("test", "x", "--json")
    steps = steps_of(printed)
    assert code == 0
    assert list(steps)[:6] == ["DNS", "TCP", "version", "TLS", "login", "permissions"]
    assert steps["TLS"]["told"].startswith("TLSv1.3, ")
    assert steps["TLS"]["expires"] > 1.8e9
    assert steps["features: all servers"]["told"] == "answers"
    assert "of account " in steps["permissions"]["told"]
    assert all(step["took"] is not None for step in steps.values())
    text = arcwatch("test", "x")[1]
    assert f"nats  tls://localhost:{ports.nats}" in text
    assert "  ok    login" in text


def test_looking_into_what_does_not_work_says_which_step(
    arcwatch, config, nats_server, operator, papers, tls, tmp_path
):
    ports = nats_server(f"{tls(papers.expired())}{operator.config()}")
    context = '[context.x]\npulsar = "off"\nnats_monitor = "off"\nnats = {{ url = "{}"{} }}'
    for url, more, step, told in (
        ("nats://no.such.host.invalid", "", "DNS", "unknown host"),
        ("nats://localhost:1", "", "TCP", "cannot connect"),
        (f"tls://localhost:{ports.nats}", "", "TLS", "certificate not trusted"),
        (f"tls://localhost:{ports.nats}", f', ca = "{papers.ca}"', "TLS", "has expired"),
        (f"tls://localhost:{ports.nats}", ", insecure = true", "login", "violation"),
    ):
        config.write_text(context.format(url, more))
        code, printed, _ = arcwatch("test", "x", "--json")
        steps = steps_of(printed)
        assert (code, steps[step]["verdict"], list(steps)[-1]) == (1, "failed", step)
        assert told in steps[step]["told"]
        assert steps[step]["hint"]
    creds = operator.creds("ARC", exp=1_700_000_000)
    (tmp_path / "me.creds").write_text(creds)
    config.write_text(context.format(url, ', insecure = true, creds = "me.creds"'))
    steps = steps_of(arcwatch("test", "x", "--json")[1])
    assert steps["expiry"]["told"] == "JWT until 2023-11-14T22:13:20.000Z"
    assert steps["TLS"]["verdict"] == "warning"
    assert Path("me.creds").read_text() == creds
