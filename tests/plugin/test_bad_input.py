"""Bad input is a clear error: exit 4 or an error verdict that blocks, never a pass."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest

BLOCKED = 1
REFUSED = 4


def _outcome(project, result):
    """Everything a reader gets to see, from whichever place it was said."""
    said = result.stdout.str() + result.stderr.str()
    file = project.path / "reports" / "record.json"
    if result.ret == BLOCKED:
        record = json.loads(file.read_text())
        assert record["verdict"] == "blocked"
        assert all(gate["verdict"] != "pass" for gate in record["gates"])
        said += " ".join(gate["reason"] for gate in record["gates"])
    else:
        assert result.ret == REFUSED, said
        assert not file.exists()
    return " ".join(said.split())


def _rows(project, change, name="holdout.csv"):
    frame = change(pd.read_csv(project.path / name))
    frame.to_csv(project.path / name, index=False)


def _set(column, rows, value):
    def change(frame):
        frame[column] = frame[column].astype(object)
        frame.loc[rows, column] = value
        return frame

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.iloc[:0], "zero rows"),
        (lambda frame: frame.iloc[:1], "yes"),
        (lambda frame: frame[frame.outcome == "no"], "no"),
        (lambda frame: frame.drop(columns="outcome"), "outcome"),
        (lambda frame: frame.drop(columns="hours"), "hours"),
        (lambda frame: frame.rename(columns={"hours": "Hours"}), "Hours"),
        (_set("outcome", [3, 4], None), "2 missing"),
        (_set("outcome", [3], "perhaps"), "perhaps"),
        (_set("score", [5], "lots"), "lots"),
    ],
)
def test_a_table_that_does_not_fit(project, change, words):
    _rows(project, change)
    assert words in _outcome(project, project.run())


def test_infinite_and_missing_targets_of_a_regression(project):
    project.write_regressor().configure(model="amount.skops", target="amount", positive=None, drop=["outcome"])
    _rows(project, _set("amount", [0, 1], np.inf))
    said = _outcome(project, project.run())
    assert "2 infinite" in said
    assert "row 1" in said


def test_duplicate_column_names(project):
    text = (project.path / "holdout.csv").read_text()
    (project.path / "holdout.csv").write_text(text.replace("hours", "age", 1))
    assert "age" in _outcome(project, project.run())


def test_an_unreadable_table(project):
    (project.path / "holdout.csv").rename(project.path / "holdout.parquet")
    project.configure(path="holdout.parquet")
    assert "holdout.parquet" in _outcome(project, project.run())


def test_a_missing_table_names_the_file_section_and_key(project):
    project.configure(path="holdot.csv")
    said = _outcome(project, project.run())
    for word in ("modelcheck.toml", "[dataset]", "path", "holdot.csv", "holdout.csv"):
        assert word in said


def test_a_truncated_model_file(project):
    content = (project.path / "model.skops").read_bytes()
    (project.path / "model.skops").write_bytes(content[: len(content) // 2])
    assert "model.skops" in _outcome(project, project.run())


def test_a_pickle_that_would_run_a_command_is_refused_by_name_and_never_runs(project):
    class Evil:
        def __reduce__(self):
            import os

            return os.system, ("touch marker",)

    (project.path / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    project.configure(model="evil.pkl")
    said = _outcome(project, project.run())
    assert "system" in said
    assert "trusted" in said
    assert not (project.path / "marker").exists()


def test_a_model_of_the_wrong_task(project):
    project.write_regressor().configure(model="amount.skops")
    assert "regression" in _outcome(project, project.run())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise ValueError('unknown category')", "unknown category"),
        ("return np.full(len(X), np.nan)", "NaN"),
        ("return np.full(len(X) - 1, 0.5)", "600 rows"),
        ("return np.full((len(X), 3), 1 / 3)", "shape"),
        ("return np.full((len(X), 2), 0.9)", "sum to one"),
        ("return np.full(len(X), 1.5)", "outside 0 to 1"),
        ("return ['yes'] * len(X)", "numbers"),
        ("X['score'] = 0.0\n    return np.full(len(X), 0.5)", "score"),
        ("X.drop(columns='score', inplace=True)\n    return np.full(len(X), 0.5)", "columns"),
    ],
)
def test_a_model_that_answers_nonsense(project, body, words):
    (project.path / "odd.py").write_text(f"import numpy as np\ndef predict(X):\n    {body}\n")
    text = (project.path / "modelcheck.toml").read_text()
    (project.path / "modelcheck.toml").write_text(
        text.replace('model = "model.skops"', 'model = "odd:predict"\noutput = "probability"\ntask = "binary"')
    )
    assert words in _outcome(project, project.run())


def test_a_constant_model_fails_as_no_better_than_trivial(project):
    (project.path / "flat.py").write_text("import numpy as np\ndef predict(X):\n    return np.full(len(X), 0.3)\n")
    text = (project.path / "modelcheck.toml").read_text()
    (project.path / "modelcheck.toml").write_text(
        text.replace('model = "model.skops"', 'model = "flat:predict"\noutput = "probability"\ntask = "binary"')
    )
    assert project.run().ret == BLOCKED
    gate = project.gate("performance::better_than_trivial")
    assert gate["verdict"] == "fail"
    assert "0.3" in gate["reason"]


HOSTILE = ["<script>alert(1)</script>", "a\"b'c", "line\nbreak", "x" * 10_000, "\N{PILE OF POO}", "\u202eabc", "=1+1"]


def test_hostile_column_names_and_values_are_shown_and_stay_inert(project):
    train, holdout = (pd.read_csv(project.path / name) for name in ("train.csv", "holdout.csv"))
    for frame in (train, holdout):
        frame["sex"] = [HOSTILE[i % len(HOSTILE)] for i in range(len(frame))]
        for i, name in enumerate(HOSTILE):
            frame[name] = np.arange(len(frame)) % (i + 2)
    train.to_csv(project.path / "train.csv", index=False)
    holdout.to_csv(project.path / "holdout.csv", index=False)
    project.configure(protected=["sex", HOSTILE[0]], suites=None)
    result = project.run()
    assert result.ret == 0
    page = (project.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1
    assert page.count("</script") == 1
    assert '<script>"use strict";' in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "\x1b" not in result.stdout.str()
    assert project.record()["verdict"] == "promoted"
