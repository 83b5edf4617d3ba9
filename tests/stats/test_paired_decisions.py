import numpy as np
import pytest

from modelcheck.stats.classification import linearise, measure
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import paired_difference
from modelcheck.stats.paired.changes import interval_of
from modelcheck.stats.paired.decisions import compare_decisions, step_of_decisions

BINARY = ["precision", "recall", "f1", "balanced_accuracy", "f1_macro", "false_positive_rate", "false_negative_rate"]


def _decided(n, classes=2, right=(0.8, 0.85), seed=0):
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, n)
    return target, *(np.where(rng.random(n) < p, target, (target + 1) % classes) for p in right)


def _found(name, target, one, two, classes=2, design=None, **options):
    changes = compare_decisions(name, target, one, two, classes, design=design, **options)
    return interval_of(changes, metric=name, confidence=0.95)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", BINARY)
def test_many_rows_give_the_linearised_interval(name, classes):
    target, one, two = _decided(50_000, classes)
    sides = [linearise(name, target, decision, classes) for decision in (one, two)]
    expected = paired_difference(*sides, Design(), metric="d", confidence=0.95)
    found = _found(name, target, one, two, classes)
    singles = [measure(name, target, decision, classes, confidence=0.95).value for decision in (one, two)]
    assert found.value == pytest.approx(singles[0] - singles[1])
    width = expected.high - expected.low
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.05 * width)


def test_the_sign_of_an_error_rate_turns_it_into_better_or_worse():
    target, one, two = _decided(500)
    plain = _found("false_negative_rate", target, one, two)
    turned = _found("false_negative_rate", target, one, two, sign=-1)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-plain.value, -plain.high, -plain.low))


@pytest.mark.parametrize("name", BINARY)
def test_equal_decisions_leave_room_for_an_unseen_change(name):
    target, one, _ = _decided(1000)
    found = _found(name, target, one, one)
    assert (found.value, found.unproven) == (0.0, "")
    assert -0.02 < found.low < -0.0018
    assert 0.0018 < found.high < 0.02


def test_a_rare_class_weighs_more_in_what_was_not_seen():
    target = (np.arange(1000) < 20).astype(int)
    rare = _found("balanced_accuracy", target, target, target)
    target, one, _ = _decided(1000)
    assert rare.high > 10 * _found("balanced_accuracy", target, one, one).high


def test_there_is_no_difference_where_one_model_decides_no_row_positive():
    target, one, _ = _decided(100)
    assert compare_decisions("precision", target, one, np.zeros(100, dtype=int), 2) is None
    none = np.zeros(0, dtype=int)
    assert compare_decisions("f1", none, none, none, 2) is None


def test_few_rows_for_many_classes_prove_nothing():
    target, one, two = _decided(70, 4)
    found = _found("f1_macro", target, one, two, 4)
    assert found.unproven == "70 rows in 4 classes are too few for a trustworthy mean over classes"
    assert found.n_needed == 80


def test_decisions_that_change_by_cluster_say_less():
    target, one, two = (np.repeat(part, 8) for part in _decided(200))
    plain = _found("f1", target, one, two)
    clustered = _found("f1", target, one, two, design=Design(cluster=np.repeat(np.arange(200), 8)))
    assert clustered.high - clustered.low > 2.5 * (plain.high - plain.low)


def test_weights_count_like_repeated_rows_in_the_value():
    target, one, two = _decided(300)
    weight = np.random.default_rng(0).integers(1, 4, 300)
    found = _found("precision", target, one, two, design=Design(weight=weight.astype(float)))
    expected = _found("precision", *(np.repeat(part, weight) for part in (target, one, two)))
    assert found.value == pytest.approx(expected.value)


@pytest.mark.parametrize("name", ["precision", "f1", "balanced_accuracy"])
def test_the_step_of_a_drop_is_about_what_one_worse_decision_takes(name):
    target, one, two = _decided(4000)
    step = step_of_decisions(name, target, one, two, 2)
    values = []
    for row in range(0, 400, 5):
        worse = two.copy()
        worse[row] = 1 - worse[row]
        values.append(measure(name, target, worse, 2, confidence=0.95).value)
    largest = np.abs(np.array(values) - measure(name, target, two, 2, confidence=0.95).value).max()
    assert largest <= step * 1.05
    assert step < 3 * largest


def test_there_is_no_step_without_rows():
    none = np.zeros(0, dtype=int)
    assert step_of_decisions("f1", none, none, none, 2) is None
