"""What is caught, what passes, and what is left behind."""

import asyncio

import pytest

from arcwatch.errors import NotThereError, SourceError, UnreadableError
from arcwatch.files.private import state_folder
from arcwatch.runtime.boundary import MOST_KINDS, boundary, each, salvaged


def raised_by(error):
    with pytest.raises(SourceError) as caught, boundary("it could not be read", "http://n1:8222"):
        raise error
    return caught.value


def reports():
    return sorted(state_folder().glob("crash-*.txt"))


def test_what_is_not_declared_becomes_an_error_that_says_what_to_do(bugs):
    error = raised_by(OverflowError("too large"))
    assert isinstance(error, UnreadableError)
    assert error.headline == "it could not be read (http://n1:8222): OverflowError: too large"
    (report,) = reports()
    assert str(report) in error.hint
    assert "OverflowError: too large" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_declared_error_stays_what_it_is():
    assert isinstance(raised_by(NotThereError("gone")), NotThereError)
    assert isinstance(raised_by(ExceptionGroup("", [NotThereError("gone")])), NotThereError)


def test_what_the_system_lacks_is_no_bug():
    assert raised_by(OSError(24, "Too many open files")).why == "Too many open files"
    assert raised_by(MemoryError()).why == "out of memory"
    assert reports() == []


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_ends_the_program_passes(ends):
    with pytest.raises(ends), boundary("it could not be read"):
        raise ends


def test_a_bug_that_repeats_is_counted_and_reported_once(bugs):
    for _ in range(1000):
        raised_by(ZeroDivisionError())
    assert list(bugs.values()) == [1000]
    assert len(reports()) == 1


def test_reports_are_bounded_in_number_and_size(bugs):
    for number in range(3 * MOST_KINDS):
        raised_by(type(f"Bug{number}", (Exception,), {})("x" * 5_000_000))
    assert len(reports()) == MOST_KINDS
    assert sum(report.stat().st_size for report in reports()) < 200_000
    assert len(bugs) == 3 * MOST_KINDS


def test_neither_the_report_nor_the_error_keeps_what_a_message_said(bugs):
    def parse(body):
        held = body.upper()
        return held / 2

    with pytest.raises(UnreadableError) as caught, boundary("it could not be read"):
        parse("of a customer")
    assert "OF A CUSTOMER" not in reports()[0].read_text()
    context = caught.value.__context__
    assert context is None or context.__traceback__ is None


def test_what_an_exception_says_is_fit_for_a_terminal(bugs):
    error = raised_by(ValueError("\x1b[2J nats://me:s3cret@host " + "y" * 10_000))
    assert "\x1b" not in error.headline + reports()[0].read_text()
    assert "s3cret" not in error.headline + reports()[0].read_text()
    assert len(error.headline) < 300


def test_each_item_that_cannot_be_taken_costs_only_itself(bugs):
    taken, failed = [], []
    each([1, 0, 2, 0], lambda n: taken.append(1 / n), failed.append, "it could not be taken")
    assert taken == [1, 0.5]
    assert [error.what for error in failed] == ["it could not be taken"] * 2


def test_an_item_that_cannot_be_read_has_a_stand_in(bugs):
    read = salvaged(
        [1, 0, 2], lambda ns: [1 / n for n in ns], lambda n, error: (n, error.what), "unread"
    )
    assert read == [1, (0, "unread"), 0.5]
    assert sum(bugs.values()) == 1
