"""Figures beside those of an earlier run."""

import pytest

from arcwatch.commands.percentiles import baseline, save, summary, with_difference
from arcwatch.errors import UsageError

BEFORE = {"path": "x", "p50": 0.001, "p90": None, "p99": 0.01, "p999": 0.02, "max": 0.05}
NOW = BEFORE | {"p50": 0.0015, "p90": 0.002, "p99": 0.005}


def test_each_percentile_says_by_how_much_and_how_many_times_it_differs(tmp_path):
    save(str(tmp_path / "f"), [BEFORE])
    found = with_difference(NOW, baseline(str(tmp_path / "f"), "path")["x"])
    assert found["plus_baseline"]["p50"] == pytest.approx(0.0005)
    assert found["times_baseline"]["p99"] == 0.5
    assert found["plus_baseline"]["p90"] is None
    line = summary(found)
    assert "p50 1.50 ms (+500 µs, x1.50)" in line
    assert "p90 2.00 ms  p99 5.00 ms (-5.00 ms, x0.50)" in line


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{}", b"[{}]", b'[{"path": "x"}]', b'[{"path": 1, "p50": "z"}]'),
        *(b"[" * 9_000, b'[{"\xff":1}]', b'[{"path":' + b"[" * 9_000, b"\xff"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, text):
    (tmp_path / "f").write_bytes(text)
    with pytest.raises(UsageError, match="baseline"):
        baseline(str(tmp_path / "f"), "path")


@pytest.mark.parametrize("name", ["/dev/zero", "/", "x" * 5_000])
def test_a_baseline_without_an_end_or_a_name_is_refused(name):
    with pytest.raises(UsageError, match="baseline"):
        baseline(name, "path")
