"""What is said of a slice that was chosen for being bad: its effect, its interval, and what else would have been found.

A slice that is only just proved looks worse than it is. A cell fails when it does worse than a true rate of exactly its
bound would in one of a thousand runs of the whole file.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from modelcheck.checks.performance.weakness.avoidable import Avoidable
from modelcheck.checks.performance.weakness.places import look_and_judge, support
from modelcheck.scoring.rows import FeatureCodes, ScoredRows
from modelcheck.slices import find
from modelcheck.slices.tables import features_of

CELLS = 10
CONFIDENCE = 0.95
ROWS = 5000
LIMIT = 0.05


def _at_least(name, hits, runs, bound):
    low, high = stats.binomtest(hits, runs).proportion_ci()
    print(f"\n{name}: {hits} of {runs} = {hits / runs:.2%} ({low:.2%} to {high:.2%}); at least {bound:.0%}")
    assert hits >= stats.binom.ppf(0.001 / CELLS, runs, bound), name


def _less_biased(name, raw, corrected):
    """Assert that the corrected effects are nearer to the truth on the average than those seen, which are too large."""
    raw, corrected = np.array(raw), np.array(corrected)
    error = stats.sem(raw), stats.sem(corrected)
    print(
        f"\n{name}: {len(raw)} proved, bias as seen {raw.mean():+.4f} (standard error {error[0]:.4f}), "
        f"corrected {corrected.mean():+.4f} ({error[1]:.4f})"
    )
    assert len(raw) >= 30, name
    assert raw.mean() > 3.0 * error[0], name
    assert abs(corrected.mean()) < 0.75 * raw.mean(), name


def _table(rng, n):
    """Six columns: four of ten values each, two of numbers."""
    names = {f"kind{place}": rng.integers(0, 10, n).astype(str) for place in range(4)}
    return pd.DataFrame(names | {f"number{place}": rng.normal(size=n) for place in range(2)})


def _plant(rng, table, rows, conditions):
    """Give so many rows a value of their own, on one column or as the only rows that share two values."""
    chosen = rng.permutation(len(table))[: rows * (1 if conditions == 1 else 5)]
    planted = np.zeros(len(table), dtype=bool)
    planted[chosen[:rows]] = True
    table.loc[chosen[:rows], "kind0"] = "a"
    if conditions == 2:
        table.loc[chosen[:rows], "kind1"] = "b"
        table.loc[chosen[rows : 3 * rows], "kind0"] = "a"
        table.loc[chosen[3 * rows :], "kind1"] = "b"
    return planted


def _same(one, other):
    return (one & other).sum() / (one | other).sum() >= 0.5


def test_the_effect_of_a_slice_that_is_just_proved_is_put_right():
    raw, corrected, covered, runs, excess = [], [], 0, 80, 0.12
    for run in range(runs):
        rng = np.random.default_rng([1, run])
        table = _table(rng, ROWS)
        planted = _plant(rng, table, 200, 1)
        chance = np.where(planted, 0.1 + excess, 0.1)
        found = find(table, rng.random(ROWS) < chance, depth=2)
        inside = [found.mask(one) for one in found.slices]
        truth = [chance[mask].mean() - chance[~mask].mean() for mask in inside]
        covered += all(one.low <= true <= one.high for one, true in zip(found.slices, truth, strict=True))
        for one, true in zip(found.slices, truth, strict=True):
            if one.proved:
                raw.append(one.effect - true)
                corrected.append(one.corrected - true)
    _less_biased(f"search, excess {excess} in 200 rows", raw, corrected)
    _at_least(f"search, intervals of all slices chosen, excess {excess}", covered, runs, CONFIDENCE - 0.02)


def _sides(rng, table, planted, loss, *, apart=0.03):
    """Return both sides' losses of decisions, and the avoidable loss that each row has on the average.

    Everywhere each side alone is wrong on the same share of rows; in the slice the candidate loses so much more.
    """
    n = len(table)
    draw = rng.random(n)
    gain = apart + np.where(planted, loss, 0.0)
    candidate = (draw < gain).astype(float)
    challenger = ((draw >= gain) & (draw < gain + apart)).astype(float)
    features = features_of(table)
    codes = FeatureCodes(
        values=np.stack([one.codes for one in features]),
        levels=tuple(one.levels for one in features),
        edges_from="reference",
    )
    rows = ScoredRows(task="binary", classes=(0, 1), target=np.zeros(n, dtype=np.int16), features=codes)
    everywhere = max(float((candidate - challenger).mean()), 0.0)
    return Avoidable(candidate=candidate, challenger=challenger, rows=rows, everywhere=everywhere), gain - apart


def _looked(losses):
    return look_and_judge(
        losses.rows, losses.sums(), losses.goal(LIMIT), losses.find, limit=LIMIT, confidence=CONFIDENCE
    )


def test_the_avoidable_loss_of_a_slice_that_is_just_proved_is_put_right():
    raw, corrected, covered, runs, loss = [], [], 0, 120, 0.22
    for run in range(runs):
        rng = np.random.default_rng([2, run])
        table = _table(rng, ROWS)
        planted = _plant(rng, table, 200, 1)
        losses, chance = _sides(rng, table, planted, loss)
        inside = True
        for one in _looked(losses).slices:
            true = chance[one.rows].mean() - chance.mean()
            inside = inside and one.estimate.low <= true <= one.estimate.high
            if one.broken:
                raw.append(one.estimate.value - true)
                corrected.append(one.corrected - true)
        covered += inside
    _less_biased(f"gate, avoidable loss {loss} in 200 rows", raw, corrected)
    _at_least(f"gate, intervals of all slices chosen, loss {loss}", covered, runs, CONFIDENCE - 0.02)


@pytest.mark.parametrize("conditions", [1, 2])
def test_the_excess_that_a_search_says_it_would_have_found_is_found_in_four_of_five(conditions):
    hits, runs, least = 0, 25, support(ROWS)
    for run in range(runs):
        rng = np.random.default_rng([3, run])
        table = _table(rng, ROWS)
        planted = _plant(rng, table, least, conditions)
        wrong = rng.random(ROWS) < 0.1
        stated = find(table, wrong, depth=2).findable
        wrong[planted] = rng.random(least) < 0.1 + stated
        found = find(table, wrong, depth=2)
        hits += any(_same(found.mask(one), planted) for one in found.proved)
    _at_least(f"search, the stated excess {stated:.3f} in {least} rows, {conditions} conditions", hits, runs, 0.8)


@pytest.mark.parametrize("conditions", [1, 2])
def test_the_avoidable_loss_that_the_gate_says_it_would_have_found_is_found_in_four_of_five(conditions):
    hits, runs, least = 0, 25, support(ROWS)
    for run in range(runs):
        rng = np.random.default_rng([4, run])
        table = _table(rng, ROWS)
        planted = _plant(rng, table, least, conditions)
        healthy = _sides(rng, table, planted, 0.0)[0]
        stated = healthy.findable(least, limit=LIMIT, level=_looked(healthy).level)
        looked = _looked(_sides(rng, table, planted, stated)[0])
        hits += any(_same(np.isin(np.arange(ROWS), one.rows), planted) for one in looked.broken)
    _at_least(f"gate, the stated loss {stated:.3f} in {least} rows, {conditions} conditions", hits, runs, 0.8)
