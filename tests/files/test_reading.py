"""Whatever lies in the state folder, it is read within bounds, or counts as nothing."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from arcwatch.changes.replay_log import replays
from arcwatch.config.silences import forget
from arcwatch.config.silences import load as silences
from arcwatch.engine.alert_files import AlertHistoryFile, AlertNotesFile
from arcwatch.engine.event_file import EventFile
from arcwatch.engine.name_cache import file_of, load_names
from arcwatch.errors import ArcwatchError
from arcwatch.files.lock import exclusive
from arcwatch.files.reading import LARGEST, read_bounded, read_json
from arcwatch.ui.last_session import load_addresses, load_fields, load_session, load_uses
from arcwatch.ui.saved_places import SavedPlaces

LOADS = {
    "addresses.json": load_addresses,
    "fields.json": load_fields,
    "uses.json": lambda: load_uses("local"),
    "screen.json": load_session,
    "places.json": lambda: SavedPlaces("local").known,
    "alerts.ndjson": lambda: AlertHistoryFile().load(),
    "alert-notes.json": lambda: AlertNotesFile("local").load(),
    "events/local.ndjson": lambda: EventFile("local").load(2e9).events,
    "replays.ndjson": replays,
    "silences.json": lambda: silences("local", ()),
    "names": lambda: load_names("local"),
}
RUBBISH = [
    *(b"", b"\xff\xfe", b'["\xff"]', b'{"\xff":[]}', b'{"local":{"\xff":{}}}', b"9" * 5_000),
    *(b"[" * 9_000, b'{"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}", b'{"at":1e400}\n', b"\0" * 99),
    *(b'{"local":[["a","b",' + b"9" * 400 + b"]]}", b'["\\ud800"]', b'{"view":"\\ud800"}'),
]


@pytest.fixture
def place(monkeypatch, tmp_path):
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def at(name):
        path = file_of("local") if name == "names" else tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    return at


@pytest.mark.parametrize("name", LOADS)
def test_rubbish_counts_as_nothing(place, name):
    nothing, path = LOADS[name](), place(name)
    for content in RUBBISH:
        path.write_bytes(content)
        assert LOADS[name]() == nothing or name == "names"


@pytest.mark.parametrize("name", LOADS)
def test_a_pipe_a_device_and_a_folder_count_as_nothing(place, name):
    """A pipe that nobody writes to would be waited for, and a device has no end."""
    nothing, path = LOADS[name](), place(name)
    path.mkdir()
    assert LOADS[name]() == nothing
    path.rmdir()
    path.symlink_to("/dev/zero")
    assert LOADS[name]() == nothing
    path.unlink()
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(LOADS[name])
        try:
            assert found.result(10) == nothing
        except TimeoutError:
            # lets the one that waits end
            path.open("wb").close()
            raise


def test_a_pipe_in_place_of_the_alerts_does_not_keep_them_waiting(place):
    os.mkfifo(place("alerts.ndjson"))
    file = AlertHistoryFile()
    file.append([{}])
    assert file.trouble


def test_no_more_is_read_than_asked_for(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 40)
        file.seek(0, os.SEEK_END)
        file.write(b"end")
    with pytest.raises(OSError, match="larger than 1,000,000 bytes"):
        read_json(path, list)
    assert read_bounded(path, 5, last=True) == b"\0\0end"
    path.write_bytes(b" " * LARGEST)
    assert len(read_bounded(path, LARGEST)) == LARGEST


def test_a_link_in_place_of_a_lock_is_not_emptied(tmp_path):
    (tmp_path / "other").write_text("kept")
    (tmp_path / "lock").symlink_to(tmp_path / "other")
    with exclusive(tmp_path / "lock", waiting=lambda: None):
        assert (tmp_path / "other").read_text() == "kept"


def test_silences_that_cannot_be_read_are_an_error_where_they_would_be_lost(place):
    place("silences.json").write_bytes(b'{"\xff":[]}')
    with pytest.raises(ArcwatchError, match="cannot be read"):
        forget("local", "any")
