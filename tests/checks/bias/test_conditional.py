"""Parity among people who are alike in what may legitimately make a difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.bias.parity.conditional import conditional_parity_difference
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Verdict
from modelcheck.scoring.rows import Groups


def _rows(rows_of, direct=0.0, n=6000, seed=0, groups=("a", "b"), **more):
    """Group b lives in better strata, and gets `direct` more in each of them."""
    rng = np.random.default_rng(seed)
    group = rng.choice(groups, size=n)
    last = group == groups[-1]
    stratum = (rng.random(n) < np.where(last, 0.8, 0.2)).astype(np.int32)
    decided = rng.random(n) < 0.2 + 0.5 * stratum + direct * last
    rows = rows_of("binary", rng.random(n) < 0.4, rng.random(n), decided, groups={"sex": group}, **more)
    return replace(rows, strata=Groups(labels=("low", "high"), codes=stratum))


def _run(context_of, rows, **more):
    context = context_of("conditional_parity_difference", rows, by="sex", **more)
    return conditional_parity_difference(replace(context, check="bias.conditional_parity_difference"))


def _by_hand(rows):
    top = bottom = 0.0
    for code in (0, 1):
        one, two = ((rows.groups["sex"].codes == place) & (rows.strata.codes == code) for place in (0, 1))
        weight = one.sum() * two.sum() / (one.sum() + two.sum())
        top += weight * (rows.decision[one].mean() - rows.decision[two].mean())
        bottom += weight
    return top / bottom


def test_a_difference_that_the_control_explains_is_gone(rows_of, context_of):
    rows = _rows(rows_of)
    plain = abs(np.subtract(*(rows.decision[rows.groups["sex"].codes == place].mean() for place in (0, 1))))
    found = _run(context_of, rows, limit=0.1)
    assert plain > 0.25
    assert found.estimate.value == pytest.approx(abs(_by_hand(rows)))
    assert found.estimate.value < 0.05
    assert judge(found, Criterion(max=0.1)).verdict is Verdict.PASS
    assert "Without looking at them the difference is 0." in found.reading


def test_a_difference_that_it_does_not_explain_is_a_finding(rows_of, context_of):
    rows = _rows(rows_of, direct=0.2)
    found = _run(context_of, rows, limit=0.1)
    assert found.estimate.value == pytest.approx(abs(_by_hand(rows)))
    (finding,) = found.findings
    assert "fewer get the decision class 1 where sex = a than where sex = b" in finding.title
    assert finding.low > 0.1
    assert judge(found, Criterion(max=0.1)).verdict is Verdict.FAIL


def test_a_finding_that_no_limit_judges_names_a_convention(rows_of, context_of):
    rows = _rows(rows_of, direct=0.2)
    (told,) = _run(context_of, rows).findings
    (judged,) = _run(context_of, rows, limit=0.1).findings
    assert told.title.endswith("(a common convention: at most 0.1)")
    assert judged.title.endswith("(at most 0.1 is allowed)")


def test_strata_of_one_group_only_are_counted_and_told(rows_of, context_of):
    rows = _rows(rows_of)
    codes = rows.strata.codes.copy()
    codes[np.flatnonzero(rows.groups["sex"].codes == 0)[:500]] = 2
    found = _run(context_of, replace(rows, strata=Groups(labels=("low", "high", "own"), codes=codes)))
    assert "500 rows of 6,000 lie in combinations that only one of the groups has" in found.reading
    line = dict(zip(found.tables[0].columns, found.tables[0].rows[0], strict=True))
    assert (line["rows"], line["rows compared"], line["strata"], line["strata compared"]) == (6000, 5500, 3, 2)


def test_nobody_alike_is_not_applicable(rows_of, context_of):
    rows = _rows(rows_of)
    own = Groups(labels=("a", "b"), codes=rows.groups["sex"].codes)
    assert "no two groups have people who are alike" in _run(context_of, replace(rows, strata=own)).not_applicable
    assert "no control column is declared" in _run(context_of, replace(rows, strata=None)).not_applicable


def test_three_groups_are_compared_in_pairs_and_judged_together(rows_of, context_of):
    found = _run(context_of, _rows(rows_of, groups=("a", "b", "c")), limit=0.1)
    assert found.looked_at == 3
    assert [one.confidence for one in found.groups.values()] == pytest.approx([1 - 0.05 / 3] * 3)


@pytest.mark.parametrize("design", [{"weight": np.full(6000, 2.0)}, {"cluster": np.arange(6000) // 3}])
def test_weights_and_clusters_keep_the_value_and_name_their_method(rows_of, context_of, design):
    rows = _rows(rows_of, direct=0.2, **design)
    found = _run(context_of, rows, limit=0.1)
    assert found.estimate.value == pytest.approx(abs(_by_hand(rows)))
    assert ("cluster" if "cluster" in design else "weighted") in found.estimate.method
    assert found.findings


def test_several_classes_are_compared_one_by_one(rows_of, context_of):
    rng = np.random.default_rng(0)
    group, decided = rng.choice(["a", "b"], 900), rng.integers(0, 3, 900)
    rows = rows_of("multiclass", rng.integers(0, 3, 900), None, decided, groups={"sex": group})
    rows = replace(rows, strata=Groups(labels=("x",), codes=np.zeros(900, dtype=np.int32)))
    found = _run(context_of, rows)
    assert found.looked_at == 3
    assert {label.split(",")[0] for label in found.groups} == {"class 0", "class 1", "class 2"}


def test_a_declared_limit_is_left_open_by_groups_that_nobody_is_like(rows_of, context_of):
    rows = _rows(rows_of, groups=("a", "b", "c"))
    own = np.where(rows.groups["sex"].codes == 2, 2, rows.strata.codes).astype(np.int32)
    rows = replace(rows, strata=Groups(labels=("low", "high", "own"), codes=own))
    found = _run(context_of, rows, limit=0.5, declared=True)
    assert judge(found, Criterion(max=0.5)).verdict is Verdict.INCONCLUSIVE
    assert "obody of one group is like" in judge(found, Criterion(max=0.5)).reason


def test_opposite_gaps_that_cancel_are_told(rows_of, context_of):
    rows = _rows(rows_of)
    last, high = rows.groups["sex"].codes == 1, rows.strata.codes == 1
    chance = np.where(last == high, 0.7, 0.3)
    decided = np.random.default_rng(1).random(len(rows)) < chance
    found = _run(context_of, replace(rows, decision=decided.astype(np.int16)), limit=0.1)
    assert "It goes both ways" in found.reading
    assert "It goes both ways" not in _run(context_of, rows, limit=0.1).reading
