"""The whole command on real tables with published figures: a model file, a table, one configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import joblib
import pandas as pd
import pytest
import skops.io
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder of real data sets with published figures is absent"
)

ADULT = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]


def _run(folder, configuration, *options):
    (folder / "modelcheck.toml").write_text(configuration, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--modelcheck", "-q", "-p", "no:cacheprovider", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    record = json.loads((folder / "reports" / "record.json").read_text(encoding="utf-8"))
    return done, record


def _gate(record, name):
    return next(gate for gate in record["gates"] if gate["id"] == name)


def _by_group(gate, attribute):
    """The group table of one attribute as {group: {column: value}}."""
    table = next(table for table in gate["tables"] if attribute in table["name"])
    rows = (dict(zip(table["columns"], row, strict=True)) for row in table["rows"])
    return {row["group"]: row for row in rows}


def test_compas_gives_the_published_error_rates(tmp_path):
    frame = pd.read_csv(DATA / "compas_two_years.csv.gz")
    frame["high"] = (frame.score_text != "Low").astype(int)
    frame.to_csv(tmp_path / "compas.csv", index=False)
    done, record = _run(
        tmp_path,
        'suites = ["performance"]\n[candidate]\nscore = "high"\noutput = "label"\n'
        '[dataset]\npath = "compas.csv"\ntarget = "two_year_recid"\nprotected = ["race", "sex", ["race", "sex"]]\n'
        '[gates."performance.false_positive_rate"]\nmax = 0.4\nslices.race.max = 0.4\n',
    )
    assert done.returncode == 1, done.stdout
    positive, negative = (_gate(record, f"performance::false_{kind}_rate") for kind in ("positive", "negative"))
    assert positive["estimate"]["value"] == pytest.approx(0.3235, abs=5e-5)
    assert negative["estimate"]["value"] == pytest.approx(0.3740, abs=5e-5)
    by_race = _by_group(positive, "race")
    assert by_race["African-American"]["value"] == pytest.approx(0.4485, abs=5e-5)
    assert by_race["Caucasian"]["value"] == pytest.approx(0.2345, abs=5e-5)
    by_race = _by_group(negative, "race")
    assert by_race["African-American"]["value"] == pytest.approx(0.2799, abs=5e-5)
    assert by_race["Caucasian"]["value"] == pytest.approx(0.4772, abs=5e-5)
    assert positive["verdict"] == "pass"
    hit = _gate(record, "performance::false_positive_rate::race")
    assert hit["verdict"] == "fail"
    assert "African-American" in hit["reason"]


def test_adult_with_a_pipeline_in_a_joblib_file_is_promoted(tmp_path):
    kinds = {"header": None, "names": ADULT, "skipinitialspace": True, "na_values": "?"}
    train = pd.read_csv(DATA / "adult.data.gz", **kinds)
    test = pd.read_csv(DATA / "adult.test.gz", comment="|", **kinds)
    test["income"] = test.income.str.rstrip(".")
    text = make_column_selector(dtype_exclude="number")
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    model = make_pipeline(
        make_column_transformer((encoder, text), remainder="passthrough"),
        HistGradientBoostingClassifier(max_iter=60, random_state=0),
    ).fit(train[ADULT[:-1]], train.income)
    joblib.dump(model, tmp_path / "income.joblib", compress=3)
    train.to_parquet(tmp_path / "train.parquet")
    test.to_parquet(tmp_path / "test.parquet")
    done, record = _run(
        tmp_path,
        'suites = ["performance"]\n[candidate]\nmodel = "income.joblib"\n'
        '[dataset]\npath = "test.parquet"\ntarget = "income"\npositive = ">50K"\nprotected = ["sex", "race"]\n'
        '[reference]\npath = "train.parquet"\n'
        '[slices]\n"65+" = "age >= 65"\n'
        '[gates."performance.roc_auc"]\nmin = 0.90\nslices."65+".min = 0.85\n',
    )
    assert done.returncode == 0, done.stdout
    assert record["verdict"] == "promoted"
    assert record["dataset"]["rows"] == 16281
    chances = model.predict_proba(test[ADULT[:-1]])[:, 1]
    truth = test.income == ">50K"
    assert _gate(record, "performance::roc_auc")["estimate"]["value"] == pytest.approx(
        roc_auc_score(truth, chances), abs=1e-12
    )
    assert _gate(record, "performance::log_loss")["estimate"]["value"] == pytest.approx(
        log_loss(truth, chances), abs=1e-12
    )
    f1 = f1_score(truth, model.predict(test[ADULT[:-1]]) == ">50K")
    assert _gate(record, "performance::f1")["estimate"]["value"] == pytest.approx(f1, abs=1e-12)
    assert (tmp_path / "reports" / "report.html").stat().st_size < 1_000_000


def test_german_credit_with_few_rows_leaves_tight_questions_open(tmp_path):
    frame = pd.read_csv(DATA / "german_credit_prepared.csv", keep_default_na=False)
    train, test = train_test_split(frame, test_size=200, stratify=frame.default, random_state=0)
    features = [name for name in frame.columns if name != "default"]
    text = make_column_selector(dtype_exclude="number")
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text), remainder=StandardScaler()),
        LogisticRegression(max_iter=1000),
    ).fit(train[features], train.default)
    skops.io.dump(model, tmp_path / "credit.skops")
    train.to_csv(tmp_path / "train.csv", index=False)
    test.to_csv(tmp_path / "test.csv", index=False)
    done, record = _run(
        tmp_path,
        'suites = ["performance"]\n[candidate]\nmodel = "credit.skops"\n'
        '[dataset]\npath = "test.csv"\ntarget = "default"\npositive = "Not default"\nprotected = ["sex"]\n'
        '[reference]\npath = "train.csv"\n'
        '[gates."performance.accuracy"]\nmin = 0.74\nresolution = 0.02\n',
    )
    assert done.returncode == 0, done.stdout
    gate = _gate(record, "performance::accuracy")
    assert gate["verdict"] == "inconclusive"
    assert gate["estimate"]["n"] == 200
    assert _gate(record, "performance::better_than_trivial")["verdict"] == "pass"
    women = _by_group(_gate(record, "performance::precision"), "sex")
    assert sum(row["n"] for row in women.values()) > 0


def test_california_housing_regression_with_missing_values(tmp_path):
    frame = pd.read_csv(DATA / "housing.csv.gz")
    train, test = train_test_split(frame, test_size=0.2, random_state=0)
    features = [name for name in frame.columns if name != "median_house_value"]
    text = make_column_selector(dtype_exclude="number")
    model = make_pipeline(
        make_column_transformer((OrdinalEncoder(), text), remainder=SimpleImputer()),
        HistGradientBoostingRegressor(random_state=0),
    ).fit(train[features], train.median_house_value)
    joblib.dump(model, tmp_path / "house.joblib")
    train.to_csv(tmp_path / "train.csv", index=False)
    test.to_csv(tmp_path / "test.csv", index=False)
    done, record = _run(
        tmp_path,
        'suites = ["performance"]\n[candidate]\nmodel = "house.joblib"\n'
        '[dataset]\npath = "test.csv"\ntarget = "median_house_value"\n'
        '[reference]\npath = "train.csv"\n[gates."performance.root_mean_squared_error"]\nmax = 52583.7\n',
    )
    assert done.returncode == 0, done.stdout
    gate = _gate(record, "performance::root_mean_squared_error")
    expected = root_mean_squared_error(test.median_house_value, model.predict(test[features]))
    assert gate["estimate"]["value"] == pytest.approx(expected, rel=1e-12)
    assert gate["verdict"] == "pass"
    assert {chart["kind"] for chart in gate["charts"]} >= {"scatter"}
