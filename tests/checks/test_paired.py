from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.performance.catalogue import METRICS, estimate, unusable
from modelcheck.checks.performance.comparison.discordant import discordant_table
from modelcheck.checks.performance.comparison.findable import findable_drop
from modelcheck.checks.performance.comparison.paired import comparison, incomparable, paired, sides
from modelcheck.checks.performance.comparison.places import paired_places
from modelcheck.record.evidence import Estimate
from modelcheck.stats.holm import level_of, proved_below
from modelcheck.stats.paired.rates import mcnemar
from modelcheck.stats.power import detectable, half_width


def below(limit):
    return lambda found: proved_below(found, limit)


DIRECTED = [name for name, metric in METRICS.items() if metric.higher_is_better is not None]
OF_CLASSES = [name for name in DIRECTED if METRICS[name].needs != "value"]
OF_VALUES = [name for name in DIRECTED if METRICS[name].needs == "value"]
OF_TASKS = [(task, name) for task in ("binary", "multiclass") for name in OF_CLASSES] + [
    ("regression", name) for name in OF_VALUES
]
OF_STEPS = [(task, name) for task, name in OF_TASKS if name != "median_absolute_error"]


def _two(rows_of, task, *, n=2000, own=(0.3, 1.5), seed=0, **more):
    """Two models of the same rows; the second one hears more noise."""
    rng = np.random.default_rng(seed)
    if task == "regression":
        signal = rng.normal(size=n)
        target = 3 * signal + rng.normal(size=n)
        return [rows_of(task, target, 3 * signal + size * rng.normal(size=n), **more) for size in own]
    width = 2 if task == "binary" else 3
    logits = 2.0 * rng.normal(size=(n, width))
    target = (logits + rng.gumbel(size=(n, width))).argmax(axis=1)
    made = []
    for size in own:
        shares = np.exp(logits + size * rng.normal(size=(n, width)))
        shares /= shares.sum(axis=1, keepdims=True)
        made.append(rows_of(task, target, shares[:, 1] if task == "binary" else shares, **more))
    return made


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_the_better_model_gains_by_every_metric(rows_of, task, name):
    good, bad = _two(rows_of, task)
    found = paired(name, good, bad, 0.95)
    own, other = (estimate(name, rows, 0.95).value for rows in (good, bad))
    assert found.metric == f"{name}_difference"
    assert found.value == pytest.approx(own - other if METRICS[name].higher_is_better else other - own)
    assert 0.0 < found.low < found.value < found.high
    assert (found.confidence, found.unproven) == (0.95, "")


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_the_worse_model_loses_as_much(rows_of, task, name):
    good, bad = _two(rows_of, task)
    found, turned = paired(name, bad, good, 0.95), paired(name, good, bad, 0.95)
    assert found.value == pytest.approx(-turned.value)
    assert found.high < 0.0
    assert found.high == pytest.approx(-turned.low)


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_the_same_outputs_are_no_gain_and_no_proof_of_none(rows_of, task, name):
    rows, _ = _two(rows_of, task)
    found = paired(name, rows, rows, 0.95)
    assert (found.value, found.unproven) == (0.0, "")
    assert -0.1 < found.low < 0.0 < found.high < 0.1


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_pairing_tells_more_than_two_intervals(rows_of, task, name):
    one, two = _two(rows_of, task, own=(0.3, 0.35))
    found = paired(name, one, two, 0.95)
    apart = [estimate(name, rows, 0.95) for rows in (one, two)]
    assert found.high - found.low < sum(side.high - side.low for side in apart)


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
@pytest.mark.parametrize("groups", [8, 50])
def test_clusters_are_counted_and_too_few_prove_nothing(rows_of, task, name, groups):
    good, bad = _two(rows_of, task, cluster=np.arange(2000) % groups)
    found = paired(name, good, bad, 0.95)
    assert "by cluster" in found.method
    assert bool(found.unproven) == (groups == 8)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_equal_weights_change_little_and_are_named(rows_of, task, name):
    plain = paired(name, *_two(rows_of, task), 0.95)
    found = paired(name, *_two(rows_of, task, weight=np.full(2000, 3.0)), 0.95)
    assert found.value == pytest.approx(plain.value)
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=0.05)
    assert "weighted" in found.method


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_no_rows_have_no_difference(rows_of, task, name):
    good, bad = (rows.take(np.zeros(2000, dtype=bool)) for rows in _two(rows_of, task))
    assert paired(name, good, bad, 0.95).value is None


@pytest.mark.parametrize("name", ["recall", "false_negative_rate", "false_positive_rate"])
def test_a_binary_share_rests_on_the_rows_of_its_class(rows_of, name):
    good, bad = _two(rows_of, "binary")
    positives = int(np.sum(good.target == 1))
    assert paired(name, good, bad, 0.95).n == (2000 - positives if name == "false_positive_rate" else positives)


def test_a_class_without_rows_is_named(rows_of):
    rows = rows_of("binary", np.zeros(50, dtype=int), np.linspace(0, 1, 50))
    found = paired("recall", rows, rows, 0.95)
    assert (found.value, found.unproven) == (None, "there are no positive rows")
    assert paired("roc_auc", rows, rows, 0.95).unproven == "roc_auc has no value on these rows"


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_where_one_model_gives_labels_only_both_are_ranked_by_their_decisions(rows_of, task, name):
    good, bad = _two(rows_of, task)
    labels = replace(bad, score=None, probabilistic=False)
    assert incomparable(name, good, labels) == incomparable(name, labels, good) == ""
    found = paired(name, good, labels, 0.95)
    assert found.method.startswith("both ranked by their decisions")
    if task == "binary" and name == "roc_auc":
        # The area of a yes or no is the balanced accuracy.
        assert found.value == pytest.approx(paired("balanced_accuracy", good, bad, 0.95).value)


def test_labels_and_bare_scores_have_no_common_ranking(rows_of):
    good, bad = _two(rows_of, "binary")
    scores, labels = replace(good, decision=None), replace(bad, score=None)
    assert incomparable("roc_auc", scores, labels) == "baseline: roc_auc needs scores; this model gives labels only."
    assert incomparable("roc_auc", labels, scores) == "roc_auc needs scores; this model gives labels only."


def test_what_cannot_be_compared_says_why(rows_of):
    binary, other = _two(rows_of, "binary")
    multiclass, regression = (_two(rows_of, task)[0] for task in ("multiclass", "regression"))
    assert incomparable("accuracy", binary, other) == ""
    assert "measure of regression" in incomparable("r2", binary, other)
    assert "best at zero" in incomparable("mean_bias", regression, regression)
    assert "task is binary, the baseline's multiclass" in incomparable("accuracy", binary, multiclass)
    renamed = replace(other, classes=("no", "yes"))
    assert "the baseline's ('no', 'yes')" in incomparable("accuracy", binary, renamed)
    assert "2,000 rows, the baseline 1,500" in incomparable("accuracy", binary, other.take(np.arange(1500)))
    vague = replace(other, probabilistic=False)
    assert incomparable("log_loss", binary, vague).startswith("baseline: log_loss needs probabilities")
    with pytest.raises(ValueError, match="no performance metric 'luck'"):
        incomparable("luck", binary, other)


@pytest.mark.parametrize("name", DIRECTED)
def test_what_applies_to_both_can_be_compared(rows_of, name):
    for task in ("binary", "multiclass", "regression"):
        good, bad = _two(rows_of, task, n=200)
        assert bool(incomparable(name, good, bad)) == bool(unusable(name, good))


def test_different_rows_are_refused(rows_of):
    good, bad = _two(rows_of, "binary")
    with pytest.raises(ValueError, match="2000 rows against 1500"):
        paired("accuracy", good, bad.take(np.arange(1500)), 0.95)


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_the_level_of_a_limit_is_where_the_upper_limit_meets_it(rows_of, task, name):
    bad, good = _two(rows_of, task, n=400, own=(0.6, 0.3))
    find = comparison(name, bad, good, lower=False)
    limit = find(0.98).high
    assert level_of(find, below(limit)) == pytest.approx(0.01, rel=1e-4)
    assert level_of(lambda level: paired(name, bad, good, level), below(limit)) == pytest.approx(0.01, rel=1e-4)


def test_a_limit_below_the_difference_is_not_doubted(rows_of):
    good, bad = _two(rows_of, "binary")
    assert level_of(comparison("accuracy", good, bad), below(0.0)) == 1.0


def test_a_hopeless_loss_has_the_least_level(rows_of):
    good, bad = _two(rows_of, "binary", own=(0.0, 5.0), n=20_000)
    assert level_of(comparison("accuracy", bad, good), below(0.0)) == pytest.approx(1e-13)


def test_an_unproven_difference_has_no_level(rows_of):
    good, bad = _two(rows_of, "binary", cluster=np.arange(2000) % 5)
    assert level_of(comparison("accuracy", bad, good), below(0.0)) is None


def test_a_difference_without_interval_has_no_level():
    nothing = Estimate(metric="d", value=None, low=None, high=None, confidence=0.9, n=0, method="none")
    assert level_of(lambda level: nothing, below(0.0)) is None


@pytest.mark.parametrize(("task", "name"), OF_TASKS)
def test_both_sides_have_the_difference_between_them(rows_of, task, name):
    good, bad = _two(rows_of, task)
    own, other = sides(name, good, bad, 0.95)
    found = paired(name, good, bad, 0.95)
    assert found.value == pytest.approx((own.value - other.value) * (1 if METRICS[name].higher_is_better else -1))


def _with_a_rare_class(rows_of, rows):
    rng = np.random.default_rng(0)
    score = np.column_stack([0.9 * rows.score, np.full(len(rows), 0.1)])
    target = rows.target.copy()
    target[rng.choice(len(rows), 3, replace=False)] = 3
    return rows_of("multiclass", target, score, classes=("a", "b", "c", "d"))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_a_rare_class_is_left_out_of_rankings_by_name_and_both_sides_agree(rows_of, name):
    good, bad = (_with_a_rare_class(rows_of, rows) for rows in _two(rows_of, "multiclass"))
    found = paired(name, good, bad, 0.95)
    assert found.unproven == ""
    assert "3 of 4 classes that have rows enough, without d (3 rows)" in found.method
    own, other = sides(name, good, bad, 0.95)
    assert found.value == pytest.approx(own.value - other.value)
    assert own.unproven == ""
    assert estimate(name, good, 0.95).unproven != ""


def test_many_rare_classes_are_counted(rows_of):
    rng = np.random.default_rng(0)
    target = np.r_[rng.integers(0, 2, 300), np.arange(2, 10)]
    one, two = (rows_of("multiclass", target, rng.dirichlet(np.ones(10), len(target))) for _ in range(2))
    found = paired("roc_auc", one, two, 0.95)
    assert found.method.endswith("class 5 (1 row), class 6 (1 row) and 3 more")


@pytest.mark.parametrize(("task", "name"), OF_STEPS)
def test_a_drop_brings_rows_of_its_own_and_is_harder_to_find_than_the_spread_without_it_tells(rows_of, task, name):
    one, two = _two(rows_of, task, own=(0.3, 0.3001), n=20_000)
    found = paired(name, one, two, 0.95)
    drop = findable_drop(name, one, two, found, 0.01)
    plain = 0.01 + detectable(max(half_width(found, side) for side in ("low", "high")), confidence=0.95)
    assert plain < drop < 0.5


@pytest.mark.parametrize(("task", "name"), OF_STEPS)
def test_clusters_weights_and_a_margin_make_a_drop_harder_to_find(rows_of, task, name):
    def drop(margin=0.01, **more):
        one, two = _two(rows_of, task, own=(0.3, 0.32), n=20_000, **more)
        return findable_drop(name, one, two, paired(name, one, two, 0.95), margin)

    plain = drop()
    assert drop(weight=np.random.default_rng(0).pareto(2.5, 20_000) + 1) > plain
    assert drop(cluster=np.arange(20_000) // 20) > plain
    assert drop(margin=0.02) > plain + 0.01


def test_no_drop_is_named_where_nothing_can_be_proved_or_all_would_have_to_be_lost(rows_of):
    few = _two(rows_of, "binary", cluster=np.arange(2000) % 5)
    assert findable_drop("accuracy", *few, paired("accuracy", *few, 0.95), 0.01) is None
    tiny = _two(rows_of, "binary", n=6)
    found = paired("accuracy", *tiny, 0.95)
    assert found.unproven == ""
    assert findable_drop("accuracy", *tiny, found, 0.01) is None


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "f1", "log_loss"])
def test_no_drop_is_named_without_rows_or_a_class(rows_of, name):
    none = [rows.take(np.zeros(2000, dtype=bool)) for rows in _two(rows_of, "binary")]
    assert findable_drop(name, *none, paired(name, *none, 0.95), 0.01) is None


def test_a_metric_of_one_class_has_no_drop_without_that_class(rows_of):
    rows = rows_of("binary", np.zeros(50, dtype=int), np.linspace(0, 1, 50))
    for name in ("recall", "roc_auc"):
        assert findable_drop(name, rows, rows, paired(name, rows, rows, 0.95), 0.01) is None


@pytest.mark.parametrize(("task", "name"), [("binary", "accuracy"), ("regression", "root_mean_squared_error")])
def test_a_place_names_the_drop_that_would_be_found_there(rows_of, task, name):
    half = {"half": np.arange(2000) % 2}
    one, two = _two(rows_of, task, own=(0.3, 0.35), groups=half)
    places = paired_places(one, two)
    assert len(places) == 2
    for code, place in enumerate(places):
        found = place.find(0.95)
        drop = place.findable(found, 0.03)
        assert drop > 0.03 + detectable(half_width(found, "high"), confidence=0.95)
        if task == "binary":
            part = np.flatnonzero(half["half"] == code)
            own, other = one.take(part), two.take(part)
            assert drop == pytest.approx(findable_drop(name, own, other, paired(name, own, other, 0.95), 0.03))


@pytest.mark.parametrize("name", ["accuracy", "recall", "false_negative_rate", "false_positive_rate"])
def test_discordant_rows_are_shown_with_mcnemars_test(rows_of, name):
    good, bad = _two(rows_of, "binary")
    code = {"accuracy": None, "false_positive_rate": 0}.get(name, 1)
    rows = np.ones(2000, dtype=bool) if code is None else good.target == code
    ours, theirs = ((side.decision == side.target)[rows] for side in (good, bad))
    gained, lost = int(np.sum(ours & ~theirs)), int(np.sum(theirs & ~ours))
    table = discordant_table(name, good, bad)
    assert len(table.columns) == len(table.rows[0])
    of = {None: "rows", 0: "negative rows", 1: "positive rows"}[code]
    assert table.rows[0] == (of, int(rows.sum()), gained, lost, *mcnemar(gained, lost))


def test_metrics_that_are_no_share_of_independent_rows_have_no_table_of_discordant_rows(rows_of):
    assert discordant_table("f1", *_two(rows_of, "binary")) is None
    assert discordant_table("recall", *_two(rows_of, "multiclass")) is None
    assert discordant_table("roc_auc", *_two(rows_of, "binary")) is None
    assert discordant_table("r2", *_two(rows_of, "regression")) is None
    assert discordant_table("accuracy", *_two(rows_of, "binary", weight=np.full(2000, 2.0))) is None
    assert discordant_table("accuracy", *_two(rows_of, "binary", cluster=np.arange(2000) // 2)) is None
    none = [rows.take(np.zeros(2000, dtype=bool)) for rows in _two(rows_of, "binary")]
    assert discordant_table("accuracy", *none) is None


def test_no_drop_of_a_median_is_named(rows_of):
    one, two = _two(rows_of, "regression", own=(0.3, 0.32))
    found = paired("median_absolute_error", one, two, 0.95)
    assert found.unproven == ""
    assert findable_drop("median_absolute_error", one, two, found, 0.01) is None
