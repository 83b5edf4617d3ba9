import numpy as np
import pytest

from modelcheck.checks.explainability.shift import shift
from modelcheck.errors import DataError
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion


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
    assert "no column is left" in found.proved
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


def verdict(found):
    return judge(found, Criterion(max=0.25, confidence=0.95))


@pytest.mark.parametrize("n", [5, 40, 100])
def test_a_shortcut_that_few_rows_cannot_show_is_left_open(context_for, people, reference, n):
    rows = tagged(people(n), telling=False, seed=n)
    found = shift(context_for(by_tag, rows, reference=reference, limit=0.25, budget=200_000, confidence=0.999))
    told = judge(found, Criterion(max=0.25, confidence=0.999))
    assert told.verdict == "inconclusive"
    assert "tag" in found.groups
    assert "rows" in told.reason
    assert "would be needed" in told.reason


def test_a_shortcut_of_words_that_have_no_codes_is_left_open(context_for, people):
    rng = np.random.default_rng(1)

    def written(table, *, telling):
        truth = (table["y"] == "yes").to_numpy()
        said = truth if telling else rng.permutation(truth)
        other = rng.integers(0, 10**6, len(table))
        return table[["big", "y"]].assign(
            note=[
                f"seen by {one} at {'north' if here else 'south'} ward" for one, here in zip(other, said, strict=True)
            ]
        )

    def by_note(rows):
        north = rows["note"].str.contains("north").to_numpy(dtype=float)
        return 1.0 / (1.0 + np.exp(-(6.0 * north - 3.0 + rows["big"].to_numpy())))

    there, here = written(people(1_000, 1), telling=True), written(people(1_000), telling=False)
    found = shift(context_for(by_note, here, reference=there, limit=0.25, budget=200_000))
    told = verdict(found)
    assert told.verdict == "inconclusive"
    assert "the codes of note don't say what it holds" in told.reason


def test_a_column_that_is_the_same_in_all_rows_has_lost_no_word(context_for, people, reference):
    rows = tagged(people(800), telling=True, seed=9).assign(tag=1.0)
    found = shift(context_for(by_tag, rows, reference=reference, limit=0.25, budget=200_000))
    assert "tag" not in found.groups


def test_where_many_rows_lose_their_answers_nothing_is_proved(context_for, people, reference):
    def picky(rows):
        answers = by_tag(rows)
        answers[((rows["noise"] > 0.5) & (rows["big"] < 0.0)).to_numpy()] = np.nan
        return answers

    def answerable(table):
        return table[~((table["noise"] > 0.5) & (table["big"] < 0.0))].reset_index(drop=True)

    rows = answerable(tagged(people(2_000), telling=False, seed=9))
    found = shift(context_for(picky, rows, reference=answerable(reference), limit=0.25, budget=200_000))
    assert not found.findings
    assert verdict(found).verdict == "inconclusive"
    assert "have no answer" in found.groups["tag"].unproven


def test_a_reference_that_cannot_be_scored_is_named(context_for, people, reference):
    rows = tagged(people(200), telling=True, seed=9)
    with pytest.raises(DataError, match=r"reference can't be scored.*one class only"):
        shift(context_for(by_tag, rows, reference=reference.assign(y="no")))
