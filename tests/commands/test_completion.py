"""A shell completes addresses from a file: at once, of the right context, and nothing secret."""

import os
import stat
import subprocess
import time

import pytest

from arcwatch import cli
from arcwatch.engine import name_cache
from arcwatch.engine.name_cache import (
    MOST,
    NameCache,
    file_of,
    load_names,
    names_folder,
    save_names,
)
from arcwatch.store.names import Name, names
from tests.ui.filled import Platform

TASKS = Name("topic", "arc/agents/task events", "pulsar:arc/agents/task-events")
BILLING = Name("subscription", "…#billing", "pulsar:arc/agents/task-events#billing")
ORDERS = Name("stream", "ORDERS", "js:ORDERS")
CLIENT = Name("connection", "worker", "client:worker#7")


@pytest.fixture
def bash(capsys, tmp_path):
    """Completes a line as bash does after a tab."""
    assert cli.run(["completion", "bash"]) == 0
    script = tmp_path / "arcwatch.bash"
    script.write_text(capsys.readouterr().out)

    def complete(line, **variables):
        # as readline parts it: a colon is a word
        words = line.replace(":", " : ").split()
        words += [""] * line.endswith(" ")
        listed = " ".join(f"'{word}'" for word in words)
        ask = f"""
            source {script}
            COMP_LINE='{line}' COMP_POINT={len(line)} COMP_CWORD={len(words) - 1}
            COMP_WORDS=({listed})
            _arcwatch_names
        """
        environ = {**os.environ, **variables}
        done = subprocess.run(
            ["bash", "-c", ask], env=environ, capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout.split()

    return complete


def test_an_address_is_completed_by_its_beginning(bash):
    save_names("prod", [TASKS, BILLING, ORDERS, CLIENT])
    assert bash("arcwatch tail js") == ["js:ORDERS"]
    assert bash("arcwatch tail ") == [TASKS.address, BILLING.address, ORDERS.address]
    # of a word that has a colon, readline wants what follows it
    assert bash("arcwatch history pulsar:arc/agents/task") == [
        "arc/agents/task-events",
        "arc/agents/task-events#billing",
    ]
    assert bash("arcwatch tail zz") == []


def test_the_context_that_is_named_is_that_of_the_names(bash):
    save_names("prod", [TASKS])
    save_names("my lab/2", [ORDERS])
    assert bash("arcwatch tail ") == ["js:ORDERS"]
    assert bash("arcwatch --context prod tail ") == [TASKS.address]
    assert bash("arcwatch tail ", ARCWATCH_CONTEXT="my lab/2") == ["js:ORDERS"]
    assert bash("arcwatch tail ", ARCWATCH_CONTEXT="../../etc/passwd") == []
    assert bash("arcwatch --context nobody tail ") == []


def test_bash_is_given_no_name_that_it_would_obey(bash):
    hostile = ("a/$(id)", "a/`id`", "a/;id", "a>id", 'a"$(id)', "a'$(id)'", "a\\b", "a/*")
    save_names("prod", [Name("topic", name, f"pulsar:{name}") for name in hostile])
    save_names("prod", [ORDERS])

    def complete(quote):
        words = bash(f"arcwatch tail {quote}")
        return {word.removeprefix("pulsar:") for word in words} - {"js:ORDERS"}

    assert complete("") == set()
    assert complete('"') == {"a/;id", "a>id", "a/*"}


def test_it_takes_no_time_and_no_program_of_ours(bash):
    many = [Name("topic", f"t{nth}", f"pulsar:arc/agents/topic-{nth}") for nth in range(MOST)]
    save_names("prod", many)
    took = []
    for _ in range(3):
        start = time.perf_counter()
        found = bash("arcwatch tail pulsar:arc/agents/topic-1999")
        took.append(time.perf_counter() - start)
    assert len(found) == 11
    # on a busy machine too: a shell starts in 5 ms and reads the file in 10
    assert min(took) < 0.3


def test_the_script_completes_flags_and_addresses_of_every_shell(capsys):
    for shell, mark in (("bash", "_arcwatch_names"), ("zsh", "_arcwatch_names"), ("fish", "(_arc")):
        assert cli.run(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert mark in script
        assert "--context" in script or "context" in script
    assert cli.run(["completion", "tcsh"]) == 0


def test_what_is_not_listed_any_more_goes_and_the_rest_stays():
    save_names("prod", [TASKS, ORDERS])
    save_names("prod", [Name("stream", "AUDIT", "js:AUDIT")])
    assert load_names("prod") == ["js:AUDIT", TASKS.address]
    save_names("prod", [CLIENT])
    assert load_names("prod") == ["js:AUDIT", TASKS.address]


def test_addresses_of_several_clusters_are_completed_with_their_prefix(bash):
    found = [f"world.{of}::{rest}" for of in ("us", "eu") for rest in ("js:ORDERS", "pulsar:a/b/c")]
    save_names("world", [Name("stream", "x", address) for address in found])
    # of one cluster one kind is listed again, without what was deleted
    save_names("world", [Name("stream", "x", "world.us::js:AUDIT")])
    kept = ["world.us::js:AUDIT", *(one for one in found if one != "world.us::js:ORDERS")]
    assert load_names("world") == kept
    assert bash("arcwatch --context world tail world.us::") == ["js:AUDIT", "pulsar:a/b/c"]
    assert bash("arcwatch --context world tail world.eu::js:O") == ["ORDERS"]


@pytest.mark.parametrize("name", ["a b", "a\nb", "a\x1b[2J", "a\u202eb", "\x00"])
def test_a_name_that_would_harm_a_line_or_a_terminal_is_left_out(name):
    save_names("prod", [Name("topic", name, f"pulsar:x/y/{name}"), ORDERS])
    assert load_names("prod") == ["js:ORDERS"]


def test_the_files_are_bounded_and_private():
    save_names("prod", (Name("topic", "t", f"pulsar:a/b/{nth}") for nth in range(MOST + 10)))
    assert len(load_names("prod")) == MOST
    save_names("prod", [Name("topic", "t", "pulsar:a/b/" + "x" * name_cache.LARGEST)])
    assert load_names("prod") == []
    modes = {stat.S_IMODE(path.stat().st_mode) for path in names_folder().iterdir()}
    assert modes == {0o600}


def test_a_file_that_cannot_be_read_or_written_is_no_loss(tmp_path):
    file_of("prod").parent.parent.mkdir(parents=True)
    file_of("prod").parent.write_text("a file where the folder should be")
    save_names("prod", [ORDERS])
    assert load_names("prod") == []


def test_a_process_writes_when_names_change_and_not_too_often(monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(name_cache.time, "monotonic", lambda: now)
    cache = NameCache("prod")
    cache.learn([TASKS])
    cache.learn([ORDERS])
    assert load_names("prod") == [TASKS.address]
    now += name_cache.EVERY
    cache.learn([ORDERS])
    assert load_names("prod") == [ORDERS.address, TASKS.address]


def test_everything_known_has_a_name_once_and_own_connections_have_none():
    store = Platform(trouble=True).store
    found = list(names(store))
    kinds = {name.kind for name in found}
    assert kinds >= {"topic", "subscription", "stream", "consumer", "connection", "server"}
    assert len({(name.kind, name.address, name.cluster) for name in found}) == len(found)
    assert not any(name.text.startswith("arcwatch") for name in found)
    assert all("\x1b" not in name.text for name in found)
