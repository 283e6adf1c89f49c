"""Fixtures that every room shares."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import inspect
import os
import signal
import sys
from pathlib import Path

import hypothesis
import psutil
import pytest
import pytest_textual_snapshot

from arcwatch.files.private import state_folder
from arcwatch.runtime import boundary
from arcwatch.stack import local
from arcwatch.stack.distribution import cache_dir
from arcwatch.stack.ports import Ports

# pytest-textual-snapshot 1.0 predates syrupy 5, and would store snapshots as .raw
pytest_textual_snapshot.SVGImageExtension.file_extension = "svg"

# whoever starts the tests in the background may ignore ctrl-c, and what they start would, too
signal.signal(signal.SIGINT, signal.default_int_handler)
# and whoever starts them with nohup ignores the end of a terminal
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# hundreds of programs are started, each of which would compile all that it imports
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# an app that was left is much garbage in few pieces, and all that is imported is walked for it
gc.set_threshold(50_000)

# how long an example takes says only how busy the machine is
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")

# programs that tests start are compiled once, as where arcwatch is installed, and not each time
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

DATA = Path(__file__).parent / "data"
FIRST_START = 600.0
"""Seconds; the very first run fetches Pulsar."""


BROKERS = {
    "brokers": ("commands", "stack/test_brokers"),
    "more brokers": ("live",),
    "other brokers": ("sources", "processes", "stack_traffic", "e2e", "faults/test_rewind"),
}
"""Where tests use the fixture ``stack``: each row follows each other in one process, with one
stack.  Every other file may run beside them, whichever process is free."""


LONGEST_AWAIT = 240.0
"""Seconds after which whatever a test still awaits will not come; slow ones watch for minutes."""


def pytest_collection_modifyitems(items):
    """Whatever uses the brokers is ``live``, so that `-m "not live"` starts none."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.live)
        slow = {"slow", "clustered"} & {mark.name for mark in item.iter_markers()}
        if not slow and inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.obj = _bounded(item.obj)


def _bounded(test):
    """The same test, which fails where it awaits something for ever."""

    @functools.wraps(test)
    async def bounded(*args, **kwargs):
        async with asyncio.timeout(LONGEST_AWAIT):
            return await test(*args, **kwargs)

    return bounded


def pytest_xdist_make_scheduler(config, log):
    """Three processes have brokers and mostly wait for them; the others take what is left."""
    # pytest-xdist is not loaded in its own worker processes
    from xdist.scheduler import LoadScopeScheduling

    class BrokersTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            place = nodeid.removeprefix("tests/")
            of_brokers = (name for name, places in BROKERS.items() if place.startswith(places))
            return next(of_brokers, nodeid.partition("::")[0])

    return BrokersTogether(config, log)


LINGER = 10.0
"""Seconds for a process that is ending on a busy machine."""

_COMPANIONS = ("multiprocessing", "jq_worker.py")
"""What is started once, and ends with this process."""

_OF_THE_SESSION: set[psutil.Process] = set()


@pytest.fixture(scope="session")
def of_the_session():
    """Processes that may outlive the module that started them: add yours."""
    return _OF_THE_SESSION


def _children():
    """What this process has started and not waited for, but for Python's own companions."""
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            words = child.cmdline()
            if not any(name in word for word in words for name in _COMPANIONS):
                found.add(child)
    return found


@pytest.fixture(scope="module", autouse=True)
def no_process_is_left():
    """A module fails that leaves a process behind, with how it was started."""
    before = _children()
    yield
    _, left = psutil.wait_procs(_children() - before - _OF_THE_SESSION, LINGER)
    told = []
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            told.append(f"{process.pid} {process.cmdline()}")
            process.kill()
    assert not told, "\n".join(told)


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The endpoints of a real nats-server and a real Pulsar, started once and shared by all.

    Use names of your own for subjects, streams and topics.
    """
    before = _children()
    brokers = local.start(tmp_path_factory.mktemp("stack"), ports=Ports.free(), disposable=True)
    try:
        brokers.ready(FIRST_START)
        _OF_THE_SESSION.update(_children() - before)
        yield brokers.endpoints
    finally:
        brokers.stop()


@pytest.fixture(scope="module")
def pulsar_client(stack):
    """A client of the stack's Pulsar that prints nothing."""
    # most tests ask no broker, and start without it
    import pulsar

    quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
    client = pulsar.Client(stack.pulsar, logger=quiet)
    yield client
    client.close()


@pytest.fixture
def recorded():
    """Read a payload captured from a real server: ``recorded("nats-2.15.1/varz.json")``."""
    return lambda name: (DATA / name).read_bytes()


CACHE = str(cache_dir())
"""Where the programs of brokers are, which tests share."""


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch, tmp_path):
    """No test sees the terminal, the environment or the files of whoever runs it."""
    for name in os.environ:
        if name.startswith(("ARCWATCH_", "NATS_", "PULSAR_")) and name != "ARCWATCH_CACHE":
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ARCWATCH_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("ARCWATCH_CACHE", CACHE)
    for kind in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def bugs():
    """How often each kind of bug was caught; a test without this fixture fails for any."""
    return boundary.caught


@pytest.fixture(autouse=True)
def no_bug_is_caught_in_silence(request, nobodys_settings):
    """What would be one bad answer to a user is a failure here."""
    boundary.forget()
    yield
    caught = dict(boundary.caught)
    boundary.forget()
    if "bugs" not in request.fixturenames:
        reports = [path.read_text() for path in state_folder().glob("crash-*.txt")]
        assert not caught, "\n".join(reports)


@pytest.fixture
async def serve():
    """Starts servers that misbehave as no real one does: ``await serve(handle)`` is the port.

    A connection is closed when ``handle(reader, writer)`` returns.  Whatever is still open at the
    end of the test is cut off.
    """
    async with contextlib.AsyncExitStack() as stack:

        async def start(handle, port=0, ssl=None):
            tasks, transports = set(), []

            async def connected(reader, writer):
                tasks.add(asyncio.current_task())
                transports.append(writer.transport)
                try:
                    await handle(reader, writer)
                    writer.close()
                    await writer.wait_closed()
                    # one that has ended by itself cannot be aborted any more
                    transports.remove(writer.transport)
                except (ConnectionError, EOFError, asyncio.CancelledError):
                    writer.transport.abort()

            async def stop():
                for task in tasks:
                    task.cancel()
                # one that still has something to send would outlive the loop
                for transport in transports:
                    transport.abort()
                await asyncio.sleep(0)

            server = await stack.enter_async_context(
                await asyncio.start_server(connected, "127.0.0.1", port, ssl=ssl)
            )
            stack.push_async_callback(stop)
            return server.sockets[0].getsockname()[1]

        yield start
