"""The bias suite as a whole on real tables: what it is for, and figures that others published."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import modelcheck

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder of real data sets with published figures is absent"
)

ADULT = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]


@pytest.fixture(scope="module")
def adult():
    read = {"names": ADULT, "skipinitialspace": True, "na_values": "?"}
    train = pd.read_csv(DATA / "adult.data.gz", **read)
    test = pd.read_csv(DATA / "adult.test.gz", skiprows=1, **read)
    return train, test.assign(income=test.income.str.rstrip("."))


def _fitted(train, columns):
    text = [name for name in columns if not pd.api.types.is_numeric_dtype(train[name])]
    numbers = [name for name in columns if name not in text]
    coded = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text), (StandardScaler(), numbers))
    return make_pipeline(coded, LogisticRegression(max_iter=500)).fit(train[columns], train.income)


def _scan(adult, columns, **more):
    train, test = adult
    scan = modelcheck.scan(
        _fitted(train, columns),
        test,
        target="income",
        positive=">50K",
        reference=train,
        **{"protected": ["sex"], "suites": ["bias"]} | more,
    )
    return {gate.id: gate for gate in scan.record.gates}


def test_a_model_of_sex_alone_is_blocked_although_it_decides_for_nobody(adult):
    gates = _scan(adult, ["sex"])
    assert gates["bias::group_metrics::sex"].estimate.value == 0.0
    assert gates["bias::counterfactual::sex"].verdict == "fail"
    assert gates["bias::counterfactual::sex"].severity == "blocking"
    assert gates["bias::counterfactual::sex"].estimate.low > 1.0
    assert gates["bias::proxy::sex"].verdict == "fail"


def test_a_model_of_a_stand_in_alone_is_caught_although_it_never_sees_sex(adult):
    gates = _scan(adult, ["relationship"])
    assert gates["bias::counterfactual::sex"].verdict == "pass"
    assert "isn't given" in gates["bias::counterfactual::sex"].reason
    proxy = gates["bias::proxy::sex"]
    assert proxy.verdict == "fail"
    assert any("relationship" in finding.title for finding in proxy.findings)


def test_an_ordinary_model_is_warned_of_and_not_blocked(adult):
    gates = _scan(adult, [name for name in ADULT[:-1] if name != "fnlwgt"], protected=["sex", "race", ["sex", "race"]])
    blocked = [gate.id for gate in gates.values() if gate.verdict == "fail" and gate.severity == "blocking"]
    errors = [gate.id for gate in gates.values() if gate.verdict == "error"]
    assert (blocked, errors) == ([], [])
    assert gates["bias::demographic_parity_ratio::sex"].verdict == "fail"
    assert gates["bias::demographic_parity_ratio::sex"].severity == "warning"
    assert gates["bias::intersectional"].verdict == "fail"


def test_german_credit_means_less_for_women_as_published(tmp_path):
    frame = pd.read_csv(DATA / "german_credit_prepared.csv", keep_default_na=False)
    X, y = frame.drop(columns="default"), frame.default
    train, test = train_test_split(X.assign(default=y), test_size=200, random_state=0, stratify=y)
    columns = [name for name in X.columns if name not in ("account_check_status_",)]
    text = [name for name in columns if not pd.api.types.is_numeric_dtype(X[name])]
    numbers = [name for name in columns if name not in text]
    coded = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text), (StandardScaler(), numbers))
    model = make_pipeline(coded, LogisticRegression(max_iter=500)).fit(train[columns], train.default)
    scan = modelcheck.scan(
        model, test, target="default", positive="Not default", protected=["sex"], suites=["bias"], reference=train
    )
    (gate,) = (one for one in scan.record.gates if one.id == "bias::predictive_parity_difference::sex")
    (table,) = (one for one in gate.tables if one.name == "by sex")
    values = {row[1]: (row[3], row[4]) for row in table.rows}
    assert values["female"][1] < values["male"][1]
    # 200 rows prove nothing about it.
    assert gate.verdict == "pass"
    assert gate.estimate.low == 0.0
