"""Ordinary fitted models, in every way scikit-learn users save them: allowed, loaded, and predicting the same."""

from __future__ import annotations

import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import (
    calibration,
    compose,
    discriminant_analysis,
    ensemble,
    gaussian_process,
    impute,
    linear_model,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.datasets import make_classification
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif

from modelcheck.config.tables import CandidateTable
from modelcheck.models.artifact import load_artifact, take_artifact
from modelcheck.models.inspection import inspect_bytes
from modelcheck.models.loading import load_model

ROWS, LABELS = make_classification(120, 6, n_informative=4, random_state=0)
FRAME = pd.DataFrame(ROWS, columns=[f"x{i}" for i in range(6)])
FRAME["kind"] = np.where(ROWS[:, 0] > 0, "plain", "other")
NUMBERS = [f"x{i}" for i in range(6)]


def _columns():
    return compose.ColumnTransformer(
        [("n", preprocessing.StandardScaler(), NUMBERS), ("c", preprocessing.OneHotEncoder(), ["kind"])]
    )


MODELS = {
    "logistic": linear_model.LogisticRegression(),
    "columns": pipeline.make_pipeline(_columns(), linear_model.LogisticRegression()),
    "remainder": pipeline.make_pipeline(
        compose.make_column_transformer((preprocessing.OneHotEncoder(), ["kind"]), remainder="passthrough"),
        tree.DecisionTreeClassifier(max_depth=3),
    ),
    "selector": pipeline.make_pipeline(
        compose.make_column_transformer(
            (preprocessing.StandardScaler(), compose.make_column_selector(dtype_include=np.number))
        ),
        linear_model.SGDClassifier(loss="log_loss"),
    ),
    "tree": tree.DecisionTreeClassifier(max_depth=4),
    "forest": ensemble.RandomForestClassifier(5),
    "extra": ensemble.ExtraTreesRegressor(5),
    "boosting": ensemble.GradientBoostingClassifier(n_estimators=5),
    "hist": ensemble.HistGradientBoostingClassifier(max_iter=5),
    "hist categories": ensemble.HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype"),
    "hist regression": ensemble.HistGradientBoostingRegressor(max_iter=5, loss="poisson"),
    "ada": ensemble.AdaBoostClassifier(n_estimators=5),
    "bagging": ensemble.BaggingClassifier(n_estimators=3),
    "voting": ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", naive_bayes.GaussianNB())]),
    "stacking": ensemble.StackingClassifier([("a", tree.DecisionTreeClassifier(max_depth=2))]),
    "neighbours": neighbors.KNeighborsClassifier(algorithm="ball_tree"),
    "svc": svm.SVC(),
    "linear svc": svm.LinearSVC(),
    "bayes": naive_bayes.GaussianNB(),
    "lda": discriminant_analysis.LinearDiscriminantAnalysis(),
    "perceptron": neural_network.MLPClassifier(
        (4,), max_iter=400, early_stopping=True, random_state=np.random.RandomState(3)
    ),
    "gaussian": gaussian_process.GaussianProcessClassifier(
        gaussian_process.kernels.RBF() + gaussian_process.kernels.WhiteKernel()
    ),
    "calibrated": calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=model_selection.StratifiedKFold(3)),
    "search": model_selection.GridSearchCV(
        linear_model.LogisticRegression(), {"C": [0.1, 1.0]}, scoring="roc_auc", cv=3
    ),
    "function": pipeline.make_pipeline(
        preprocessing.FunctionTransformer(np.arctan), impute.SimpleImputer(), linear_model.Ridge()
    ),
    "spline": pipeline.make_pipeline(preprocessing.SplineTransformer(), linear_model.Lasso()),
    "select": pipeline.make_pipeline(
        SelectKBest(f_classif, k=2), preprocessing.QuantileTransformer(n_quantiles=10), svm.NuSVC()
    ),
    "target": compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.arctan, inverse_func=np.tan),
}
NEEDS_FRAME = {"columns", "remainder", "selector"}


def _joblib(method):
    def dump(model):
        buffer = io.BytesIO()
        joblib.dump(model, buffer, compress=(method, 3) if method else 0)
        return buffer.getvalue()

    return dump


WAYS = {
    **{
        f"pickle {protocol}": (lambda model, protocol=protocol: pickle.dumps(model, protocol))
        for protocol in (0, 2, 3, 4, 5)
    },
    "cloudpickle": lambda model: pytest.importorskip("cloudpickle", reason="needs cloudpickle").dumps(model),
    "joblib": _joblib(None),
    **{f"joblib {method}": _joblib(method) for method in ("zlib", "gzip", "bz2", "lzma", "xz")},
}


def test_there_are_at_least_150_ordinary_files():
    assert len(MODELS) * len(WAYS) + len(LIBRARY_MODELS) * len(LIBRARY_WAYS) >= 150


LIBRARY_WAYS = ("pickle 0", "pickle 2", "pickle 5", "cloudpickle", "joblib", "joblib zlib")


def _xgboost(name, **options):
    def fit():
        library = pytest.importorskip("xgboost", reason="needs xgboost")
        return getattr(library, name)(n_estimators=3, max_depth=2, **options).fit(FRAME[NUMBERS], LABELS)

    return fit


def _lightgbm(name):
    def fit():
        library = pytest.importorskip("lightgbm", reason="needs lightgbm")
        return getattr(library, name)(n_estimators=3, verbose=-1).fit(FRAME[NUMBERS], LABELS)

    return fit


def _catboost(name):
    def fit():
        library = pytest.importorskip("catboost", reason="needs catboost")
        return getattr(library, name)(iterations=3, verbose=0, allow_writing_files=False).fit(FRAME[NUMBERS], LABELS)

    return fit


def _statsmodels(name, table=False, **options):
    def fit():
        library = pytest.importorskip("statsmodels.api", reason="needs statsmodels")
        if "family" in options:
            options["family"] = getattr(library.families, options["family"])()
        # Five of six columns and much noise: separable classes have no maximum of likelihood.
        noisy = (ROWS[:, 0] + np.random.default_rng(1).normal(size=len(ROWS)) * 3 > 0).astype(int)
        X = FRAME[NUMBERS[:3]] if table else ROWS[:, :3]
        quiet = {"disp": 0} if name in ("Logit", "Probit", "Poisson", "MNLogit") else {}
        return getattr(library, name)(noisy, X, **options).fit(**quiet)

    return fit


LIBRARY_MODELS = {
    "xgboost classifier": _xgboost("XGBClassifier"),
    "xgboost regressor": _xgboost("XGBRegressor", booster="dart"),
    "xgboost forest": _xgboost("XGBRFClassifier"),
    "lightgbm classifier": _lightgbm("LGBMClassifier"),
    "lightgbm regressor": _lightgbm("LGBMRegressor"),
    "catboost classifier": _catboost("CatBoostClassifier"),
    "catboost regressor": _catboost("CatBoostRegressor"),
    "statsmodels logit": _statsmodels("Logit"),
    "statsmodels logit of a table": _statsmodels("Logit", table=True),
    "statsmodels probit": _statsmodels("Probit"),
    "statsmodels poisson": _statsmodels("Poisson"),
    "statsmodels linear": _statsmodels("OLS", table=True),
    "statsmodels weighted": _statsmodels("WLS"),
    "statsmodels robust": _statsmodels("RLM"),
    "statsmodels quantiles": _statsmodels("QuantReg"),
    "statsmodels binomial": _statsmodels("GLM", family="Binomial"),
    "statsmodels gaussian": _statsmodels("GLM", family="Gaussian"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # xgboost's own words on pickles of other versions
@pytest.mark.parametrize("name", sorted(LIBRARY_MODELS))
def test_models_of_other_libraries_are_allowed_and_predict_the_same(name, tmp_path):
    model = LIBRARY_MODELS[name]()
    rows = FRAME[NUMBERS] if not name.startswith("statsmodels") else ROWS[:, :3]
    if name in ("statsmodels logit of a table", "statsmodels linear"):
        rows = FRAME[NUMBERS[:3]]
    expected = np.asarray(model.predict(rows))
    for way in LIBRARY_WAYS:
        content = WAYS[way](model)
        inspection = inspect_bytes(content)
        assert inspection.answer == "allowed", (way, inspection)
        (tmp_path / "model").write_bytes(content)
        with take_artifact(tmp_path / "model", "model") as artifact:
            loaded = load_artifact(artifact, CandidateTable(model="model"), tmp_path).model
        np.testing.assert_array_equal(np.asarray(loaded.predict(rows)), expected, err_msg=way)


def test_a_statsmodels_model_made_from_a_formula_is_refused_by_name_and_can_be_trusted():
    formulas = pytest.importorskip("statsmodels.formula.api", reason="needs statsmodels")
    model = formulas.ols("x0 ~ x1 + x2", FRAME).fit()
    name = "statsmodels.formula._manager.FormulaManager"
    for way, dump in WAYS.items():
        assert inspect_bytes(dump(model)).refused == (name,), way
        assert inspect_bytes(dump(model), trusted=[name]).answer == "allowed", way


@pytest.fixture(scope="module", params=sorted(MODELS))
def fitted(request):
    model = MODELS[request.param]
    X = FRAME if request.param in NEEDS_FRAME else FRAME[NUMBERS]
    if request.param == "hist categories":
        X = X.assign(kind=FRAME["kind"].astype("category"))
    return model.fit(X, LABELS), X


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_way_of_saving_is_allowed_and_predicts_the_same(fitted, tmp_path):
    model, X = fitted
    expected = model.predict(X)
    for way, dump in WAYS.items():
        content = dump(model)
        inspection = inspect_bytes(content)
        assert inspection.answer == "allowed", (way, inspection)
        # Starting workers took most of the time: each model is asked in one once.
        isolation = "process" if way == "joblib" else "none"
        assert inspection.format.startswith(way.split()[0].removeprefix("cloud")), (way, inspection.format)
        assert inspection.versions["scikit-learn"]
        (tmp_path / "model").write_bytes(content)
        loaded = load_model(CandidateTable(model="model", isolation=isolation), tmp_path)
        np.testing.assert_array_equal(loaded.predict(X), expected, err_msg=way)
        assert loaded.describe().notes == ()


def test_text_pipelines_with_large_vocabularies_are_allowed(tmp_path):
    texts = [" ".join(f"word{j}" for j in range(i, i + 50)) for i in range(200)]
    model = pipeline.make_pipeline(TfidfVectorizer(), linear_model.LogisticRegression()).fit(texts, [0, 1] * 100)
    for way, dump in WAYS.items():
        assert inspect_bytes(dump(model)).answer == "allowed", way


def test_the_dry_run_imports_nothing_that_it_reads():
    import subprocess
    import sys

    content = pickle.dumps(linear_model.LogisticRegression().fit(ROWS, LABELS))
    code = (
        "import sys; from modelcheck.models.inspection import inspect_bytes\n"
        f"answer = inspect_bytes({content!r})\n"
        "assert answer.answer == 'allowed', answer\n"
        "print(sorted({'numpy', 'sklearn', 'joblib', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_plain_array_and_a_frame_hold_is_allowed():
    series = pd.Series([1.5, 2.0], name="a")
    for thing in (
        np.arange(3),
        np.array(["a", None], dtype=object),
        np.ma.masked_array([1, 2], [0, 1]),
        series,
        {1, 2},
        1j,
    ):
        for way, dump in WAYS.items():
            inspection = inspect_bytes(dump(thing))
            assert inspection.answer == "allowed", (thing, way, inspection)
