"""A floor in every slice, from the configuration to the exit code, and the gate that a finding offers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcheck.config import load_configs
from modelcheck.suites.catalog import all_checks

FLOOR = '[gates."performance.every_slice.accuracy"]\nmin = {limit}\n'
GATE = "performance::every_slice.accuracy"


@pytest.fixture
def spoilt(project):
    """Half of the labels of the old are turned round: a good model is right for half of them."""
    project.write_tables(rows=3000)
    path = project.path / "holdout.csv"
    table = pd.read_csv(path)
    turned = (table.age >= 65) & (np.arange(len(table)) % 2 == 0)
    table["outcome"] = np.where(turned, np.where(table.outcome == "yes", "no", "yes"), table.outcome)
    table.to_csv(path, index=False)
    return project


def test_a_floor_that_a_slice_breaks_blocks_and_names_the_slice(spoilt):
    result = spoilt.configure(FLOOR.format(limit=0.6)).run()
    assert result.ret == 1
    gate = spoilt.gate(GATE)
    assert (gate["verdict"], gate["severity"]) == ("fail", "blocking")
    finding = gate["findings"][0]
    assert re.match(r"age >= \d\d", finding["slice"])
    assert finding["high"] < 0.6
    text = " ".join(result.stdout.str().split())
    assert finding["slice"] in text
    assert f"{GATE} (worst: {finding['slice']})" in text
    page = (spoilt.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "frame.query(" in page


def test_the_offered_gate_works_when_it_is_pasted(spoilt):
    spoilt.configure(FLOOR.format(limit=0.6)).run()
    finding = spoilt.gate(GATE)["findings"][0]
    assert spoilt.configure(finding["reproduce"]).run().ret == 1
    gate = spoilt.gate(f"performance::accuracy::{finding['slice']}")
    assert gate["verdict"] == "fail"
    assert gate["criterion"]["min"] == 0.6
    assert gate["estimate"]["n"] == finding["n"]
    query = re.search(r"frame\.query\((['\"])(.+)\1\)", finding["reproduce"])[2]
    assert len(pd.read_csv(spoilt.path / "holdout.csv").query(query)) == finding["n"]


def test_a_floor_that_holds_passes_and_costs_no_alpha_of_the_run(project):
    assert project.configure(FLOOR.format(limit=0.3)).run().ret == 0
    gate = project.gate(GATE)
    assert gate["verdict"] == "pass"
    assert "With 80 % power an accuracy of" in gate["reason"]
    assert project.record()["run"]["declared_alpha"] == 0.025


def test_floors_are_planned_on_request_and_harder_slices_always(project):
    assert project.run().ret == 0
    names = {gate["id"] for gate in project.record()["gates"]}
    assert not [name for name in names if "every_slice" in name]
    gate = project.gate("performance::harder_slices")
    assert (gate["verdict"], gate["severity"], gate["findings"]) == (None, "info", [])


def test_a_floor_of_errors_for_values(project):
    project.write_regressor()
    limit = '[gates."performance.every_slice.mean_absolute_error"]\nmax = {}\n'
    changes = {"model": "amount.skops", "target": "amount", "positive": None, "drop": ["outcome"]}
    assert project.configure(limit.format(0.5), **changes).run().ret == 1
    assert project.gate("performance::every_slice.mean_absolute_error")["findings"]
    assert project.configure(limit.format(50), **changes).run().ret == 0


def test_a_floor_has_no_slices_of_its_own(project):
    project.configure('[slices]\n"65+" = "age >= 65"\n' + FLOOR.format(limit=0.6) + 'slices."65+".min = 0.5\n')
    result = project.run()
    assert result.ret == 4
    assert "is not offered by this check" in result.stderr.str()


def test_the_example_of_the_reference_page_loads(project):
    page = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
    (example,) = (part for part in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "every_slice" in part)
    project.configure(example)
    (config,) = load_configs(project.path, checks=all_checks())
    assert config.gates["performance.every_slice.accuracy"].limit.min == 0.75
    assert list(config.gates["performance.accuracy"].slices) == list(config.slices)
