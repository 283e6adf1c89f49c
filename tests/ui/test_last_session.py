"""What is remembered between starts, and that nothing about it can stand in the way of one."""

import pytest

from arcwatch.files.private import state_folder
from arcwatch.ui.last_session import Memory, load_session, save_session

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
