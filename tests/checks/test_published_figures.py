"""Published error rates come out of the check: COMPAS, high risk = not Low, two-year recidivism."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelcheck.checks.performance.metrics import measure

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "compas_two_years.csv.gz"


@pytest.mark.skipif(not DATA.exists(), reason="the shared data folder is not beside the repository")
@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("false_positive_rate", {"African-American": 0.4485, "Caucasian": 0.2345}),
        ("false_negative_rate", {"African-American": 0.2799, "Caucasian": 0.4772}),
    ],
)
def test_compas_error_rates_by_race(rows_of, context_of, name, published):
    import pandas as pd

    table = pd.read_csv(DATA)
    rows = rows_of(
        "binary", table["two_year_recid"], decision=table["score_text"] != "Low", groups={"race": table["race"]}
    )
    found = measure(context_of(name, rows, by="race"))
    for race, rate in published.items():
        assert found.groups[race].value == pytest.approx(rate, abs=5e-5)
        assert found.groups[race].low < rate < found.groups[race].high
    assert "positive" in found.reading
