"""A fixed part of the proving ground: planted defects found by the gate that says them, clean twins left alone.

The whole is `benchmarks/proving_ground`, and its figures are published in `benchmarks/results/proving_ground.md`. Here
a defect is looked at by the suites of its gates only, since no verdict depends on what else runs; twins by everything.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from benchmarks.proving_ground.bases import BASES
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.draws import base_of, trial_of
from benchmarks.proving_ground.tools import modelcheck_scan
from modelcheck.suites.catalog import all_checks

RATE = 0.05  # of defects may be missed, and of twins may raise an alarm
SEED = 1000  # no run that is published uses it
SIMULATED = [name for name, base in BASES.items() if base.simulated]
TWINS = [(name, rows, SEED + rows) for name in SIMULATED for rows in (300, 2000)]
SUBSET = (
    "worse_than_baseline",
    "learned_nothing",
    "overconfident",
    "teachers",
    "women_score_lower",
    "too_hopeful_about_some",
    "rents_of_one_origin",
    "income_as_a_name",
    "now_and_then",
    "crash_on_gap",
    "debt_gap_as_code",
    "forbidden_column",
    "debt_helps",
    "driven_by_noise",
    "copy_of_target",
    "shortcut",
    "label_drift",
    "writes_a_log",
    "mixes_up_columns",
)
# What a user has to declare beyond a trial's own, or a copy of the model that only runs as a user have.
ON_REQUEST = {"bias.conditional_parity_difference", "bias.error_difference", "deployment.onnx_parity"}


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    # A scan asks git about the folder it is in, which in a repository takes longer than most of its gates.
    monkeypatch.chdir(tmp_path)


def _told(what, hits, runs):
    low, high = binomtest(hits, runs).proportion_ci(0.95, method="exact")
    print(f"{what}: {hits} of {runs} ({hits / runs:.1%}, 95 % interval {low:.1%} to {high:.1%})")


def test_planted_defects_are_found_by_the_gate_that_says_them():
    missed = {}
    for name in SUBSET:
        case = CASES[name]
        trial = trial_of(name, case.rows, SEED)
        suites = sorted({gate.partition(".")[0] for gate in case.gates})
        said = modelcheck_scan.examine(replace(trial, options={**trial.options, "suites": suites}))
        if not modelcheck_scan.right(name) & {*said.found, *(said.errors if case.error_finds else ())}:
            missed[name] = said.found
    print("missed:", missed)
    _told("defects missed", len(missed), len(SUBSET))
    assert len(missed) <= binom.ppf(0.999, len(SUBSET), RATE), missed


def test_clean_twins_raise_an_alarm_no_more_often_than_may_be():
    alarms = {}
    for name, rows, seed in TWINS:
        said = modelcheck_scan.examine(trial_of(name, rows, seed))
        false = [gate for gate in (*said.found, *said.errors) if not BASES[name].says_truly(gate, rows)]
        if false:
            alarms[name, rows, seed] = false
    _told("twins with a false alarm", len(alarms), len(TWINS))
    assert len(alarms) <= binom.ppf(0.999, len(TWINS), RATE), alarms


def test_every_gate_that_judges_by_default_has_a_defect_planted_for_it():
    judging = {one.check for one in all_checks() if one.severity != "info"}
    planted = {gate for case in CASES.values() for gate in case.gates}
    assert judging - planted == ON_REQUEST
    assert planted <= judging
    assert len(CASES) >= 40


def test_what_is_true_of_a_twin_is_never_the_answer_to_a_case():
    wrong = {
        (case.name, gate)
        for case in CASES.values()
        for gate in case.gates
        if base_of(case.name).says_truly(gate, case.rows)
    }
    assert wrong == set()


FIRST = {case.family: name for name, case in reversed(CASES.items()) if base_of(name).simulated}


@pytest.mark.parametrize("name", FIRST.values())
def test_equal_draws_are_equal(name):
    one, same = trial_of(name, 200, 3), trial_of(name, 200, 3)
    pd.testing.assert_frame_equal(one.train, same.train)
    pd.testing.assert_frame_equal(one.holdout, same.holdout)
    assert one.dataset == same.dataset
    assert one.options == same.options
