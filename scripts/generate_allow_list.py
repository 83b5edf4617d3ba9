"""Write modelcheck/models/inspection/allowed_names.txt from the installed libraries.

Run it after an upgrade of one of LIBRARIES, with all of them installed, and read the difference before committing:

    python scripts/generate_allow_list.py

Every name is exact. Nothing that opens a file or a URL, evaluates text, imports by name, or unpickles is listed: no
loaders, no fetchers, no test code, no ``functools.partial``, no ``scipy.stats`` distributions (their ``__setstate__``
runs text).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

TARGET = Path(__file__).resolve().parents[1] / "modelcheck" / "models" / "inspection" / "allowed_names.txt"
LIBRARIES = (
    "scikit-learn",
    "scipy",
    "numpy",
    "pandas",
    "pyarrow",
    "joblib",
    "xgboost-cpu",
    "lightgbm",
    "catboost",
    "statsmodels",
)

# Parts of scikit-learn that no fitted model needs, or that load, fetch or test.
_SKIPPED_PARTS = {
    "tests",
    "conftest",
    "datasets",
    "externals",
    "experimental",
    "_build_utils",
    "estimator_checks",
    "_mocking",
    "_testing",
    "_test_common",
    "__check_build",
}

BUILTINS = {
    "call": ("set", "frozenset", "slice", "complex", "bytearray", "bytes"),
    "value": ("object", "int", "float", "bool", "str", "list", "dict", "tuple"),
}

STANDARD_LIBRARY = {
    "call": (
        "collections.OrderedDict",
        "collections.defaultdict",
        "copyreg._reconstructor",
        "_codecs.encode",
        "datetime.date",
        "datetime.datetime",
        "datetime.time",
        "datetime.timedelta",
        "datetime.timezone",
    ),
}

# numpy 1 wrote numpy.core, numpy 2 writes numpy._core; both are read by numpy 2.
_NUMPY_BOTH = (
    "multiarray._reconstruct",
    "multiarray.scalar",
    "numeric._frombuffer",
)
NUMPY_CALL = (
    "numpy.dtype",
    "numpy.ma.core._mareconstruct",
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._pickle.__generator_ctor",
    "numpy.random._pickle.__randomstate_ctor",
    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
    *(f"numpy.{package}.{name}" for package in ("core", "_core") for name in _NUMPY_BOTH),
)
NUMPY_NEW = (
    "numpy.ma.MaskedArray",
    "numpy.ma.core.MaskedArray",
    "numpy.random.bit_generator.SeedSequence",
    "numpy.random._mt19937.MT19937",
    "numpy.random._pcg64.PCG64",
    "numpy.random._pcg64.PCG64DXSM",
    "numpy.random._philox.Philox",
    "numpy.random._sfc64.SFC64",
    "numpy.random.mtrand.RandomState",
    "numpy.random._generator.Generator",
)
NUMPY_VALUE = (
    "numpy.ndarray",
    "numpy.clip",
    "numpy.max",
    "numpy.mean",
    "numpy.median",
    "numpy.min",
    "numpy.nan_to_num",
    "numpy.sum",
)

SCIPY_NEW = (
    "scipy.interpolate._bsplines.BSpline",
    *(
        f"scipy.sparse._{kind}.{kind}_{shape}"
        for kind in ("bsr", "coo", "csc", "csr", "dia", "lil")
        for shape in ("array", "matrix")
    ),
)
SCIPY_ALIASES = ("scipy._lib.array_api_compat.numpy._aliases.asarray",)
SCIPY_VALUE = ("expit", "logit", "boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p", "ndtr", "ndtri")

PANDAS_CALL = (
    "pandas._libs.internals._unpickle_block",
    "pandas._libs.tslibs.timedeltas._timedelta_unpickle",
    "pandas._libs.tslibs.timestamps._unpickle_timestamp",
    "pandas.core.indexes.base._new_Index",
    "pandas.core.indexes.datetimes._new_DatetimeIndex",
    "pandas.core.internals.blocks.new_block",
    "pandas.core.dtypes.dtypes.DatetimeTZDtype",
    "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked",
    "pandas.StringDtype",
    "pandas.DatetimeTZDtype",
    "pandas.core.arrays.string_.StringDtype",
    "pandas.core.internals.managers.BlockManager",
)
PANDAS_NEW = (
    "pandas.DataFrame",
    "pandas.Series",
    "pandas.Index",
    "pandas.RangeIndex",
    "pandas.MultiIndex",
    "pandas.DatetimeIndex",
    "pandas.Categorical",
    "pandas.CategoricalDtype",
    "pandas.CategoricalIndex",
    "pandas.core.frame.DataFrame",
    "pandas.core.series.Series",
    "pandas.core.indexes.base.Index",
    "pandas.core.indexes.range.RangeIndex",
    "pandas.core.indexes.multi.MultiIndex",
    "pandas.core.indexes.datetimes.DatetimeIndex",
    "pandas.core.indexes.category.CategoricalIndex",
    "pandas.core.internals.managers.SingleBlockManager",
    "pandas.arrays.DatetimeArray",
    "pandas.arrays.NumpyExtensionArray",
    "pandas.arrays.StringArray",
    "pandas.arrays.TimedeltaArray",
    "pandas.arrays.ArrowStringArray",
    "pandas.core.arrays.categorical.Categorical",
    "pandas.core.arrays.datetimes.DatetimeArray",
    "pandas.core.arrays.numpy_.NumpyExtensionArray",
    "pandas.core.arrays.string_.StringArray",
    "pandas.core.dtypes.dtypes.CategoricalDtype",
    "pandas.core.flags.Flags",
)

# Text columns of pandas 3 lie in Arrow arrays.
PYARROW_CALL = ("pyarrow.lib._restore_array", "pyarrow.lib.py_buffer", "pyarrow.lib.type_for_alias")

JOBLIB_NEW = ("joblib.numpy_pickle.NumpyArrayWrapper",)

# Classes of scikit-learn whose instances sit inside fitted models and that have no common base in Python.
SKLEARN_NEW = (
    "sklearn._loss.link.Interval",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.cluster._birch._CFNode",
    "sklearn.cluster._birch._CFSubcluster",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.gaussian_process.kernels.Hyperparameter",
    "sklearn.metrics._scorer._MultimetricScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.model_selection._search.ParameterGrid",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
# Bases whose subclasses, wherever scikit-learn defines them, are plain data and arithmetic.
SKLEARN_BASES = (
    "sklearn.base.BaseEstimator",
    "sklearn._loss.link.BaseLink",
    "sklearn._loss.loss.BaseLoss",
    "sklearn.gaussian_process.kernels.Kernel",
    "sklearn.model_selection._split._MetadataRequester",
    "sklearn.neural_network._stochastic_optimizers.BaseOptimizer",
)
# Named tuples: made with their values.
SKLEARN_CALL = ("sklearn.impute._iterative._ImputerTriplet",)
# Cython classes that pickle by a call: the class with its constructor's arguments, or a generated function.
SKLEARN_CYTHON = (
    "sklearn._loss._loss",
    "sklearn.linear_model._sgd_fast",
    "sklearn.metrics._dist_metrics",
    "sklearn.neighbors._ball_tree",
    "sklearn.neighbors._kd_tree",
    "sklearn.neighbors._quad_tree",
    "sklearn.tree._criterion",
    "sklearn.tree._tree",
)
# In those modules, but in no fitted model: builders, and a metric that calls a function on every pair.
SKLEARN_CYTHON_SKIPPED = (
    "BestFirstTreeBuilder",
    "DepthFirstTreeBuilder",
    "PyFuncDistance32",
    "PyFuncDistance64",
    "TreeBuilder",
    "_AlphaPruner",
    "_CCPPruneController",
    "_PathFinder",
)
SKLEARN_FUNCTIONS = (
    "sklearn.utils.validation.check_array",
    "sklearn.cluster._kmeans._kmeans_single_elkan",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_oneway",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.feature_selection._univariate_selection.r_regression",
    "sklearn.feature_selection._mutual_info.mutual_info_classif",
    "sklearn.feature_selection._mutual_info.mutual_info_regression",
)


# Boosters keep their trees as bytes or text that their own library reads; nothing is called.
BOOSTER_NEW = (
    "xgboost.core.Booster",
    *(f"xgboost.sklearn.XGB{name}" for name in ("Classifier", "Regressor", "Ranker", "RFClassifier", "RFRegressor")),
    "xgboost.callback.EarlyStopping",
    "lightgbm.basic.Booster",
    *(f"lightgbm.sklearn.LGBM{name}" for name in ("Classifier", "Regressor", "Ranker", "Model")),
    *(f"catboost.core.CatBoost{name}" for name in ("", "Classifier", "Regressor", "Ranker")),
)

# Models fitted to arrays or tables. Those made from a formula are refused by a rule of their own: statsmodels evaluates
# the formula as Python when it restores them.
STATSMODELS_MODULES = (
    "base.data",
    "base.elastic_net",
    "discrete.discrete_model",
    "genmod.families.family",
    "genmod.families.links",
    "genmod.families.varfuncs",
    "genmod.generalized_linear_model",
    "regression.linear_model",
    "regression.quantile_regression",
    "robust.norms",
    "robust.robust_linear_model",
    "robust.scale",
)
STATSMODELS_BASES = (
    "statsmodels.base.data.ModelData",
    "statsmodels.base.model.Model",
    "statsmodels.base.model.Results",
    "statsmodels.base.wrapper.ResultsWrapper",
    "statsmodels.genmod.families.family.Family",
    "statsmodels.genmod.families.links.Link",
    "statsmodels.robust.norms.RobustNorm",
)
STATSMODELS_NEW = (
    "statsmodels.genmod.families.varfuncs.VarianceFunction",
    "statsmodels.genmod.families.varfuncs.Power",
    "statsmodels.genmod.families.varfuncs.Binomial",
    "statsmodels.genmod.families.varfuncs.NegativeBinomial",
    "statsmodels.robust.scale.Huber",
    "statsmodels.robust.scale.HuberScale",
)
STATSMODELS_FUNCTIONS = (
    "statsmodels.base.l1_slsqp.fit_l1_slsqp",
    "statsmodels.robust.scale.mad",
)


def _resolve(name: str) -> object | None:
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return None


def _existing(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if _resolve(name) is None:
            print(f"left out, not in the installed version: {name}", file=sys.stderr)
        else:
            yield name


def _modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        parts = set(found.name.split("."))
        if not parts & _SKIPPED_PARTS and not any(part.startswith("test_") for part in parts):
            yield importlib.import_module(found.name)


def _sklearn_classes() -> Iterator[str]:
    bases = tuple(base for name in SKLEARN_BASES if isinstance(base := _resolve(name), type))
    for module in _modules("sklearn"):
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ == module.__name__ and issubclass(cls, bases) and "." not in cls.__qualname__:
                yield f"{module.__name__}.{cls.__name__}"


def _statsmodels_classes() -> Iterator[str]:
    bases = tuple(base for name in STATSMODELS_BASES if isinstance(base := _resolve(name), type))
    for part in STATSMODELS_MODULES:
        module = importlib.import_module(f"statsmodels.{part}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            made_of_formula = "Formula" in cls.__name__ or "Patsy" in cls.__name__
            if cls.__module__ == module.__name__ and issubclass(cls, bases) and not made_of_formula:
                yield f"{module.__name__}.{cls.__name__}"


def _sklearn_cython() -> Iterator[str]:
    for name in SKLEARN_CYTHON:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        for attribute, value in sorted(vars(module).items()):
            own_class = isinstance(value, type) and value.__module__ in (name, name.rpartition(".")[2])
            if own_class or attribute == "newObj" or attribute.startswith("__pyx_unpickle_"):
                plain = attribute.removeprefix("__pyx_unpickle_")
                if plain in SKLEARN_CYTHON_SKIPPED or plain.startswith("Enum_") or not callable(value):
                    continue
                yield f"{name}.{attribute}"
                # Some Cython classes call their module by its last part only.
                if own_class and value.__module__ != name:
                    yield f"{value.__module__}.{attribute}"


def _sklearn_metrics() -> Iterator[str]:
    from sklearn.metrics import get_scorer, get_scorer_names

    for scorer in map(get_scorer, get_scorer_names()):
        function = scorer._score_func
        yield f"{function.__module__}.{function.__name__}"


def _ufuncs() -> Iterator[str]:
    import numpy as np
    import scipy.special

    for name, value in sorted(vars(np).items()):
        scalar_type = isinstance(value, type) and issubclass(value, np.generic) and value.__name__ == name
        if scalar_type or isinstance(value, np.ufunc):
            yield f"numpy.{name}"
    for name in SCIPY_VALUE:
        if isinstance(getattr(scipy.special, name, None), np.ufunc):
            yield f"scipy.special._ufuncs.{name}"


def collect() -> dict[str, str]:
    """Return every name and its use, from the installed libraries.

    Returns
    -------
    dict of str to str
        Full name to ``value``, ``new`` or ``call``.
    """
    names: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        groups: tuple[tuple[str, Iterable[str]], ...] = (
            ("value", (f"builtins.{name}" for name in BUILTINS["value"])),
            ("value", _existing(NUMPY_VALUE)),
            ("value", _ufuncs()),
            ("value", _existing(SCIPY_ALIASES)),
            ("value", _existing(SKLEARN_FUNCTIONS)),
            ("value", _sklearn_metrics()),
            ("new", _existing(NUMPY_NEW)),
            ("new", _existing(SCIPY_NEW)),
            ("new", _existing(PANDAS_NEW)),
            ("new", _existing(JOBLIB_NEW)),
            ("new", _existing(SKLEARN_NEW)),
            ("new", _sklearn_classes()),
            ("new", _existing(BOOSTER_NEW)),
            ("new", _existing(STATSMODELS_NEW)),
            ("new", _statsmodels_classes()),
            ("value", _existing(STATSMODELS_FUNCTIONS)),
            ("call", (f"builtins.{name}" for name in BUILTINS["call"])),
            ("call", STANDARD_LIBRARY["call"]),
            ("call", _existing(NUMPY_CALL)),
            ("call", _existing(PANDAS_CALL)),
            ("call", _existing(PYARROW_CALL)),
            ("call", _existing(SKLEARN_CALL)),
            ("call", _sklearn_cython()),
        )
        for use, group in groups:
            names.update(dict.fromkeys(group, use))
    return names


def render() -> str:
    """Return the whole text of the list."""
    from importlib.metadata import version

    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    lines = [f"{use} {name}" for name, use in sorted(collect().items())]
    head = (
        "# Names that a model file may import, and what it may do with each (value < new < call).",
        "# Written by scripts/generate_allow_list.py; change that, not this.",
        f"# versions: {versions}",
    )
    return "\n".join((*head, *lines)) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(f"{TARGET.name}: {len(collect())} names")
