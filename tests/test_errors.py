"""Errors stay readable whatever they quote."""

from arcwatch.errors import SourceError


def test_an_error_is_short_and_harmless_whatever_a_server_said():
    said = "\x1b[2J" + "x" * 200_000
    error = SourceError(said, where=said, why=said, hint=said)
    for part in (error.what, error.where, error.why, error.hint):
        assert part.startswith("␛[2Jxxx")
        assert part.endswith("…")
        assert len(part) <= 400
    assert len(error.headline) < 1_000
