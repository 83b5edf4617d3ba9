"""Methods of explanation against scikit-learn, published examples, analytic answers and direct computation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_friedman1
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from modelcheck.explain.accumulated import accumulate
from modelcheck.explain.dependence import Grid, curves, grid_of
from modelcheck.explain.interactions import strength
from modelcheck.explain.permuted import Shuffled, cyclic_donors, importance, shuffled_losses
from modelcheck.stats.design import Design


def _friedman(size=300):
    X, y = make_friedman1(size, random_state=0)
    return pd.DataFrame(X, columns=[f"x{at}" for at in range(10)]), y


def _people(size=400):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "age": rng.integers(18, 80, size),
            "job": rng.choice(["cook", "smith", "clerk"], size, p=[0.5, 0.3, 0.2]),
            "pay": rng.normal(100.0, 20.0, size),
        }
    )
    rows.loc[::9, "pay"] = np.nan
    return rows, rng.integers(0, 3, size)


@pytest.mark.parametrize("column", ["x0", "x3"])
def test_partial_dependence_and_its_curves_of_a_regression_are_scikit_learns(column):
    rows, y = _friedman()
    model = HistGradientBoostingRegressor(random_state=0).fit(rows, y)
    theirs = partial_dependence(model, rows, [column], kind="both", method="brute", grid_resolution=25)
    found = curves(model.predict, rows, column, Grid(points=tuple(theirs["grid_values"][0].tolist())))
    assert found.individual == pytest.approx(theirs["individual"][0], abs=1e-9)
    assert found.mean == pytest.approx(theirs["average"][0], abs=1e-9)


@pytest.mark.parametrize("column", ["age", "job", "pay"])
def test_partial_dependence_of_a_pipeline_on_text_with_three_classes_is_scikit_learns(column):
    rows, y = _people()
    first = ColumnTransformer([("job", OneHotEncoder(), ["job"])], remainder="passthrough")
    model = make_pipeline(first, HistGradientBoostingClassifier(max_iter=20, random_state=0)).fit(rows, y)
    grid = grid_of(rows[column])
    theirs = partial_dependence(
        model,
        rows.astype({"age": float}),  # it takes no whole numbers
        [column],
        kind="both",
        method="brute",
        categorical_features=["job"],
        custom_values={column: np.array(grid.points, dtype=object if column == "job" else float)},
    )
    found = curves(model.predict_proba, rows, column, grid)
    assert np.moveaxis(found.individual, 2, 0) == pytest.approx(theirs["individual"], abs=1e-9)
    assert pytest.approx(theirs["average"], abs=1e-9) == found.mean.T
    for wanted in range(3):
        one = curves(model.predict_proba, rows, column, grid, wanted=wanted)
        assert one.mean == pytest.approx(theirs["average"][wanted], abs=1e-9)


def test_accumulated_effects_are_those_of_the_papers_equations_row_by_row():
    # Apley and Zhu (2020), equations 15 and 16, written out; steps are compared, as the paper centres at bins' ends.
    rows, y = _friedman()
    model = HistGradientBoostingRegressor(random_state=0).fit(rows, y)
    found = accumulate(model.predict, rows, "x1", bins=15)
    edges = np.quantile(rows["x1"], np.linspace(0.0, 1.0, 16), method="inverted_cdf")
    assert found.edges == pytest.approx(edges)
    total = 0.0
    for k in range(1, 16):
        below = rows["x1"] >= edges[0] if k == 1 else rows["x1"] > edges[k - 1]
        here = rows[below & (rows["x1"] <= edges[k])]
        moved = model.predict(here.assign(x1=edges[k])) - model.predict(here.assign(x1=edges[k - 1]))
        total += moved.mean()
        assert found.effect[k] - found.effect[0] == pytest.approx(total)
        assert found.counts[k - 1] == len(here)


def test_the_papers_first_example():
    # Apley and Zhu (2020), example 1: 200 rows along x2 = x1, uniform, each off by N(0, .05^2), and x1 + x2^2. Their
    # figure shows a line and a parabola; partial dependence of a model that is wrong away from the line shows neither.
    rng = np.random.default_rng(0)
    along = rng.uniform(0.0, 1.0, 200)
    rows = pd.DataFrame({"x1": along + rng.normal(0, 0.05, 200), "x2": along + rng.normal(0, 0.05, 200)})

    def wild(frame):
        x1, x2 = frame["x1"].to_numpy(), frame["x2"].to_numpy()
        return np.where(np.abs(x1 - x2) > 0.45, 10.0, x1 + x2**2)

    for column, truth in (("x1", lambda x: x), ("x2", np.square)):
        found = accumulate(wild, rows, column, bins=50)
        assert found.effect == pytest.approx(truth(found.edges) - truth(rows[column]).mean(), abs=5e-3)
        pdp = curves(wild, rows, column, grid_of(rows[column]))
        assert np.abs(pdp.mean - pdp.mean.mean()).max() > 1.0


@pytest.mark.parametrize("correlation", [0.0, 0.5, -0.8])
def test_accumulated_effects_of_a_product_of_normal_columns_have_their_closed_form(correlation):
    # E[x2 | x1] = r x1, so the effect of x1 x2 is r (x1^2 - 1) / 2.
    rng = np.random.default_rng(0)
    x1 = rng.normal(size=100_000)
    rows = pd.DataFrame({"x1": x1, "x2": correlation * x1 + np.sqrt(1 - correlation**2) * rng.normal(size=100_000)})
    found = accumulate(lambda frame: (frame["x1"] * frame["x2"]).to_numpy(), rows, "x1", bins=60)
    inner = np.abs(found.edges) < 2.0
    assert found.effect[inner] == pytest.approx(correlation * (found.edges[inner] ** 2 - 1) / 2, abs=0.04)
    # The standard errors are those of the differences: x2 given the bin, times its width.
    middle = 30
    width = found.edges[middle + 1] - found.edges[middle]
    expected = width * np.sqrt(1 - correlation**2) / np.sqrt(found.counts[middle])
    assert found.error[middle] == pytest.approx(expected, rel=0.1)


def test_h_squared_is_that_of_partial_dependences_by_scikit_learn():
    rows, y = _friedman(20)
    model = HistGradientBoostingRegressor(max_iter=30, min_samples_leaf=2, random_state=0).fit(rows, y)
    pairs = [("x0", "x1"), ("x0", "x3"), ("x2", "x9")]
    for (one, other), found in zip(pairs, strength(model.predict, rows, pairs, points=np.arange(20)), strict=True):
        alone = {}
        for name in (one, other):
            values = rows[name].to_numpy()
            pd_ = partial_dependence(model, rows, [name], method="brute", custom_values={name: values})
            alone[name] = pd_["average"][0] - pd_["average"][0].mean()
        values = {name: rows[name].to_numpy() for name in (one, other)}
        both = partial_dependence(model, rows, [one, other], method="brute", custom_values=values)
        joint = np.diagonal(both["average"][0])
        joint = joint - joint.mean()
        beyond = joint - alone[one] - alone[other]
        assert found.size == pytest.approx(np.sqrt((beyond**2).mean()), abs=1e-9)
        assert found.share == pytest.approx((beyond**2).sum() / (joint**2).sum(), abs=1e-9)


def test_friedmans_first_function_has_one_interaction_and_it_is_found():
    # 10 sin(pi x1 x2) + 20 (x3 - .5)^2 + 10 x4 + 5 x5: Friedman (1991).
    rows, _ = _friedman(400)

    def ask(frame):
        x = frame.to_numpy()
        return 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]

    pairs = [("x0", "x1"), ("x0", "x2"), ("x2", "x3"), ("x3", "x4"), ("x0", "x9")]
    found = strength(ask, rows, pairs, points=np.arange(150))
    assert found[0].share > 0.1
    assert max(one.size for one in found[1:]) < 1e-9
    # Over independent uniform columns, by numerical integration.
    u = (np.arange(400) + 0.5) / 400
    surface = 10 * np.sin(np.pi * np.outer(u, u))
    beyond = surface - surface.mean(axis=0) - surface.mean(axis=1)[:, None] + surface.mean()
    assert found[0].size == pytest.approx(np.sqrt((beyond**2).mean()), abs=3 * found[0].size_error)


def _importances(size, repeats):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(size, 4)), columns=list("abcd"))
    target = ((rows["a"] + 0.5 * rows["b"] ** 2 + rng.normal(0, 0.7, size)) > 0.5).to_numpy().astype(int)
    model = RandomForestClassifier(20, min_samples_leaf=5, random_state=0).fit(
        rows.iloc[: size // 2], target[: size // 2]
    )
    groups = {name: (name,) for name in rows}
    rows, target = rows.iloc[size // 2 :].reset_index(drop=True), target[size // 2 :]
    donors = cyclic_donors(len(rows), repeats, rng)

    def brier(scores, at):
        return (scores - target[at]) ** 2

    return model, rows, target, shuffled_losses(lambda f: model.predict_proba(f)[:, 1], brier, rows, groups, donors)


def test_permutation_importance_has_scikit_learns_expectation():
    model, rows, target, found = _importances(400, 100)
    theirs = permutation_importance(model, rows, target, scoring="neg_brier_score", n_repeats=100, random_state=0)
    # scikit-learn's permutations leave one row in n where it is, on average; a donor here is never the row itself.
    n = len(rows)
    ours = np.nanmean(found.increase, axis=1) * (n - 1) / n
    error = theirs.importances.std(axis=1, ddof=1) / 10
    assert (np.abs(ours - theirs.importances_mean) <= 4 * np.sqrt(2) * error).all()
    estimates = importance(found, metric="brier_increase", confidence=0.95)
    assert [estimate.value for estimate in estimates.values()] == pytest.approx(np.nanmean(found.increase, axis=1))
    assert estimates["a"].low > 0.0


def test_permutation_importance_over_all_donors_is_fisher_rudin_and_dominicis_switch_less_the_original_loss():
    rng = np.random.default_rng(0)
    n = 25
    rows = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    target = rng.normal(size=n)
    donors = np.stack([np.roll(np.arange(n), -shift) for shift in range(1, n)])
    found = shuffled_losses(
        lambda f: (f["a"] * f["b"]).to_numpy(), lambda s, at: (s - target[at]) ** 2, rows, {"a": ("a",)}, donors
    )
    a, b = rows["a"].to_numpy(), rows["b"].to_numpy()
    every = (np.outer(b, a) - target[:, None]) ** 2
    switch = every[~np.eye(n, dtype=bool)].mean()
    assert found.increase.mean() == pytest.approx(switch - np.diagonal(every).mean())


def test_the_increase_of_a_logistic_regression_is_that_of_scikit_learns_own_log_loss():
    rows, y = _people()
    rows, y = rows[["age", "job"]], (y > 0).astype(int)
    first = ColumnTransformer([("job", OneHotEncoder(), ["job"])], remainder="passthrough")
    model = make_pipeline(first, LogisticRegression(max_iter=1000)).fit(rows, y)
    donors = cyclic_donors(len(rows), 1, np.random.default_rng(3))

    def loss(scores, at):
        return -np.log(np.where(y[at] == 1, scores[:, 1], scores[:, 0]))

    found = shuffled_losses(model.predict_proba, loss, rows, {"job": ("job",)}, donors)
    from sklearn.metrics import log_loss

    moved = rows.assign(job=rows["job"].to_numpy()[donors[0]])
    step = log_loss(y, model.predict_proba(moved)) - log_loss(y, model.predict_proba(rows))
    assert found.increase.mean() == pytest.approx(step, abs=1e-12)


SIMULATIONS = 4000
CELLS = 6


@pytest.mark.parametrize(
    ("size", "repeats", "clusters", "weighted"),
    [(100, 1, 0, 0), (100, 5, 0, 0), (400, 5, 0, 0), (1000, 20, 0, 0), (400, 5, 80, 0), (300, 5, 0, 1)],
)
def test_the_interval_of_an_importance_misses_no_more_often_than_it_says(size, repeats, clusters, weighted):
    # Score x, truth x + noise: the squared error grows by E(x - x')^2 = 2. Donors are a sample, too: an interval from
    # the rows' own spread alone misses in 6 to 9 % of samples at either end.
    rng = np.random.default_rng([size, repeats, clusters, weighted])
    cluster = np.repeat(np.arange(clusters), size // clusters) if clusters else None
    estimates = []
    for _ in range(SIMULATIONS):
        x = rng.normal(size=size)
        if clusters:
            x = (x + rng.normal(size=clusters)[cluster]) / np.sqrt(2)
        weight = np.exp(rng.normal(size=size)) if weighted else np.ones(size)
        own = rng.normal(0.0, 0.5, size)
        donors = cyclic_donors(size, repeats, rng)
        grown = (x[donors] - x - own) ** 2 - own**2
        increase = grown.mean(axis=0)
        value = np.average(increase, weights=weight)
        given = np.zeros(size)
        for donor, part in zip(donors, grown, strict=True):
            given[donor] += weight * (part - value)
        shuffled = Shuffled(
            names=("x",),
            unchanged=own**2,
            increase=increase[None],
            influence=(increase - value + given / (repeats * weight))[None],
            unanswered=np.zeros(1, dtype=np.intp),
            repeats=repeats,
            design=Design(cluster=cluster, weight=weight if weighted else None),
        )
        estimates.append(importance(shuffled, metric="squared_error_increase", confidence=0.95)["x"])
    proven = [one for one in estimates if not one.unproven]
    over, under = sum(one.low > 2.0 for one in proven), sum(one.high < 2.0 for one in proven)
    print(f"\n{size} rows, {repeats} repeats: low over {over}, high under {under}, proven {len(proven)}")
    assert len(proven) >= SIMULATIONS / 2
    assert max(over, under) <= stats.binom.ppf(1 - 0.001 / (2 * CELLS), SIMULATIONS, 0.035)
