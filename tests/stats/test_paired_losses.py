import numpy as np
import pytest

from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, interval
from modelcheck.stats.paired.changes import interval_of
from modelcheck.stats.paired.losses import compare_errors, compare_losses, step_of_errors

NAMES = ["root_mean_squared_error", "mean_absolute_error", "r2", "median_absolute_error"]


def _predicted(n, sizes=(1.0, 1.2), seed=0):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=n)
    return 3 * signal + rng.normal(size=n), *(3 * signal + size * rng.normal(size=n) for size in sizes)


def _errors(name, *columns, design=None):
    return interval_of(compare_errors(name, *columns, design=design), metric=name, confidence=0.95)


def _losses(ours, theirs, **options):
    return interval_of(compare_losses(ours, theirs.copy(), **options), metric="loss", confidence=0.95)


def test_many_rows_give_the_paired_t_interval():
    ours, theirs = np.random.default_rng(0).gamma(2.0, 1.0, (2, 50_000))
    step = theirs - ours
    expected = interval(
        Linearised(value=step.mean(), influence=step - step.mean()), Design(), metric="m", confidence=0.95
    )
    found = _losses(ours, theirs)
    assert found.value == pytest.approx(expected.value)
    width = expected.high - expected.low
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.05 * width)


@pytest.mark.parametrize("name", NAMES)
def test_the_smaller_error_is_better(name):
    found = _errors(name, *_predicted(5000))
    assert 0.0 < found.low < found.value < found.high


@pytest.mark.parametrize("name", NAMES)
def test_equal_predictions_leave_room_for_an_unseen_change(name):
    target, one, _ = _predicted(2000)
    found = _errors(name, target, one, one)
    assert (found.value, found.unproven) == (0.0, "")
    assert found.low == pytest.approx(-found.high)
    assert 0.0 < found.high < 0.05


def test_equal_losses_leave_room_for_a_row_that_is_off_by_the_largest_loss():
    losses = np.random.default_rng(0).exponential(1.0, 1000)
    found = _losses(losses, losses)
    assert found.high == pytest.approx(-np.log(0.025) * losses.max() / 1000, rel=0.01)


def test_one_changed_row_does_not_shrink_the_interval_of_equal_losses():
    losses = np.random.default_rng(0).exponential(1.0, 1000)
    changed = losses.copy()
    changed[0] += 0.5
    same, near = _losses(losses, losses), _losses(changed, losses)
    assert near.value == pytest.approx(-0.0005)
    assert near.unproven == ""
    assert near.high - near.low >= 0.95 * (same.high - same.low)


def test_models_without_any_loss_prove_nothing():
    assert "no width" in _losses(np.zeros(100), np.zeros(100)).unproven


def test_a_few_gross_errors_of_one_model_prove_nothing():
    rng = np.random.default_rng(0)
    theirs = rng.exponential(1.0, 300)
    ours = theirs + 0.01 * rng.normal(size=300) ** 2
    ours[:2] += 500.0
    found = _losses(ours, theirs)
    assert "skewed" in found.unproven
    assert found.n_needed > 300


def test_under_thirty_rows_prove_nothing():
    found = _errors("mean_absolute_error", *_predicted(29))
    assert found.unproven == "29 rows are too few for a trustworthy interval"
    assert found.n_needed == 30


@pytest.mark.parametrize("name", NAMES)
def test_there_is_no_difference_without_rows(name):
    assert compare_errors(name, *np.zeros((3, 0))) is None
    assert compare_losses(np.zeros(0), np.zeros(0)) is None


def test_r2_of_a_constant_target_has_no_difference():
    assert compare_errors("r2", np.ones(50), np.arange(50.0), np.arange(50.0)) is None


def test_bounded_losses_have_bounded_differences():
    found = _losses(np.r_[np.ones(2), np.zeros(1)], np.r_[np.zeros(2), np.ones(1)], bound=1.0)
    assert -1.0 <= found.low < found.high <= 1.0


@pytest.mark.parametrize("name", NAMES)
def test_equal_rows_within_clusters_count_once(name):
    columns = _predicted(400)
    plain = _errors(name, *columns)
    found = _errors(
        name, *(np.repeat(part, 5) for part in columns), design=Design(cluster=np.repeat(np.arange(400), 5))
    )
    assert found.value == pytest.approx(plain.value)
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_weights_count_like_repeated_rows_in_the_value(name):
    columns = _predicted(400)
    weight = np.random.default_rng(0).integers(1, 4, 400)
    found = _errors(name, *columns, design=Design(weight=weight.astype(float)))
    assert found.value == pytest.approx(_errors(name, *(np.repeat(part, weight) for part in columns)).value)


def test_tied_medians_prove_nothing():
    target = np.zeros(100)
    found = _errors("median_absolute_error", target, target + 1.0, target - 1.0)
    assert found.unproven.startswith("100 rows share the median error")


def test_predictions_and_losses_given_stay_as_they_are():
    target, one, two = _predicted(100)
    kept = [part.copy() for part in (target, one, two)]
    for name in NAMES:
        compare_errors(name, target, one, two)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (target, one, two), strict=True))


@pytest.mark.parametrize("weight", [None, 2.0])
def test_a_median_of_rounded_errors_proves_nothing(weight):
    columns = _predicted(1000)
    design = Design() if weight is None else Design(weight=np.full(1000, weight))
    fine = _errors("median_absolute_error", *columns, design=design)
    coarse = _errors("median_absolute_error", *(np.round(part, 1) for part in columns), design=design)
    assert fine.unproven == ""
    assert "rows share the median error" in coarse.unproven
    assert _errors("mean_absolute_error", *(np.round(part, 1) for part in columns), design=design).unproven == ""


def test_a_median_between_two_steps_is_rounded_too():
    # An even number of rows, half of them at either error: their mean is nobody's.
    target = np.zeros(200)
    ours = np.repeat([0.1, 0.2], 100)
    found = _errors("median_absolute_error", target, ours, ours + 0.1)
    assert "100 rows share the median error" in found.unproven


@pytest.mark.parametrize("name", ["root_mean_squared_error", "mean_absolute_error", "r2"])
def test_the_step_of_a_drop_is_what_a_row_adds_that_is_off_by_the_largest_error(name):
    target, one, two = _predicted(2000)
    step, most = step_of_errors(name, target, one, two)
    errors = np.abs(np.stack([one, two]) - target)
    expected = {
        "root_mean_squared_error": errors.max() ** 2 / 2 / np.sqrt((errors**2).mean(axis=1)).max(),
        "mean_absolute_error": errors.max(),
        "r2": errors.max() ** 2 / target.var(),
    }[name]
    assert step == pytest.approx(expected / 2000)
    assert most == (1.0 if name == "r2" else errors.max())
    clustered, _ = step_of_errors(name, target, one, two, design=Design(cluster=np.arange(2000) // 4))
    assert clustered == pytest.approx(4 * step)


def test_there_is_no_step_without_rows_or_spread():
    none = np.zeros(0)
    assert step_of_errors("r2", none, none, none) is None
    assert step_of_errors("r2", np.zeros(9), np.ones(9), np.ones(9)) is None
