from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.cli import main
from modelcheck.config import load_configs
from modelcheck.errors import DataError, ModelcheckError
from modelcheck.explaining import explain_row, position_of
from modelcheck.report import render_decision
from modelcheck.suites.catalog import all_checks

CONFIG = """
[candidate]
model = "loans:model"
[dataset]
path = "loans:holdout"
target = "paid"
key = "number"
protected = ["sex"]
[reference]
path = "loans:training"
"""

MODULE = """
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

def table(seed, n):
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({
        "number": [f"L{place}" for place in range(n)],
        "income": rng.normal(40, 10, n).round(1),
        "debt": rng.normal(10, 3, n).round(1),
        "sex": rng.choice(["f", "m"], n),
    })
    rows["paid"] = (rows["income"] / 10 - rows["debt"] / 3 + rng.logistic(size=n) > 0.6).astype(int)
    return rows

def holdout():
    return table(1, 200)

def training():
    return table(2, 300)

def model():
    rows = training()
    steps = make_column_transformer((StandardScaler(), ["income", "debt"]), (OneHotEncoder(), ["sex"]))
    return make_pipeline(steps, LogisticRegression()).fit(rows[["income", "debt", "sex"]], rows["paid"])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "modelcheck.toml").write_text(CONFIG)
    (tmp_path / "loans.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    import sys

    sys.modules.pop("loans", None)


@pytest.fixture
def config(folder):
    (found,) = load_configs(folder, checks=all_checks())
    return found


def table_of(record, name):
    (gate,) = record.gates
    return next(table for table in gate.tables if table.name == name)


def test_one_row_is_explained_by_its_position(config):
    record = explain_row(config, 17)
    (line,) = table_of(record, "decisions").rows
    assert line[:3] == (1, 17, "asked for")
    parts = {row[0]: row[2] for row in table_of(record, "example 1").rows}
    assert set(parts) == {"income", "debt", "sex"}


def test_parts_lead_from_the_typical_answer_to_the_models_own(config):
    import loans

    record = explain_row(config, 17)
    row = loans.holdout().iloc[[17]][["income", "debt", "sex"]]
    (gate,) = record.gates
    chart = next(one for one in gate.charts if one.name == "example 1")
    steps = sum(step["value"] for step in chart.data if step["value"] is not None)
    answer = loans.model().predict_proba(row)[0, 1]
    assert chart.data[-1]["end"] == pytest.approx(answer)
    assert chart.data[0]["end"] + steps == pytest.approx(answer)


def test_what_would_change_the_decision_really_does(config):
    import loans

    model, rows = loans.model(), loans.holdout()[["income", "debt", "sex"]]
    told = 0
    for place in range(4):
        (line,) = table_of(explain_row(config, place), "decisions").rows
        words = str(line[6])
        assert "sex" not in words
        if not words.startswith("would be"):
            continue
        told += 1
        decided, _, change = words.removeprefix("would be ").partition(" with ")
        column, sign, value = change.split(" ")
        changed = rows.iloc[[place]].assign(**{column: float(value)})
        assert sign in (">=", "<=", "=")
        assert str(model.predict(changed)[0]) == decided != str(model.predict(rows.iloc[[place]])[0])
    assert told


def test_a_key_finds_its_row(config):
    assert position_of(config, "L42") == 42
    with pytest.raises(DataError, match="no row has number = 'L999'"):
        position_of(config, "L999")


def test_rows_that_are_not_there_are_refused_with_what_there_is(config):
    with pytest.raises(DataError, match="200 rows, numbered from 0 to 199"):
        explain_row(config, 200)


def test_scores_in_the_table_have_no_reasons(folder):
    rows = pd.DataFrame({"s": np.linspace(0, 1, 50), "y": np.arange(50) % 2})
    rows.to_csv(folder / "rows.csv", index=False)
    (folder / "modelcheck.toml").write_text(
        '[candidate]\nscore = "s"\ntask = "binary"\n[dataset]\npath = "rows.csv"\ntarget = "y"\n'
    )
    (found,) = load_configs(folder, checks=all_checks())
    with pytest.raises(ModelcheckError, match="lie in the table"):
        explain_row(found, 3)


def test_the_command_writes_one_page(folder, capsys):
    assert main(["explain", "--key", "L3", "--out", "pages/three.html"]) == 0
    page = (folder / "pages" / "three.html").read_text(encoding="utf-8")
    assert "The decision about row 3" in page
    assert "<script" not in page
    assert "Wrote pages/three.html" in capsys.readouterr().out
    assert main(["explain", "--row", "5"]) == 0
    assert list((folder / "reports").glob("*-row-5.html"))


def test_the_command_says_which_rows_and_models_there_are(folder, capsys):
    assert main(["explain", "--row", "-1"]) == 4
    assert "numbered from 0" in capsys.readouterr().err
    assert main(["explain", "--row", "1", "--model", "nobody"]) == 4
    assert "there is no model 'nobody'" in capsys.readouterr().err


def test_declared_words_travel_in_the_record_and_stand_on_the_page(folder):
    declared = CONFIG.replace(
        'protected = ["sex"]',
        """protected = ["sex"]
unchangeable = ["debt"]
descriptions = { income = "monthly income", paid = "paid the loan back", number = "number of the loan" }
answers = { "1" = "will pay" }""",
    ).replace("[dataset]", 'purpose = "Who is offered a loan."\n[dataset]')
    (folder / "modelcheck.toml").write_text(declared)
    (config,) = load_configs(folder, checks=all_checks())
    record = explain_row(config, 3)
    columns = {one["name"]: one for one in record.dataset["columns"]}
    assert columns["income"]["description"] == "monthly income"
    assert "unchangeable" in columns["debt"]["marks"]
    assert "description" not in columns["debt"]
    assert (record.candidate["purpose"], record.dataset["answers"]) == ("Who is offered a loan.", {"1": "will pay"})
    page = render_decision(record)
    for text in ("Who is offered a loan.", "monthly income", "paid the loan back", "will pay"):
        assert text in page


def test_a_description_of_no_column_is_refused(folder):
    (folder / "modelcheck.toml").write_text(
        CONFIG.replace("[reference]", 'descriptions = { incme = "a slip" }\n[reference]')
    )
    (config,) = load_configs(folder, checks=all_checks())
    with pytest.raises(DataError, match="descriptions: 'incme'"):
        explain_row(config, 3)
