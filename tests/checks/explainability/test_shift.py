import numpy as np
import pytest

from modelcheck.checks.explainability.shift import shift


def by_tag(rows):
    return 1.0 / (1.0 + np.exp(-(1.5 * rows["tag"] + 2.0 * rows["big"]).to_numpy()))


def tagged(table, *, telling, seed):
    """A tag that says the truth, or that says nothing."""
    rng = np.random.default_rng(seed)
    truth = np.where(table["y"] == "yes", 1.0, -1.0)
    return table.assign(tag=np.where(rng.random(len(table)) < (0.9 if telling else 0.5), truth, -truth))


@pytest.fixture(scope="module")
def reference(people):
    return tagged(people(2_000, 1), telling=True, seed=8)


def test_a_shortcut_that_told_the_truth_only_in_the_reference_is_found(context_for, people, reference, lines_of):
    rows = tagged(people(2_000), telling=False, seed=9)
    found = shift(context_for(by_tag, rows, reference=reference, limit=0.25, budget=200_000))
    assert [one.title.split()[0] for one in found.findings] == ["tag"]
    assert found.estimate.low > 0.25
    tag = next(line for line in lines_of(found) if line["column"] == "tag")
    assert tag["part in the reference"] > 0.5 > tag["part on the dataset"]
    assert tag["lost"] == pytest.approx(tag["part in the reference"] - tag["part on the dataset"])


def test_reasons_that_still_pay_are_no_finding(context_for, people, reference, lines_of):
    rows = tagged(people(800), telling=True, seed=9)
    found = shift(context_for(by_tag, rows, reference=reference, limit=0.25, budget=200_000))
    assert not found.findings
    assert abs(found.estimate.value) < 0.25
    assert "no column" in found.proved
    assert len(lines_of(found)) == 7


def test_without_a_reference_there_is_nothing_to_compare(context_for, people, right):
    assert "reference" in shift(context_for(right, people(200))).not_applicable


def test_where_nothing_paid_in_the_reference_nothing_can_be_lost(context_for, people, reference):
    blind = reference.assign(y=np.random.default_rng(2).permutation(reference["y"]))
    found = shift(context_for(by_tag, tagged(people(400), telling=True, seed=9), reference=blind, limit=0.25))
    assert not found.findings


def test_a_truth_that_nothing_tells_any_more_is_no_error(context_for, people, reference):
    rows = tagged(people(300), telling=False, seed=9)
    rows["y"] = np.random.default_rng(2).permutation(rows["y"])
    found = shift(context_for(by_tag, rows, reference=reference, limit=0.25))
    assert found.reading


def test_clusters_in_both_tables_are_not_compared_as_if_they_were_independent(context_for, people, reference):
    rows = tagged(people(400), telling=True, seed=9).assign(who=np.arange(400) // 4)
    other = reference.assign(who=np.arange(2_000) // 20)
    found = shift(context_for(by_tag, rows, reference=other, limit=0.25, dataset={"cluster": "who"}))
    assert "clusters" in found.reading
    assert not found.groups
