"""Better than trivial: healthy models pass; noise, constants and reversed models don't; the reading names the rival."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, mean_squared_error, roc_auc_score

from modelcheck.checks.performance.trivial.better_than_trivial import better_than_trivial


def world(rng, n, *, task="binary", features=4):
    """Feature columns with shared strength, and a target that follows them."""
    columns = {f"x{k}": rng.normal(size=n) for k in range(features)}
    signal = sum(columns.values()) * (1.6 / np.sqrt(features))
    if task == "binary":
        target = rng.random(n) < 1 / (1 + np.exp(-signal))
    elif task == "multiclass":
        target = np.clip(np.round(signal + rng.normal(size=n)), -1, 1).astype(int) + 1
    else:
        target = 100 + 10 * signal + 10 * rng.normal(size=n)
    return columns, signal, target


@pytest.fixture
def pair(rows_of, codes_of):
    """Build (dataset, reference) scored alike; `score` maps the signal to the model's answer."""

    def make(task, score, *, n=1500, seed=0, decision=None, **more):
        rng = np.random.default_rng(seed)
        cuts = {f"x{k}": np.linspace(-1.5, 1.5, 9) for k in range(4)}
        made = []
        for _ in range(2):
            columns, signal, target = world(rng, n, task=task)
            made.append(
                rows_of(
                    task,
                    target,
                    None if score is None else score(signal, rng),
                    None if decision is None else decision(signal, rng),
                    features=codes_of(columns, edges=cuts),
                    **more,
                )
            )
        return made[0], made[1]

    return make


def logistic(signal, rng):
    return 1 / (1 + np.exp(-signal))


def three_probabilities(signal, rng):
    raw = np.exp(-((signal[:, None] - np.array([-1.0, 0.0, 1.0])) ** 2))
    return raw / raw.sum(axis=1, keepdims=True)


def test_a_model_of_four_features_beats_constant_and_stump(pair, context_of):
    rows, reference = pair("binary", logistic)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    area = roc_auc_score(rows.target, rows.score)
    assert found.estimate.low > 0.05
    assert found.estimate.metric == "roc_auc_difference"
    assert not found.disproved
    (constant, stump) = found.tables[0].rows
    assert constant[1:4] == pytest.approx((area, 0.5, area - 0.5), abs=1e-12)
    assert stump[3] == pytest.approx(area - stump[2], abs=1e-12)
    assert found.estimate.value == pytest.approx(min(constant[3], stump[3]), abs=1e-12)
    assert "A stump on `x" in found.reading
    assert "(split at " in found.reading
    assert "99.6 % interval" in found.reading
    assert found.predicted_rows == len(rows)


def test_the_interval_against_the_stump_is_delongs_for_paired_areas(pair, context_of):
    """Against the direct form of DeLong's covariance, O(n squared)."""
    rows, reference = pair("binary", logistic, n=300)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference))
    from modelcheck.checks.performance.trivial.stump import fit_stump

    stump = fit_stump(reference)
    scores = np.stack([rows.score, stump.leaves[stump.side(rows.features).astype(int)]])
    up, down = scores[:, rows.target == 1], scores[:, rows.target == 0]
    wins = (up[:, :, None] > down[:, None, :]) + 0.5 * (up[:, :, None] == down[:, None, :])
    of_up, of_down = wins.mean(axis=2), wins.mean(axis=1)
    difference = wins.mean(axis=(1, 2)) @ [1, -1]
    variance = (
        np.var(of_up[0] - of_up[1], ddof=1) / up.shape[1] + np.var(of_down[0] - of_down[1], ddof=1) / down.shape[1]
    )
    estimate = next(line for line in found.tables[0].rows if "stump" in line[0])
    assert estimate[3] == pytest.approx(difference, abs=1e-12)
    half = (estimate[5] - estimate[4]) / 2
    assert half == pytest.approx(1.96 * np.sqrt(variance), rel=0.02)  # t with about 290 degrees against 1.96


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("noise", lambda signal, rng: rng.random(len(signal))),
        ("reversed", lambda signal, rng: 1 / (1 + np.exp(signal))),
        ("one good feature's worth", lambda signal, rng: 1 / (1 + np.exp(-signal - 6 * rng.normal(size=len(signal))))),
    ],
)
def test_a_model_that_is_not_better_is_not_proved_better(pair, context_of, name, score):
    rows, reference = pair("binary", score)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    assert found.estimate.low < 0


def test_a_constant_model_is_disproved_with_its_answer_and_the_number_of_rows(pair, context_of):
    rows, reference = pair("binary", lambda signal, rng: np.full(len(signal), 0.23))
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference))
    assert found.disproved == "the model gives the same answer, 0.23, for all 1,500 rows"


def test_a_constant_label_is_disproved_by_its_name(pair, context_of):
    rows, reference = pair("binary", None, decision=lambda signal, rng: np.zeros(len(signal)), classes=("no", "yes"))
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference))
    assert found.disproved == "the model gives the same answer, no, for all 1,500 rows"


def test_constant_probabilities_of_three_classes_are_disproved(pair, context_of):
    rows, reference = pair("multiclass", lambda signal, rng: np.tile([0.5, 0.25, 0.25], (len(signal), 1)))
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference))
    assert found.disproved == "the model gives the same answer, class 0 first with 0.5, for all 1,500 rows"


def test_equal_labels_in_a_small_slice_prove_nothing(pair, context_of):
    rows, reference = pair("binary", None, decision=lambda signal, rng: np.zeros(len(signal)))
    small = rows.take(np.arange(12))
    found = better_than_trivial(context_of("better_than_trivial", small, reference=reference, slice="65+"))
    assert not found.disproved
    assert found.reading.startswith("In 65+:")


def test_labels_only_are_compared_by_the_area_of_the_labels(pair, context_of):
    rows, reference = pair("binary", None, decision=lambda signal, rng: signal > 0)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    assert found.tables[0].rows[0][1] == pytest.approx(roc_auc_score(rows.target, rows.decision), abs=1e-12)
    assert found.estimate.low > 0


def test_scores_of_three_classes_are_compared_by_the_mean_area(pair, context_of):
    rows, reference = pair("multiclass", three_probabilities)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    expected = np.mean([roc_auc_score(rows.target == k, rows.score[:, k]) for k in range(3)])
    assert found.tables[0].rows[0][1:3] == pytest.approx((expected, 0.5), abs=1e-12)
    assert found.estimate.low > 0


def test_labels_of_three_classes_are_compared_by_balanced_accuracy(pair, context_of):
    rows, reference = pair("multiclass", None, decision=lambda signal, rng: np.clip(np.round(signal), -1, 1) + 1)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    constant, stump = found.tables[0].rows
    expected = balanced_accuracy_score(rows.target, rows.decision)
    assert constant[1:3] == pytest.approx((expected, 1 / 3), abs=1e-12)
    assert 1 / 3 < stump[2] < expected
    assert found.estimate.low > 0


def test_a_regression_is_compared_by_the_share_of_squared_error_it_saves(pair, context_of):
    rows, reference = pair("regression", lambda signal, rng: 100 + 10 * signal)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    constant, stump = found.tables[0].rows
    plain = np.full(len(rows), reference.target.mean())
    saved = 1 - mean_squared_error(rows.target, rows.score) / mean_squared_error(rows.target, plain)
    assert constant[3] == pytest.approx(saved, abs=1e-12)
    assert constant[0] == "the mean of the reference"
    assert found.estimate.value == pytest.approx(stump[3])
    assert 0 < found.estimate.low < found.estimate.value < found.estimate.high < 1


@pytest.mark.parametrize(
    "score",
    [
        lambda signal, rng: 100 + 10 * rng.normal(size=len(signal)),
        lambda signal, rng: 100 - 10 * signal,
        lambda signal, rng: np.full(len(signal), 100.0),
    ],
    ids=["noise", "reversed", "constant"],
)
def test_a_regression_that_is_not_better_is_not_proved_better(pair, context_of, score):
    rows, reference = pair("regression", score)
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    assert found.disproved or found.estimate.low < 0


def test_a_regression_without_any_error_is_better(pair, context_of):
    rows, reference = pair("regression", lambda signal, rng: signal)
    from dataclasses import replace

    rows = replace(rows, score=rows.target.copy())
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    assert found.estimate.value == 1
    assert 0.5 < found.estimate.low < 1


def test_nothing_beats_a_rival_that_makes_no_error(rows_of, context_of):
    rows = rows_of("regression", np.full(50, 3.0), np.linspace(2, 4, 50))
    found = better_than_trivial(context_of("better_than_trivial", rows))
    assert found.estimate.value is None
    assert "makes no error" in found.estimate.unproven


def test_without_a_reference_the_stump_is_left_out_and_said(pair, context_of):
    rows, _ = pair("regression", lambda signal, rng: 100 + 10 * signal)
    found = better_than_trivial(context_of("better_than_trivial", rows))
    assert len(found.tables[0].rows) == 1
    assert "There is no reference: no stump." in found.reading
    assert "hindsight" in found.reading


def test_rows_without_features_have_no_stump_and_say_so(binary, context_of):
    found = better_than_trivial(context_of("better_than_trivial", binary, reference=binary))
    assert "The rows have no features: no stump." in found.reading


def test_a_reference_coded_otherwise_is_refused(pair, rows_of, codes_of, context_of):
    rows, reference = pair("binary", logistic)
    from dataclasses import replace

    other = replace(reference, features=codes_of({f"x{k}": np.arange(1500.0) for k in range(4)}))
    with pytest.raises(ValueError, match="coded otherwise"):
        better_than_trivial(context_of("better_than_trivial", rows, reference=other))


def test_the_stump_does_not_depend_on_the_evaluation_rows(pair, context_of):
    rows, reference = pair("binary", logistic)
    first = better_than_trivial(context_of("better_than_trivial", rows, reference=reference))
    from dataclasses import replace

    flipped = replace(rows, target=(1 - rows.target).astype(np.int16))
    second = better_than_trivial(context_of("better_than_trivial", flipped, reference=reference))
    assert first.tables[0].rows[1][0] == second.tables[0].rows[1][0]


def test_every_group_is_compared_and_the_worst_named(pair, context_of):
    rng = np.random.default_rng(9)
    site = rng.choice(["north", "south"], 1500, p=[0.3, 0.7])

    def blind_in_the_north(signal, generator):
        return np.where(site == "north", generator.random(len(signal)), 1 / (1 + np.exp(-signal)))

    rows, reference = pair("binary", blind_in_the_north, groups={"site": site})
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, by="site", slice="site"))
    assert set(found.groups) == {"north", "south"}
    assert {item.confidence for item in found.groups.values()} == {0.975}
    assert found.groups["north"].low < 0 < found.groups["south"].low
    assert found.estimate == found.groups["north"]
    assert "Worst of 2 groups by site is north" in found.reading


def test_one_class_in_a_slice_is_unproven(pair, context_of):
    rows, reference = pair("binary", logistic)
    ones = rows.take(rows.target == 1)
    found = better_than_trivial(context_of("better_than_trivial", ones, reference=reference))
    assert found.estimate.value is None
    assert "no negative rows" in found.estimate.unproven


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few_rows_prove_nothing(pair, context_of, n):
    for task, score in (("binary", logistic), ("regression", lambda signal, rng: 100 + 10 * signal)):
        rows, reference = pair(task, score)
        found = better_than_trivial(context_of("better_than_trivial", rows.take(np.arange(n)), reference=reference))
        assert found.estimate.unproven
        assert not found.disproved


def test_clusters_widen_the_interval_of_repeated_rows(pair, context_of):
    from dataclasses import replace

    rows, reference = pair("binary", logistic, n=400)
    eight = rows.take(np.repeat(np.arange(400), 8))
    naive = better_than_trivial(context_of("better_than_trivial", eight, reference=reference)).estimate
    eight = replace(eight, cluster=np.repeat(np.arange(400), 8).astype(np.int32))
    honest = better_than_trivial(context_of("better_than_trivial", eight, reference=reference)).estimate
    once = better_than_trivial(context_of("better_than_trivial", rows, reference=reference)).estimate
    assert honest.high - honest.low == pytest.approx(once.high - once.low, rel=0.05)
    assert (honest.high - honest.low) > 2.5 * (naive.high - naive.low)
    assert honest.clusters == 400


def test_a_weight_counts_like_repeated_rows_in_the_value(pair, context_of):
    from dataclasses import replace

    rows, reference = pair("regression", lambda signal, rng: 100 + 10 * signal, n=300)
    times = np.random.default_rng(1).integers(1, 4, 300)
    weighted = better_than_trivial(
        context_of("better_than_trivial", replace(rows, weight=times.astype(float)), reference=reference)
    )
    repeated = better_than_trivial(
        context_of("better_than_trivial", rows.take(np.repeat(np.arange(300), times)), reference=reference)
    )
    assert weighted.estimate.value == pytest.approx(repeated.estimate.value, abs=1e-12)


def test_the_order_of_rows_does_not_matter(pair, context_of):
    rows, reference = pair("binary", logistic)
    order = np.random.default_rng(0).permutation(len(rows))
    a = better_than_trivial(context_of("better_than_trivial", rows, reference=reference)).estimate
    b = better_than_trivial(context_of("better_than_trivial", rows.take(order), reference=reference)).estimate
    assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-12)


def test_a_rival_proved_to_be_better_is_the_estimate_before_an_uncertain_one():
    from modelcheck.checks.performance.trivial.better_than_trivial import _standing
    from modelcheck.record.evidence import Estimate

    def gain(low, high, unproven=""):
        return Estimate(metric="m", value=0.0, low=low, high=high, confidence=0.95, n=9, method="x", unproven=unproven)

    behind, wide, doubtful, ahead = gain(-0.05, -0.01), gain(-0.1, 0.2), gain(0.1, 0.2, "few rows"), gain(0.01, 0.2)
    assert sorted([ahead, wide, doubtful, behind], key=_standing) == [behind, doubtful, wide, ahead]


def test_noise_where_a_feature_tells_is_proved_worse_not_just_unproven(pair, context_of):
    rows, reference = pair("binary", lambda signal, rng: rng.random(len(signal)))
    found = better_than_trivial(context_of("better_than_trivial", rows, reference=reference, confidence=0.996))
    assert found.estimate.high < 0
