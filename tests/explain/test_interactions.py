import numpy as np
import pandas as pd
import pytest

from modelcheck.explain.interactions import questions, strength

ALL = np.arange(60)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.normal(size=200),
            "b": rng.normal(size=200),
            "n": rng.integers(0, 3, 200),
            "job": pd.Series(rng.choice(["cook", "smith"], 200)).astype("str"),
        }
    )


def _score(rule):
    return lambda frame: np.asarray(rule(frame), dtype=float)


def test_columns_that_only_add_up_do_not_interact(rows):
    ask = _score(lambda f: np.exp(f["a"]) + f["b"] ** 3 + 5 * f["n"] + (f["job"] == "cook"))
    found = strength(ask, rows, [("a", "b"), ("n", "job")], points=ALL)
    assert [(one.first, one.second) for one in found] == [("a", "b"), ("n", "job")]
    assert [(one.size, one.share, one.size_error, one.share_error) for one in found] == [(0.0, 0.0, 0.0, 0.0)] * 2


def test_a_product_has_the_strength_that_its_values_have(rows):
    # PD of the pair is ab, PD of a is a times the mean of b: what is left is (a - mean a)(b - mean b), centred.
    found = strength(_score(lambda f: f["a"] * f["b"] + f["n"]), rows, [("a", "b")], points=ALL)[0]
    a, b = (rows[name][ALL] - rows[name][ALL].mean() for name in "ab")
    assert found.size == pytest.approx(np.std(a * b))
    assert found.share == pytest.approx(np.var(a * b) / np.var(rows["a"][ALL] * rows["b"][ALL]))
    assert (found.n_points, found.unanswered) == (60, 0)


def test_text_interacts_with_numbers_in_either_order(rows):
    ask = _score(lambda f: np.where(f["job"] == "cook", f["a"], -f["a"]))
    one, other, none = strength(ask, rows, [("job", "a"), ("a", "job"), ("a", "b")], points=ALL)
    assert one.size > 0.5
    assert (other.size, other.share) == pytest.approx((one.size, one.share))
    assert none.size == 0.0


def test_the_jackknife_is_that_of_samples_without_each_point(rows):
    ask = _score(lambda f: f["a"] * f["b"] + f["a"])
    points = np.arange(12)
    found = strength(ask, rows, [("a", "b")], points=points)[0]
    without = [strength(ask, rows, [("a", "b")], points=np.delete(points, at))[0] for at in points]
    for name in ("size", "share"):
        values = np.array([getattr(one, name) for one in without])
        assert getattr(found, f"{name}_error") == pytest.approx(np.sqrt(11 * values.var()))


def test_it_asks_what_it_says_and_less_where_points_share_values(rows):
    asked = []

    def ask(frame):
        asked.append(len(frame))
        return frame["a"].to_numpy()

    strength(ask, rows, [("a", "b")], points=ALL)
    assert sum(asked) == questions(60, 1, 2) == questions(60, 1)
    asked.clear()
    strength(ask, rows, [("n", "job"), ("a", "n"), ("a", "job")], points=ALL)
    assert sum(asked) == 60 * (60 + 3 + 2 + 6 + 60 + 60) < questions(60, 3, 3) < questions(60, 3)


def test_points_that_lack_answers_are_left_out_and_counted(rows):
    def whole(frame):
        return (frame["a"] * frame["b"]).to_numpy()

    spared = rows.index[ALL][rows["a"][ALL] > 1.5]
    found = strength(lambda f: np.where(f["a"] > 1.5, np.nan, whole(f)), rows, [("a", "b")], points=ALL)[0]
    alone = strength(whole, rows, [("a", "b")], points=np.setdiff1d(ALL, spared))[0]
    assert found.unanswered == len(spared) > 0
    assert found.size == pytest.approx(alone.size)
    nothing = strength(lambda f: np.full(len(f), np.nan), rows, [("a", "b")], points=ALL)[0]
    assert (nothing.n_points, nothing.unanswered) == (0, 60)
    assert np.isnan(nothing.size)
    assert np.isnan(nothing.share)


def test_missing_values_are_values_like_others(rows):
    gaps = rows.assign(n=rows["n"].where(rows["n"] > 0), job=rows["job"].where(rows["a"] < 1))
    filled = gaps.assign(n=gaps["n"].fillna(0.0), job=gaps["job"].fillna("none"))

    def rule(n, job):
        return n * (1.0 + 2.0 * (job == "cook") - 3.0 * (job == "none")) + 4.0 * (n == 0) * (job == "smith")

    found = strength(
        _score(lambda f: rule(f["n"].fillna(0.0), f["job"].fillna("none"))), gaps, [("n", "job")], points=ALL
    )
    whole = strength(_score(lambda f: rule(f["n"], f["job"])), filled, [("n", "job")], points=ALL)
    assert found == whole
    assert found[0].size > 0.1


def test_classes_are_added_up(rows):
    single = strength(_score(lambda f: f["a"] * f["b"]), rows, [("a", "b")], points=ALL)[0]
    two = strength(lambda f: np.stack([f["a"] * f["b"], -f["a"] * f["b"]], axis=1), rows, [("a", "b")], points=ALL)[0]
    assert two.size == pytest.approx(single.size * np.sqrt(2))
    assert two.share == pytest.approx(single.share)


def test_a_model_that_never_moves_has_no_interactions(rows):
    found = strength(lambda f: np.full(len(f), 0.3), rows, [("a", "b")], points=ALL)[0]
    assert (found.size, found.share) == (0.0, 0.0)


def test_no_pairs_ask_nothing(rows):
    assert strength(lambda f: pytest.fail("asked"), rows, [], points=ALL) == []
