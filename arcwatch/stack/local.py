"""Starts the local brokers, and stops them: what the rest of arcwatch uses of this room.

Every stack has a home folder and a keeper (:mod:`arcwatch.stack.keeper`), a process which owns
the brokers and describes them in the home's state file.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from arcwatch.errors import StackError
from arcwatch.files.lock import is_held
from arcwatch.files.private import private, private_folder, state_folder

from . import nats_broker, pulsar_broker, s3
from .distribution import cache_dir
from .orphans import kill_orphans
from .ports import Ports, free_ports
from .process import line_of_failure
from .state import (
    PARTS,
    Endpoints,
    Extra,
    Part,
    Plan,
    StackState,
    keeper_lock,
    keeper_log,
    read_state,
)

STOP_BOUND = 25.0
"""Seconds until a keeper that does not end is killed; more than it gives its programs."""
_BEAT = 0.05
_YOUNG = 60.0


class LocalStack:
    """A stack of local brokers, running or coming up.

    Args:
        disposable: Whether ``home`` goes with it.
    """

    def __init__(
        self,
        home: Path,
        state: StackState,
        keeper: subprocess.Popen[bytes] | None = None,
        *,
        disposable: bool = False,
    ) -> None:
        self.home, self.endpoints = home, state.endpoints
        self._last, self._keeper, self._disposable = state, keeper, disposable

    def status(self) -> StackState:
        """How each part is.  Costs one small read, and never fails.

        After the keeper has gone every part is failed, with that reason.
        """
        state = read_state(self.home)
        if state is not None and state.keeper == self._last.keeper:
            self._last = state
        if self._runs():
            return self._last
        why = line_of_failure(keeper_log(self.home), ("Error",)) or "its keeper has ended"
        return _all_parts(self._last, Part(stage=why, failed=True))

    def ready(
        self, timeout: float = math.inf, watch: Callable[[StackState], None] | None = None
    ) -> StackState:
        """Wait until every part runs.

        Args:
            timeout: Seconds.  The first start of all fetches 245 MB.
            watch: Given the state some twenty times a second meanwhile.

        Raises:
            StackError: A part failed, or the time is over.
        """
        end = time.monotonic() + timeout
        while not (state := self.status()).ready:
            if watch is not None:
                watch(state)
            for part in state.parts.values():
                if part.failed:
                    hint = part.hint or (f"read {part.log}" if part.log else "")
                    raise StackError("the local brokers did not start", why=part.stage, hint=hint)
            if time.monotonic() > end:
                stages = "; ".join(part.stage for part in state.parts.values() if part.stage)
                raise StackError(f"the brokers do not run after {timeout:g} s", why=stages)
            time.sleep(_BEAT)
        return state

    def release(self) -> None:
        """Let it live on without us.  Returns when others can find it by its home."""
        if self._keeper is None or self._keeper.stdin is None:
            return
        while self._runs() and read_state(self.home) is None:
            time.sleep(_BEAT / 5)
        with contextlib.suppress(BrokenPipeError):
            self._keeper.stdin.write(b".")
            self._keeper.stdin.close()

    def stop(self) -> None:
        """Stop everything, and wait until it has gone.  Stopping twice is fine."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._runs():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._last.keeper, number)
                self._gone(STOP_BOUND)
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.close()
        kill_orphans(self.home)
        if self._disposable:
            shutil.rmtree(self.home, ignore_errors=True)

    def _runs(self) -> bool:
        if self._keeper is not None:
            return self._keeper.poll() is None
        return is_held(keeper_lock(self.home))

    def _gone(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while self._runs() and time.monotonic() < end:
            time.sleep(_BEAT / 5)


def start(
    home: Path,
    *,
    ports: Ports,
    pulsar: bool = True,
    traffic: bool = False,
    seed: int = 7,
    disposable: bool = False,
    extras: tuple[Extra, ...] = (),
) -> LocalStack:
    """Start the brokers in the background, and return at once.

    They stop when this process ends, however it ends, unless it lets go of them:
    :meth:`LocalStack.release`.

    Args:
        home: Folder for everything they write; made when missing.
        pulsar: Start Pulsar too, fetching it first where this machine does not have it.
        disposable: Remove ``home`` when they stop.

    Raises:
        StackError: The extra ``demo`` is not installed, or ``home`` has a running stack.
    """
    nats_broker.executable()
    if pulsar:
        pulsar_broker.java()
    home = _made(home.absolute())
    if is_held(keeper_lock(home)):
        raise StackError("a stack is running here already", where=str(home))
    kill_orphans(home)
    ports = _with_extras(ports, extras)
    plan = Plan(
        home=str(home),
        ports=ports,
        cache=str(cache_dir()),
        pulsar=pulsar,
        traffic=traffic,
        seed=seed,
        starter=os.getpid(),
        disposable=disposable,
        extras=extras,
    )
    keeper = _start_keeper(plan)
    state = StackState.coming(keeper.pid, Endpoints.at(ports, pulsar=pulsar), traffic=traffic)
    return LocalStack(home, state, keeper, disposable=disposable)


def _with_extras(ports: Ports, extras: tuple[Extra, ...]) -> Ports:
    if "geo" in extras:
        remote, remote_admin = free_ports(2)
        ports = msgspec.structs.replace(ports, remote=remote, remote_admin=remote_admin)
    if "offload" in extras:
        s3.executable()
        ports = msgspec.structs.replace(ports, s3=free_ports(1)[0])
    return ports


def _start_keeper(plan: Plan) -> subprocess.Popen[bytes]:
    # -P: the working directory is the user's, and must not hide modules of ours.
    argv = [sys.executable, "-P", "-m", "arcwatch.stack.keeper"]
    with open(keeper_log(Path(plan.home)), "ab", opener=private) as log:
        return subprocess.Popen(
            [*argv, msgspec.json.encode(plan).decode()],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def running(home: Path) -> LocalStack | None:
    """The stack that runs in ``home``, started by any process, or None."""
    if not is_held(keeper_lock(home)) or (state := read_state(home)) is None:
        return None
    return LocalStack(home, state)


def stop_in(home: Path) -> bool:
    """Stop the stack in ``home``, started by any process; return whether one was running."""
    stack = running(home)
    if stack is None:
        kill_orphans(home)
        return False
    stack.stop()
    return True


def lasting_home() -> Path:
    """The home of the one stack that ``arcwatch stack up`` leaves running."""
    return state_folder() / "stack"


def passing_home() -> Path:
    """A new home for a stack that lives as long as its starter; old ones are cleared away."""
    folder = _made(state_folder())
    for home in folder.glob("passing-*"):
        # A young one may be about to get its keeper; one that is gone, another start cleared.
        with contextlib.suppress(FileNotFoundError):
            old = time.time() - home.stat().st_mtime > _YOUNG
            if old and not is_held(keeper_lock(home)):
                kill_orphans(home)
                shutil.rmtree(home, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="passing-", dir=folder))


def _made(folder: Path) -> Path:
    try:
        private_folder(folder)
    except OSError as error:
        what, hint = "no place for the brokers' data", "set ARCWATCH_STATE to a folder of yours"
        why = error.strerror or ""
        raise StackError(what, where=str(folder), why=why, hint=hint) from error
    return folder


def _all_parts(state: StackState, part: Part) -> StackState:
    kept = {name: part for name in PARTS if name in state.parts}
    return msgspec.structs.replace(state, **kept)
