"""Fitted results of statsmodels, live and out of a pickle: what is a probability, where the constant goes, formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ArtifactRefused, ModelError
from modelcheck.models.loading import load_model, wrap_model

sm = pytest.importorskip("statsmodels.api", reason="statsmodels is what these tests fit: pip install statsmodels")
smf = pytest.importorskip("statsmodels.formula.api", reason="statsmodels' formulas")

NUMBERS = ["age", "visits"]


@pytest.fixture(scope="module")
def complete(rows):
    return rows.assign(age=rows.age.fillna(50.0))


def _wrap(results, task=None, **table):
    return wrap_model(results, CandidateTable(**table), task=task)


def _with_constant(rows):
    return sm.add_constant(rows[NUMBERS], has_constant="add")


@pytest.mark.parametrize("kind", ["logit", "probit", "glm"])
def test_a_binary_regression_gives_probabilities_and_adds_its_constant_itself(complete, truth, kind):
    X, y = _with_constant(complete), truth.sick
    results = {
        "logit": lambda: sm.Logit(y, X).fit(disp=0),
        "probit": lambda: sm.Probit(y, X).fit(disp=0),
        "glm": lambda: sm.GLM(y, X, family=sm.families.Binomial()).fit(),
    }[kind]()
    model = _wrap(results)
    told = model.describe()
    assert (told.task, told.classes, told.gives, told.feature_names) == (
        "binary",
        (0, 1),
        "probability",
        tuple(NUMBERS),
    )
    found = model.predict_proba(complete)
    np.testing.assert_array_equal(found[:, 1], results.predict(X))
    np.testing.assert_array_equal(model.predict(complete), (results.predict(X) > 0.5).astype(int))
    # One row is where a constant is easily lost: statsmodels takes any column for one then.
    np.testing.assert_array_equal(model.predict_proba(complete[:1])[:, 1], results.predict(X)[:1])
    assert _wrap(results, classes=("fine", "sick")).describe().classes == ("fine", "sick")
    with pytest.raises(ModelError, match="classifier of 2 classes, but the declared task is 'regression'"):
        _wrap(results, "regression")


def test_values_of_ols_and_of_other_families(complete, truth):
    X = _with_constant(complete)
    ols = sm.OLS(truth.value, X).fit()
    model = _wrap(ols)
    assert (model.describe().task, model.describe().gives) == ("regression", "value")
    np.testing.assert_array_equal(model.predict(complete), ols.predict(X))
    poisson = sm.GLM(complete.visits, _with_constant(complete), family=sm.families.Poisson()).fit()
    np.testing.assert_array_equal(_wrap(poisson).predict(complete), poisson.predict(X))
    bare = sm.OLS(truth.value, complete[NUMBERS]).fit()
    np.testing.assert_array_equal(_wrap(bare).predict(complete), bare.predict(complete[NUMBERS]))
    with pytest.raises(ModelError, match="gives values, but the declared task is 'binary'"):
        _wrap(ols, "binary")


def test_the_constant_may_stand_last_and_the_columns_may_have_no_names(complete, truth):
    X = sm.add_constant(complete[NUMBERS], prepend=False)
    last = sm.OLS(truth.value, X).fit()
    assert _wrap(last).describe().feature_names == tuple(NUMBERS)
    np.testing.assert_array_equal(_wrap(last).predict(complete), last.predict(X))
    plain = sm.OLS(truth.value.to_numpy(), X.to_numpy()).fit()
    model = _wrap(plain)
    assert (model.describe().feature_names, model.describe().by_position) == (None, True)
    np.testing.assert_array_equal(model.predict(complete[NUMBERS]), plain.predict(X.to_numpy()))
    with pytest.raises(ModelError, match="2 unnamed columns; the table has 3"):
        model.predict(complete)


def test_several_classes_keep_their_labels(complete, truth):
    labels = np.array(["low", "mid", "high"])[truth.stage]
    X = _with_constant(complete)
    results = sm.MNLogit(pd.Series(labels), X).fit(disp=0)
    model = _wrap(results)
    assert (model.describe().task, model.describe().classes) == ("multiclass", ("high", "low", "mid"))
    np.testing.assert_array_equal(model.predict_proba(complete), results.predict(X))


def test_a_formula_picks_its_columns_and_says_which_text_is_the_event(complete, truth):
    table = complete.assign(sick=truth.sick, value=truth.value, state=np.where(truth.sick == 1, "sick", "fine"))
    results = smf.logit("sick ~ age + visits + C(site)", table).fit(disp=0)
    model = _wrap(results)
    assert model.describe().feature_names is None
    np.testing.assert_array_equal(model.predict_proba(complete)[:, 1], results.predict(complete))
    shuffled = complete[["site", "visits", "age"]]
    np.testing.assert_array_equal(model.predict_proba(shuffled)[:, 1], results.predict(complete))
    by_text = smf.glm("state ~ age + visits", table, family=sm.families.Binomial()).fit()
    model = _wrap(by_text)
    # statsmodels models the first of two texts.
    assert model.describe().classes == ("sick", "fine")
    np.testing.assert_array_equal(model.predict_proba(complete)[:, 1], by_text.predict(complete))
    assert (model.predict(complete) == table.state).mean() > 0.6
    values = smf.ols("value ~ np.log1p(visits) + site", table).fit()
    np.testing.assert_array_equal(_wrap(values).predict(complete), values.predict(complete))


def test_a_time_series_is_refused(truth):
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    with pytest.raises(ModelError, match="doesn't predict from columns"):
        _wrap(SimpleExpSmoothing(truth.value.to_numpy(), initialization_method="heuristic").fit())


@pytest.mark.parametrize("bare", [False, True])
def test_a_pickle_loads_with_and_without_the_rows_it_was_fitted_on(tmp_path, load, complete, truth, bare):
    X = _with_constant(complete)
    results = sm.GLM(truth.sick, X, family=sm.families.Binomial()).fit()
    expected = results.predict(X)
    results.save(tmp_path / "m.pkl", remove_data=bare)
    model = load("m.pkl")
    assert (model.describe().name, model.describe().task) == ("statsmodels GLM (Binomial)", "binary")
    # Without their data the results know neither names nor rows.
    assert model.describe().by_position == bare
    given = complete[NUMBERS] if bare else complete
    np.testing.assert_array_equal(model.predict_proba(given)[:, 1], expected)


def test_a_file_is_gated_by_configuration_alone(gated, pytester, complete, truth):
    labels = np.where(truth.sick == 1, "sick", "fine")
    table = complete.assign(sick=truth.sick)
    results = smf.logit("sick ~ age + visits + C(site)", table[:150]).fit(disp=0)
    results.save(pytester.path / "m.pkl")
    # A formula is code that loading evaluates: it is loaded only for who trusts it by name.
    with pytest.raises(ArtifactRefused) as refused:
        load_model(CandidateTable(model="m.pkl"), pytester.path)
    trusted = ", ".join(f'"{name}"' for name in refused.value.names)
    rows = complete[150:].assign(state=labels[150:])
    code, record, verdicts = gated(
        "m.pkl",
        rows,
        "state",
        '[gates."performance.roc_auc"]\nmin = 0.7',
        candidate=f'classes = ["fine", "sick"]\ntrusted = [{trusted}]',
        dataset='positive = "sick"',
    )
    assert verdicts["performance::roc_auc"] == "pass"
    assert (code, record["verdict"]) == (0, "promoted")
