import numpy as np
import pytest
from sklearn import metrics

from modelcheck.stats.curves import precision_recall_points, roc_curve_points


def _rows(n, digits=8, share=0.3):
    rng = np.random.default_rng(0)
    positive = rng.random(n) < share
    return positive, np.round(rng.normal(positive * 1.0, 1), digits), rng.exponential(1, n) + 0.1


def _area(x, y):
    return np.trapezoid(y, x)


@pytest.mark.parametrize("weighted", [False, True])
def test_short_curves_are_scikit_learns(weighted):
    positive, score, weight = _rows(60, 1)
    weight = weight if weighted else None
    x, y = roc_curve_points(positive, score, weight=weight)
    a, b, _ = metrics.roc_curve(positive, score, sample_weight=weight, drop_intermediate=False)
    assert set(zip(x.round(9), y.round(9), strict=True)) <= set(zip(a.round(9), b.round(9), strict=True))
    assert _area(x, y) == pytest.approx(metrics.roc_auc_score(positive, score, sample_weight=weight))
    recall, precision = precision_recall_points(positive, score, weight=weight)
    p, r, _ = metrics.precision_recall_curve(positive, score, sample_weight=weight, drop_intermediate=False)
    keep = slice(np.flatnonzero(r == 1)[-1], None)
    assert recall == pytest.approx(r[keep][::-1])
    assert precision == pytest.approx(p[keep][::-1])


@pytest.mark.parametrize("n", [1000, 100_000])
def test_thinned_roc_curve_looks_the_same(n):
    positive, score, _ = _rows(n)
    x, y = roc_curve_points(positive, score)
    assert 100 < len(x) <= 200
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(y) >= 0)
    a, b, _ = metrics.roc_curve(positive, score)
    assert _area(x, y) == pytest.approx(_area(a, b), abs=1e-3)
    assert max(np.abs(np.interp(a + b, x + y, x) - a)) < 0.006


def test_thinned_precision_recall_curve_keeps_peaks_and_valleys():
    positive, score, _ = _rows(50_000, share=0.02)
    x, y = precision_recall_points(positive, score)
    assert len(x) <= 200
    assert (x[0], y[0], x[-1]) == (0, 1, 1)
    p, r, _ = metrics.precision_recall_curve(positive, score)
    assert y.min() == pytest.approx(p.min(), abs=1e-3)
    for low in np.arange(0, 1, 0.1):
        mine, all_ = y[(x >= low) & (x <= low + 0.1)], p[(r >= low) & (r <= low + 0.1)]
        assert mine.max() == pytest.approx(all_.max(), abs=0.02)
        assert mine.min() == pytest.approx(all_.min(), abs=0.02)


@pytest.mark.parametrize("function", [roc_curve_points, precision_recall_points])
def test_one_score_for_all_is_a_straight_line(function):
    x, _ = function(np.arange(10) < 4, np.zeros(10))
    assert x.tolist() == [0, 1]


def test_missing_classes_give_no_points():
    assert len(roc_curve_points(np.ones(4, bool), np.arange(4.0))[0]) == 0
    assert len(roc_curve_points(np.zeros(4, bool), np.arange(4.0))[0]) == 0
    assert len(precision_recall_points(np.zeros(4, bool), np.arange(4.0))[0]) == 0


def test_a_perfect_order_is_the_corner():
    x, y = roc_curve_points(np.arange(1000) >= 500, np.arange(1000.0))
    assert (x.tolist(), y.tolist()) == ([0, 0, 1], [0, 1, 1])
