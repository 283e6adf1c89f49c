"""Silences of the check-up: from `arcwatch.toml` and from the state folder."""

import datetime

import pytest

from arcwatch.config import silences
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.files.private import state_folder
from arcwatch.model.silence import Silence

KNOWN = ("js-unbounded", "pulsar-single-bookie")
MARCH = datetime.datetime(2027, 3, 1, tzinfo=datetime.UTC).timestamp()


@pytest.fixture
def settings(tmp_path):
    """Loads silences from settings of this text."""

    def load(text):
        path = tmp_path / "arcwatch.toml"
        path.write_text(text)
        return silences.load("prod", KNOWN, {"ARCWATCH_CONFIG": str(path)})

    return load


@pytest.mark.parametrize("until", ["2027-03-01", '"2027-03-01"', "2027-03-01T00:00:00Z"])
def test_settings_silence(settings, until):
    told = f'[[doctor.silence]]\nid = "js-unbounded"\nreason = "r"\nat = "js:A*"\nuntil = {until}'
    assert settings(told) == [Silence("js-unbounded", "r", "js:A*", MARCH)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[[doctor.silence]]\nid = "js-unbound"\nreason = "r"', "no check is called"),
        ('[[doctor.silence]]\nid = "js-unbounded"', "a silence needs `reason`, a text"),
        ('[[doctor.silence]]\nid = "js-unbounded"\nreason = "r"\nuntil = 3', "must be a day"),
        ('[[doctor.silence]]\nid = "js-unbounded"\nreason = "r"\nwhy = 3', "no setting is called"),
        ("[doctor]\nsilence = 3", "write [[doctor.silence]]"),
        ("[doctor]\nsilence = [3]", "write [[doctor.silence]]"),
        ("doctor = 3", "`doctor` must be a table"),
    ],
)
def test_what_cannot_be_used_is_refused(settings, text, what):
    with pytest.raises(UsageError) as caught:
        settings(text)
    assert what in caught.value.what


def test_what_is_kept_is_of_one_context_and_private(settings):
    silences.keep("prod", Silence("js-unbounded", "first"))
    silences.keep("prod", Silence("js-unbounded", "second"))
    silences.keep("other", Silence("pulsar-single-bookie", "x"))
    assert settings("") == [Silence("js-unbounded", "second")]
    path = state_folder() / "silences.json"
    assert path.stat().st_mode & 0o077 == 0
    assert silences.forget("prod", "js-unbounded") == 1
    assert silences.forget("prod", "js-unbounded") == 0
    assert settings("") == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"prod": 3}', b"\xff"])
def test_a_file_that_is_not_ours_silences_nothing(settings, content):
    state_folder().mkdir(parents=True)
    (state_folder() / "silences.json").write_bytes(content)
    assert settings("") == []


def test_a_file_that_cannot_be_read_is_left_as_it_is(settings):
    path = state_folder() / "silences.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"prod": [')
    assert settings("") == []
    for change in (
        lambda: silences.keep("prod", Silence("js-unbounded", "r", "*", None)),
        lambda: silences.forget("prod", "js-unbounded"),
    ):
        with pytest.raises(ArcwatchError, match="cannot be read"):
            change()
    assert path.read_text() == '{"prod": ['
