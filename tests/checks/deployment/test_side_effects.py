"""What a model does besides answering."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from modelcheck.checks.deployment.side_effects import side_effects

PLANTED = {
    "Writes": ("files", "writes"),
    "WritesFromAThread": ("files", "writes"),
    "Connects": ("the network", "connects to 127.0.0.1:9"),
    "Starts": ("programs and processes", "starts true"),
}


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("plant", PLANTED)
def test_each_effect_is_listed_once_with_its_count(context_for, plants, plant, file):
    found = side_effects(context_for(getattr(plants, plant)(), file=file))
    kind, what = PLANTED[plant]
    lines = [line for line in found.tables[0].rows if line[0] == kind and str(line[1]).startswith(what)]
    assert len(lines) == 1
    assert lines[0][2] == 2  # all rows in one call, and one row in another
    assert found.disproved


@pytest.mark.parametrize("file", [False, True])
def test_a_healthy_model_has_none(context_for, plants, file):
    found = side_effects(context_for(plants.Healthy(), file=file))
    assert found.proved.startswith("Answering 401 rows wrote no file")
    assert not found.tables


def test_the_pool_of_scikit_learn_is_no_effect_of_the_model(context_for, people):
    X, y = people.drop(columns="y"), people["y"]
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["job"]), (StandardScaler(), ["age", "income"]), n_jobs=2
    )
    found = side_effects(context_for(make_pipeline(columns, LogisticRegression()).fit(X, y)))
    assert found.proved, found.disproved


def test_effects_before_a_call_raises_are_told(context_for, plants):
    class Raises(plants.Writes):
        def score(self, rows):
            score = super().score(rows)
            if len(rows) == 1:
                raise ValueError("one row is too few")
            return score

    found = side_effects(context_for(Raises()))
    assert "one row is too few" in found.disproved


def test_input_that_a_model_of_ones_own_changes_is_seen(context_for, plants, people):
    from modelcheck.models.protocol import ModelDescription

    class Own:
        def describe(self):
            return ModelDescription(
                name="own", kind="estimator", source="live", task="binary", classes=(0, 1), gives="probability"
            )

        def predict_proba(self, rows):
            answer = plants.Healthy().predict_proba(rows)
            rows["age"] = np.zeros(len(rows))
            return answer

        def predict(self, rows):
            return plants.Healthy().predict(rows)

    found = side_effects(context_for(Own()))
    assert "changes its input: wrote into 'age'" in str(found.tables[0].rows)
