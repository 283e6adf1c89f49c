"""What is remembered between starts, and that nothing about it can stand in the way of one."""

import pytest

from arcwatch.files.private import state_folder
from arcwatch.ui.chosen_fields import MOST_ADDRESSES, MOST_FIELDS, ChosenFields
from arcwatch.ui.last_session import (
    Memory,
    load_fields,
    load_session,
    save_fields,
    save_session,
)

LEFT = Memory(view="pulsar", sheet="subscriptions", theme="light", utc=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path / "state"))


def test_what_was_remembered_is_recalled():
    save_session(LEFT)
    assert load_session() == LEFT


def test_at_the_first_start_nothing_is():
    assert load_session() == Memory()


@pytest.mark.parametrize("spoilt", [b"", b"[]", b'{"view": 7}', b"\xff\x00", b"{" * 10_000])
def test_a_spoilt_file_is_as_good_as_none(spoilt):
    state_folder().mkdir(parents=True)
    (state_folder() / "screen.json").write_bytes(spoilt)
    assert load_session() == Memory()


def test_a_folder_that_cannot_be_made_costs_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path / "file" / "below"))
    save_session(LEFT)
    assert load_session() == Memory()


def test_the_fields_of_an_address_are_recalled():
    chosen = ChosenFields()
    chosen.choose(["nats:a"], [("task",), ("agent", "tools", 0), ("a name",)])
    save_fields(chosen.known)
    again = ChosenFields(load_fields())
    assert again.of(["nats:a"]) == (("task",), ("agent", "tools", 0), ("a name",))
    again.choose(["nats:a"], ())
    assert again.known == {}


@pytest.mark.parametrize("spoilt", [b"", b"[]", b'{"a": 7}', b"\xff", b"[" * 10_000])
def test_a_spoilt_file_of_fields_is_as_good_as_none(spoilt):
    state_folder().mkdir(parents=True)
    (state_folder() / "fields.json").write_bytes(spoilt)
    assert load_fields() == {}


def test_fields_that_anybody_wrote_are_bounded():
    hostile = {
        f"nats:{n}": [".a", "no field", ".."] + [f".f{m}" for m in range(50)] for n in range(999)
    }
    chosen = ChosenFields(hostile)
    assert len(chosen.known) == MOST_ADDRESSES
    assert len(chosen.of(["nats:1"])) == MOST_FIELDS
    assert chosen.of(["nats:1"])[0] == ("a",)
