"""Worse than the baseline in a slice that nobody declared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.performance.comparison.regression_by_slice import regression_by_slice
from modelcheck.conditions import parse_condition
from modelcheck.data.levels import Levels
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Verdict
from modelcheck.scoring.rows import FeatureCodes

CRITERION = Criterion(margin=0.03, confidence=0.994)
WORDS = "city = b & age >= 60"


def coded(rng, n):
    age = rng.integers(1, 11, n)
    city = rng.integers(1, 4, n)
    labels = ("missing", "< 20", *(f"{low} to {low + 10}" for low in range(20, 100, 10)), ">= 100")
    levels = (
        Levels(name="age", labels=labels, ordered=True, edges=tuple(range(20, 110, 10))),
        Levels(name="city", labels=("missing", "a", "b", "c", "other"), ordered=False, values=("a", "b", "c")),
    )
    return FeatureCodes(values=np.stack([age, city]).astype(np.uint8), levels=levels, edges_from="reference")


@pytest.fixture
def sides(rows_of):
    """6,000 rows: the candidate turns a fifth of the old of city b from right to wrong, and nothing else."""
    rng = np.random.default_rng(3)
    n = 6000
    features = coded(rng, n)
    target = rng.integers(0, 2, n)
    before = np.where(rng.random(n) < 0.85, target, 1 - target)
    hit = (features.values[0] >= 6) & (features.values[1] == 2) & (rng.random(n) < 0.25)
    after = np.where(hit, 1 - target, before)
    candidate, baseline = (
        replace(rows_of("binary", target, decision=answer), features=features) for answer in (after, before)
    )
    return candidate, baseline


def compare(context_of, sides, **more):
    more = {"baseline": sides[1], "baseline_note": "", "limit": -0.03, "confidence": 0.994} | more
    return regression_by_slice(context_of("regression_by_slice", sides[0], **more))


def test_the_slice_is_found_without_having_been_declared(sides, context_of):
    found = compare(context_of, sides)
    (finding,) = found.findings
    assert finding.slice in ("age >= 60 & city = b", WORDS)
    assert finding.high < -0.03
    assert finding.low < finding.effect <= finding.high
    assert finding.p_adjusted < 0.003
    assert len(finding.examples) == 10
    assert judge(found, CRITERION).verdict is Verdict.FAIL
    assert finding.slice in judge(found, CRITERION).reason


def test_its_gate_can_be_pasted(sides, context_of):
    (finding,) = compare(context_of, sides).findings
    assert '[gates."performance.accuracy"]' in finding.reproduce
    assert ".margin = 0.03" in finding.reproduce
    condition = next(line for line in finding.reproduce.splitlines() if line.startswith('"')).split(' = "')[1][:-1]
    assert set(parse_condition(condition).columns) == {"age", "city"}


def test_a_declared_group_that_tells_it_already_is_told_once(sides, context_of, rows_of):
    candidate, baseline = sides
    hit = (candidate.features.values[0] >= 6) & (candidate.features.values[1] == 2)
    named = [replace(side, slices={"old in b": hit}) for side in (candidate, baseline)]
    found = compare(context_of, named)
    assert [finding.slice for finding in found.findings] == ["slice old in b"]


def test_equal_models_have_no_finding_and_the_search_says_what_it_could_see(sides, context_of):
    rng = np.random.default_rng(1)
    candidate, baseline = sides
    # As many rows gained as lost, anywhere.
    moved = rng.random(len(candidate)) < 0.02
    candidate = replace(candidate, decision=np.where(moved, 1 - baseline.decision, baseline.decision).astype(np.int16))
    found = compare(context_of, (candidate, baseline))
    assert not found.findings
    judged = judge(found, CRITERION)
    assert judged.verdict is Verdict.PASS
    assert f"None of {found.looked_at:,} places looked at" in judged.reason
    assert "With 80 % power a drop of" in judged.reason


def test_without_features_only_declared_places_are_compared(sides, context_of):
    candidate, baseline = (replace(side, features=None, slices={"half": np.arange(6000) % 2 == 0}) for side in sides)
    found = compare(context_of, (candidate, baseline))
    assert list(found.groups) == ["slice half"]
    assert found.looked_at == 0
