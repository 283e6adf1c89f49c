"""The process that runs jq programs: started when first needed, and again when it had to end."""

from __future__ import annotations

import atexit
import importlib.util
import os
import select
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from arcwatch.errors import ArcwatchError

from . import jq_worker

PATIENCE = 60.0
"""Seconds without an answer: the kernel ends what runs too long, unless something is amiss."""
TOO_SLOW = "the program is too slow for all messages"
"""Why a record was not looked at: those before it took all the time."""

OTHERWISE = "jq says no more"

MOST_RECORDS = 128
"""In one question: enough that asking costs little, few enough that answers are soon there."""

_REASONS = {
    signal.SIGPROF: f"it takes longer than {jq_worker.SECONDS:g} s",
    signal.SIGABRT: "it needs too much memory, or crashes jq",
    signal.SIGSEGV: "it crashes jq",
    signal.SIGKILL: "it was ended by the system, perhaps for its memory",
}


class NoProgram(ValueError):
    """jq cannot compile it; the text is jq's own complaint."""


class Ended(Exception):
    """The process ended over a question; the text is the reason.

    Attributes:
        before: Answers to the questions before that one.
    """

    def __init__(self, why: str, before: Sequence[list[Verdict]] = ()) -> None:
        self.before = list(before)
        super().__init__(why)


class Verdict(NamedTuple):
    """The result of a program for one record: kept or not, or why it is unknown."""

    kept: bool
    failure: str = ""


class _Answer(msgspec.Struct):
    wrong: str | None = None
    kept: str = ""
    why: list[tuple[int, str]] = []

    def verdicts(self) -> list[Verdict]:
        """One for each record; of the reasons the first, the last of them for all further ones."""
        why, failure = dict(self.why), OTHERWISE
        verdicts = []
        for place, letter in enumerate(self.kept):
            failure = why.get(place, failure)
            reason = failure if letter == "e" else TOO_SLOW if letter == "-" else ""
            verdicts.append(Verdict(letter == "1", reason))
        return verdicts


class JqProcess:
    """One process for all programs, asked by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, program: str, records: Sequence[bytes]) -> list[Verdict]:
        """Run a program on each of ``records``, which are JSON.

        Raises:
            NoProgram: It cannot be compiled.
            Ended: The process ended over it; another is there for the next question.
            ArcwatchError: No process can be started.
        """
        return self.ask_each(program, [records])[0]

    def ask_each(self, program: str, batches: Iterable[Sequence[bytes]]) -> list[list[Verdict]]:
        """As :meth:`ask` for several batches, each made while the one before it is looked at.

        Args:
            batches: Of :data:`MOST_RECORDS` at most, whose answers fit into the pipe.
        """
        answers: list[list[Verdict]] = []
        with self._lock:
            try:
                asked = 0
                for batch in batches:
                    _write(self._running(asked), _frame(program, batch))
                    asked += 1
                    if asked - len(answers) > 1:
                        answers.append(self._answer())
                while len(answers) < asked:
                    answers.append(self._answer())
            except (BrokenPipeError, EOFError, TimeoutError) as error:
                raise Ended(self._end(), answers) from error
            except BaseException:
                # an answer, or half of one, is left in the pipe
                self._end()
                raise
        return answers

    def close(self) -> None:
        """End the process, if there is one; the next question starts another."""
        with self._lock:
            self._end()

    def _answer(self) -> list[Verdict]:
        assert self._process is not None
        (size,) = struct.unpack("<I", _read(self._process, 4))
        answer = msgspec.json.decode(_read(self._process, size), type=_Answer)
        if answer.wrong is not None:
            raise NoProgram(answer.wrong)
        return answer.verdicts()

    def _running(self, asked: int) -> subprocess.Popen[bytes]:
        """The process, another if that has ended; but not one that does not know of ``asked``."""
        if self._process is None or (not asked and self._process.poll() is not None):
            self._end()
            self._process = _start()
        return self._process

    def _end(self) -> str:
        """End the process at once; why it had ended before that, if it had."""
        process, self._process = self._process, None
        if process is None:
            return ""
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            # what the kernel ended is gone, or about to be
            code = process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "it does not answer"
        known = {int(number): reason for number, reason in _REASONS.items()}
        return known.get(-code, f"jq ended with {code}")


@cache
def jq_process() -> JqProcess:
    """The one process of this program; it ends with it."""
    process = JqProcess()
    atexit.register(process.close)
    return process


def _start() -> subprocess.Popen[bytes]:
    spec = importlib.util.find_spec("jq")
    if spec is None or spec.origin is None:
        raise ArcwatchError("jq is not installed", hint="install arcwatch again, with its jq")
    # without site-packages it starts three times as fast
    command = [sys.executable, "-I", "-S", str(Path(jq_worker.__file__)), spec.origin]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    try:
        return subprocess.Popen(
            command,
            env=kept,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # ctrl-c is for us
            start_new_session=True,
        )
    except OSError as error:
        raise ArcwatchError("cannot run jq", why=error.strerror or str(error)) from error


def _frame(program: str, records: Sequence[bytes]) -> bytes:
    text = program.encode()
    sizes = struct.pack(f"<{len(records)}I", *map(len, records))
    return b"".join((struct.pack("<II", len(text), len(records)), sizes, text, *records))


def _write(process: subprocess.Popen[bytes], frame: bytes) -> None:
    assert process.stdin is not None
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(process.stdin.fileno(), rest) :]


def _read(process: subprocess.Popen[bytes], size: int) -> bytes:
    assert process.stdout is not None
    pipe, pieces = process.stdout.fileno(), []
    ready = select.poll()
    ready.register(pipe, select.POLLIN)
    while size:
        if not ready.poll(PATIENCE * 1000):
            raise TimeoutError
        piece = os.read(pipe, min(size, 1 << 16))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
