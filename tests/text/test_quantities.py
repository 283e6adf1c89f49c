"""Figures with units, as rules have them."""

import pytest

from arcwatch.text.quantities import COUNT, DURATION, RATE, SHARE, SIZE, TRUTH


@pytest.mark.parametrize(
    ("dimension", "text", "figure"),
    [
        (DURATION, "250ms", 0.25),
        (DURATION, "2 h", 7_200.0),
        (COUNT, "1_000", 1_000.0),
        (COUNT, "1.5M", 1_500_000.0),
        (RATE, "60/min", 1.0),
        (RATE, "2k/s", 2_000.0),
        (SIZE, "2 GB", 2e9),
        (SIZE, "2 GiB", 2.0 * 2**30),
        (SHARE, "90%", 0.9),
        (SHARE, "0.9", 0.9),
    ],
)
def test_a_figure_is_in_the_stores_unit(dimension, text, figure):
    assert dimension.read(text) == pytest.approx(figure, rel=1e-12)


@pytest.mark.parametrize("dimension", [DURATION, COUNT, RATE, SIZE, SHARE])
@pytest.mark.parametrize("text", ["", "x", "-1s", "1 parsec", "1e9s", "9" * 40, "١s", "1.s"])
def test_what_is_no_figure_is_none(dimension, text):
    assert dimension.read(text) is None


def test_a_unit_of_another_dimension_is_none_and_nothing_needs_no_unit():
    assert [d.read("10m") for d in (COUNT, SIZE, SHARE)] == [None] * 3
    assert (DURATION.read("5"), DURATION.read("0")) == (None, 0.0)
    assert TRUTH.read("1") is None


def test_what_is_not_known_is_shown_as_such():
    assert SHARE.show(0.25) == "25.0%"
    assert {SHARE.show(value) for value in (None, float("nan"))} == {"–"}
    assert (TRUTH.show(1.0), TRUTH.show(0.0)) == ("yes", "no")
