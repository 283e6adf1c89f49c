"""What arcwatch writes is for the eyes of its user alone, whatever the umask."""

import ast
import os
import stat
from pathlib import Path

import pytest
from textual.app import App

from arcwatch import cli
from arcwatch.engine.alert_files import MOST, AlertHistoryFile, AlertNotesFile
from arcwatch.engine.event_file import EventFile
from arcwatch.errors import UsageError
from arcwatch.files.new_file import NewFile
from arcwatch.files.private import replace_file
from arcwatch.history.message_file import MessageFile
from arcwatch.runtime.crash_report import write_report
from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from arcwatch.store.alerts.notes import Note
from arcwatch.ui.last_session import Memory, save_addresses, save_session
from arcwatch.ui.taken import take_picture
from tests.engine.test_alert_evaluator import ROW
from tests.engine.test_event_file import event

ROOT = Path(__file__).parent.parent / "arcwatch"


@pytest.fixture
def open_mask():
    """A umask that lets everybody do everything, as some containers have it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def state(tmp_path, monkeypatch, open_mask):
    """A state folder that is not there yet, nor the one it is in."""
    folder = tmp_path / "made" / "state"
    monkeypatch.setenv("ARCWATCH_STATE", str(folder))
    return folder


def open_to_others(folder):
    """Files and folders that others than their owner may read or write."""
    found = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    return {str(p): oct(stat.S_IMODE(p.stat().st_mode)) for p in found if p.stat().st_mode & 0o077}


def test_the_state_folder_and_all_in_it(state):
    save_session(Memory(view="nats"))
    save_addresses(["nats:orders.>"])
    write_report(ValueError("no"))
    history = AlertHistoryFile()
    (state / "alerts.ndjson").touch(mode=0o600)
    (state / "alerts.ndjson").write_bytes(b"x" * (MOST + 1))
    history.append([ROW])
    assert (state / "alerts.ndjson").stat().st_size < MOST
    replace_file(state / "replays.ndjson", b"")
    EventFile("local").append([event()], 1.0)
    notes = AlertNotesFile("local")
    notes.save({(note := Note("mine", "", "nats:a")).key: note})
    names = {path.name for path in state.iterdir()}
    assert names >= {"screen.json", "addresses.json", "alerts.ndjson", "alert-notes.json", "events"}
    assert any("crash" in path.name for path in state.rglob("*"))
    assert open_to_others(state.parent) == {}


def test_the_settings_file(tmp_path, monkeypatch, open_mask):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    assert cli.run(["context", "add", "x", "--nats", "nats://n1", "--nats-creds", "me.creds"]) == 0
    assert cli.run(["context", "use", "x"]) == 0
    (path,) = (tmp_path / "config").rglob("arcwatch.toml")
    # the working directory will be another one
    assert f'creds = "{tmp_path}/me.creds"' in path.read_text()
    assert open_to_others(tmp_path / "config") == {}


def test_what_a_user_writes_anywhere(tmp_path, open_mask):
    with NewFile(tmp_path / "a.json") as file:
        file.write("{}")
    with MessageFile(tmp_path / "b.csv"):
        pass
    assert set(open_to_others(tmp_path)) <= {str(tmp_path)}


async def test_a_picture_of_the_screen(tmp_path, monkeypatch, open_mask):
    monkeypatch.chdir(tmp_path)
    async with App().run_test() as pilot:
        take_picture(pilot.app, at=0.0)
    (path,) = tmp_path.glob("*.svg")
    assert path.read_text().startswith("<svg")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_that_somebody_laid_out_is_not_written_through(tmp_path, monkeypatch):
    """The name of what a file is written as before it is whole can be guessed."""
    theirs = tmp_path / "theirs"
    theirs.write_text("kept")
    for name in ("a", "b"):
        (tmp_path / f".{name}.{os.getpid()}.part").symlink_to(theirs)
    with NewFile(tmp_path / "a") as file:
        file.write("mine")
    replace_file(tmp_path / "b", b"mine")
    assert theirs.read_text() == "kept"
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["mine", "mine"]
    (tmp_path / "c").symlink_to(theirs)
    with pytest.raises(UsageError, match="this file already exists"):
        NewFile(tmp_path / "c")


def test_a_local_stack(state):
    stack = local.start(local.lasting_home(), ports=Ports.free(), pulsar=False, traffic=False)
    try:
        stack.ready(60)
        assert (local.lasting_home() / "nats").is_dir()
        assert open_to_others(state.parent) == {}
    finally:
        stack.stop()


CACHE = {"stack/distribution.py"}
"""What was downloaded is no secret, and several users may share it."""


def test_no_other_way_of_writing_is_used():
    names = {str(path.relative_to(ROOT)): path for path in ROOT.rglob("*.py")}
    found = [
        f"{name}:{node.lineno}"
        for name, path in names.items()
        if name not in CACHE | {"files/private.py"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _writes_for_all(node)
    ]
    assert found == []


def _writes_for_all(call):
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("write_text", "write_bytes", "mkdir", "makedirs", "touch", "save_screenshot"):
        return True
    modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    is_written = any(isinstance(mode, str) and set(mode) <= set("wax+b") and mode for mode in modes)
    opener = any(keyword.arg == "opener" for keyword in call.keywords)
    return name == "open" and is_written and not opener and not _is_descriptor(call)


def _is_descriptor(call):
    """Opened by number: made with a mode of its own, by ``os.open`` or a pipe."""
    return bool(call.args) and getattr(call.args[0], "id", "") in ("opened", "descriptor")
