"""Files that only the user may read, and the state folder."""

import os
import stat
from pathlib import Path

import pytest

from arcwatch.files.private import private, private_folder, replace_file, state_folder


def test_the_home_of_nobody_is_a_name_as_any(monkeypatch):
    monkeypatch.setenv("ARCWATCH_STATE", "~nobody-is-called-that/state")
    assert state_folder() == Path("~nobody-is-called-that/state").absolute()


def test_the_state_folder_is_where_the_user_says_or_usual(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ARCWATCH_STATE", "~/mine")
    assert state_folder() == tmp_path / "mine"
    monkeypatch.setenv("ARCWATCH_STATE", "mine")
    assert state_folder().is_absolute()
    monkeypatch.setenv("ARCWATCH_STATE", "")
    assert state_folder().name == "arcwatch"


def test_only_folders_that_are_missing_are_made(tmp_path):
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "a" / "b")
    private_folder(tmp_path / "a" / "b")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, tmp_path / "a" / "b")]
    assert modes == [0o755, 0o700]


def test_a_file_where_a_folder_is_due_is_an_error(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OSError, match="a"):
        private_folder(tmp_path / "a" / "b")


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "pipe", "rb", opener=private) as file:
        assert not file.read()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "made" / "file"
    replace_file(path, b"first")
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    with pytest.raises(TypeError):
        replace_file(path, "no bytes")
    assert path.read_bytes() == b"second"
    assert [*path.parent.iterdir()] == [path]
