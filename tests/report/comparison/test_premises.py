"""What makes two runs hard to compare is said before any number."""

from dataclasses import replace

import pytest

from modelcheck.report.comparison import compare, render_comparison, render_comparison_summary
from modelcheck.report.comparison.premises import cautions


def test_two_runs_on_the_same_rows_need_no_caution(healthy, worse):
    found = compare(healthy, worse)
    assert found.same_rows
    assert found.cautions == ()
    facts = {one.label: one for one in found.premises}
    assert facts["Dataset sha256"].same
    assert facts["Answers sha256"].same is False
    assert facts["Profile"].old == "ci"
    assert "Both runs judged the same rows" in " ".join(render_comparison(found).split())


def test_other_rows_are_said_first_and_loudly(healthy, worse):
    other = replace(worse, dataset=worse.dataset | {"sha256": "ab" * 32, "rows": 300})
    found = compare(healthy, other)
    assert found.same_rows is False
    assert found.cautions[0].startswith("THE ROWS DIFFER (284 rows, sha256 ")
    assert "300 rows, sha256 abababababab now" in found.cautions[0]
    lines = render_comparison(found, 400).splitlines()
    assert lines[1].startswith("THE ROWS DIFFER")
    assert "- THE ROWS DIFFER" in render_comparison_summary(found)
    assert "Both runs judged the same rows" not in " ".join(render_comparison(found).split())


def test_unknown_rows_are_not_taken_for_the_same(healthy):
    found = compare(healthy, replace(healthy, dataset={}, run=healthy.run | {"id": "other"}))
    assert found.same_rows is None
    assert found.cautions[0].startswith("THE ROWS MAY DIFFER")


def test_the_same_run_twice_is_said(healthy):
    (said,) = cautions(healthy, healthy)
    assert said.startswith("Both records are of the same run")


def test_other_models_are_compared_all_the_same(healthy, worse):
    found = compare(healthy, replace(worse, name="another"))
    (said,) = found.cautions
    assert said.startswith("The records are of different models: tumours then, another now.")
    assert found.worse


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"profile": "release"}, "Profile: ci then, release now."),
        ({"seed": 7}, "Seed: 0 then, 7 now."),
        ({"task": "regression"}, "Task: binary then, regression now."),
        ({"versions": {"modelcheck": "9.9"}}, "modelcheck: "),
        ({"suites_selected": ["bias"]}, "The run now was asked for some suites only: bias."),
        ({"started": "1999-01-01T00:00:00+00:00"}, "The first record was started after the second"),
    ],
)
def test_what_differs_in_how_was_judged_is_said(healthy, worse, change, said):
    (found,) = cautions(healthy, replace(worse, run=worse.run | change))
    assert said in found


def test_another_baseline_is_told_by_its_content_not_by_its_file_name(healthy, worse):
    old, new = (replace(one, baseline={"source": "a.skops", "sha256": "1"}) for one in (healthy, worse))
    assert cautions(old, replace(new, baseline={"source": "renamed.skops", "sha256": "1"})) == ()
    (said,) = cautions(old, replace(new, baseline={"source": "a.skops", "sha256": "2"}))
    assert said.startswith("Baseline sha256: 1 then, 2 now.")
    (said,) = cautions(healthy, new)
    assert said.startswith("Baseline: none then, a.skops now.")


def test_a_run_that_was_cut_short_and_doubled_gates_are_said(healthy, worse):
    short = replace(worse, verdict="incomplete", gates=worse.gates + worse.gates[:2])
    said = " ".join(cautions(healthy, short))
    assert "The run now was INCOMPLETE" in said
    assert "The record of the run now has 2 gate ids more than once" in said


def test_models_that_answer_alike_are_not_blamed(healthy):
    again = replace(healthy, run=healthy.run | {"id": "another"})
    assert "Both candidates answer every row alike" in render_comparison(compare(healthy, again), 200)


def test_facts_of_the_wrong_kind_are_not_known(healthy, worse):
    odd = replace(worse, run={"profile": ["ci"], "seed": {"a": 1}, "versions": 3, "git": "x", "suites_selected": 5})
    facts = {one.label: one for one in compare(healthy, odd).premises}
    assert facts["Seed"].new == "not known"
    assert facts["Seed"].same is None
