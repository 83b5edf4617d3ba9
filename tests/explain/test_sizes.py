import numpy as np
import pandas as pd
import pytest

from modelcheck.explain.sizes import size_without_chance
from modelcheck.explain.walks import parts_of, walk


def test_exact_values_keep_their_sizes():
    values = np.array([-2.0, 0.0, 3.0])
    assert size_without_chance(values, np.zeros(3)).tolist() == [2.0, 0.0, 3.0]


@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0, 3.0])
def test_the_mean_size_of_noisy_values_is_nearer_to_the_truth_than_the_plain_mean(truth):
    rng = np.random.default_rng(0)
    measured = truth + rng.normal(size=200_000)
    plain = float(np.abs(measured).mean())
    fair = float(size_without_chance(measured, np.ones_like(measured)).mean())
    assert abs(fair - truth) <= 0.6 * abs(plain - truth) + 0.01


def product(rows):
    """Two columns that act together only, and six that act alone: the former are noisy to walk."""
    given = rows.to_numpy()
    return given[:, :6].sum(axis=1) * 0.5 + given[:, 6] * given[:, 7]


def test_shares_by_few_walks_are_those_of_the_exact_values():
    rng = np.random.default_rng(0)
    columns = tuple(f"x{at}" for at in range(8))
    rows, far = (pd.DataFrame(rng.normal(size=(n, 8)), columns=columns) for n in (400, 400))
    x, z = rows.to_numpy(), far.to_numpy()
    both, mean = (z[:, 6] * z[:, 7]).mean(), z.mean(axis=0)
    exact = 0.5 * (x - mean)
    for one, other in ((6, 7), (7, 6)):
        exact[:, one] = 0.5 * (x[:, one] * mean[other] - both) + 0.5 * (
            x[:, one] * x[:, other] - mean[one] * x[:, other]
        )
    truth = np.abs(exact).mean(axis=0) / np.abs(exact).mean(axis=0).sum()
    found = walk(product, rows, far, columns, walks=8, rng=rng, scale="value")
    plain = found.size.sum(axis=0) / found.size.sum()
    assert plain[6] > truth[6] + 0.005
    assert np.abs(found.shares - truth).sum() < 0.5 * np.abs(plain - truth).sum()


def test_each_part_of_the_background_has_walks_of_every_row_and_together_they_are_the_whole():
    rng = np.random.default_rng(0)
    rows, far = (pd.DataFrame(rng.normal(size=(n, 8)), columns=[f"x{at}" for at in range(8)]) for n in (20, 50))
    found = walk(product, rows, far, tuple(rows.columns), walks=8, rng=rng, scale="value")
    assert found.parts.shape == (4, 20, 8, 1)
    assert found.parts.mean(axis=0) == pytest.approx(found.values)
    assert len(found.sizes_without_a_part) == 4
    assert found.take(np.array([3, 5])).parts.shape == (4, 2, 8, 1)
    assert found.followed_by(found).parts.shape == (4, 40, 8, 1)


@pytest.mark.parametrize(
    ("background", "walks", "parts"), [(50, 8, 4), (50, 4, 2), (50, 2, 1), (8, 8, 4), (7, 8, 1), (3, 3, 1)]
)
def test_a_background_is_parted_only_where_each_part_has_rows_for_two_walks(background, walks, parts):
    assert parts_of(background, walks) == parts
