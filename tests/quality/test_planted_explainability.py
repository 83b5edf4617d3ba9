"""The explainability suite at its default limits: planted defects are found, and models without them are left alone.

A defect is planted in the table or in the labels that a model is fitted to; its clean twin is the same kind of model
without it. Seeds of a cell are few: they take turns between tasks, sizes and kinds of models and count towards one
rate over all cells; a plant that is never found, or a twin that always fails something, fails by itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import binom, binomtest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB

import modelcheck
import modelcheck.scanning

# Of a plant and of a twin: each kind of model once, or one of them, since the proving ground's part is run as well.
RUNS = 3 if os.environ.get("QUALITY") == "whole" else 1
BUDGET = 200_000  # less than the default; with 60,000 shortcuts of binary tasks are missed
TASKS = ("binary", "regression")
KINDS = ("linear", "boosting", "forest")
EFFECTS = np.array([1.0, 0.7, -0.5, 0.5, 0.3, -0.3])
JUDGED = ("additivity", "forbidden", "direction", "irrelevant", "dominance", "shift")


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    # A scan asks git about the folder it is in, which in a repository takes longer than most of its gates.
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _gates_that_judge(monkeypatch):
    # The others have no limit, and take half of the time.
    names = {f"explainability.{name}" for name in JUDGED}
    checks = tuple(one for one in modelcheck.scanning.all_checks() if one.check in names)
    monkeypatch.setattr(modelcheck.scanning, "all_checks", lambda: checks)


@dataclass(kw_only=True)
class _Case:
    """What a seed decides."""

    task: str
    kind: str
    rows: int
    rng: np.random.Generator

    def features(self, rows=None, effects=EFFECTS, noise=2):
        """Independent numbers, and what they say about the truth."""
        rows = rows or self.rows
        frame = pd.DataFrame(
            self.rng.normal(size=(rows, len(effects) + noise)),
            columns=[*(f"f{place}" for place in range(len(effects))), *(f"n{place}" for place in range(noise))],
        )
        return frame, frame.iloc[:, : len(effects)].to_numpy() @ effects

    def truth(self, signal):
        if self.task == "regression":
            return signal + self.rng.normal(size=len(signal))
        return (self.rng.random(len(signal)) < expit(1.5 * signal)).astype(int)

    def tables(self, change=lambda frame, signal, there: signal, **more):
        """Return reference and dataset; `change` may add columns and returns the signal."""
        found = []
        for there in (True, False):
            frame, signal = self.features(**more)
            signal = change(frame, np.array(signal), there)
            found.append(frame.assign(target=self.truth(signal)))
        return found

    def fitted(self, train, *without, truth=None, model=None):
        model = self.model() if model is None else model
        return model.fit(train.drop(columns=["target", *without]), train.target if truth is None else truth)

    def model(self, kind=None, *, leaf=5):
        kind, labels = kind or self.kind, self.task != "regression"
        if kind == "linear":
            return LogisticRegression(max_iter=500) if labels else Ridge()
        if kind == "boosting":
            return (HistGradientBoostingClassifier if labels else HistGradientBoostingRegressor)(max_iter=40)
        forest = RandomForestClassifier if labels else RandomForestRegressor
        # What a tree costs its explainer grows with the square of its depth; full-grown ones are a cell of their own.
        return forest(10, min_samples_leaf=leaf, max_depth=None if leaf == 1 else 6, random_state=0)

    def flipped(self, truth, share):
        """Return the truth with some of it wrong: other labels, or noise."""
        if self.task == "regression":
            return truth + 2.0 * share * np.std(truth) * self.rng.normal(size=len(truth))
        return np.where(self.rng.random(len(truth)) < share, 1 - truth, truth)


def _case(seed, name):
    task, kind, rows = TASKS[seed % 2], KINDS[seed % 3], (1000, 3000)[seed // 2 % 2]
    return _Case(task=task, kind=kind, rows=rows, rng=np.random.default_rng([seed, *name.encode()]))


def _scan(model, train, holdout, **more):
    return modelcheck.scan(
        model, holdout, target="target", reference=train, suites=["explainability"], budget=BUDGET, **more
    )


def _leak(case):
    tables = [table.assign(leak=case.flipped(table.target, 0.03)) for table in case.tables()]
    return case.fitted(tables[0]), tables, {}


def _near_copy_of_a_forbidden_column(case):
    def zipped(frame, signal, there):
        frame["zip"] = (case.rng.random(len(frame)) < 0.4).astype(int)
        frame["area"] = np.where(case.rng.random(len(frame)) < 0.03, 1 - frame.zip, frame.zip)
        return signal + 1.2 * frame.zip - 0.5

    tables = case.tables(zipped)
    return case.fitted(tables[0], "zip"), tables, {"protected": ["zip"], "dataset": {"forbidden": ["zip"]}}


def _forbidden_column(case):
    tables = case.tables()
    return case.fitted(tables[0]), tables, {"dataset": {"forbidden": ["f1"]}}


def _reversed_sign(key):
    def plant(case):
        tables = case.tables()
        return case.fitted(tables[0]), tables, {"dataset": {key: {"f2": "increasing"}}}

    return plant


def _driven_by_noise(case, **more):
    """Fit to labels that follow a column which says nothing about the true ones."""
    tables = case.tables()
    signal = 0.4 * tables[0].iloc[:, : len(EFFECTS)].to_numpy() @ EFFECTS + 2.0 * tables[0].n0
    return case.fitted(tables[0], truth=case.truth(signal.to_numpy())), tables, more


def _shortcut(case):
    train, holdout = case.tables()
    train["tag"] = case.flipped(train.target, 0.1)
    holdout["tag"] = case.flipped(case.rng.permutation(holdout.target), 0.1)
    return case.fitted(train), [train, holdout], {}


class _Unsteady:
    """A model that answers the same rows otherwise when it is asked again."""

    def __init__(self, case, fitted):
        self._case, self._fitted = case, fitted
        self.feature_names_in_ = fitted.feature_names_in_
        if case.task == "binary":
            self.classes_, self.predict_proba = fitted.classes_, self._probabilities

    def predict(self, rows):
        answers = self._fitted.predict(rows)
        return answers if self._case.task == "binary" else answers + 0.1 * self._case.rng.normal(size=len(rows))

    def _probabilities(self, rows):
        score = self._fitted.predict_proba(rows)[:, 1] + 0.03 * self._case.rng.normal(size=len(rows))
        return np.column_stack([1.0 - np.clip(score, 0.0, 1.0), np.clip(score, 0.0, 1.0)])


def _unsteady(case):
    tables = case.tables()
    return _Unsteady(case, case.fitted(tables[0])), tables, {}


PLANTS = {
    "label leak": (_leak, {"dominance"}),
    "near copy of a forbidden column": (_near_copy_of_a_forbidden_column, {"forbidden"}),
    "forbidden column": (_forbidden_column, {"forbidden"}),
    "reversed sign": (_reversed_sign("signs"), {"direction"}),
    "reversed monotonic column": (_reversed_sign("monotonic"), {"direction"}),
    "driven by noise": (_driven_by_noise, {"irrelevant"}),
    "canary": (lambda case: _driven_by_noise(case, dataset={"canary": ["n0"]}), {"irrelevant"}),
    "shortcut of the reference": (_shortcut, {"shift"}),
    "unsteady": (_unsteady, {"additivity"}),
}


def _clean(kind=None, change=None, *, leaf=5, task=None, model=None, **more):
    def twin(case):
        case.task = task or case.task
        tables = case.tables(**({} if change is None else {"change": change}), **more)
        made = model() if model is not None else case.model(kind, leaf=leaf)
        return case.fitted(tables[0], model=made), tables, {}

    return twin


def _strong(frame, signal, there):
    return signal + 1.2 * frame.f0


def _copies(frame, signal, there):
    for place in range(3):
        frame[f"copy{place}"] = frame.f0 + 0.2 * frame.n0 + 0.2 * np.roll(frame.n1, place)
    return signal


def _crossed(frame, signal, there):
    return 1.5 * np.sign(frame.f0 * frame.f1) + 0.5 * frame.f2


def _rare(frame, signal, there):
    return signal - 2.7


def _next_year(frame, signal, there):
    """A trend: the year of the dataset is one that the reference doesn't have, and the same in all rows."""
    frame["year"] = 2010.0 + (np.arange(len(frame)) % 10 if there else 11)
    return signal + 0.3 * (frame.year - 2018.0)


def _narrower(frame, signal, there):
    """The column that says most varies less on the dataset, and says what it said."""
    if there:
        return signal + 0.5 * frame.f0
    frame["f0"] *= 0.25
    return signal - 4.0 * frame.f0 + 1.5 * frame.f0


def _clustered(case):
    size = case.rows // 5
    tables = []
    for first in (size, 0):
        group = np.repeat(np.arange(size), 5)
        numbers = 0.6 * case.rng.normal(size=(size, 6))[group] + 0.8 * case.rng.normal(size=(5 * size, 6))
        frame = pd.DataFrame(numbers, columns=[f"f{place}" for place in range(6)])
        signal = numbers @ EFFECTS + 0.5 * case.rng.normal(size=size)[group]
        tables.append(frame.assign(target=case.truth(signal), person=group + first))
    return case.fitted(tables[0], "person"), tables, {"cluster": "person"}


def _weighted(case):
    tables = [table.assign(weight=case.rng.exponential(size=case.rows) + 0.1) for table in case.tables()]
    return case.fitted(tables[0], "weight"), tables, {"weight": "weight"}


def _three_classes(case):
    case.task = "regression"
    cut = [table.assign(target=pd.cut(table.target, [-99, -1, 1, 99], labels=False)) for table in case.tables()]
    case.task = "multiclass"
    return case.fitted(cut[0]), cut, {}


def _balanced():
    return LogisticRegression(class_weight="balanced", max_iter=500)


TWINS = {
    "as planted": _clean(),
    "strong feature": _clean("boosting", _strong),
    "copies": _clean("linear", _copies),
    "copies counted as evidence each": _clean(change=_copies, model=GaussianNB, task="binary"),
    "crossed": _clean("boosting", _crossed),
    "full-grown forest, much noise": _clean("forest", effects=EFFECTS[:2], noise=12, leaf=1),
    "few positives": _clean("boosting", _rare, task="binary"),
    "few positives, classes weighted": _clean(change=_rare, model=_balanced, task="binary"),
    "few rows": _clean(rows=200),
    "next year": _clean("linear", _next_year),
    "narrower range": _clean("boosting", _narrower),
    "clusters": _clustered,
    "weights": _weighted,
    "three classes": _three_classes,
}


def _failing(scan):
    bad = [gate for gate in scan.record.gates if gate.verdict in ("fail", "error")]
    return {gate.check.removeprefix("explainability."): gate.reason for gate in bad}


def _told(what, hits, runs):
    low, high = binomtest(hits, runs).proportion_ci(0.95, method="exact")
    print(f"{what}: {hits} of {runs} ({hits / runs:.1%}, 95 % interval {low:.1%} to {high:.1%})")


def _mostly(cells, runs, happened):
    """Whether something happens in 95 % of the runs: it must not be disproved over all cells, nor in any."""
    # Each cell starts one seed later, so that every kind of model meets every task and size.
    hits = {name: sum(happened(name, place + run) for run in range(runs)) for place, name in enumerate(cells)}
    for name, hit in hits.items():
        _told(name, hit, runs)
    _told("all", sum(hits.values()), runs * len(hits))
    assert sum(hits.values()) >= binom.ppf(0.001, runs * len(hits), 0.95), hits
    assert min(hits.values()) >= binom.ppf(0.001, runs, 0.95), hits


def test_planted_defects_are_found_by_the_gate_that_asks_for_them():
    def found(name, seed):
        plant, gates = PLANTS[name]
        model, tables, more = plant(_case(seed, name))
        failing = _failing(_scan(model, *tables, seed=seed, **more))
        if not gates & set(failing):
            print(name, seed, "missed", failing)
        return bool(gates & set(failing))

    _mostly(PLANTS, RUNS, found)


def test_models_without_a_defect_fail_no_gate_not_even_one_that_warns():
    def quiet(name, seed):
        model, tables, more = TWINS[name](_case(seed, name))
        failing = _failing(_scan(model, *tables, seed=seed, **more))
        if failing:
            print(name, seed, failing)
        return not failing

    _mostly(TWINS, RUNS, quiet)
