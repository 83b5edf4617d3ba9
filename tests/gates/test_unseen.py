"""What a user declares and nobody could look at stays open, and is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

import modelcheck
import modelcheck.scanning
from modelcheck.errors import ConfigError


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def only(monkeypatch):
    def choose(*names):
        checks = tuple(one for one in modelcheck.scanning.all_checks() if one.check in names)
        monkeypatch.setattr(modelcheck.scanning, "all_checks", lambda: checks)

    return choose


def scan(classes=2, given="abc", n=300, **more):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(2 * n, 4)), columns=list("abcd"))
    rows["target"] = np.digitize(rows["a"] + rng.normal(size=2 * n), np.linspace(-1, 1, classes + 1)[1:-1])
    model = LogisticRegression().fit(rows.loc[: n - 1, list(given)], rows.loc[: n - 1, "target"])
    settings = {"target": "target", "reference": rows[:n], "suites": ["explainability", "robustness"], "budget": 60_000}
    found = modelcheck.scan(model, rows[n:].reset_index(drop=True), **settings | more)
    return found, {gate.id: gate for gate in found.record.gates}


@pytest.mark.parametrize(
    ("key", "names"), [("signs", {"explainability"}), ("monotonic", {"explainability", "robustness"})]
)
def test_a_direction_of_several_classes_is_planned_and_left_open(only, key, names):
    only("explainability.direction", "robustness.direction", "robustness.determinism")
    found, gates = scan(3, dataset={key: {"a": "decreasing"}})
    for suite in names:
        gate = gates[f"{suite}::direction"]
        assert (gate.verdict, gate.severity) == ("inconclusive", "blocking")
        assert f"{key} a is declared" in gate.reason
        assert "this one is multiclass" in gate.reason
    released, _ = scan(3, dataset={key: {"a": "decreasing"}}, profile="release")
    assert (found.verdict, released.verdict) == ("promoted", "blocked")


def test_without_a_declaration_no_direction_is_planned_for_several_classes(only):
    only("explainability.direction", "robustness.direction", "robustness.determinism")
    assert set(scan(3)[1]) == {"robustness::determinism"}


def test_a_limit_for_a_check_of_another_task_does_not_vanish(only):
    only("explainability.direction", "robustness.determinism")
    gate = scan(3, gates={"explainability.direction": {"max": 0.1}})[1]["explainability::direction"]
    assert gate.verdict == "inconclusive"
    assert "a limit is declared" in gate.reason
    with pytest.raises(ConfigError, match="multiclass"):
        scan(3, gates={"explainability.direction": {"max": 0.1}}, task="multiclass")


def test_a_canary_that_the_candidate_is_not_given_leaves_the_gate_open(only):
    only("explainability.irrelevant", "robustness.determinism")
    given = scan(dataset={"canary": ["c"]})[1]["explainability::irrelevant"]
    absent = scan(dataset={"canary": ["c", "d"]})[1]["explainability::irrelevant"]
    assert (given.verdict, absent.verdict) == ("pass", "inconclusive")
    assert "canary d." in absent.reason


def test_a_limit_of_the_users_has_the_profiles_burden_and_one_that_is_declared_by_columns_too(only):
    only("explainability.forbidden", "explainability.dominance", "robustness.noise")
    limits = {"explainability.dominance": {"max": 0.95}, "robustness.noise": {"max": 0.001}}
    gates = scan(dataset={"forbidden": ["c"]}, gates=limits, profile="release")[1]
    assert {str(gate.criterion.burden) for gate in gates.values()} == {"compliance"}
    assert gates["robustness::noise"].verdict in ("inconclusive", "fail")
    by_default = scan(dataset={"forbidden": ["c"]}, profile="release")[1]
    assert {name: str(gate.criterion.burden) for name, gate in by_default.items()} == {
        "explainability::forbidden": "compliance",
        "explainability::dominance": "breach",
        "robustness::noise": "breach",
    }


def test_a_share_that_is_not_proved_to_keep_its_limit_blocks_a_release(only):
    only("explainability.forbidden")
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(1050, 5)), columns=list("abcde"))
    rows["target"] = rows[list("abcd")].sum(axis=1) + 0.2 * rows["e"] + 0.1 * rng.normal(size=len(rows))
    model = LinearRegression().fit(rows.loc[:999, list("abcde")], rows.loc[:999, "target"])
    verdicts = {}
    for profile in ("ci", "release"):
        found = modelcheck.scan(
            model, rows[1000:].reset_index(drop=True), target="target", reference=rows[:1000], profile=profile,
            suites=["explainability"], dataset={"forbidden": ["e"]}, budget=60_000,
        )  # fmt: skip
        (gate,) = found.record.gates
        assert gate.estimate.low < 0.05 < gate.estimate.high
        verdicts[profile] = (str(gate.verdict), str(found.verdict))
    assert verdicts == {"ci": ("pass", "promoted"), "release": ("inconclusive", "blocked")}
