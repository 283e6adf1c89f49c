"""What somebody writes to have measured."""

import pytest

from arcwatch.changes.probe_plan import parse_plan
from arcwatch.cli import run
from arcwatch.errors import UsageError
from arcwatch.processes.probe_client import LiveProbe

USUAL = ("nats-publish", "pulsar")


@pytest.mark.parametrize(
    ("text", "plan"),
    [("250 1000", "250 1000 nats-publish pulsar"), (" 1,12, pulsar ", "1 12 pulsar")],
)
def test_rate_size_and_ways_are_read(text, plan):
    assert str(parse_plan(text, USUAL)) == plan


@pytest.mark.parametrize(
    "text", ["", "fast 100", "0 100", "nan 100", "100 11", "9999 100", "1 100 orders"]
)
def test_what_cannot_be_followed_is_refused(text):
    with pytest.raises(UsageError):
        parse_plan(text, USUAL)


def test_no_persistent_topic_is_ever_made_from_the_screen():
    with pytest.raises(UsageError, match="persistent"):
        parse_plan("1 100 pulsar-persistent", USUAL)


def test_a_read_only_context_is_sent_nothing():
    class Settings:
        read_only, nats, pulsar = True, "nats://n1", None

    with pytest.raises(UsageError, match="read-only"):
        LiveProbe(Settings, print).planned("1 100")


def test_the_verb_sends_nothing_to_a_read_only_context_either(tmp_path, monkeypatch, capsys):
    settings = tmp_path / "arcwatch.toml"
    settings.write_text('[context.prod]\nread_only = true\nnats = "nats://127.0.0.1:1"\n')
    monkeypatch.setenv("ARCWATCH_CONFIG", str(settings))
    assert run(["--context", "prod", "probe", "nats-publish"]) == 2
    assert "read-only" in capsys.readouterr().err
