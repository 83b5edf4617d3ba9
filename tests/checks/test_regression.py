"""Candidate against baseline: the sign, the words, the tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from modelcheck.checks.context import NO_BASELINE
from modelcheck.checks.performance.catalogue import METRICS
from modelcheck.checks.performance.comparison.regression import regression as check

CLASS_METRICS = [name for name, metric in METRICS.items() if metric.needs != "value"]
VALUE_METRICS = [
    name for name, metric in METRICS.items() if metric.needs == "value" and metric.higher_is_better is not None
]


def _worse(rows, seed=0, share=0.2):
    """The same rows, a share of them answered at random."""
    rng = np.random.default_rng(seed)
    hit = rng.random(len(rows)) < share
    score = rows.score.copy()
    score[hit] = rng.permutation(score[hit])
    if rows.task == "regression":
        return replace(rows, score=score + 1.0)
    decision = score >= 0.5 if rows.task == "binary" else score.argmax(axis=1)
    return replace(rows, score=score, decision=decision.astype(np.int16))


def _gap(context_of, name, candidate, baseline, **more):
    return check(context_of(f"regression.{name}", candidate, baseline=baseline, **more))


@pytest.mark.parametrize("name", CLASS_METRICS)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_worse_candidate_has_a_difference_below_zero_whichever_way_the_metric_points(request, context_of, task, name):
    rows = request.getfixturevalue(task)
    found = _gap(context_of, name, _worse(rows), rows)
    better = _gap(context_of, name, rows, _worse(rows))
    if not (task == "binary" and name in ("recall", "precision", "false_positive_rate", "false_negative_rate", "f1")):
        assert found.estimate.value < 0.0 < better.estimate.value
    assert found.estimate.value == pytest.approx(-better.estimate.value, abs=1e-12)
    assert found.estimate.low < found.estimate.value < found.estimate.high


@pytest.mark.parametrize("name", VALUE_METRICS)
def test_values_are_compared_too(context_of, regression, name):
    found = _gap(context_of, name, _worse(regression), regression)
    assert found.estimate.value < 0.0
    assert found.estimate.low < found.estimate.value < found.estimate.high


def test_the_difference_is_that_of_the_published_metric(context_of, binary):
    worse = _worse(binary)
    found = _gap(context_of, "roc_auc", worse, binary)
    want = sk.roc_auc_score(binary.target, worse.score) - sk.roc_auc_score(binary.target, binary.score)
    assert found.estimate.value == pytest.approx(want, abs=1e-12)
    assert found.baseline.value == pytest.approx(sk.roc_auc_score(binary.target, binary.score), abs=1e-12)


def test_without_a_baseline_it_does_not_apply_and_says_what_to_do(context_of, binary):
    found = check(context_of("regression.roc_auc", binary))
    assert found.not_applicable == NO_BASELINE
    assert found.not_applicable.startswith("first run, no baseline")
    assert "--modelcheck-baseline=accept" in found.not_applicable


def test_the_reading_has_both_values_and_the_smallest_drop_that_would_show(context_of, binary):
    found = _gap(context_of, "roc_auc", _worse(binary), binary, limit=-0.01)
    assert found.reading.startswith("ROC AUC: candidate 0.")
    assert "baseline 0." in found.reading
    assert "on the same 2,000 rows" in found.reading
    assert "(the margin of 0.01 included), of rows that only get worse, would be found with 80 % power" in found.reading
    assert found.estimate.resolution > 0.0


def test_the_primary_comparison_shows_every_metric(context_of, binary, regression):
    (table,) = _gap(context_of, "roc_auc", _worse(binary), binary).tables
    assert [row[0] for row in table.rows] == CLASS_METRICS
    (table,) = _gap(context_of, "r2", _worse(regression), regression).tables
    assert [row[0] for row in table.rows] == VALUE_METRICS
    (table,) = _gap(context_of, "accuracy", _worse(binary), binary).tables
    assert table.name == "discordant rows"


def test_each_group_of_an_attribute_is_compared_and_the_worst_is_named(context_of, binary):
    women = binary.groups["sex"].codes == binary.groups["sex"].labels.index("female")
    worse = _worse(binary, share=0.6)
    score = np.where(women, worse.score, binary.score)
    candidate = replace(binary, score=score, decision=(score >= 0.5).astype(np.int16))
    found = _gap(context_of, "roc_auc", candidate, binary, by="sex")
    assert set(found.groups) == {"female", "male"}
    assert found.estimate == found.groups["female"]
    assert "Worst of 2 groups by sex is female" in found.reading
    assert found.estimate.high < 0.0
    assert found.estimate.confidence == pytest.approx(0.975)


def test_only_the_rows_that_both_scored_are_compared(context_of, binary):
    half = np.arange(0, len(binary), 2)
    part = binary.take(half)
    context = context_of(
        "regression.accuracy",
        binary,
        baseline=_worse(part),
        paired=part,
        baseline_note="Compared on 1,000 of 2,000 rows.",
    )
    found = check(context)
    assert found.estimate.n == 1000
    assert found.reading.endswith("Compared on 1,000 of 2,000 rows.")


def test_labels_are_ranked_by_labels_on_both_sides(context_of, binary):
    labels = replace(binary, score=None)
    found = _gap(context_of, "roc_auc", binary, labels)
    # Scores against labels would be no fair race: the labels are the candidate's own.
    assert found.estimate.value == pytest.approx(0.0, abs=1e-12)
    assert found.baseline.value == pytest.approx(sk.balanced_accuracy_score(binary.target, binary.decision), abs=1e-12)


def test_an_output_that_allows_no_comparison_is_said(context_of, binary):
    found = _gap(context_of, "log_loss", binary, replace(binary, probabilistic=False))
    assert "probabilities" in found.not_applicable


def test_no_rows_are_no_crash(context_of, binary, regression):
    for name, rows in (("roc_auc", binary), ("accuracy", binary), ("r2", regression)):
        nothing = rows.take(np.arange(0))
        found = _gap(context_of, name, nothing, nothing, slice="nobody")
        assert found.not_applicable == "There are no rows in nobody that candidate and baseline have both scored."
    everyone = _gap(context_of, "accuracy", binary.take(np.arange(0)), binary.take(np.arange(0)), by="sex")
    assert everyone.not_applicable


def test_equal_answers_are_a_fact_that_needs_no_interval(context_of, binary, regression):
    for name, rows in (("roc_auc", binary), ("r2", regression)):
        assert "the same answers to all" in _gap(context_of, name, rows, rows).proved
        assert not _gap(context_of, name, _worse(rows), rows).proved
    nearly = replace(binary, score=np.concatenate([binary.score[:-1], [0.123]]))
    assert not _gap(context_of, "roc_auc", nearly, binary).proved


def test_agreeing_on_labels_or_on_few_rows_is_no_fact(context_of, binary):
    labels = replace(binary, score=None)
    assert not _gap(context_of, "accuracy", labels, labels).proved
    few = binary.take(np.arange(29))
    assert not _gap(context_of, "accuracy", few, few).proved
    flat = replace(binary, score=np.full(len(binary), 0.3))
    assert not _gap(context_of, "accuracy", flat, flat).proved


@pytest.mark.parametrize(("known", "speaks"), [(999, False), (1000, True)])
def test_fewer_than_half_of_the_rows_can_not_speak_for_all(context_of, binary, known, speaks):
    part = binary.take(np.arange(known))
    found = check(context_of("regression.accuracy", binary, baseline=_worse(part), paired=part))
    assert bool(found.estimate.unproven) is not speaks
    if not speaks:
        assert found.estimate.unproven.startswith("the baseline knows 999 rows of 2,000")
    assert not found.proved
    grouped = check(context_of("regression.accuracy", binary, baseline=_worse(part), paired=part, by="sex"))
    assert all(bool(one.unproven) is not speaks for one in grouped.groups.values())


def test_another_operating_point_is_told_where_decisions_are_compared(context_of, binary):
    eager = replace(binary, decision=(binary.score >= 0.2).astype(np.int16))
    reading = _gap(context_of, "accuracy", eager, binary).reading
    ours, theirs = 100 * eager.decision.mean(), 100 * binary.decision.mean()
    assert f"Of 100 rows the candidate decides {ours:.1f} positive, the baseline {theirs:.1f}." in reading
    assert "Of 100 rows" not in _gap(context_of, "roc_auc", eager, _worse(binary)).reading


def test_the_group_that_decides_is_the_one_that_is_named(context_of, binary):
    # Few women: nothing is proved of them, so they leave the gate open although their value is the better one.
    women = np.flatnonzero(binary.groups["sex"].codes == binary.groups["sex"].labels.index("female"))
    kept = np.sort(
        np.concatenate([women[:40], np.flatnonzero(binary.groups["sex"].codes != binary.groups["sex"].codes[women[0]])])
    )
    rows = binary.take(kept)
    found = _gap(context_of, "accuracy", _worse(rows, share=0.02), rows, by="sex", limit=-0.01)
    assert found.estimate == found.groups["female"]
