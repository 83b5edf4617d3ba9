"""What is said of a slice: p-values, intervals and corrected effects that agree with each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from modelcheck.slices.axes import Feature, axis_of
from modelcheck.slices.judging import Losses, by_exact_tails, by_permutation
from modelcheck.slices.judging_design import by_design
from modelcheck.slices.permutation import Maxima, largest_by_chance
from modelcheck.slices.selected import unselected
from modelcheck.slices.tails import adjusted, share_of_level
from modelcheck.stats.design import Design


def losses_of(loss, *, design=None, eligible=(10, 40), confidence=0.95):
    return Losses(
        loss=np.asarray(loss, dtype=float), design=design or Design(), eligible=eligible, confidence=confidence
    )


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=5).filter(any))
def test_the_shares_of_all_slices_sum_to_1(eligible):
    whole = sum(count * share_of_level(eligible, size) for size, count in enumerate(eligible, start=1) if count)
    assert whole == pytest.approx(1.0)


@settings(max_examples=200)
@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_adjusted_p_values_keep_their_order_and_never_shrink(p, seed):
    share = np.random.default_rng(seed).dirichlet(np.ones(len(p)))
    found = adjusted(p, share)
    assert (found >= np.array(p) - 1e-12).all()
    assert (found <= 1.0).all()
    order = np.argsort(np.array(p) / share, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


@settings(max_examples=200)
@given(st.floats(1e-6, 50), st.floats(1e-6, 10), st.floats(0, 60))
def test_the_corrected_effect_lies_between_nothing_and_what_was_seen(value, error, threshold):
    assert 0.0 <= unselected(value, error, threshold) <= value * (1 + 1e-9)


def test_the_corrected_effect_grows_with_what_was_seen_and_reaches_it():
    found = [unselected(z, 1.0, 4.0) for z in np.linspace(4.0, 12.0, 30)]
    assert found == sorted(found)
    assert found[0] == 0.0
    assert found[-1] == pytest.approx(12.0, abs=1e-6)


@pytest.mark.parametrize(("value", "error"), [(-1.0, 1.0), (0.0, 1.0)])
def test_no_effect_is_corrected_to_none(value, error):
    assert unselected(value, error, -3.0) == 0.0


@pytest.mark.parametrize("error", [0.0, float("inf")])
def test_an_effect_without_a_standard_error_stays(error):
    assert unselected(0.3, error, 0.1) == 0.3


def drawn(seed=0, n=2_000, rate=0.4):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 10, n)
    wrong = rng.random(n) < np.where(group == 0, rate, 0.1)
    return group, wrong.astype(float)


@pytest.mark.parametrize("rate", [0.11, 0.2, 0.25, 0.4, 0.9])
def test_exact_judgements_agree_with_themselves(rate):
    group, wrong = drawn(rate=rate)
    masks = [group == 0, group <= 2, group == 5]
    losses = losses_of(wrong)
    found = by_exact_tails(masks, [1, 1, 2], losses)
    for one, mask in zip(found, masks, strict=True):
        assert (one.n, one.mean, one.rest) == (mask.sum(), wrong[mask].mean(), pytest.approx(wrong[~mask].mean()))
        assert one.low <= one.effect <= one.high
        assert max(one.low, 0.0) <= one.corrected <= max(one.effect, 0.0)
        assert one.p <= one.p_adjusted <= 1.0
        # An interval that excludes 0 is no weaker a claim than an adjusted p-value.
        if one.low > 0.0:
            assert one.p_adjusted <= losses.alpha
    assert [one.p_adjusted for one in found] == pytest.approx(
        adjusted([one.p for one in found], [1 / 20, 1 / 20, 1 / 80])
    )


def test_exact_intervals_are_those_of_the_slices_own_level():
    group, wrong = drawn()
    (one,) = by_exact_tails([group == 0], [2], losses_of(wrong))
    each = 1 - 2 * 0.025 / 80
    k, n = int(wrong[group == 0].sum()), int((group == 0).sum())
    total, rows = int(wrong.sum()), len(wrong)
    inner = stats.binomtest(k, n).proportion_ci(each, method="exact")
    outer = stats.binomtest(total - k, rows - n).proportion_ci(each, method="exact")
    # Newcombe's square and add, of both distances.
    down = np.hypot(k / n - inner.low, outer.high - (total - k) / (rows - n))
    up = np.hypot(inner.high - k / n, (total - k) / (rows - n) - outer.low)
    assert (one.low, one.high) == pytest.approx((one.effect - down, one.effect + up), rel=1e-9)


def test_judging_by_equal_weights_is_welchs_test_or_students():
    group, _ = drawn()
    loss = np.random.default_rng(1).exponential(size=len(group))
    masks = [group == 0, group >= 4]
    found = by_design(masks, [1, 2], losses_of(loss, design=Design(weight=np.full(len(loss), 3.0))))
    for one, mask, level in zip(found, masks, (0.025 / 20, 0.025 / 80), strict=True):
        inside, outside = loss[mask], loss[~mask]
        error = np.sqrt(inside.var() / len(inside) + outside.var() / len(outside))
        # At least that of a slice whose losses spread as in the whole table.
        error = max(error, loss.std() * np.sqrt(1 / len(inside) + 1 / len(outside)))
        degrees = min(len(inside), len(outside)) - 1
        assert one.p == pytest.approx(stats.t.sf(one.effect / error, degrees), rel=0.01)
        reach = stats.t.isf(level, degrees) * error
        assert (one.low, one.high) == pytest.approx((one.effect - reach, one.effect + reach), abs=0.01 * reach)


def test_judging_by_clusters_is_judging_their_sums():
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(80), 10)
    loss = rng.random(80)[cluster] + 0.1 * rng.random(800)
    mask = cluster < 30
    (one,) = by_design([mask], [1], losses_of(loss, design=Design(cluster=cluster), eligible=(1,)))
    # The slice is made of whole clusters of the same size: it is a comparison of 30 means with 50.
    means = loss.reshape(80, 10).mean(axis=1)
    error = np.sqrt(means[:30].var() / 30 + means[30:].var() / 50)
    assert one.p == pytest.approx(stats.t.sf(one.effect / error, 29), rel=0.02)


def test_a_slice_without_spread_is_judged_by_that_of_the_whole_table():
    mask = np.arange(200) < 60
    (one,) = by_design([mask], [1], losses_of(mask * 1.0, design=Design(weight=np.ones(200)), eligible=(1,)))
    error = np.sqrt(0.3 * 0.7 * (1 / 60 + 1 / 140))
    assert one.effect == 1.0
    assert one.p == pytest.approx(stats.t.sf(1.0 / error, 59), rel=0.3, abs=0)
    assert one.low == pytest.approx(1.0 - stats.t.isf(0.025, 59) * error, rel=0.01)


def test_permutation_judgements_agree_with_themselves():
    group, _ = drawn()
    rng = np.random.default_rng(3)
    loss = rng.exponential(size=len(group)) * np.where(group == 0, 2.0, 1.0)
    feature = Feature(name="g", codes=group, size=10)
    axes = [axis_of(feature, 0, least=50, bins=64, ranges=True)]
    options = {"least": 50, "most": 1_000, "depth": 1, "permutations": 79}
    maxima, again = (largest_by_chance(axes, axes, loss, **options, rng=np.random.default_rng(0)) for _ in range(2))
    assert maxima == again
    assert len(maxima.values) == 79
    assert list(maxima.values) == sorted(maxima.values)
    masks = [group == code for code in range(10)]
    found = by_permutation(masks, losses_of(loss, eligible=(10,)), maxima)
    assert found[0].p_adjusted == 1 / 80
    assert all(one.p is None for one in found)
    assert all(one.low <= one.effect <= one.high for one in found)
    assert all(max(one.low, 0.0) <= one.corrected <= max(one.effect, 0.0) for one in found)
    assert sum(one.p_adjusted <= 0.025 for one in found) == 1


@settings(max_examples=200)
@given(st.lists(st.floats(0, 9), min_size=1, max_size=60), st.floats(0, 9), st.sampled_from([0.01, 0.025, 0.05, 0.2]))
def test_scores_above_the_threshold_are_those_with_a_small_adjusted_p(values, score, alpha):
    maxima = Maxima(values=tuple(sorted(values)))
    # A score that is exactly a shuffle's is reached by that shuffle.
    if all(abs(score - one) > 1e-6 for one in values):
        assert (score > maxima.threshold(alpha)) == (maxima.p_adjusted(score) <= alpha + 1e-12)


def test_progress_of_the_shuffles_reaches_their_number():
    feature = Feature(name="g", codes=np.arange(60) % 3, size=3)
    axes = [axis_of(feature, 0, least=5, bins=64, ranges=True)]
    told = []
    largest_by_chance(
        axes,
        axes,
        np.arange(60.0),
        least=5,
        most=30,
        depth=1,
        permutations=37,
        rng=np.random.default_rng(0),
        progress=lambda *pair: told.append(pair),
    )
    assert told == [(16, 37), (32, 37), (37, 37)]
