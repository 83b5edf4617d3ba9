"""The suite on bad input, through a scan: what a user meets first."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import modelcheck
from modelcheck.report import render_html
from modelcheck.report.explained import render_explained

SMALL = 20_000


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table(n=200, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n).round(3), "z": rng.normal(size=n).round(3)})
    frame["sex"] = rng.choice(["F", "M"], n)
    frame["y"] = (frame["x"] + 0.5 * rng.normal(size=n) > 0).astype(int)
    return frame


def logistic(rows):
    return 1.0 / (1.0 + np.exp(-np.nan_to_num(pd.to_numeric(rows["x"], errors="coerce").to_numpy(dtype=float))))


def by_every_column(rows):
    """Move the score by each entry, whatever it is."""
    total = np.zeros(len(rows))
    for name in rows.columns:
        total += pd.util.hash_array(rows[name].astype(str).to_numpy(dtype=object)) % 7 / 7.0
    return 0.5 * logistic(rows) + 0.5 / (1.0 + total)


def fitted(frame, model=None):
    return (LogisticRegression() if model is None else model).fit(frame[["x", "z"]], frame["y"])


def scan(frame, model=logistic, **more):
    if callable(model) and not hasattr(model, "fit") and "output" not in more:
        more |= {"output": "probability", "classes": [0, 1]}
    more = {"suites": ["explainability"], "budget": SMALL, "target": "y"} | more
    return modelcheck.scan(model, frame, **more)


def gates(found, *, pages=False):
    """Every gate measured something or says why not; both pages can be written."""
    by_name = {gate.id.removeprefix("explainability::"): gate for gate in found.record.gates}
    for name, gate in by_name.items():
        assert gate.verdict != "error", (name, gate.reason)
        assert gate.verdict is not None or gate.reading, name
        assert gate.verdict in (None, "pass") or gate.reason, name
    if pages:
        assert "<script>alert" not in render_html(found.record) + render_explained(found.record)
    return by_name


def how(gate):
    found = next(one for one in gate.tables if one.name == "how it was explained")
    return {line[0]: str(line[1]) for line in found.rows}


def test_every_gate_of_the_suite_has_a_verdict_or_says_why_not():
    reference = table(300, 1)
    found = gates(
        scan(
            table(),
            fitted(reference),
            reference=reference,
            baseline=fitted(table(300, 2)),
            protected=["sex"],
            dataset={"monotonic": {"x": "increasing"}, "forbidden": ["z"], "canary": ["z"]},
            budget=60_000,
        )
    )
    assert len(found) == 13
    assert "not_applicable" not in {found[name].verdict for name in found if name not in ("stability", "faithfulness")}
    assert {found[name].verdict for name in ("additivity", "forbidden", "direction", "irrelevant")} == {"pass"}


KINDS = [
    {"hole": np.nan},
    {"hole": None},
    {"same": 7},
    {"same": "a"},
    {"huge": [2**62 + place for place in range(200)]},
    {"tiny": np.linspace(0.0, 1e-300, 200)},
    {"wide": 1e307 * np.linspace(-1.0, 1.0, 200)},
    {"endless": np.where(np.arange(200) % 2, np.inf, 1.0)},
    {"day": pd.date_range("2020-01-01", periods=200, tz="Europe/Berlin")},
    {"day": [datetime.date(2020, 1, 1) + datetime.timedelta(place) for place in range(200)]},
    {"lasts": pd.to_timedelta(np.arange(200), unit="h")},
    {"text": [f"Sehr geehrte Frau Müller {place}, ich möchte 3 Dinge sagen." for place in range(200)]},
    {"kind": pd.Categorical(["a", "b"] * 100, categories=["b", "a", "never"])},
    {"order": pd.Categorical(["low", "top"] * 100, categories=["low", "top"], ordered=True)},
    {"flag": [True, False] * 100},
    {"whole": pd.array([1, None] * 100, dtype="Int64")},
    {"maybe": pd.array([True, None] * 100, dtype="boolean")},
    {"mixed": ["1", "b"] * 100},
    {"<b>&\"'|`\n": ["x", "<script>alert(1)</script>"] * 100},
]


def named(more):
    ((name, values),) = more.items()
    return repr(name)[:12] + type(values).__name__


@pytest.mark.parametrize("more", KINDS, ids=named)
def test_columns_of_any_kind_do_no_harm(more):
    (name,) = more
    found = gates(
        scan(table().assign(**more), by_every_column, dataset={"monotonic": {name: "increasing"}}),
        pages=name.startswith(("<", "endless", "day")),
    )
    assert found["additivity"].verdict == "pass"
    shares = {line[0]: line[1] for line in found["importance"].tables[0].rows}
    assert len(shares) == 4
    assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("n", [2, 5, 25])
def test_hardly_any_rows_are_no_error_and_prove_nothing(n):
    frame = table(n).assign(y=np.resize([0, 1], n))
    found = gates(scan(frame, task="binary", dataset={"positive": 1}), pages=True)
    assert "fail" not in {gate.verdict for gate in found.values()}
    assert found["dominance"].verdict == "inconclusive"


def test_one_row_of_values_is_no_error():
    found = gates(scan(table(1).assign(y=0.5), output="value", task="regression"))
    assert "fail" not in {gate.verdict for gate in found.values()}


def test_one_column_has_everything():
    found = gates(scan(table()[["x", "y"]]))
    assert found["dominance"].verdict == "not_applicable"
    assert found["importance"].estimate.value == pytest.approx(1.0)


def test_a_model_without_features_has_no_reasons():
    model = DummyClassifier(strategy="prior").fit(np.zeros((4, 0)), [0, 1, 0, 1])
    found = gates(scan(table()[["y"]], model), pages=True)
    assert {gate.verdict for gate in found.values()} == {"not_applicable"}


def test_predictions_that_lie_in_the_table_have_no_reasons(pytester):
    frame = table().assign(p=logistic)
    frame.to_csv(pytester.path / "rows.csv", index=False)
    (pytester.path / "modelcheck.toml").write_text(
        'suites = ["explainability"]\n[candidate]\nscore = "p"\n[dataset]\npath = "rows.csv"\ntarget = "y"\n',
        encoding="utf-8",
    )
    done = pytester.runpytest_subprocess("--modelcheck", "-q")
    record = modelcheck.record.store.read_record(pytester.path / "reports" / "record.json")
    assert done.ret in (0, 5), done.stdout.str()
    assert {gate.verdict for gate in record.gates} == {"not_applicable"}


@pytest.mark.parametrize("kind", ["labels", "machine"])
def test_models_without_probabilities_are_explained_by_their_decisions(kind):
    frame = table()
    if kind == "labels":
        found = scan(frame, lambda rows: (logistic(rows) > 0.5).astype(int), output="label", classes=[0, 1])
    else:
        found = scan(frame, fitted(frame, LinearSVC()))
    by_name = gates(found)
    assert by_name["additivity"].verdict == "pass"
    assert how(by_name["importance"])["explainer"].startswith("Permutation")
    assert how(by_name["importance"])["scale"] == "decision"
    assert by_name["importance"].tables[0].rows[0][0] == "x"


class Mixing(TransformerMixin, BaseEstimator):
    """A step that no library knows: products of columns."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.column_stack([X["x"] * X["z"], X["x"]])


def test_a_pipeline_with_an_unknown_step_is_walked_through_on_the_raw_columns():
    frame = table()
    model = make_pipeline(Mixing(), LogisticRegression()).fit(frame[["x", "z"]], frame["y"])
    found = gates(scan(frame, model))
    told = how(found["importance"])
    assert told["explainer"].startswith("Permutation")
    assert "from several columns" in told["why not from inside"]
    assert found["additivity"].verdict == "pass"


@pytest.mark.parametrize(
    "final",
    [LogisticRegression(), RandomForestClassifier(5, random_state=0), HistGradientBoostingClassifier(max_iter=5)],
    ids=lambda final: type(final).__name__,
)
def test_text_and_sparse_inputs_are_summed_up_to_their_columns(final):
    frame = table().assign(note=lambda rows: np.where(rows["x"] > 0, "good day", "bad night"))
    thick = isinstance(final, HistGradientBoostingClassifier)
    words = ("note", TfidfVectorizer(), "note")
    first = ColumnTransformer([words], remainder="passthrough", sparse_threshold=0.0 if thick else 1.0)
    model = make_pipeline(first, final).fit(frame[["x", "z", "note"]], frame["y"])
    found = gates(scan(frame, model))
    assert not how(found["importance"])["explainer"].startswith("Permutation")
    assert {line[0] for line in found["importance"].tables[0].rows} == {"x", "z", "note"}
    assert found["additivity"].verdict == "pass"


def test_missing_inputs_are_explained_where_the_model_takes_them():
    frame = table()
    frame.loc[::3, "x"] = np.nan
    found = gates(scan(frame, fitted(frame, HistGradientBoostingClassifier(max_iter=5))))
    assert found["additivity"].verdict == "pass"
    assert "path" in how(found["importance"])["explainer"]


def test_five_hundred_columns_are_explained_and_those_that_never_move_are_left_out():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(120, 500)), columns=[f"c{place}" for place in range(500)])
    frame["y"] = (frame["c0"] + frame["c1"] > 0).astype(int)

    def model(rows):
        return 1.0 / (1.0 + np.exp(-(rows["c0"] + rows["c1"]).to_numpy()))

    found = gates(scan(frame, model, budget=60_000))
    lines = found["importance"].tables[0].rows
    assert {lines[0][0], lines[1][0]} == {"c0", "c1"}
    assert all(line[1] == 0.0 for line in lines[2:])
    assert "498" in how(found["importance"])["columns left out"]


def test_columns_that_never_vary_own_nothing():
    frame = table().assign(same=1.0, word="a")
    model = LogisticRegression().fit(frame[["x", "same", "z"]], frame["y"])
    found = gates(scan(frame, model))
    shares = {line[0]: line[1] for line in found["importance"].tables[0].rows}
    assert shares["same"] == 0.0
    assert how(found["importance"])["explainer"].startswith("Linear")


def test_a_constant_model_has_no_drivers():
    found = gates(scan(table(), lambda rows: np.full(len(rows), 0.4)), pages=True)
    assert found["dominance"].verdict == "not_applicable"
    assert found["additivity"].verdict == "pass"


def test_a_model_that_survives_no_mixed_row_is_an_error_and_no_pass():
    def brittle(rows):
        if (rows["x"] != rows["again"]).any():
            raise KeyError("x and again differ")
        return logistic(rows)

    found = scan(table().assign(again=lambda rows: rows["x"]), brittle)
    verdicts = {gate.id.removeprefix("explainability::"): gate.verdict for gate in found.record.gates}
    assert verdicts["additivity"] == verdicts["dominance"] == verdicts["importance"] == "error"
    assert "pass" not in verdicts.values()
    assert found.verdict == "blocked"


def test_an_explainer_that_fails_leaves_the_answers_to_be_explained(monkeypatch):
    import shap

    def broken(*args, **more):
        raise RuntimeError("not today")

    frame = table()
    model = fitted(frame, RandomForestClassifier(5, random_state=0))
    monkeypatch.setattr(shap, "TreeExplainer", broken)
    found = gates(scan(frame, model))
    assert "RuntimeError" in how(found["importance"])["why not from inside"]
    assert found["additivity"].verdict == "pass"


def test_an_explainer_that_fails_later_than_its_trial_is_an_error_and_no_pass(monkeypatch):
    from modelcheck.explain.trees import TreeValues

    values = TreeValues.values

    def broken(self, rows, *more):
        if len(rows) > 16:
            raise MemoryError("too many rows")
        return values(self, rows, *more)

    frame = table()
    model = fitted(frame, RandomForestClassifier(5, random_state=0))
    monkeypatch.setattr(TreeValues, "values", broken)
    found = scan(frame, model)
    verdicts = {gate.id.removeprefix("explainability::"): gate.verdict for gate in found.record.gates}
    assert verdicts["additivity"] == verdicts["dominance"] == "error"
    assert found.verdict == "blocked"


def test_rows_without_an_answer_are_left_out_and_counted():
    def picky(rows):
        answers = logistic(rows)
        answers[((rows["z"] > 0.5) & (rows["sex"] == "F")).to_numpy()] = np.nan
        return answers

    frame = table(300)
    frame = frame[~((frame["z"] > 0.5) & (frame["sex"] == "F"))].reset_index(drop=True)
    found = gates(scan(frame, picky))
    # So many rows are lost that the others prove nothing.
    assert found["additivity"].verdict == "inconclusive"
    assert "could not be explained" in found["additivity"].reason
    assert "rows that could not be explained" in how(found["importance"])


@pytest.mark.parametrize("budget", [0, 1, 50, 500, 2_000, 10_000])
def test_a_small_budget_is_kept_and_what_it_leaves_out_is_no_pass(budget):
    asked = []

    def model(rows):
        asked.append(len(rows))
        return logistic(rows)

    frame, reference = table(150), table(160, 1)
    found = gates(scan(frame, model, reference=reference, budget=budget, dataset={"signs": {"x": "increasing"}}))
    # The rows as they are are scored once beside it.
    assert sum(asked) - len(frame) - len(reference) <= budget
    if budget <= 500:
        assert "pass" not in {gate.verdict for gate in found.values()}
        assert "budget" in found["additivity"].reason


def test_several_classes_and_values_are_explained():
    frame = table()
    values = frame.assign(y=2.0 * frame["x"])
    of_values = gates(scan(values, LinearRegression().fit(values[["x", "z"]], values["y"])))
    assert of_values["additivity"].verdict == "pass"
    frame["y"] = np.where(frame["x"] < -0.5, "low", np.where(frame["x"] > 0.5, "top", "mid"))
    model = LogisticRegression(max_iter=500).fit(frame[["x", "z"]], frame["y"])
    baseline = RandomForestClassifier(3, random_state=0).fit(frame[["x", "z"]], frame["y"])
    several = gates(scan(frame, model, baseline=baseline), pages=True)
    assert several["additivity"].verdict == "pass"
    assert "faithfulness" not in several
    assert several["shift_from_baseline"].estimate.value is not None


def test_weights_and_clusters_reach_the_estimates():
    frame = table().assign(w=np.linspace(1.0, 5.0, 200), who=np.repeat(np.arange(50), 4))
    plain = gates(scan(frame.drop(columns=["w", "who"]), fitted(frame)))["importance"].estimate
    found = gates(scan(frame, fitted(frame), weight="w", cluster="who"))["importance"]
    assert (plain.clusters, found.estimate.clusters) == (None, 50)
    assert found.estimate.value != plain.value
    assert {line[0] for line in found.tables[0].rows} == {"x", "z"}


def test_the_model_may_write_into_what_it_is_given():
    def writing(rows):
        rows["x"] = pd.to_numeric(rows["x"], errors="coerce").fillna(0.0)
        rows["new"] = 1
        return logistic(rows)

    found = scan(table(), writing)
    reasons = {gate.reason for gate in found.record.gates if gate.verdict == "error"}
    assert not reasons or all("changed the rows" in reason for reason in reasons)


def test_the_same_scan_twice_says_the_same():
    frame = table()
    first, second = (scan(frame, by_every_column, reference=table(200, 1)).record.gates for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert (one.estimate, one.groups, one.findings, one.tables, one.charts) == (
            other.estimate, other.groups, other.findings, other.tables, other.charts,
        )  # fmt: skip


def test_levels_that_only_the_dataset_holds_are_traced_and_explained_by_the_coefficients():
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rng = np.random.default_rng(0)

    def people(n, rare):
        frame = table(n, seed=n)
        frame["land"] = rng.choice(["A", "B", "C"], n)
        frame.loc[: len(rare) - 1, "land"] = rare
        return frame

    everyone = people(4_000, [f"land {at}" for at in range(30)])
    parts = [
        ("words", OneHotEncoder(handle_unknown="ignore"), ["sex", "land"]),
        ("numbers", StandardScaler(), ["x", "z"]),
    ]
    model = make_pipeline(ColumnTransformer(parts), LogisticRegression())
    model.fit(everyone.drop(columns="y"), everyone["y"])
    dataset = people(400, [f"land {at}" for at in range(30)])
    found = gates(scan(dataset, model, reference=people(400, [])))
    assert how(found["importance"])["explainer"].startswith("Linear")


def test_an_input_that_turns_out_to_be_nobodys_sends_the_model_to_walks_and_says_why(monkeypatch):
    from sklearn.preprocessing import OneHotEncoder

    from modelcheck.checks.explainability import explainers
    from modelcheck.explain.sources import NOBODY, traced

    def without_the_last(*subject):
        owner = traced(*subject)
        return np.where(np.arange(len(owner)) == len(owner) - 1, NOBODY, owner)

    frame = table(400)[["x", "y"]].assign(land="A")
    frame.loc[397:, "land"] = "Z"
    model = make_pipeline(ColumnTransformer([("x", "passthrough", ["x"]), ("land", OneHotEncoder(), ["land"])]),
                          LogisticRegression(C=1e3))  # fmt: skip
    model.fit(frame[["x", "land"]], frame["y"])
    monkeypatch.setattr(explainers, "sources_in", without_the_last)
    found = gates(scan(frame, model, reference=frame[:390]))
    told = how(found["importance"])
    assert "Permutation" in told["explainer"]
    assert told["why not from inside"] == "in some rows an input contributes that no column was seen to move."
    assert found["additivity"].verdict == "pass"
