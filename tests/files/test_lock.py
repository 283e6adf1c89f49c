"""Locks that are held, and looked at without being held."""

import stat

import pytest

from arcwatch.files.lock import exclusive, is_held


class GivenUp(Exception):
    """Nobody waits any longer."""


def give_up():
    raise GivenUp


def test_a_lock_is_held_as_long_as_its_holder_has_it(tmp_path):
    path = tmp_path / "lock"
    assert not is_held(path)
    assert not path.exists()
    with exclusive(path, give_up):
        assert is_held(path)
        # looking holds nothing
        assert is_held(path)
    assert not is_held(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_holder_waits_and_may_give_up(tmp_path):
    path = tmp_path / "lock"
    with exclusive(path, give_up), pytest.raises(GivenUp), exclusive(path, give_up):
        pytest.fail("two hold it")
    with exclusive(path, give_up):
        assert is_held(path)


def test_who_waits_has_it_once_it_is_let_go(tmp_path):
    path = tmp_path / "lock"
    first = exclusive(path, give_up)
    first.__enter__()
    waited = []

    def waiting():
        waited.append(path)
        first.__exit__(None, None, None)

    with exclusive(path, waiting):
        assert waited == [path]
        assert is_held(path)


def test_what_is_in_the_file_stays(tmp_path):
    path = tmp_path / "lock"
    path.write_text("kept")
    with exclusive(path, give_up):
        pass
    assert path.read_text() == "kept"
