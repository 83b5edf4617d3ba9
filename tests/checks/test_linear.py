"""The linear yardstick: what it learns from codes, and for whom its faults are allowed."""

from __future__ import annotations

import numpy as np
import pytest

from modelcheck.checks.performance.weakness.attainable import attainable, linear_yardstick
from modelcheck.checks.performance.weakness.linear import fit_linear
from modelcheck.checks.performance.weakness.miscalibrated_slices import miscalibrated_slices
from modelcheck.checks.performance.weakness.weak_slices import weak_slices
from modelcheck.data.levels import Levels
from modelcheck.scoring.rows import FeatureCodes

N = 4000


def coded(x, kind, *, scale=1.0, missing=None):
    """A number in twenty bins, a category of three levels."""
    cuts = np.quantile(x, np.linspace(0, 1, 21)[1:-1])
    code = np.searchsorted(cuts, x, side="right") + 1
    if missing is not None:
        code = np.where(missing, 0, code)
    labels = ("missing", *(f"bin {place}" for place in range(20)))
    levels = (
        Levels(name="x", labels=labels, ordered=True, edges=tuple((cuts * scale).tolist())),
        Levels(name="kind", labels=("missing", "a", "b", "c", "other"), ordered=False, values=("a", "b", "c")),
    )
    return FeatureCodes(values=np.stack([code, kind + 1]).astype(np.uint8), levels=levels, edges_from="reference")


def sides(rows_of, truth_of, score_of, *, scale=1.0):
    rng = np.random.default_rng(0)
    made = []
    for _ in range(2):
        x, kind = rng.normal(size=N), rng.integers(0, 3, N)
        target = rng.random(N) < truth_of(x, kind)
        made.append(rows_of("binary", target, score_of(x, kind), features=coded(x, kind, scale=scale)))
    return made


def logistic(x, kind):
    return 1 / (1 + np.exp(-1.5 * x - (kind == 2)))


def bent(x, kind):
    """High at both ends of x: no linear model follows."""
    return np.where(np.abs(x) > 1.0, 0.9, 0.1)


def flat(x, kind):
    """What a linear model makes of it."""
    return np.full(len(x), 0.36) + 0.001 * x


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300])
def test_it_learns_numbers_and_categories_of_any_size(rows_of, scale):
    rows, reference = sides(rows_of, logistic, logistic, scale=scale)
    found = fit_linear(reference, rows, rng=np.random.default_rng(0))
    assert np.mean(np.abs(found.score - rows.score)) < 0.05
    assert found.decision.mean() == pytest.approx(rows.decision.mean(), abs=0.01)


def test_missing_numbers_have_an_effect_of_their_own(rows_of):
    rng = np.random.default_rng(1)
    x, kind, missing = rng.normal(size=N), rng.integers(0, 3, N), rng.random(N) < 0.3
    target = rng.random(N) < np.where(missing, 0.9, 0.3)
    rows = rows_of("binary", target, np.where(missing, 0.9, 0.3), features=coded(x, kind, missing=missing))
    found = fit_linear(rows, rows, rng=np.random.default_rng(0))
    assert found.score[missing].mean() == pytest.approx(0.9, abs=0.03)
    assert found.score[~missing].mean() == pytest.approx(0.3, abs=0.03)


def test_it_never_looks_at_the_truth_of_the_rows(rows_of):
    rows, reference = sides(rows_of, logistic, logistic)
    other = rows_of("binary", 1 - rows.target, rows.score, features=rows.features)
    first, second = (fit_linear(reference, one, rng=np.random.default_rng(0)) for one in (rows, other))
    assert np.array_equal(first.score, second.score)


def test_a_candidate_that_is_proved_better_has_no_such_yardstick(rows_of, context_of):
    rows, reference = sides(rows_of, bent, bent)
    assert linear_yardstick(context_of("weak_slices", rows, reference=reference)) is None


def test_too_small_a_reference_gives_no_yardstick(rows_of, context_of):
    rows, reference = sides(rows_of, bent, flat)
    assert linear_yardstick(context_of("weak_slices", rows, reference=reference.take(np.arange(50)))) is None
    assert linear_yardstick(context_of("weak_slices", rows)) is None


class _Kept:
    """What a run keeps, and how often each was made."""

    def __init__(self):
        self.kept, self.made = {}, []

    def get(self, name, make):
        if name not in self.kept:
            self.made.append(name)
            self.kept[name] = make()
        return self.kept[name]


def test_all_gates_of_a_run_share_the_same_two_models(rows_of, context_of):
    rows, reference = sides(rows_of, bent, flat)
    kept = _Kept()
    first = attainable(context_of("weak_slices", rows, reference=reference, shared=kept))
    again = attainable(
        context_of("weak_slices", rows, reference=reference, shared=kept, rng=np.random.default_rng(9), confidence=0.9)
    )
    assert kept.made == ["challenger", "linear"]
    assert again.challenger is first.challenger
    alone = attainable(context_of("weak_slices", rows, reference=reference, rng=np.random.default_rng(7)))
    assert np.array_equal(alone.challenger.score, first.challenger.score)  # whoever asks first
    assert np.array_equal(alone.losses.step, first.losses.step)


def test_a_gate_about_a_slice_has_challengers_of_its_own(rows_of, context_of):
    rows, reference = sides(rows_of, bent, flat)
    kept = _Kept()
    part = attainable(
        context_of("weak_slices", rows.take(np.arange(500)), reference=reference, shared=kept, slice="65+")
    )
    assert kept.made == []
    assert len(part.challenger.score) == 500


def test_what_no_linear_model_can_do_is_no_weakness_of_one(rows_of, context_of):
    rows, reference = sides(rows_of, bent, flat)
    assert linear_yardstick(context_of("weak_slices", rows, reference=reference)) is not None
    found = weak_slices(context_of("weak_slices", rows, reference=reference, confidence=0.998))
    assert found.findings == ()
    assert "isn't proved better than a linear model" in found.reading
    promised = miscalibrated_slices(context_of("miscalibrated_slices", rows, reference=reference, confidence=0.998))
    assert promised.findings == ()
    assert "fail alike" in promised.reading
    # Without a reference there is no linear model to excuse it.
    alone = miscalibrated_slices(context_of("miscalibrated_slices", rows, confidence=0.998))
    assert alone.findings
