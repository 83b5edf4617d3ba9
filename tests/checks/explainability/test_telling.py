import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.explainability.telling import seen_of, telling


def told(by, of, seed=0):
    return telling(seen_of(pd.Series(by)), seen_of(pd.Series(of)), np.random.default_rng(seed))


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize("levels", [2, 40, 600])
def test_an_exact_copy_of_words_is_found_however_many_there_are_and_whatever_it_is_made_of(rng, levels):
    codes = rng.integers(0, levels, 3000)
    words = np.array([f"Z{code:04d}" for code in codes])
    for copy in (2.0 * codes + 1.0, (codes * 7) % levels if levels % 7 else codes, [f"A{code}" for code in codes]):
        found = told(copy, words)
        assert found.value > 0.99
        assert found.low > 0.8


def test_a_scrambled_copy_of_numbers_is_found_by_equal_values(rng):
    codes = rng.integers(0, 600, 4000)
    assert told((codes * 7) % 600, codes).value == 1.0


def test_a_copy_of_a_quantity_that_never_repeats_is_found_by_what_lies_near(rng):
    values = rng.normal(size=60)
    found = told(2.0 * values + 1.0, values)
    assert found.value > 0.95
    assert found.in_order


def test_noise_tells_nothing_and_that_is_sure(rng):
    words = [f"Z{code}" for code in rng.integers(0, 300, 3000)]
    for other in (rng.normal(size=3000), rng.integers(0, 50, 3000), [f"A{code}" for code in rng.integers(0, 9, 3000)]):
        found = told(other, words)
        assert found.value < 0.05
        assert found.high < 0.3


@pytest.mark.parametrize("flipped", [0.03, 0.1])
def test_what_a_noisy_copy_tells_is_the_part_of_the_impurity(rng, flipped):
    sex = (rng.random(4000) < 0.4).astype(int)
    copy = np.where(rng.random(4000) < flipped, 1 - sex, sex)
    table = pd.crosstab(copy, sex).to_numpy() / 4000
    size = table.sum(axis=1)
    tau = 1.0 - float((size - (table**2).sum(axis=1) / size).sum()) / (1.0 - float((table.sum(axis=0) ** 2).sum()))
    found = told(copy, sex)
    assert found.value == pytest.approx(tau, abs=0.03)
    assert found.low < tau < found.high


def test_limits_hold_what_is_told_in_nearly_all_samples():
    missed = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        sex = rng.integers(0, 2, 300)
        copy = np.where(rng.random(300) < 0.1, 1 - sex, sex)
        found = told(copy, sex, seed)
        missed += not found.low <= 0.64 <= found.high
    assert missed <= 5  # 99.6 % limits


def test_words_that_no_second_row_has_may_tell_anything(rng):
    sex = rng.integers(0, 2, 500)
    found = told([f"text {place}" for place in range(500)], sex)
    assert (found.value, found.high) == (0.0, 1.0)


def test_a_column_with_one_value_can_not_be_told_and_missing_values_are_a_value(rng):
    values = rng.normal(size=100)
    assert (told(values, np.ones(100)).value, told(values, np.ones(100)).high) == (0.0, 1.0)
    flag = rng.integers(0, 2, 200)
    assert told(np.where(flag, np.nan, 1.0), flag).value == 1.0


def test_dates_have_an_order_and_lists_are_compared_as_words(rng):
    days = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, 500), unit="D"))
    number = (days - days.min()).dt.days + 0.2 * rng.normal(size=500)
    assert told(number, days).value > 0.95
    flag = rng.integers(0, 2, 100)
    assert told([[int(one)] for one in flag], flag).value == 1.0
