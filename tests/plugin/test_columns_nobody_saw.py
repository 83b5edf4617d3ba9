"""Whole runs in which what is declared can't be looked at: predictions that lie in the table have no columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.record.store import read_record


@pytest.mark.parametrize(
    ("gate", "declared"),
    [
        ("direction", {"signs": {"a": "increasing"}}),
        ("forbidden", {"forbidden": ["a"]}),
        ("irrelevant", {"canary": ["a"]}),
    ],
)
def test_predictions_that_lie_in_the_table_prove_nothing_that_was_declared(pytester, gate, declared):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=60), "p": rng.random(60), "y": np.resize([0, 1], 60)})
    rows.to_csv(pytester.path / "rows.csv", index=False)
    ((key, value),) = declared.items()
    told = '{ a = "increasing" }' if isinstance(value, dict) else '["a"]'
    (pytester.path / "modelcheck.toml").write_text(
        'suites = ["explainability"]\n[candidate]\nscore = "p"\n[dataset]\npath = "rows.csv"\ntarget = "y"\n'
        f"{key} = {told}\n",
        encoding="utf-8",
    )
    pytester.runpytest_inprocess("--modelcheck", "-q", "-p", "no:cacheprovider")
    record = read_record(pytester.path / "reports" / "record.json")
    found = next(one for one in record.gates if one.check == gate)
    assert found.verdict == "inconclusive"
    assert f"({key} a)" in found.reason
    others = {one.verdict for one in record.gates if one.check not in (gate,)}
    assert others == {"not_applicable"}
