"""Which findings of the check-up are silenced: in ``arcwatch.toml``, and by ``--silence``.

::

    [[doctor.silence]]
    id = "pulsar-single-bookie"
    reason = "a test cluster"
    at = "cluster test"         # places, * is any characters; without it all
    until = 2027-03-01          # without it for good
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec

from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.files.private import replace_file, state_folder
from arcwatch.files.reading import read_json
from arcwatch.model.silence import Silence
from arcwatch.text.control_characters import printable
from arcwatch.text.nearest import did_you_mean

from .files import check_keys, read_document

_KEYS = ("id", "reason", "at", "until")

MOST = 1_000
"""Silences that are kept of one context."""


def load(
    context: str, known: Sequence[str], environ: Mapping[str, str] | None = None
) -> list[Silence]:
    """All silences: those of the settings first.

    Args:
        context: Whose; clusters of two contexts may have the same name.
    """
    path, document = read_document(os.environ if environ is None else environ)
    table = document.get("doctor", {})
    if not isinstance(table, dict):
        raise UsageError("`doctor` must be a table", where=str(path), hint="[[doctor.silence]]")
    check_keys(table, ("silence",), f"doctor in {path}")
    written = table.get("silence", [])
    if not isinstance(written, list):
        raise UsageError("write [[doctor.silence]]", where=f"doctor in {path}")
    where = f"doctor.silence in {path}"
    return [*(_silence(one, known, where) for one in written), *_read().get(context, [])]


def keep(context: str, silence: Silence) -> None:
    """Silence one more, in the state folder; an earlier one of the same check and places goes."""
    report = _read_to_change()
    others = [
        one for one in report.get(context, []) if (one.id, one.at) != (silence.id, silence.at)
    ]
    _write(report | {context: [*others, silence][-MOST:]})


def forget(context: str, check: str) -> int:
    """Show findings of a check again; those that the settings silence stay silent.

    Returns:
        How many silences were dropped.
    """
    report = _read_to_change()
    before = report.get(context, [])
    after = [one for one in before if one.id != check]
    if len(after) < len(before):
        _write(report | {context: after})
    return len(before) - len(after)


def parse_date(text: str) -> float:
    """The first moment of a day, ``2027-03-01`` in UTC, as Unix seconds."""
    try:
        return _seconds(date.fromisoformat(text))
    except ValueError:
        what = f"{printable(text, limit=40)!r} is not a day"
        raise UsageError(what, where="until", hint="write 2027-03-01") from None


def check_id(check: str, known: Sequence[str], where: str) -> None:
    """Refuse what is no check's id."""
    if check not in known:
        what = f"no check is called {printable(check, limit=60)!r}"
        hint = did_you_mean(check, known) or "`arcwatch doctor --list` lists them"
        raise UsageError(what, where=where, hint=hint)


def _silence(written: object, known: Sequence[str], where: str) -> Silence:
    if not isinstance(written, dict):
        raise UsageError("write [[doctor.silence]]", where=where)
    check_keys(written, _KEYS, where)
    for key in ("id", "reason", "at"):
        if not isinstance(written.get(key, "*" if key == "at" else None), str):
            raise UsageError(f"a silence needs `{key}`, a text", where=where)
    check_id(written["id"], known, where)
    return Silence(
        written["id"],
        written["reason"],
        written.get("at", "*"),
        _until(written.get("until"), where),
    )


def _until(value: object, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, datetime | date):
        return _seconds(value)
    if isinstance(value, str):
        return parse_date(value)
    raise UsageError("`until` must be a day", where=where, hint="write until = 2027-03-01")


def _seconds(day: date) -> float:
    # a datetime is a date, too
    moment = day if isinstance(day, datetime) else datetime.combine(day, time(), UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _path() -> Path:
    return state_folder() / "silences.json"


def _read() -> dict[str, list[Silence]]:
    """What is kept; nothing where it cannot be read, so that more is found rather than less."""
    try:
        return _read_to_change()
    except ArcwatchError:
        return {}


def _read_to_change() -> dict[str, list[Silence]]:
    try:
        return read_json(_path(), dict[str, list[Silence]])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ArcwatchError(
            "the silences kept so far cannot be read",
            where=str(_path()),
            why=printable(str(error), limit=200),
            hint="move the file away to begin anew",
        ) from error


def _write(report: dict[str, list[Silence]]) -> None:
    try:
        replace_file(_path(), msgspec.json.encode(report))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ArcwatchError("cannot keep silences", where=str(_path()), why=why) from error
