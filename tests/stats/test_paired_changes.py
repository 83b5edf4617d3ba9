import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, paired_difference
from modelcheck.stats.paired.changes import gather, interval_of, subtract
from modelcheck.stats.paired.largest import largest_change


def _linearised(values):
    return Linearised(value=float(values.mean()), influence=values - values.mean())


def _interval(values, design=None, *, confidence=0.95, **options):
    options = {"largest": 1.0} | options
    changes = gather(_linearised(values), design or Design(), **options)
    return interval_of(changes, metric="d", confidence=confidence)


def test_many_changed_rows_give_the_linearised_interval():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200_000))
    expected = paired_difference(_linearised(a), _linearised(b), Design(), metric="d", confidence=0.9)
    found = interval_of(
        gather(subtract(_linearised(a), _linearised(b)), Design(), largest=5.0), metric="d", confidence=0.9
    )
    assert found.value == expected.value
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-4)


def test_one_sided_changes_of_equal_size_give_the_exact_poisson_limits():
    # Fay and Feuer's limits are Garwood's where all weights are equal: 5 changed rows of a million.
    values = np.zeros(1_000_000)
    values[:5] = 1.0
    found = interval_of(
        gather(Linearised(value=5e-6, influence=values), Design(), largest=1.0), metric="d", confidence=0.95
    )
    low, high = stats.chi2.ppf(0.025, 10) / 2, stats.chi2.ppf(0.975, 12) / 2
    unseen = -np.log(0.025)
    assert found.low * 1e6 == pytest.approx(5 - np.hypot(5 - low, unseen), abs=1e-4)
    assert found.high * 1e6 == pytest.approx(high, abs=1e-4)


def test_where_nothing_changed_the_limits_are_those_of_a_change_never_seen():
    found = _interval(np.zeros(1000), confidence=0.99)
    assert (found.value, found.unproven) == (0.0, "")
    assert found.high == pytest.approx(-np.log(0.005) / 1000, rel=0.01)
    assert found.low == -found.high


def test_where_no_change_could_matter_nothing_is_proved():
    found = _interval(np.zeros(1000), largest=0.0)
    assert "no width" in found.unproven


def test_limits_stay_within_the_bound():
    found = _interval(np.zeros(3), bound=0.5)
    assert (found.low, found.high) == (-0.5, 0.5)


def test_one_row_has_no_interval():
    found = _interval(np.array([0.3]))
    assert (found.low, found.high, found.n_needed) == (None, None, 2)


def test_seven_clusters_may_not_judge():
    found = _interval(np.random.default_rng(0).normal(size=70), Design(cluster=np.arange(70) % 7))
    assert found.unproven == "7 clusters are too few for a trustworthy interval"
    assert (found.clusters, found.n_needed) == (7, 10)


def test_the_designs_doubt_comes_before_the_callers():
    few = gather(_linearised(np.arange(8.0)), Design(), largest=1.0, unproven="for a reason", n_needed=99)
    assert (few.unproven, few.n_needed) == ("for a reason", 99)
    clustered = gather(
        _linearised(np.arange(8.0)), Design(cluster=np.arange(8) // 2), largest=1.0, unproven="for a reason"
    )
    assert "4 clusters" in clustered.unproven


def test_clusters_of_one_row_and_equal_weights_change_nothing():
    values = np.random.default_rng(0).normal(size=300)
    plain = _interval(values)
    for design, largest in ((Design(cluster=np.arange(300)), 1.0), (Design(weight=np.full(300, 7.0)), 7.0)):
        found = _interval(values, design, largest=largest)
        assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_equal_rows_within_clusters_widen_as_if_each_cluster_were_a_row():
    values = np.random.default_rng(0).normal(size=200)
    found = _interval(np.repeat(values, 5), Design(cluster=np.repeat(np.arange(200), 5)), largest=5.0)
    plain = _interval(values)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_few_degrees_of_freedom_widen():
    values = np.random.default_rng(0).normal(size=300)
    few = gather(Linearised(value=0.0, influence=values, degrees=4.0), Design(), largest=1.0)
    wide = interval_of(few, metric="d", confidence=0.95)
    plain = interval_of(
        gather(Linearised(value=0.0, influence=values), Design(), largest=1.0), metric="d", confidence=0.95
    )
    assert wide.high - wide.low > 1.3 * (plain.high - plain.low)


def test_skewed_differences_of_unknown_size_prove_nothing_until_there_are_enough():
    values = np.zeros(400)
    values[:2] = 50.0
    doubtful = _interval(values, largest=50.0, skewed=True)
    assert "skewed" in doubtful.unproven
    assert doubtful.n_needed > 400
    assert _interval(values, largest=50.0).unproven == ""
    assert _interval(np.random.default_rng(0).normal(size=400), skewed=True).unproven == ""


def test_skewness_is_found_in_any_unit():
    values = np.zeros(400)
    values[:2] = 50.0
    assert _interval(values * 1e-120, skewed=True).unproven == _interval(values, skewed=True).unproven


def test_the_largest_change_is_that_seen_once_ten_units_changed():
    influence = np.r_[np.full(9, 0.1), -0.4, np.zeros(90)]
    changed = influence != 0.0
    assert largest_change(influence, changed, Design(), possible=3.0) == 0.4
    assert largest_change(influence, changed, Design(), possible=3.0, graded=True) == 0.2
    changed[0] = False
    assert largest_change(influence, changed, Design(), possible=3.0) == 3.0


def test_the_largest_change_of_weighted_or_clustered_rows_is_that_of_a_whole_unit():
    influence = np.r_[np.full(20, 0.1), np.zeros(80)]
    clustered = Design(cluster=np.arange(100) // 5)
    assert largest_change(influence, influence > 0, clustered, possible=3.0) == 15.0
    weighted = Design(weight=np.r_[4.0, np.ones(99)])
    assert largest_change(influence, influence > 0, weighted, possible=3.0) == pytest.approx(0.4)
    assert largest_change(influence, np.zeros(100, dtype=bool), weighted, possible=3.0) == 12.0


def test_subtracting_statistics_of_different_rows_is_refused():
    with pytest.raises(ValueError, match="3 rows against 2"):
        subtract(_linearised(np.arange(3.0)), _linearised(np.arange(2.0)))


def test_the_fewer_degrees_of_freedom_count():
    a, b = (Linearised(value=1.0, influence=np.zeros(3), degrees=degrees) for degrees in (5.0, None))
    assert subtract(a, b).degrees == 5.0
    assert subtract(b, b).degrees is None


def test_weights_that_no_changed_row_shows_widen_the_interval():
    values = np.repeat([1.0, -1.0, 0.0], [30, 30, 940])
    light, mixed = np.ones(1000), np.ones(1000)
    mixed[-20:] = 30.0
    plain, found = (_interval(values, Design(weight=weight)) for weight in (light, mixed))
    kish = mixed.sum() ** 2 / (mixed @ mixed)
    # Relative to the share of weight that changed, as wide as with Kish's effective number of rows.
    shares = [60 / weight.sum() for weight in (light, mixed)]
    expected = np.sqrt(1000 / kish * shares[1] / shares[0])
    assert (found.high - found.low) / (plain.high - plain.low) == pytest.approx(expected, rel=0.1)


def test_clusters_of_unequal_size_have_the_degrees_of_freedom_of_those_that_count():
    values = np.random.default_rng(0).normal(size=400)
    equal, unequal = np.arange(400) // 10, np.repeat(np.arange(40), [166, *[6] * 39])
    for cluster in (equal, unequal):
        design = Design(cluster=cluster)
        changes = gather(_linearised(values), design, largest=1.0)
        assert changes.degrees == pytest.approx(max(design.effective_units(400) - 1.0, 1.0))
    assert gather(_linearised(values), Design(cluster=equal), largest=1.0).degrees == 39
