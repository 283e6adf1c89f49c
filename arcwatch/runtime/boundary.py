"""The one place where any exception at all is caught, so that one bad answer costs only itself.

Parsers, stores and decoders raise declared errors (:mod:`arcwatch.errors`).  What else they raise
is a bug, and must not end the program that watches production: here it becomes a
declared error of the question that was asked, is counted, and is written down for its authors.
Cancellation, ctrl-c and exits are no :class:`Exception`, and pass.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from arcwatch.errors import ArcwatchError, SourceError, UnreadableError

MOST_KINDS = 20
"""Kinds of bugs that reports are written of, for each process and in the folder of reports."""
LONGEST = 200
"""Characters of an exception's text that are quoted."""

T = TypeVar("T")
R = TypeVar("R")

caught: dict[str, int] = {}
"""How many bugs this process has caught, by kind: the exception's type, and where it was raised."""

_reports: dict[str, str] = {}
_lock = threading.Lock()


@contextmanager
def boundary(what: str, where: str = "") -> Iterator[None]:
    """Let a block raise nothing but declared errors.

    Args:
        what: What failed where the block raises something else: ``/varz could not be read``.

    Raises:
        ArcwatchError: As the block raised it.
        UnreadableError: The block raised anything that is not declared.
        SourceError: The system had no more memory, files or room.
    """
    try:
        yield
    except ArcwatchError:
        raise
    except Exception as error:  # noqa: BLE001 - one bad answer must not end the program
        raise _declared(error, what, where) from None


def guarded(
    read: Callable[[], R], otherwise: Callable[[ArcwatchError], R], what: str, where: str = ""
) -> R:
    """The result of ``read``, or a substitute if it fails."""
    try:
        return read()
    except ArcwatchError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - as above, without the cost of a generator
        failure = _declared(error, what, where)
    return otherwise(failure)


def each(
    items: Iterable[T],
    take: Callable[[T], object],
    failed: Callable[[ArcwatchError], object],
    what: str,
) -> None:
    """Process items one by one; pass those that fail to ``failed`` and skip them."""
    for item in items:
        try:
            take(item)
        except ArcwatchError as error:
            failed(error)
        except Exception as error:  # noqa: BLE001 - as above; a call less for each item
            failed(_declared(error, what, ""))


def salvaged(
    items: Sequence[T],
    read: Callable[[Sequence[T]], Sequence[R]],
    stand_in: Callable[[T, ArcwatchError], R],
    what: str,
) -> Sequence[R]:
    """What is read of many items at once, or one by one where that fails.

    Args:
        read: Gives one result for each item, and may be called again with the same.
        stand_in: Is the result for an item that cannot be read.
    """
    try:
        return read(items)
    except Exception:  # noqa: BLE001 - as above; the item at fault is found, and then reported
        results: list[R] = []
    for item in items:
        replacement = partial(_replacement, stand_in, item)
        results += guarded(partial(read, [item]), replacement, what)
    return results


def _replacement(
    stand_in: Callable[[T, ArcwatchError], R], item: T, error: ArcwatchError
) -> Sequence[R]:
    return [stand_in(item, error)]


def forget() -> None:
    """Count anew, and write a report of each kind once more."""
    with _lock:
        caught.clear()
        _reports.clear()


def _declared(error: Exception, what: str, where: str) -> ArcwatchError:
    while isinstance(error, ExceptionGroup):
        # the others of a group were cancelled for the first, or have the same cause
        error = error.exceptions[0]
    if isinstance(error, ArcwatchError):
        return error
    if isinstance(error, OSError):
        return SourceError(what, where=where, why=error.strerror or type(error).__name__)
    if isinstance(error, MemoryError):
        return SourceError(what, where=where, why="out of memory")
    path = _noted(error)
    why = f"{type(error).__name__}: {_described(error)}".removesuffix(": ")
    hint = "please report this bug in arcwatch" + (f" with {path}" if path else "")
    _let_go(error)
    return UnreadableError(what, where=where, why=why, hint=hint)


def _described(error: Exception) -> str:
    # most answers can be read, and need no module for reports
    from arcwatch.text.control_characters import printable

    from .crash_report import redacted

    # cut before anything looks for secrets in it: some exceptions quote megabytes
    return printable(redacted(str(error)[: 2 * LONGEST]).strip(), limit=LONGEST)


def _noted(error: Exception) -> str:
    """Count a bug, and write a report of the first of its kind; where that is."""
    from .crash_report import write_report

    kind = _kind(error)
    with _lock:
        caught[kind] = caught.get(kind, 0) + 1
        if kind not in _reports and len(_reports) < MOST_KINDS:
            digest = hashlib.sha256(kind.encode()).hexdigest()[:8]
            _reports[kind] = str(write_report(error, f"crash-{digest}.txt") or "")
        return _reports.get(kind, "")


def _kind(error: Exception) -> str:
    """Its type and the function that raised it, which stay the same for the same bug."""
    trace, at = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        at, trace = f"{code.co_filename}:{code.co_qualname}", trace.tb_next
    return f"{type(error).__qualname__} in {at}"


def _let_go(error: BaseException | None) -> None:
    """Keep no frames, whose variables are other people's messages, for as long as an error is."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
