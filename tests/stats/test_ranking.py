import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from modelcheck.stats.design import Design
from modelcheck.stats.ranking import (
    average_precision,
    average_precision_macro,
    linearise_average_precision,
    linearise_roc_auc,
    linearise_roc_auc_ovr,
    roc_auc,
    roc_auc_ovr,
)

SHAPES = [(30, 0.5, 8), (200, 0.1, 1), (999, 0.4, 0)]


def _rows(n, share, digits, seed=0):
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    positive[:2] = [True, False]
    return positive, np.round(rng.normal(positive * 1.2, 1), digits), rng.exponential(1, n) + 0.05


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_values_are_scikit_learns_with_ties_and_weights(shape, weighted):
    positive, score, weight = _rows(*shape)
    weight = weight if weighted else None
    design = Design(weight=weight)
    area = linearise_roc_auc(positive, score, design=design).value
    precision = linearise_average_precision(positive, score, design=design).value
    assert area == pytest.approx(roc_auc_score(positive, score, sample_weight=weight), abs=1e-12)
    assert precision == pytest.approx(average_precision_score(positive, score, sample_weight=weight), abs=1e-12)


def test_delong_variance_is_that_of_the_direct_quadratic_form():
    positive, score, _ = _rows(120, 0.3, 1)
    x, y = score[positive], score[~positive]
    kernel = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    direct = kernel.mean(1).var(ddof=1) / len(x) + kernel.mean(0).var(ddof=1) / len(y)
    found = linearise_roc_auc(positive, score)
    assert Design().variance_of_mean(found.influence) == pytest.approx(direct, rel=1e-12)


def test_obuchowskis_cluster_variance_is_that_of_the_direct_form():
    positive, score, _ = _rows(150, 0.4, 2)
    cluster = np.random.default_rng(1).integers(0, 40, 150)
    x, y = score[positive], score[~positive]
    kernel = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    area, total_x, total_y = kernel.mean(), len(x), len(y)
    up = np.bincount(cluster[positive], kernel.mean(1) - area, 40)
    down = np.bincount(cluster[~positive], kernel.mean(0) - area, 40)
    with_x, with_y = (np.unique(cluster[rows]).size for rows in (positive, ~positive))
    groups = np.unique(cluster).size
    direct = (
        with_x / (with_x - 1) * np.sum(up**2) / total_x**2
        + with_y / (with_y - 1) * np.sum(down**2) / total_y**2
        + 2 * groups / (groups - 1) * np.sum(up * down) / (total_x * total_y)
    )
    found = linearise_roc_auc(positive, score, design=Design(cluster=cluster))
    assert Design(cluster=cluster).variance_of_mean(found.influence) == pytest.approx(direct, rel=0.05)


@pytest.mark.parametrize("linearise", [linearise_roc_auc, linearise_average_precision])
@pytest.mark.parametrize("weighted", [False, True])
def test_influence_values_are_the_jackknifes(linearise, weighted):
    positive, score, weight = _rows(300, 0.4, 2)
    weight = weight if weighted else np.ones(300)
    found = linearise(positive, score, design=Design(weight=weight if weighted else None))
    without = np.array(
        [
            linearise(np.delete(positive, i), np.delete(score, i), design=Design(weight=np.delete(weight, i))).value
            for i in range(300)
        ]
    )
    jackknife = (found.value - without) * (weight.sum() / weight - 1)
    assert np.corrcoef(jackknife, found.influence)[0, 1] > 0.999
    assert found.influence.std() == pytest.approx(jackknife.std(), rel=0.03)
    assert np.dot(weight, found.influence) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("linearise", [linearise_roc_auc, linearise_average_precision])
def test_weights_of_two_are_rows_twice(linearise):
    positive, score, _ = _rows(80, 0.4, 1)
    twice = np.arange(80) % 3 == 0
    weight = np.where(twice, 2.0, 1.0)
    rows = np.repeat(np.arange(80), np.where(twice, 2, 1))
    assert linearise(positive, score, design=Design(weight=weight)).value == pytest.approx(
        linearise(positive[rows], score[rows]).value, abs=1e-12
    )


def test_row_order_and_monotone_changes_of_the_score_do_not_matter():
    positive, score, _ = _rows(300, 0.3, 1)
    mixed = np.random.default_rng(3).permutation(300)
    for function in (roc_auc, average_precision):
        one = function(positive, score, confidence=0.95)
        other = function(positive[mixed], np.exp(score[mixed]), confidence=0.95)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-12)


def test_area_of_the_reversed_score_is_the_mirror_image():
    positive, score, _ = _rows(300, 0.3, 1)
    up, down = roc_auc(positive, score, confidence=0.95), roc_auc(positive, -score, confidence=0.95)
    assert (up.low, up.high) == pytest.approx((1 - down.high, 1 - down.low))


def test_a_perfect_order_keeps_a_wide_honest_interval():
    positive = np.arange(60) >= 40
    found = roc_auc(positive, np.arange(60.0), confidence=0.95)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 20))
    assert not found.unproven
    worst = roc_auc(positive, -np.arange(60.0), confidence=0.95)
    assert (worst.value, worst.low) == (0.0, 0.0)
    assert worst.high == pytest.approx(1 - found.low)


def test_a_perfect_order_with_weights_is_recognised_in_spite_of_rounding():
    positive = np.arange(600) >= 400
    weight = np.random.default_rng(0).exponential(1, 600) + 0.1
    found = roc_auc(positive, np.arange(600.0), confidence=0.95, design=Design(weight=weight))
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.9 < found.low < 1


def test_a_constant_score_has_area_one_half_and_proves_nothing():
    positive = np.arange(100) % 3 == 0
    found = roc_auc(positive, np.full(100, 0.23), confidence=0.95)
    assert found.value == pytest.approx(0.5)
    assert "no width" in found.unproven
    assert average_precision(positive, np.full(100, 0.23), confidence=0.95).value == pytest.approx(positive.mean())


@pytest.mark.parametrize(("function", "few", "least"), [(roc_auc, 9, 10), (average_precision, 19, 20)])
def test_few_positives_are_unproven_and_say_how_many_are_needed(function, few, least):
    score = np.random.default_rng(0).normal(size=500)
    found = function(np.arange(500) < few, score, confidence=0.95)
    assert found.unproven == f"{few} positive rows are too few for a trustworthy interval"
    assert found.n_needed == least
    assert not function(np.arange(500) < least, score, confidence=0.95).unproven


@pytest.mark.parametrize("function", [roc_auc, average_precision])
def test_no_positives_give_no_value(function):
    found = function(np.zeros(5, bool), np.arange(5.0), confidence=0.95)
    assert found.value is None
    assert found.unproven == "there are no positive rows"


def test_no_negatives_give_no_area_and_an_unproven_precision():
    assert roc_auc(np.ones(30, bool), np.arange(30.0), confidence=0.95).unproven == "there are no negative rows"
    assert (
        average_precision(np.ones(30, bool), np.arange(30.0), confidence=0.95).unproven == "there are no negative rows"
    )


def test_few_clusters_with_positives_are_unproven():
    positive, score, _ = _rows(400, 0.3, 2)
    cluster = np.arange(400) % 8
    assert roc_auc(positive, score, confidence=0.95, design=Design(cluster=cluster)).unproven.startswith(
        "8 clusters are too few"
    )
    rare = np.arange(400) % 50 == 0
    many = Design(cluster=np.arange(400) // 4)
    doubt = roc_auc(rare, score, confidence=0.95, design=many).unproven
    assert doubt == "8 clusters with positive rows are too few for a trustworthy interval"


def test_copied_clusters_add_no_certainty():
    positive, score, _ = _rows(300, 0.4, 2)
    once = roc_auc(positive, score, confidence=0.95)
    design = Design(cluster=np.repeat(np.arange(300), 3))
    copied = roc_auc(np.repeat(positive, 3), np.repeat(score, 3), confidence=0.95, design=design)
    assert copied.value == pytest.approx(once.value)
    assert copied.high - copied.low == pytest.approx(once.high - once.low, rel=0.05)


def _classes(n=400, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    raw = rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[target]
    return target, np.exp(raw) / np.exp(raw).sum(1, keepdims=True), rng.exponential(1, n) + 0.1


@pytest.mark.parametrize("weighted", [False, True])
def test_means_over_classes_are_scikit_learns(weighted):
    target, score, weight = _classes()
    weight = weight if weighted else None
    design = Design(weight=weight)
    area = roc_auc_ovr(target, score, confidence=0.95, design=design)
    assert area.value == pytest.approx(roc_auc_score(target, score, multi_class="ovr", sample_weight=weight), abs=1e-12)
    assert linearise_roc_auc_ovr(target, score, design=design).value == pytest.approx(area.value, abs=1e-12)
    precision = average_precision_macro(target, score, confidence=0.95, design=design)
    expected = average_precision_score(np.eye(3)[target], score, average="macro", sample_weight=weight)
    assert precision.value == pytest.approx(expected, abs=1e-12)
    assert area.metric == "roc_auc_ovr"
    assert area.low < area.value < area.high


def test_interval_of_the_mean_area_is_near_the_linearised_one():
    target, score, _ = _classes(3000)
    found = roc_auc_ovr(target, score, confidence=0.95)
    error = Design().standard_error(linearise_roc_auc_ovr(target, score).influence)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_classes_without_rows_are_left_out_and_said():
    target, score, _ = _classes()
    wider = np.column_stack([score, np.zeros(len(target))])
    found = roc_auc_ovr(target, wider, confidence=0.95)
    assert found.value == pytest.approx(roc_auc_ovr(target, score, confidence=0.95).value)
    assert "mean over the 3 of 4 classes that have rows" in found.method


def test_one_class_alone_has_no_mean_area():
    found = roc_auc_ovr(np.zeros(20, int), np.random.default_rng(0).random((20, 3)), confidence=0.95)
    assert found.value is None
    assert found.unproven


def test_a_perfect_order_of_clusters_counts_pairs_of_clusters():
    positive = np.arange(400) >= 200
    design = Design(cluster=np.arange(400) // 10)
    found = roc_auc(positive, np.arange(400.0), confidence=0.95, design=design)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 10))
    assert not found.unproven


def test_few_misranked_rows_widen_the_interval_and_the_method_says_so():
    positive = np.arange(200) < 20
    score = np.where(positive, 2.0, 0.0) + np.random.default_rng(0).normal(0, 1, 200)
    found = roc_auc(positive, score, confidence=0.95)
    assert "few misranked rows" in found.method
    plain = linearise_roc_auc(positive, score)
    assert found.value - found.low > 1.96 * Design().standard_error(plain.influence)


def test_a_perfect_class_does_not_hide_the_others_uncertainty():
    target, score, _ = _classes()
    score = score.copy()
    score[:, 0] = target == 0
    found = roc_auc_ovr(target, score, confidence=0.95)
    assert found.low < found.value < found.high


def test_one_doubtful_class_makes_the_mean_doubtful():
    target, score, _ = _classes()
    target = np.where(target == 2, np.where(np.arange(400) < 60, 2, 1), target)
    target[(target == 2).nonzero()[0][5:]] = 1
    found = roc_auc_ovr(target, score, confidence=0.95)
    assert found.unproven.startswith("in one class 5 positive rows are")


def test_a_constant_score_for_every_class_has_no_interval():
    target, _, _ = _classes()
    found = roc_auc_ovr(target, np.full((400, 3), 1 / 3), confidence=0.95)
    assert found.value == pytest.approx(0.5)
    assert found.unproven
