"""Runs jq programs, in a process that may be ended at any time.

A program may loop for ever, take all memory or crash jq, and nothing inside a process can stop
that: the kernel does, by the limits set here.  Nothing of the user's is within its reach: no
environment, no home to load ``.jq`` from, no file that can be written.

Run as a script with the path of the compiled ``jq`` module, by :mod:`arcwatch.filters.jq_process`,
with nothing of arcwatch and only the standard library imported, so that it is there in 25 ms.

Frames on stdin: little-endian lengths of program and records (``<II``, then ``<I`` for each
record), program, records.  Frames on stdout: a length (``<I``) and JSON, ``{"wrong": …}`` where
the program is none, otherwise ``{"kept": "10e-", "why": [[2, "…"]]}``: a letter for each record,
and the first reasons.
"""

import importlib.util
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

MEMORY = 1 << 30
"""Bytes of address space: a body of 16 MiB takes jq some 300 MB."""
SECONDS = 0.25
"""Processor time for one record, besides that for reading it."""
SECONDS_FOR_ALL = 0.5
"""Likewise for all records of one question: a program may be slow and never too slow."""
SECONDS_PER_BYTE = 500e-9
"""jq reads JSON at some 30 ns a byte, and then does something with it."""
COMPILING = 1.0
"""Seconds of processor time for making a program runnable."""
PROGRAMS = 16
"""How many are kept runnable."""
LONGEST_REASON = 200
"""Characters; jq quotes values in its errors."""
MOST_REASONS = 8
"""Records in one answer, which has to fit into the pipe: the next question may be written now."""

_NOWHERE = "/nonexistent"


def confine() -> None:
    """Give up what a filter has no need of."""
    os.environ.clear()
    # without a HOME jq would ask the system where it is
    os.environ["HOME"] = _NOWHERE
    os.chdir("/")
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for kind, most in (("AS", MEMORY), ("CORE", 0), ("FSIZE", 0)):
        # not every system knows every limit
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (most, most))


def compiled(jq: Any, text: str) -> Any:
    """A program that yields false for each output of ``text`` that is truthy.

    Compiled by itself first, for errors that point into ``text`` and not into what is around it.
    """
    signal.setitimer(signal.ITIMER_PROF, COMPILING)
    jq.compile(text)
    return jq.compile(f"({text}\n) | not")


def kept(program: Any, record: str) -> bool:
    """Whether any output is truthy; the first of those is the last that is asked for."""
    return any(output is False for output in program.input_text(record))


def answer(program: Any, records: Sequence[str]) -> dict[str, Any]:
    """The letters and reasons for ``records``; those that there is no more time for have ``-``."""
    letters: list[str] = []
    why: list[tuple[int, str]] = []
    allowed, left = 0.0, SECONDS_FOR_ALL
    signal.setitimer(signal.ITIMER_PROF, 0)
    for place, record in enumerate(records):
        reading = SECONDS_PER_BYTE * len(record)
        # its processor time follows from what the last one had left
        unused, _ = signal.setitimer(signal.ITIMER_PROF, SECONDS + reading)
        left += reading - allowed + unused
        allowed = SECONDS + reading
        if left < 0:
            break
        try:
            letters.append("1" if kept(program, record) else "0")
        except ValueError as error:
            letters.append("e")
            if len(why) < MOST_REASONS:
                why.append((place, str(error)[:LONGEST_REASON]))
    return {"kept": "".join(letters).ljust(len(records), "-"), "why": why}


def frames(stream: BinaryIO) -> Iterator[tuple[str, list[str]]]:
    """Each question: a program, and the records to run it on."""
    while head := stream.read(8):
        length, count = struct.unpack("<II", head)
        lengths = struct.unpack(f"<{count}I", stream.read(4 * count))
        program = stream.read(length).decode()
        yield program, [stream.read(size).decode("utf-8", "replace") for size in lengths]


def serve(jq: Any, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    programs: dict[str, Any] = {}
    for text, records in frames(questions):
        try:
            program = programs.pop(text, None) or compiled(jq, text)
            programs[text] = program
            answered = answer(program, records)
        except ValueError as error:
            answered = {"wrong": str(error)}
        signal.setitimer(signal.ITIMER_PROF, 0)
        while len(programs) > PROGRAMS:
            del programs[next(iter(programs))]
        body = json.dumps(answered).encode()
        answers.write(struct.pack("<I", len(body)) + body)
        answers.flush()


def main(path: str) -> None:
    """Load jq from ``path`` and serve stdin."""
    spec = importlib.util.spec_from_file_location("jq", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no module")
    jq = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(jq)
    confine()
    serve(jq, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(sys.argv[1])
