"""Places that were saved by name."""

import os
import stat

import pytest

from arcwatch.errors import UsageError
from arcwatch.files.reading import LARGEST
from arcwatch.ui.saved_places import MOST, MOST_ADDRESSES, Place, SavedPlaces

TAIL = Place("tail", ("nats:arc.>", "pulsar:arc/agents/*"), '.value.state == "error"')


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "places.json"


def test_each_context_has_its_own_for_the_user_alone(file):
    saved, other = SavedPlaces("demo"), SavedPlaces("prod")
    saved.save("errors-eu", TAIL)
    saved.save("one agent", Place("history", ("js:ORDERS",), at="#7"))
    assert SavedPlaces("demo").known == saved.known
    assert list(saved.known) == ["errors-eu", "one agent"]
    assert saved.known["errors-eu"] == TAIL
    assert other.known == {}
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    saved.delete("errors-eu")
    assert list(saved.known) == ["one agent"]
    saved.delete("errors-eu")


def test_a_place_is_told_in_a_line():
    assert str(TAIL) == 'nats:arc.> pulsar:arc/agents/*  / .value.state == "error"'


def test_what_could_not_have_been_saved_is_not_offered(file):
    file.parent.mkdir()
    good = b'"good": {"view": "tail", "addresses": ["nats:a"]}'
    none = b'"none": {"view": "history", "addresses": []}'
    evil = b'"\\u001b[2J": {"view": "tail", "addresses": ["nats:a"]}'
    file.write_bytes(b'{"demo": {%s}}' % b", ".join([good, none, evil]))
    assert list(SavedPlaces("demo").known) == ["good"]


@pytest.mark.parametrize("name", ["", " a", "x" * 41, "a\x1b[2J", "a\n"])
def test_what_is_no_name(name):
    with pytest.raises(UsageError, match="is not a valid name"):
        SavedPlaces("demo").save(name, TAIL)


def test_there_are_at_most_so_many():
    saved = SavedPlaces("demo")
    for number in range(MOST):
        saved.save(f"n{number}", TAIL)
    saved.save("n3", TAIL)
    with pytest.raises(UsageError, match="saved already"):
        saved.save("more", TAIL)


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"demo": {"a": 1}}', b"\xff", b" " * (LARGEST + 1), b'{"demo": null}'],
    ids=["deep", "other", "bytes", "large", "null"],
)
def test_a_file_that_is_none_of_ours_is_neither_used_nor_overwritten(file, content):
    file.parent.mkdir()
    file.write_bytes(content)
    saved = SavedPlaces("demo")
    assert saved.known == {}
    with pytest.raises(UsageError, match="cannot be read"):
        saved.save("a", TAIL)
    assert file.read_bytes() == content


def test_nothing_is_saved_that_would_not_be_read_again(file):
    saved = SavedPlaces("demo")
    saved.save("a", TAIL)
    before = file.read_bytes()
    long = Place("tail", ("nats:a",), "x" * LARGEST)
    with pytest.raises(UsageError, match="larger than"):
        saved.save("long", long)
    many = Place("tail", tuple(f"nats:a{n}" for n in range(MOST_ADDRESSES + 1)))
    with pytest.raises(UsageError, match="at most 50 addresses"):
        saved.save("many", many)
    assert file.read_bytes() == before
