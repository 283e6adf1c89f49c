"""What is remembered between starts, and that nothing about it can stand in the way of one."""

import pytest
from msgspec.structs import replace

from arcwatch.files.private import state_folder
from arcwatch.ui.chosen_fields import MOST_ADDRESSES, MOST_FIELDS, ChosenFields
from arcwatch.ui.last_session import (
    Memory,
    load_addresses,
    load_fields,
    load_session,
    load_uses,
    save_addresses,
    save_fields,
    save_session,
    save_uses,
)
from arcwatch.ui.widgets.arrangement import Arrangement

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


def test_what_another_dashboard_saved_meanwhile_is_kept():
    wide, narrow = Arrangement(widths={"topic": 40}), Arrangement(widths={"topic": 10})
    save_session(Memory(tables={"both": wide}))
    before = load_session()
    save_session(replace(before, tables={"both": narrow, "theirs": wide}), before)
    save_session(replace(before, tables={"both": wide, "ours": narrow}), before)
    assert load_session().tables == {"both": narrow, "theirs": wide, "ours": narrow}
    for address in ("js:A", "js:B"):
        save_fields({address: ["task"]}, {})
        save_uses("c", {("stream", address): 1}, {})
        save_addresses([address], [])
    assert load_fields() == {"js:A": ["task"], "js:B": ["task"]}
    assert load_uses("c") == {("stream", "js:A"): 1, ("stream", "js:B"): 1}
    assert load_addresses() == ["js:B", "js:A"]


def test_what_was_reset_here_is_reset():
    save_session(Memory(tables={"a": Arrangement(widths={"topic": 40})}))
    save_session(Memory(), load_session())
    assert load_session().tables == {}
