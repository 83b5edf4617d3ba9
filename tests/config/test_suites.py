"""Several suites with checks, as later versions have; the checks handed in decide what is available."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelcheck.config import load_configs
from modelcheck.errors import ConfigError
from modelcheck.suites.catalog import CheckDefault, all_checks, find_check

PARITY = CheckDefault(
    check="bias.demographic_parity_difference",
    function="module:function",
    title="Parity",
    tasks=("binary",),
    lower=0.0,
    upper=1.0,
)
OURS = replace(PARITY, check="house.rules")
CHECKS = (OURS, PARITY, *all_checks())

WAIVER = """
[[waivers]]
gate = "bias::demographic_parity_difference::sex"
reason = "r"
owner = "o"
expires = 2027-01-31
"""


def mistakes(project, text, **options):
    project.write("modelcheck.toml", text)
    with pytest.raises(ConfigError) as caught:
        load_configs(project.root, checks=CHECKS, **options)
    return caught.value.mistakes


def config(project, text, **options):
    project.write("modelcheck.toml", text)
    (loaded,) = load_configs(project.root, checks=CHECKS, **options)
    return loaded


def test_default_is_every_suite_with_checks_in_the_designs_order(project, base):
    assert config(project, base).suites == (
        "performance",
        "bias",
        "robustness",
        "explainability",
        "deployment",
        "security",
        "house",
    )


def test_command_line_shrinks_in_the_files_order(project, base):
    text = 'suites = ["bias", "performance"]\n' + base
    assert config(project, text).suites == ("bias", "performance")
    assert config(project, text, suites=["performance", "bias"]).suites == ("bias", "performance")
    assert config(project, text, suites=["performance", "house"]).suites == ("performance",)


def test_shrinking_to_nothing_is_a_mistake(project, base):
    (mistake,) = mistakes(project, 'suites = ["performance"]\n' + base, suites=["bias"])
    assert mistake.key == "--modelcheck-suite"
    assert "nothing to run" in mistake.problem


def test_limit_of_a_suite_that_is_left_out_would_never_be_judged(project, base):
    gate = '[gates."bias.demographic_parity_difference"]\nmax = 0.1\n'
    assert "bias.demographic_parity_difference" in config(project, base + gate).gates
    (mistake,) = mistakes(project, 'suites = ["performance"]\n' + base + gate)
    assert "never runs" in mistake.problem
    assert mistake.hint == 'Add it: suites = ["performance", "bias"]'


def test_suite_left_out_on_the_command_line_alone_is_no_mistake(project, base):
    gate = '[gates."bias.demographic_parity_difference"]\nmax = 0.1\n'
    assert config(project, base + gate, suites=["performance"]).suites == ("performance",)


def test_waiver_of_a_suite_that_is_left_out_is_a_mistake(project, base):
    assert config(project, base + WAIVER).waivers[0].owner == "o"
    (mistake,) = mistakes(project, 'suites = ["performance"]\n' + base + WAIVER)
    assert "can't exist" in mistake.problem


def test_names_that_two_suites_share_keep_the_suite_written(project, base):
    assert find_check("performance.recall") is not None
    twin = replace(PARITY, check="bias.recall")
    project.write("modelcheck.toml", base + '[gates."performance.recal"]\nmin = 0.5\n')
    with pytest.raises(ConfigError) as caught:
        load_configs(project.root, checks=(*CHECKS, twin))
    (mistake,) = caught.value.mistakes
    assert mistake.hint == 'Did you mean "performance.recall"?'
