import numpy as np
import pytest
from sklearn import metrics

from modelcheck.stats import classification
from modelcheck.stats.classification import confusion, from_counts, linearise, measure, metric_name, per_class
from modelcheck.stats.design import Design
from modelcheck.stats.rates import clopper_pearson

NAMES = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "f1_macro",
    "false_positive_rate",
    "false_negative_rate",
)


def _rows(n_classes, n=400, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, n_classes, n).astype(np.int16)
    decision = np.where(rng.random(n) < 0.7, target, rng.integers(0, n_classes, n)).astype(np.int16)
    return target, decision, rng.exponential(1, n) + 0.05


def _oracle(name, target, decision, n_classes, weight):
    average = "binary" if n_classes == 2 else "macro"
    options = {"sample_weight": weight, "zero_division": 0}
    if name == "accuracy":
        return metrics.accuracy_score(target, decision, sample_weight=weight)
    if name == "balanced_accuracy":
        return metrics.balanced_accuracy_score(target, decision, sample_weight=weight)
    if name == "f1_macro":
        return metrics.f1_score(target, decision, average="macro", **options)
    if name == "false_negative_rate":
        return 1 - metrics.recall_score(target, decision, average=average, **options)
    if name == "false_positive_rate":
        codes = [1] if n_classes == 2 else range(n_classes)
        return np.mean([1 - metrics.recall_score(target != k, decision != k, **options) for k in codes])
    return getattr(metrics, f"{name}_score")(target, decision, average=average, **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_are_scikit_learns(name, n_classes, weighted):
    target, decision, weight = _rows(n_classes)
    weight = weight if weighted else None
    design = Design(weight=weight)
    expected = _oracle(name, target, decision, n_classes, weight)
    found = measure(name, target, decision, n_classes, confidence=0.95, design=design)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert linearise(name, target, decision, n_classes, design=design).value == pytest.approx(expected, abs=1e-12)
    assert found.low < found.value < found.high
    assert not found.unproven


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_per_class_values_are_scikit_learns(name):
    target, decision, weight = _rows(4)
    for design, given in ((None, None), (Design(weight=weight), weight)):
        found = per_class(name, target, decision, 4, confidence=0.95, design=design)
        expected = getattr(metrics, f"{name}_score")(target, decision, average=None, sample_weight=given)
        assert [item.value for item in found] == pytest.approx(list(expected), abs=1e-12)


def test_confusion_is_scikit_learns():
    target, decision, weight = _rows(5)
    assert confusion(target, decision, 5).tolist() == metrics.confusion_matrix(target, decision).tolist()
    weighted = metrics.confusion_matrix(target, decision, sample_weight=weight)
    assert confusion(target, decision, 5, weight) == pytest.approx(weighted)


def test_codes_of_many_classes_in_small_integers_do_not_overflow():
    target = np.arange(300, dtype=np.int16)
    assert np.trace(confusion(target, target, 300)) == 300


@pytest.mark.parametrize("name", NAMES)
def test_counts_give_what_rows_give(name):
    target, decision, _ = _rows(3)
    counts = confusion(target, decision, 3)
    assert from_counts(name, counts, confidence=0.9) == measure(name, target, decision, 3, confidence=0.9)


@pytest.mark.parametrize(
    ("name", "k", "n"),
    [("recall", 35, 45), ("precision", 35, 40), ("false_positive_rate", 5, 55), ("false_negative_rate", 10, 45)],
)
def test_binary_rates_are_exact(name, k, n):
    found = from_counts(name, np.array([[50, 5], [10, 35]]), confidence=0.95)
    assert (found.low, found.high) == pytest.approx(clopper_pearson(k, n, 0.95))
    assert found.n == n


def test_binary_f1_has_the_mapped_exact_limits_of_its_share():
    found = from_counts("f1", np.array([[50, 5], [10, 35]]), confidence=0.95)
    low, high = clopper_pearson(35, 50, 0.95)
    assert (found.low, found.high) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert found.value == pytest.approx(70 / 85)
    assert found.n == 50


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_classes", [2, 4])
def test_influence_values_are_the_jackknifes(name, n_classes):
    target, decision, weight = _rows(n_classes, 250)
    design = Design(weight=weight)
    found = linearise(name, target, decision, n_classes, design=design)
    without = np.array(
        [
            linearise(
                name,
                np.delete(target, i),
                np.delete(decision, i),
                n_classes,
                design=Design(weight=np.delete(weight, i)),
            ).value
            for i in range(250)
        ]
    )
    jackknife = (found.value - without) * (weight.sum() / weight - 1)
    assert found.influence == pytest.approx(jackknife, abs=0.08 * np.abs(jackknife).max())
    assert np.corrcoef(found.influence, jackknife)[0, 1] > 0.999
    assert np.dot(weight, found.influence) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["balanced_accuracy", "precision", "f1_macro", "false_positive_rate"])
def test_means_over_classes_have_the_bootstraps_width(name):
    target, decision, _ = _rows(3, 2000)
    counts = confusion(target, decision, 3)
    draws = np.random.default_rng(0).multinomial(2000, counts.ravel() / 2000, size=4000).reshape(-1, 3, 3)
    values = [from_counts(name, draw, confidence=0.95).value for draw in draws]
    found = from_counts(name, counts, confidence=0.95)
    assert found.high - found.low == pytest.approx(np.ptp(np.quantile(values, [0.025, 0.975])), rel=0.08)


@pytest.mark.parametrize("name", NAMES)
def test_one_cluster_per_row_is_near_the_simple_interval(name):
    target, decision, _ = _rows(2, 2000)
    simple = measure(name, target, decision, 2, confidence=0.95)
    rows = measure(name, target, decision, 2, confidence=0.95, design=Design(cluster=np.arange(2000)))
    assert rows.value == pytest.approx(simple.value)
    assert rows.high - rows.low == pytest.approx(simple.high - simple.low, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_copies_in_clusters_add_no_certainty(name, n_classes):
    target, decision, _ = _rows(n_classes, 300)
    once = measure(name, target, decision, n_classes, confidence=0.95)
    design = Design(cluster=np.repeat(np.arange(300), 4))
    copied = measure(name, np.repeat(target, 4), np.repeat(decision, 4), n_classes, confidence=0.95, design=design)
    assert copied.value == pytest.approx(once.value)
    assert copied.high - copied.low >= 0.97 * (once.high - once.low)


def test_a_class_that_is_never_decided_counts_as_zero_and_spans_everything():
    target = np.repeat([0, 1, 2], 100)
    decision = np.repeat([0, 1, 1], 100)
    found = measure("precision", target, decision, 3, confidence=0.95)
    assert found.value == pytest.approx(metrics.precision_score(target, decision, average="macro", zero_division=0))
    assert "1 of 3 classes without rows decided as the class count as 0 and span 0 to 1" in found.method
    assert found.high > found.value + 0.3
    assert found.value - found.low < 0.1


def test_classes_that_occur_nowhere_are_not_in_the_mean():
    target, decision, _ = _rows(3)
    for name in ("recall", "f1", "f1_macro", "balanced_accuracy", "false_positive_rate"):
        wide = measure(name, target, decision, 6, confidence=0.95)
        assert wide.value == pytest.approx(measure(name, target, decision, 3, confidence=0.95).value)


def test_balanced_accuracy_ignores_classes_that_are_only_decided():
    target = np.repeat([0, 1], 50)
    decision = np.where(np.arange(100) % 10 == 0, 2, target)
    found = measure("balanced_accuracy", target, decision, 3, confidence=0.95)
    assert found.value == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("name", "target", "decision", "reason"),
    [
        ("recall", [0, 0], [0, 1], "there are no rows of the class"),
        ("precision", [0, 1], [0, 0], "there are no rows decided as the class"),
        ("false_positive_rate", [1, 1], [0, 1], "there are no rows outside the class"),
        ("f1", [0, 0], [0, 0], "there are no rows of the class or decided as it"),
    ],
)
def test_an_empty_denominator_gives_no_value_and_the_reason(name, target, decision, reason):
    found = measure(name, np.array(target), np.array(decision), 2, confidence=0.95)
    assert (found.value, found.unproven) == (None, reason)
    assert linearise(name, np.array(target), np.array(decision), 2) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_no_rows_give_no_value(name, n_classes, weighted):
    empty = np.empty(0, np.int16)
    design = Design(weight=np.empty(0), cluster=np.empty(0, np.int32)) if weighted else None
    found = measure(name, empty, empty, n_classes, confidence=0.95, design=design)
    assert found.value is None
    assert found.unproven
    assert linearise(name, empty, empty, n_classes) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_perfect_model_keeps_an_interval_with_width(name):
    target = np.arange(90) % 3
    found = measure(name, target, target, 3, confidence=0.95)
    assert found.value == float("rate" not in name)
    assert found.high - found.low > 0.03
    assert not found.unproven


def test_a_mean_over_more_classes_than_the_rows_can_carry_is_unproven():
    target, decision, _ = _rows(10, 60)
    found = measure("f1_macro", target, decision, 10, confidence=0.95)
    assert found.unproven == "60 rows in 10 classes are too few for a trustworthy mean over classes"
    assert found.n_needed == 200


def test_few_clusters_of_positives_are_unproven():
    target, decision, _ = _rows(2, 400)
    cluster = np.where(target == 1, np.arange(400) % 6, np.arange(400) % 50)
    design = Design(cluster=cluster)
    assert measure("recall", target, decision, 2, confidence=0.95, design=design).unproven.startswith("6 clusters")
    assert measure("balanced_accuracy", target, decision, 2, confidence=0.95, design=design).unproven
    assert not measure("accuracy", target, decision, 2, confidence=0.95, design=design).unproven


def test_each_metric_has_a_function_of_its_own():
    target, decision, _ = _rows(3)
    for name in NAMES:
        own = getattr(classification, name)(target, decision, 3, confidence=0.95)
        assert own == measure(name, target, decision, 3, confidence=0.95)


def test_names_follow_scikit_learns_scorers():
    assert metric_name("precision", 3) == "precision_macro"
    assert metric_name("f1_macro", 3) == "f1_macro"
    assert metric_name("balanced_accuracy", 3) == "balanced_accuracy"
    assert metric_name("precision", 2) == "precision"


def test_an_unknown_metric_is_refused_with_the_allowed_names():
    with pytest.raises(ValueError, match="'recal' is not a metric of decisions; allowed are accuracy"):
        measure("recal", np.zeros(1, int), np.zeros(1, int), 2, confidence=0.95)
    with pytest.raises(ValueError, match="allowed are recall"):
        per_class("accuracy", np.zeros(1, int), np.zeros(1, int), 2, confidence=0.95)


def test_row_order_does_not_matter():
    target, decision, weight = _rows(3)
    mixed = np.random.default_rng(5).permutation(400)
    for name in NAMES:
        one = measure(name, target, decision, 3, confidence=0.95, design=Design(weight=weight))
        other = measure(name, target[mixed], decision[mixed], 3, confidence=0.95, design=Design(weight=weight[mixed]))
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-12)
