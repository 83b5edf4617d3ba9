"""The file beside what is served or converted from it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from modelcheck.checks.deployment.parity import onnx_parity, parity
from modelcheck.config.tables import ModelTable


def served(name):
    return {"served": ModelTable(model=f"deployment_served:{name}")}


@pytest.fixture
def _services(tmp_path, plants, monkeypatch):
    import sys

    (tmp_path / "deployment_served.py").write_text(
        "import numpy as np\nimport deployment_plants as plants\n"
        "same = plants.Healthy()\nlabels_only = plants.Healthy().predict\nin_32_bits = plants.In32Bits()\n"
        "over_75 = plants.Over75()\nother = plants.ByProcess()\n"
        "def down():\n    raise RuntimeError('nobody listens')\n"
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    sys.modules.pop("deployment_served", None)


@pytest.mark.usefixtures("_services")
@pytest.mark.parametrize(
    ("name", "exact"), [("same", True), ("in_32_bits", False)], ids=["the same", "its twin in 32 bits"]
)
def test_equal_answers_pass_and_rounding_is_told_from_equality(context_for, plants, lines_of, name, exact):
    found = parity(context_for(plants.Healthy(), candidate=served(name)))
    line = lines_of(found, "ways of asking")["the service, all rows"]
    assert found.proved
    assert (line["equal bit for bit"] == 400) is exact
    assert line["largest difference"] < 1.2e-7


@pytest.mark.usefixtures("_services")
def test_another_model_behind_the_service_is_found_with_its_flips(context_for, plants, lines_of):
    found = parity(context_for(plants.Healthy(), candidate=served("other")))
    assert found.disproved
    assert lines_of(found, "ways of asking")["the service, all rows"]["other answers"] > 300


@pytest.mark.usefixtures("_services")
def test_a_service_that_breaks_above_75_rows_is_found_by_its_sizes(context_for, plants):
    found = parity(context_for(plants.Healthy(), candidate=served("over_75")))
    assert "the service, 76 rows at a time" in " ".join(finding.title for finding in found.findings)
    assert "75 rows at a time" not in found.findings[-1].title


@pytest.mark.usefixtures("_services")
def test_labels_are_compared_where_the_service_gives_nothing_more(context_for, plants, lines_of):
    table = ModelTable(model="deployment_served:labels_only", output="label")
    found = parity(context_for(plants.Healthy(), candidate={"served": table}))
    assert found.proved
    assert lines_of(found, "ways of asking")["the service, all rows"]["largest difference"] is None


@pytest.mark.usefixtures("_services")
def test_a_service_that_can_not_be_reached_fails_with_its_words(context_for, plants, lines_of):
    found = parity(context_for(plants.Healthy(), candidate=served("down")))
    assert found.disproved
    assert "nobody listens" in lines_of(found, "ways of asking")["the service, asked at all"]["note"]


def test_nothing_declared_is_not_applicable_and_says_what_to_write(context_for, plants):
    context = context_for(plants.Healthy())
    assert "[candidate] served" in parity(context).not_applicable
    assert "[candidate] onnx" in onnx_parity(context).not_applicable


def test_a_twin_that_is_fitted_alike_passes_and_one_that_splits_in_32_bits_is_found(context_for, tmp_path):
    pytest.importorskip("onnxruntime", reason="ONNX files need onnxruntime")
    skl2onnx = pytest.importorskip("skl2onnx", reason="the twin is made by skl2onnx")
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=400), "b": 1e8 + np.arange(400.0)})
    table = X.assign(y=rng.integers(0, 2, 400))
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(X.assign(b=X["a"] ** 2), table["y"])
    # Numbers that 32 bits can't tell apart before they are scaled: splits between them go the other way.
    tree = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(X, table["y"])
    for model, rows, passes in ((scaled, table.assign(b=X["a"] ** 2), True), (tree, table, False)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            twin = skl2onnx.to_onnx(model, X.to_numpy(np.float32)[:1], options={"zipmap": False})
        (tmp_path / "twin.onnx").write_bytes(twin.SerializeToString())
        found = onnx_parity(context_for(model, table=rows, candidate={"onnx": "twin.onnx"}))
        assert bool(found.proved) is passes, found.tables[0].rows[0]
