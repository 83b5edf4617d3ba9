"""The worst intersection, found by a search that answers for everything it looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.bias.intersections.cells import cells_of
from modelcheck.checks.bias.intersections.intersectional import FEWEST_ROWS, intersectional
from modelcheck.data.levels import Levels
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Verdict
from modelcheck.scoring.rows import Groups


def _group(name, values, labels):
    levels = Levels(name=name, labels=("missing", *labels, "other"), ordered=False, values=tuple(labels))
    codes = np.asarray(values, dtype=np.int32)
    return Groups(labels=tuple(labels), codes=codes, levels=levels, level_codes=tuple(range(1, len(labels) + 1)))


def _rows(rows_of, n=6000, seed=0, gap=0.0, origins=3, shares=None, task="binary", **more):
    """Two attributes; where sex is F and origin is o0 the model decides `gap` less often for the positive class."""
    rng = np.random.default_rng(seed)
    sex, origin = rng.integers(0, 2, n), rng.choice(origins, size=n, p=shares)
    hit = (sex == 0) & (origin == 0)
    truth = rng.random(n) < 0.4
    if task == "regression":
        value = rng.normal(0, 1, n)
        rows = rows_of("regression", value, value + 0.3 * rng.normal(0, 1, n) - gap * hit, **more)
    elif task == "multiclass":
        label = rng.integers(0, 3, n)
        wrong = rng.random(n) < 0.2 + gap * hit
        rows = rows_of("multiclass", label, None, np.where(wrong, (label + 1) % 3, label), **more)
    else:
        rows = rows_of("binary", truth, rng.random(n), rng.random(n) < np.where(truth, 0.8, 0.4) - gap * hit, **more)
    labels = [f"o{i}" for i in range(origins)]
    return replace(rows, protected={"sex": _group("sex", sex, ["F", "M"]), "origin": _group("origin", origin, labels)})


def _run(context_of, rows, **more):
    return intersectional(replace(context_of("intersectional", rows, **more), check="bias.intersectional"))


def test_a_planted_intersection_is_found_and_can_be_seen_again(rows_of, context_of):
    rows = _rows(rows_of, gap=0.3)
    found = _run(context_of, rows, limit=0.1)
    assert judge(found, Criterion(max=0.1)).verdict is Verdict.FAIL
    titles = [one.title for one in found.findings]
    assert any("sex = F & origin = o0" in title and "class 1" in title for title in titles)
    first = next(one for one in found.findings if one.slice == "sex = F & origin = o0")
    assert "sex == 'F'" in first.reproduce
    assert '["sex", "origin"]' in first.reproduce
    assert len(first.examples) == 10
    assert first.low > 0.1
    inside = (rows.protected["sex"].codes == 0) & (rows.protected["origin"].codes == 0)
    expected = rows.decision[~inside].mean() - rows.decision[inside].mean()
    estimate = found.groups["selection rate: sex = F & origin = o0"]
    assert estimate.value == pytest.approx(expected)


def test_a_finding_that_no_limit_judges_names_a_convention(rows_of, context_of):
    rows = _rows(rows_of, gap=0.3)
    told, judged = _run(context_of, rows).findings, _run(context_of, rows, limit=0.1).findings
    assert told
    assert all(one.title.endswith("(a common convention: at most 0.1 apart)") for one in told)
    assert all(one.title.endswith("(at most 0.1 apart is allowed)") for one in judged)


def test_the_reading_names_only_what_is_proved(rows_of, context_of):
    found = _run(context_of, _rows(rows_of, gap=0.3), limit=0.1)
    proved = {one.title.partition(" (at most")[0] for one in found.findings}
    told = [part.strip().rstrip(".") for part in found.reading.split(". ")]
    assert "proved to fare differently" in told[0]
    assert [part for part in told if part.startswith("Of 100 people")]
    assert {part for part in told if part.startswith("Of 100 people")} <= proved
    fair = _run(context_of, _rows(rows_of), limit=0.1)
    assert "Of 100 people" not in fair.reading


def test_a_fair_model_has_no_finding_and_the_search_says_what_would_have_shown(rows_of, context_of):
    found = _run(context_of, _rows(rows_of), limit=0.1)
    assert found.findings == ()
    judgement = judge(found, Criterion(max=0.1))
    assert judgement.verdict is Verdict.PASS
    assert "80 % power" in judgement.reason
    assert found.looked_at >= 3 * (2 + 3 + 6)


def test_small_intersections_are_named_and_judged_together(rows_of, context_of):
    rows = _rows(rows_of, n=3000, origins=12, shares=[0.9] + [0.1 / 11] * 11)
    found = _run(context_of, rows, limit=0.1)
    (small,) = (table for table in found.tables if table.name == "small intersections")
    assert len(small.rows) == 22
    assert all(line[1] < FEWEST_ROWS for line in small.rows)
    assert "selection rate: 22 small intersections together" in found.groups
    assert "22 of 24 intersections" in found.reading


def test_what_befalls_only_the_small_ones_is_found_in_the_pool(rows_of, context_of):
    rows = _rows(rows_of, n=4000, origins=12, shares=[0.9] + [0.1 / 11] * 11)
    small = rows.protected["origin"].codes > 0
    rows = replace(rows, decision=np.where(small, 0, rows.decision).astype(np.int16))
    found = _run(context_of, rows, limit=0.1)
    pooled = found.groups["selection rate: 22 small intersections together"]
    assert pooled.low > 0.1
    assert judge(found, Criterion(max=0.1)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("task", "name", "gap"), [("multiclass", "error rate", 0.4), ("regression", "mean error", 0.6)]
)
def test_other_tasks_are_searched_by_their_errors(rows_of, context_of, task, name, gap):
    found = _run(context_of, _rows(rows_of, gap=gap, task=task), limit=0.1)
    assert any(label.startswith(f"{name}: sex = F & origin = o0") for label in found.groups)
    assert any(one.slice == "sex = F & origin = o0" for one in found.findings)
    if task == "regression":
        assert "too low" in found.reading


def test_weights_and_clusters_are_heard(rows_of, context_of):
    found = _run(context_of, _rows(rows_of, gap=0.3, cluster=np.arange(6000) // 5), limit=0.1)
    assert "cluster" in found.estimate.method
    assert found.findings
    found = _run(context_of, _rows(rows_of, gap=0.3, weight=np.linspace(1, 2, 6000)), limit=0.1)
    assert "weighted" in found.estimate.method
    assert found.findings


def test_one_attribute_meets_nobody(rows_of, context_of):
    rows = _rows(rows_of)
    constant = replace(rows.protected["origin"], codes=np.zeros(6000, dtype=np.int32))
    for protected in ({"sex": rows.protected["sex"]}, rows.protected | {"origin": constant}):
        assert "so nothing meets" in _run(context_of, replace(rows, protected=protected)).not_applicable
    assert "no protected attribute" in _run(context_of, replace(rows, protected={})).not_applicable


def test_too_few_rows_for_any_intersection_are_said(rows_of, context_of):
    found = _run(context_of, _rows(rows_of, n=40), limit=0.1)
    judgement = judge(found, Criterion(max=0.1))
    assert judgement.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)
    assert "50" in judgement.reason


def test_crossings_of_many_columns_are_numbered_without_overflow():
    rng = np.random.default_rng(0)
    columns = {f"c{i}": _group(f"c{i}", rng.integers(0, 200, 300), [str(k) for k in range(200)]) for i in range(12)}
    cells = cells_of(columns)
    assert cells.sizes.sum() == 300
    row = 17
    expected = " & ".join(f"{name} = {one.labels[one.codes[row]]}" for name, one in columns.items())
    assert cells.labels[cells.codes[row]] == expected


def test_one_small_intersection_is_judged_too(rows_of, context_of):
    rows = _rows(rows_of, n=4000, origins=2, shares=[0.9, 0.1])
    sex, origin = (rows.protected[name].codes for name in ("sex", "origin"))
    rows = rows.take(np.setdiff1d(np.arange(len(rows)), np.flatnonzero((origin == 1) & (sex == 0))[40:]))
    sex, origin = (rows.protected[name].codes for name in ("sex", "origin"))
    denied = (origin == 1) & (sex == 0)
    rows = replace(rows, decision=np.where(denied, 0, rows.decision).astype(np.int16))
    found = _run(context_of, rows, limit=0.1)
    assert found.groups["selection rate: 1 small intersection"].low > 0.1
