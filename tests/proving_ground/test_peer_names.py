"""Which finding of a peer means which defect: every case has its names or a reason, and columns that are there."""

from __future__ import annotations

import pytest

from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.draws import trial_of
from benchmarks.proving_ground.tools import (
    deepchecks_suite,
    evidently_presets,
    fairlearn_metrics,
    giskard_scan,
    sliceline_search,
)
from benchmarks.proving_ground.tools.looking import categories, features
from benchmarks.proving_ground.tools.meaning import PLANTED_IN, Meaning
from benchmarks.proving_ground.tools.outcome import NotCovered
from modelcheck.suites.catalog import all_checks

TOOLS = (giskard_scan, deepchecks_suite, evidently_presets, fairlearn_metrics, sliceline_search)
TABLES = {tool.NAME: tool.MEANING for tool in TOOLS}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("case", CASES)
def test_every_case_has_names_or_a_reason(table: Meaning, case: str):
    try:
        answer = ", ".join(table.right(case))
    except NotCovered as reason:
        answer = str(reason)
    assert answer
    assert "nothing is written down" not in answer


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_gate_has_an_entry_and_every_entry_is_about_a_gate(table: Meaning):
    gates = {check.check for check in all_checks()}
    for gate in gates:
        assert table.of_gate(gate)
    assert [key for key in table.by_gate if not any(f"{gate}.".startswith(f"{key}.") for gate in gates)] == []


@pytest.mark.parametrize("case", sorted(set(PLANTED_IN) & set(CASES)))
def test_planted_columns_are_features_of_the_trial(case: str):
    try:
        trial = trial_of(case, 300, 0)
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    assert set(PLANTED_IN[case]) <= set(features(trial))


def test_a_finding_that_tells_its_column_counts_only_where_it_names_the_planted_one(monkeypatch):
    table = Meaning(by_gate={"performance": ("slice", "whole")}, located=frozenset({"slice"}))
    assert table.right("overconfident") == {"slice", "whole"}
    monkeypatch.setitem(PLANTED_IN, "overconfident", ("income",))
    assert table.right("overconfident") == {"slice: income", "whole"}


def test_a_case_that_a_peer_can_not_be_shown_is_not_covered():
    table = Meaning(by_gate={"performance": ("whole",)}, never={"baseline": "no place for another model"})
    with pytest.raises(NotCovered, match="no place for another model"):
        table.right("worse_than_baseline")
    with pytest.raises(LookupError, match="No entry for the gate"):
        Meaning(by_gate={}).right("overconfident")


def test_texts_that_come_again_are_categories_and_a_time_is_no_feature():
    trial = trial_of("credit", 300, 0)
    assert categories(trial) == ["job", "region", "zip", "sex", "origin"]
    assert "paid" not in features(trial)
