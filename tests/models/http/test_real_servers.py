"""Answers through the network equal those of the same model in this process."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import HttpTable, ModelTable
from modelcheck.errors import ModelError, ModelRaised
from modelcheck.models.http import load_served
from modelcheck.models.protocol import Model

CLASSES = ("no", "yes")
MIXED = ["age", "hours", "visits", "city", "member", "since"]
PLAIN = MIXED[:3]


def served(address, **options):
    http = options.pop("http", HttpTable(batch=32, concurrency=2))
    return load_served(
        ModelTable(model=address, **{"output": "probability", "classes": CLASSES, "http": http} | options)
    )


@pytest.mark.parametrize("size", [1, 31, 32, 33, 100])
def test_mlflow_answers_as_the_model_does_here(mlflow_address, mixed_model, table_of_people, size):
    rows = table_of_people(100, 7)[MIXED].head(size)
    model = served(mlflow_address)
    assert isinstance(model, Model)
    # Exactly: JSON carries a float64 whole, and nothing else happens to it on the way.
    assert (model.predict_proba(rows) == mixed_model.predict_proba(rows)).all()
    assert model.predict(rows).tolist() == mixed_model.predict(rows).tolist()
    assert model.traffic()["rows_sent"] == 2 * size


def test_columns_in_another_type_mean_the_same_to_mlflow(mlflow_address, mixed_model, table_of_people):
    rows = table_of_people(40, 8)[MIXED]
    other = rows.assign(
        age=rows.age.astype("Int64"), city=rows.city.astype("category"), visits=rows.visits.astype("Int64")
    )
    assert (served(mlflow_address).predict_proba(other) == mixed_model.predict_proba(rows)).all()


def test_mlflow_is_described_by_what_it_says(mlflow_address):
    mlflow = pytest.importorskip("mlflow", reason="mlflow-skinny")
    described = served(mlflow_address).describe()
    assert described.versions == {"mlflow": mlflow.__version__}
    assert (described.kind, described.isolation, described.sha256) == ("service", "remote", None)
    assert described.name == mlflow_address.removeprefix("http://")
    assert (described.task, described.classes, described.gives) == ("binary", CLASSES, "probability")


def test_rows_that_mlflow_refuses_are_the_models_own_failure(mlflow_address, table_of_people):
    rows = table_of_people(5, 9)[MIXED].drop(columns="age")
    with pytest.raises(ModelRaised, match=r"answered 400 .*INVALID_PARAMETER_VALUE"):
        served(mlflow_address).predict_proba(rows)


@pytest.mark.parametrize("size", [1, 32, 100])
def test_one_input_a_column_answers_as_the_model_does_here(v2_columns, mixed_model, table_of_people, size):
    rows = table_of_people(100, 7).head(size)
    model = served(v2_columns.address, classes=())
    assert model.describe().feature_names == tuple(MIXED)
    assert model.describe().classes == CLASSES
    # Columns in another order, and one too many: they go by name.
    given = rows[[*reversed(MIXED), "outcome"]]
    assert (model.predict_proba(given) == mixed_model.predict_proba(rows[MIXED])).all()


def test_every_column_is_sent_in_the_type_that_the_metadata_name(v2_columns, table_of_people):
    rows = table_of_people(3, 7).assign(hours=[1.5, np.nan, 2.5], city=["Ulm", None, "Bonn"])
    served(v2_columns.address).predict_proba(rows)
    inputs = {one["name"]: one for one in v2_columns.asked[-1]["inputs"]}
    assert [inputs[name]["datatype"] for name in MIXED] == ["INT64", "FP64", "FP64", "BYTES", "BOOL", "BYTES"]
    assert inputs["hours"]["data"] == [1.5, None, 2.5]
    assert inputs["city"]["data"] == ["Ulm", None, "Bonn"]
    assert {type(value) for value in inputs["member"]["data"]} == {bool}
    assert inputs["age"]["shape"] == [3, 1]


def test_labels_are_taken_from_the_output_of_that_name(v2_columns, mixed_model, table_of_people):
    rows = table_of_people(50, 7)
    model = served(v2_columns.address, output="label", classes=())
    assert model.predict(rows).tolist() == mixed_model.predict(rows[MIXED]).tolist()
    with pytest.raises(ModelError, match="gives a label, no probability"):
        model.predict_proba(rows)


def test_a_missing_whole_number_is_refused_before_it_is_sent(v2_columns, table_of_people):
    rows = table_of_people(4, 7)
    rows["age"] = pd.array([30, None, 40, 50], dtype="Int64")
    before = len(v2_columns.asked)
    with pytest.raises(ModelError, match=r"'age' has a missing value \(row 1 .* INT64, which has none"):
        served(v2_columns.address).predict_proba(rows)
    assert len(v2_columns.asked) == before


def test_one_tensor_answers_as_the_model_does_here(v2_tensor, plain_model, table_of_people):
    rows = table_of_people(70, 7)[PLAIN]
    model = served(v2_tensor.address)
    assert model.describe().feature_names is None
    assert (model.predict_proba(rows) == plain_model.predict_proba(rows)).all()
    assert v2_tensor.asked[-1]["inputs"][0]["shape"][1] == 3
    with pytest.raises(ModelError, match="one tensor of 3 columns and the rows have 2"):
        model.predict_proba(rows[PLAIN[:2]])


def test_values_in_single_precision_are_the_models_to_that_precision(v2_single, value_model, table_of_people):
    rows = table_of_people(70, 7)
    model = load_served(ModelTable(model=v2_single.address, http=HttpTable(batch=32)), task="regression")
    assert model.describe().task == "regression"
    # The server rounds to 24 bits, a relative 6e-8.
    np.testing.assert_allclose(model.predict(rows), value_model.predict(rows[["age"]]), rtol=1e-6)
    with pytest.raises(ModelError, match="declared task is 'binary'"):
        load_served(ModelTable(model=v2_single.address, output="value"), task="binary")


def test_a_tensor_has_no_place_for_text(v2_tensor, table_of_people):
    with pytest.raises(ModelError, match=r"'city' holds .*takes it as FP64"):
        served(v2_tensor.address).predict_proba(table_of_people(9, 7)[["age", "city", "hours"]].dropna())


def test_versions_of_the_model_are_in_its_description(v2_columns, table_of_people):
    model = served(v2_columns.address)
    assert model.describe().versions == {"model": "7", "platform": "sklearn"}
    model.predict_proba(table_of_people(3, 7))
    assert model.describe().versions == {"model": "7", "platform": "sklearn"}
    assert model.describe().notes == ()


def test_prepare_runs_here_and_names_the_columns_that_are_sent(v2_tensor, plain_model, table_of_people):
    rows = table_of_people(20, 7)
    table = ModelTable(model=v2_tensor.address, output="probability", classes=CLASSES)
    model = load_served(table, prepare=lambda raw: raw[PLAIN].fillna(0.0))
    assert (model.predict_proba(rows) == plain_model.predict_proba(rows[PLAIN].fillna(0.0))).all()
    shorter = load_served(table, prepare=lambda raw: raw[PLAIN].head(3))
    with pytest.raises(ModelError, match="made 3 rows of 20"):
        shorter.predict_proba(rows)
