"""A fixed part of the proving ground: planted defects found by the gate that says them, clean twins left alone.

The whole of it is `benchmarks/proving_ground`; its figures are published in `benchmarks/results/proving_ground.md`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from benchmarks.proving_ground.bases import BASES
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.cells import Cell
from benchmarks.proving_ground.draws import base_of, trial_of
from benchmarks.proving_ground.scoring import scored
from benchmarks.proving_ground.tools import modelcheck_scan
from modelcheck.suites.catalog import all_checks

RATE = 0.05  # may be missed, and may be a false alarm
SIMULATED = [name for name, base in BASES.items() if base.simulated]
# One twin of every simulated task, at few rows, where false alarms are likeliest, and at more; seeds no other run uses.
TWINS = [(name, rows, 1000 + seed) for name in SIMULATED for rows, seeds in ((300, 3), (2000, 1)) for seed in range(seeds)]
JUDGING = sorted(
    one.check for one in all_checks() if one.severity != "info" and (one.judged or one.compares) and not one.check.endswith("_")
)


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    # A scan asks git about the folder it is in, which in a repository takes longer than most of its gates.
    monkeypatch.chdir(tmp_path)


def _subset():
    """One case of every family and suite: the first that names a gate no earlier one has named, on simulated tables."""
    chosen, families = [], set()
    for case in CASES.values():
        suites = {gate.partition(".")[0] for gate in case.gates}
        if suites and case.base in SIMULATED and not case.options_needed and (case.family, *suites) not in families:
            families.add((case.family, *suites))
            chosen.append(case.name)
    return chosen
