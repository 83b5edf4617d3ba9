"""A counterexample as JSON, as a sentence, and as a check that fails on the broken model and passes on a mended one."""

from __future__ import annotations

import ast
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from modelcheck.errors import RecordError
from modelcheck.perturb.falsify.counterexample import Counterexample, Said
from modelcheck.perturb.falsify.properties import finite, increasing, no_crash, unmoved
from modelcheck.perturb.falsify.search import search
from modelcheck.perturb.profile import profile_table

from .conftest import answering, clean, dips, knows_no_priest, raises_on_missing, reads_the_zip

PLANTED = {
    "raises on missing": (no_crash(), raises_on_missing),
    "dips": (increasing("age"), dips),
    "reads the zip": (unmoved("zip"), reads_the_zip),
    "knows no priest": (finite(), knows_no_priest),
}


class Candidate:
    """A model as check files know it."""

    def __init__(self, model):
        self.model = model

    def predict_proba(self, X):
        score = np.asarray(self.model(X), dtype=float)
        return np.column_stack([1 - score, score])

    def predict(self, X):
        return self.predict_proba(X)[:, 1] >= 0.5


def found(name, people, profile, seed=0):
    prop, model = PLANTED[name]
    return search(prop, people, profile, answering(model), seed=seed, most_rows=50_000).counterexample


def run(text, model):
    space = {}
    exec(compile(text, "check_pasted.py", "exec"), space)
    (name,) = [name for name in space if name.startswith("check_")]
    space[name](Candidate(model))


@pytest.mark.parametrize("name", PLANTED)
def test_the_pasted_check_fails_on_the_broken_model_and_passes_on_the_mended_one(name, people, profile):
    text = found(name, people, profile).as_check("credit risk")
    assert text.startswith("import pandas as pd\n\n\ndef check_credit_risk_")
    with pytest.raises((AssertionError, ValueError)):
        run(text, PLANTED[name][1])
    run(text, clean)


@pytest.mark.parametrize("name", PLANTED)
def test_json_comes_back_as_it_was(name, people, profile):
    example = found(name, people, profile)
    assert Counterexample.from_json(json.loads(example.dump())) == example
    assert example.as_json()["schema"] == "modelcheck/example/1"
    assert example.dump() == found(name, people, profile).dump()
    assert example.table_rows()[0] == (next(iter(example.changes)), *next(iter(example.changes.values())))
    assert len(example.table_rows()) == people.shape[1]


HOSTILE = [
    '"""\nimport os; os.system("x")\n"""',
    "'); raise SystemExit  #",
    "a\\",
    "\u202e\x00",
    "{name}%s",
    "def",
    "",
]


@pytest.mark.parametrize("kind", ["str", "category"])
def test_the_pasted_check_is_valid_python_whatever_columns_and_values_are_called(kind):
    values = pd.Series(HOSTILE * 3, dtype=kind)
    frame = pd.DataFrame(dict.fromkeys(HOSTILE[:3], values) | {"when": pd.Timestamp("2020-01-01", tz="UTC")})
    frame["far"] = [np.inf, -np.inf, np.nan] * 7
    column = HOSTILE[0]
    profile = profile_table(frame, dict.fromkeys(HOSTILE[:3], "category") | {"when": "constant", "far": "number"})

    def model(rows):
        return (rows[column].astype(object) == HOSTILE[1]).to_numpy(dtype=float)

    example = search(unmoved(column), frame, profile, answering(model), seed=0, most_rows=10_000).counterexample
    text = example.as_check(HOSTILE[0])
    assert sum(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(text))) == 1
    with pytest.raises(AssertionError):
        run(text, model)
    run(text, lambda rows: np.zeros(len(rows)))
    assert Counterexample.from_json(json.loads(example.dump())) == example


def test_a_regression_and_labels_alone_are_asked_through_predict(people, profile):
    example = found("dips", people, profile)
    value = replace(example, before=Said(score=0.4), after=Said(score=0.1))
    assert "candidate.predict(before)[0]" in value.as_check("m")
    label = replace(found("reads the zip", people, profile), before=Said(decision="no"), after=Said(decision="yes"))
    assert "candidate.predict(after)[0] == candidate.predict(before)[0]" in label.as_check("m")


def test_a_property_without_a_rule_cannot_be_pasted(people, profile):
    with pytest.raises(ValueError, match="no rule"):
        replace(found("dips", people, profile), rule={}).as_check("m")


def test_sentences_name_what_was_missing_and_what_was_said(people, profile):
    sentence = found("raises on missing", people, profile).sentence()
    assert sentence.endswith("became ValueError: Input contains NaN.")
    assert " to missing: " in sentence
    assert str(Said(decision="yes", score=(0.25, None))) == "yes (0.25, no number)"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "modelcheck/example/2"),
        ("schema", None),
        ("property", 3),
        ("row", -1),
        ("row", True),
        ("values", []),
        ("values", {"age": [1]}),
        ("values", {"age": float("inf")}),
        ("dtypes", {}),
        ("dtypes", {"age": 1}),
        ("changes", {"nobody": [1, 2]}),
        ("changes", {"age": [1]}),
        ("changes", {"age": [-5, 2]}),
        ("context", {"age": [1, -5]}),
        ("alone", 1),
        ("before", []),
        ("before", {"score": "high"}),
        ("before", {"score": [True]}),
        ("after", {"decision": {}}),
        ("after", {"message": 1}),
        ("categories", {"job": 3}),
        ("categories", {"nobody": []}),
        ("rule", 1),
    ],
)
def test_nonsense_is_refused_with_a_plain_sentence(key, value, people, profile):
    data = found("dips", people, profile).as_json() | {key: value}
    with pytest.raises(RecordError, match=r"\w+ .*\.$"):
        Counterexample.from_json(data)


@pytest.mark.parametrize("data", [None, 3, [], "text", {}])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(RecordError):
        Counterexample.from_json(data)
