"""Kill the processes of a killed keeper, where the system did not end them with it."""

from __future__ import annotations

import os
import re
import shlex
import signal
from pathlib import Path

from arcwatch.files.lock import is_held

from . import s3
from .ports import HOST
from .service import not_installed
from .state import PARTS, keeper_lock, read_state, state_file

_LOCAL = re.compile(rf"[a-z0-9]+://{re.escape(HOST)}:\d+")


def kill_orphans(home: Path) -> None:
    """Kill what the state file of ``home`` names and its dead keeper did not stop; forget it.

    Nothing is touched while a keeper lives there.
    Each is known by its command line: the brokers' names the home, the traffic's the brokers, the
    S3's its port.
    """
    state = read_state(home)
    if state is None or is_held(keeper_lock(home)):
        return
    ends, owners = state.endpoints, [str(home)]
    # less than a whole address would fit any program
    if _LOCAL.fullmatch(ends.nats):
        owners.append(ends.nats)
    if _LOCAL.fullmatch(ends.s3 or ""):
        owners.append(shlex.join(s3.arguments(ends.s3 or "")))
    for part in (getattr(state, name) for name in PARTS):
        if part.pid is not None:
            kill_group(part.pid, tuple(owners))
    state_file(home).unlink(missing_ok=True)


def command_line(pid: int) -> str:
    """The command line of a running process, or nothing when there is none with that id.

    Raises:
        StackError: ``psutil`` is not installed.
    """
    try:
        # with the extra `demo`: help, completion and `stack status` go without
        import psutil
    except ImportError:
        raise not_installed("psutil") from None
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def kill_group(pid: int, owners: tuple[str, ...]) -> bool:
    """Kill a process and its group by id, if its command line still names one of ``owners``.

    Returns:
        Whether there was such a process.  Another program may have been given the id since.
    """
    line = command_line(pid)
    if not any(owner in line for owner in owners):
        return False
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True
