import numpy as np
import pytest

from modelcheck.stats.design import Design, student_quantile


@pytest.fixture
def influence():
    values = np.random.default_rng(0).normal(size=60)
    return values - values.mean()


def test_independent_rows_have_the_textbook_variance_of_a_mean(influence):
    assert Design().variance_of_mean(influence) == pytest.approx(influence.var(ddof=1) / 60, rel=1e-12)


def test_a_cluster_for_each_row_changes_nothing(influence):
    alone = Design(cluster=np.arange(60)[::-1])
    assert alone.variance_of_mean(influence) == pytest.approx(Design().variance_of_mean(influence), rel=1e-12)


def test_equal_weights_change_nothing(influence):
    weighted = Design(weight=np.full(60, 3.5))
    assert weighted.variance_of_mean(influence) == pytest.approx(Design().variance_of_mean(influence), rel=1e-12)


def test_whole_clusters_copied_k_times_count_as_one_row(influence):
    copied = np.repeat(influence, 4)
    design = Design(cluster=np.repeat(np.arange(60), 4))
    assert design.variance_of_mean(copied) == pytest.approx(Design().variance_of_mean(influence), rel=1e-12)
    assert design.units(240) == 60


def test_clustered_and_weighted_variance_is_that_of_the_cluster_totals(influence):
    rng = np.random.default_rng(1)
    cluster, weight = rng.integers(0, 12, 60), rng.uniform(0.5, 2, 60)
    totals = np.array([np.sum((weight * influence)[cluster == g]) for g in range(12)])
    expected = 12 * totals.var(ddof=1) / weight.sum() ** 2
    assert Design(weight=weight, cluster=cluster).variance_of_mean(influence) == pytest.approx(expected, rel=1e-12)


def test_cluster_codes_without_rows_are_not_counted():
    design = Design(cluster=np.array([0, 5, 9, 9]))
    assert design.units(4) == 3
    assert len(design.sums(np.ones(4))) == 3


def test_taking_rows_keeps_their_weights_and_clusters():
    design = Design(weight=np.arange(4.0), cluster=np.array([0, 0, 1, 2])).take(np.array([False, True, False, True]))
    assert design.weight.tolist() == [1.0, 3.0]
    assert design.cluster.tolist() == [0, 2]
    assert Design().take(np.array([True])).simple


def test_effective_units_is_kishs_number():
    assert Design(weight=np.array([1.0, 1, 2])).effective_units(3) == pytest.approx(16 / 6)
    assert Design(cluster=np.array([0, 0, 1])).effective_units(3) == pytest.approx(9 / 5)
    assert Design().effective_units(7) == 7.0


def test_the_sum_over_one_unit_has_no_variance_estimate():
    assert Design(cluster=np.zeros(5, dtype=int)).variance_of_mean(np.arange(5.0)) == float("inf")


def test_few_clusters_are_doubted_and_some_are_called_approximate():
    design = Design(cluster=np.arange(3))
    assert design.doubt(7) == ("7 clusters are too few for a trustworthy interval", 10)
    assert design.doubt(1)[0] == "1 cluster is too few for a trustworthy interval"
    assert design.doubt(10) == ("", None)
    assert "approximate: 29 clusters" in design.describe("x", 29)
    assert "approximate" not in design.describe("x", 30)
    assert Design().doubt(2) == ("", None)


def test_student_quantile_is_normal_at_infinity_and_wider_below():
    assert student_quantile(0.975, float("inf")) == pytest.approx(1.959963984540054)
    assert student_quantile(0.975, 1) == pytest.approx(12.706204736432095)
