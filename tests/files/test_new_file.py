"""A file that is whole or not there."""

import pytest

from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.files.new_file import NewFile


def test_it_is_there_once_it_is_whole(tmp_path):
    path = tmp_path / "a.ndjson"
    with NewFile(path) as file:
        file.write("é\n")
        assert not path.exists()
    assert path.read_bytes() == "é\n".encode()
    assert [*tmp_path.iterdir()] == [path]


def test_nothing_is_left_of_one_that_failed(tmp_path):
    def fail():
        with NewFile(tmp_path / "a") as file:
            file.write("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*tmp_path.iterdir()] == []


def test_another_is_replaced_only_where_that_is_asked_for(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(UsageError, match="this file already exists"):
        NewFile(path)
    with NewFile(path, replace=True) as file:
        file.write("new")
    assert path.read_text() == "new"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ArcwatchError, match=r"cannot be written .*: No such file"):
        NewFile(tmp_path / "no" / "a")


def test_what_cannot_be_a_name_is_told(tmp_path):
    with pytest.raises(ArcwatchError, match=r"cannot be written .*: File name too long"):
        NewFile(tmp_path / ("x" * 300))
