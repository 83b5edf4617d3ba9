"""Properties over rows in check files: found, shrunk to one row, reported as gates; and nothing is written beside."""

from __future__ import annotations

HEAD = "import modelcheck\nimport numpy as np\n\n\n"


def _check(project, text):
    folder = project.path / "checks"
    folder.mkdir(exist_ok=True)
    (folder / "check_rows.py").write_text(HEAD + text, encoding="utf-8")


def _run(project, *options):
    return project.run(*options)


def test_a_property_that_holds_passes(project):
    _check(
        project,
        "@modelcheck.given_rows(change=['score'], examples=20)\n"
        "def check_a_higher_score_never_lowers_the_chance(before, after, candidate):\n"
        "    moved = candidate.predict_proba(after)[:, 1] - candidate.predict_proba(before)[:, 1]\n"
        "    return np.sign(after['score'] - before['score']) * moved >= -1e-9\n"
        "\n\n"
        "@modelcheck.given_rows()\n"
        "def check_chances_are_chances(rows, candidate):\n"
        "    chance = candidate.predict_proba(rows)[:, 1]\n"
        "    return (chance >= 0) & (chance <= 1)\n",
    )
    result = _run(project, "-W", "error")
    assert result.ret == 0
    assert project.gate("user::checks.check_rows.check_a_higher_score_never_lowers_the_chance")["verdict"] == "pass"
    assert project.gate("user::checks.check_rows.check_chances_are_chances")["verdict"] == "pass"
    assert not (project.path / ".hypothesis").exists()


def test_a_property_that_breaks_fails_with_one_row_and_one_change(project):
    _check(
        project,
        "@modelcheck.given_rows(examples=20)\n"
        "def check_nothing_matters(before, after, candidate, model_name, reference):\n"
        "    moved = candidate.predict_proba(after)[:, 1] - candidate.predict_proba(before)[:, 1]\n"
        "    return abs(moved) < 0.02\n",
    )
    assert _run(project).ret == 1
    gate = project.gate("user::checks.check_rows.check_nothing_matters")
    assert gate["verdict"] == "fail"
    assert "check_nothing_matters doesn't hold for row " in gate["reason"]
    again = _run(project)
    assert again.ret == 1
    assert project.gate("user::checks.check_rows.check_nothing_matters")["reason"] == gate["reason"]


def test_a_property_of_rows_as_they_are_names_the_row(project):
    _check(
        project,
        "@modelcheck.given_rows()\n"
        "def check_nobody_is_older_than_70(rows, candidate):\n"
        "    assert rows['age'].max() <= 70, 'too old'\n",
    )
    result = _run(project)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*check_nobody_is_older_than_70 doesn't hold for row * of the dataset*: too old*"])
    assert project.gate("user::checks.check_rows.check_nobody_is_older_than_70")["verdict"] == "fail"


def test_mistakes_are_errors_with_a_clear_sentence(project):
    _check(
        project,
        "@modelcheck.given_rows(change=['agee'])\n"
        "def check_typo(before, after): return after['age'] > 0\n"
        "\n\n"
        "@modelcheck.given_rows(change=['age'])\n"
        "def check_one_bool(before, after): return True\n"
        "\n\n"
        "@modelcheck.given_rows(change=['age'])\n"
        "def check_raises(before, after): raise KeyError('mine')\n",
    )
    assert _run(project).ret == 1
    reasons = {}
    for name in ("typo", "one_bool", "raises"):
        gate = project.gate(f"user::checks.check_rows.check_{name}")
        assert gate["verdict"] == "error"
        reasons[name] = gate["reason"]
    assert "'agee', which is no feature. Closest: 'age'" in reasons["typo"]
    assert "it must return one bool a row" in reasons["one_bool"]
    assert "mine" in reasons["raises"]


def test_several_models_each_search_their_own_rows(project):
    project.write_regressor().configure(
        "", name="amount", file="amount.toml", model="amount.skops", target="amount", positive=None, drop=["outcome"]
    )
    _check(
        project,
        "@modelcheck.given_rows(change=['hours'], examples=5)\n"
        "def check_it(before, after, candidate, dataset, model_name):\n"
        "    assert dataset.table.target == {'demo': 'outcome', 'amount': 'amount'}[model_name]\n"
        "    return np.isfinite(candidate.predict_proba(after)[:, 1] if model_name == 'demo' else"
        " candidate.predict(after))\n",
    )
    result = _run(project, "--modelcheck-config", "modelcheck.toml", "--modelcheck-config", "amount.toml")
    assert result.ret == 0
    assert project.gate("user::checks.check_rows.check_it.demo", "reports/demo")["verdict"] == "pass"
    assert project.gate("user::checks.check_rows.check_it.amount", "reports/amount")["verdict"] == "pass"
