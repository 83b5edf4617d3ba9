"""Negative flips: how many rows, who they are, and examples of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from modelcheck.checks.context import NO_BASELINE
from modelcheck.checks.performance.comparison.flips import negative_flips
from modelcheck.checks.performance.comparison.where import concentration
from modelcheck.record.evidence import Severity


def lines(evidence, name):
    table = next(item for item in evidence.tables if item.name == name)
    return [dict(zip(table.columns, line, strict=True)) for line in table.rows]


@pytest.fixture
def pair(rows_of, codes_of):
    """3,000 rows; the candidate loses 20 % of the right answers in city 2, and 1 % elsewhere."""
    rng = np.random.default_rng(0)
    n = 3000
    city, age = rng.integers(0, 6, n), rng.normal(50, 15, n)
    target = rng.integers(0, 2, n)
    wrong = rng.random(n) < 0.15
    before = np.where(wrong, 1 - target, target)
    flip = ~wrong & (rng.random(n) < np.where(city == 2, 0.2, 0.01))
    repaired = wrong & (rng.random(n) < 0.3)
    after = np.where(flip | repaired, 1 - before, before)
    sure = rng.uniform(0.5, 1, (2, n))
    old, new = (np.where(answer == 1, part, 1 - part) for answer, part in zip((before, after), sure, strict=True))
    features = codes_of({"city": city, "age": age})
    groups = {"sex": rng.choice(["female", "male"], n)}
    candidate, baseline = (
        rows_of("binary", target, score, answer, groups=groups, features=features)
        for score, answer in ((new, after), (old, before))
    )
    slices = {"old": age > 65}
    return replace(candidate, slices=slices), replace(baseline, slices=slices), flip, repaired


def compare(context_of, pair, **more):
    return negative_flips(context_of("negative_flips", pair[0], **({"baseline": pair[1], "baseline_note": ""} | more)))


def test_without_a_baseline_it_does_not_apply(binary, context_of):
    assert negative_flips(context_of("negative_flips", binary)).not_applicable == NO_BASELINE


def test_a_baseline_without_decisions_is_said(pair, context_of):
    found = compare(context_of, pair, baseline=replace(pair[1], decision=None))
    assert found.not_applicable.startswith("baseline: negative_flips needs decisions")


def test_the_rate_counts_rows_that_were_right_and_are_wrong(pair, context_of):
    found = compare(context_of, pair)
    k = int(pair[2].sum())
    exact = stats.binomtest(k, 3000).proportion_ci()
    assert found.estimate.metric == "negative_flip_rate"
    assert found.estimate.value == pytest.approx(k / 3000)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((exact.low, exact.high))
    assert f"{k} negative flips, {pair[3].sum()} positive flips" in found.reading
    table = lines(found, "flips")
    assert table[0]["candidate wrong"] == k
    assert table[1]["candidate right"] == pair[3].sum()
    assert sum(line[column] for line in table for column in ("share right", "share wrong")) == pytest.approx(1)


def test_those_who_are_hit_are_found_and_nobody_else(pair, context_of):
    found = compare(context_of, pair)
    (finding,) = found.findings
    assert finding.slice == "city = level 2"
    assert finding.severity is Severity.INFO
    assert finding.p_adjusted < 1e-10
    assert finding.low < finding.effect < finding.high
    assert finding.low > 0.05
    assert "city = level 2" in found.reading
    top = lines(found, "who they are")
    assert len(top) == 10
    assert top[0]["where"] == "city = level 2"
    assert [line["excess"] for line in top] == sorted((line["excess"] for line in top), reverse=True)
    assert {example["city (level)"] for example in finding.examples} == {"level 2"}


def test_a_slice_or_a_group_that_is_hit_says_how_to_gate_it(pair, context_of):
    slices = {"the south": pair[0].features.values[0] == 3}
    found = compare(context_of, (replace(pair[0], slices=slices), pair[1]))
    assert {item.slice for item in found.findings} == {"city = level 2", "slice the south"}
    one = next(item for item in found.findings if item.slice.startswith("slice"))
    assert one.reproduce == 'in modelcheck.toml: [gates."performance.negative_flips"] slices."the south".max = 0.02'


def test_a_condition_is_looked_at_by_its_size_alone(pair):
    rows, flip = pair[0], pair[2]
    found = concentration(flip, rows)
    assert found.least == 30
    # 6 cities, 10 bins of age, 2 sexes and a slice; no cell is missing.
    assert len(found.places) == 19
    assert len(concentration(np.zeros(3000, dtype=bool), rows).places) == 19
    few = rows.take(np.arange(150))
    assert all(20 <= place.rows <= 130 for place in concentration(flip[:150], few).places)


def test_a_protected_attribute_that_is_a_feature_is_looked_at_once(pair):
    rows = pair[0]
    city = rows.features.values[0].astype(int) - 1
    names = [f"level {code}" for code in city]
    labels, codes = np.unique(names, return_inverse=True)
    groups = {"city": type(rows.groups["sex"])(labels=tuple(labels.tolist()), codes=codes.astype(np.int32))}
    twice = concentration(pair[2], replace(rows, groups=groups, slices={}))
    assert sum(place.name == "city" for place in twice.places) == 6
    assert {place.kind for place in twice.places if place.name == "city"} == {"group"}


@pytest.mark.parametrize("design", ["cluster", "weight"])
def test_of_weighted_or_clustered_rows_the_search_says_how_sure_it_is(pair, context_of, design):
    value = np.arange(3000, dtype=np.int32) // 3 if design == "cluster" else np.linspace(0.5, 2, 3000)
    found = compare(context_of, tuple(replace(side, **{design: value}) for side in pair[:2]))
    (finding,) = found.findings
    assert "city = level 2" in finding.slice
    assert finding.low > 0.05
    assert finding.p_adjusted < 1e-6
    top = lines(found, "who they are")
    assert {line["adjusted p"] for line in top} == {None}
    assert top[0]["where"] == "city = level 2"
    member = pair[0].features.values[0] == 3
    weights = value if design == "weight" else np.ones(3000)
    assert top[0]["share"] == pytest.approx(np.average(pair[2][member], weights=weights[member]))
    assert top[0]["share in the rest"] == pytest.approx(np.average(pair[2][~member], weights=weights[~member]))
    assert "how sure that is isn't said" in found.reading


def test_two_conditions_that_hit_only_together_are_found(pair, context_of):
    rows, baseline = pair[0], pair[1]
    city, old = rows.features.values[0] == 4, rows.features.values[1] >= 8
    hit = city & old & (baseline.decision == baseline.target) & (np.random.default_rng(0).random(3000) < 0.5)
    turned = np.where(hit, 1 - baseline.decision, baseline.decision).astype(np.int16)
    found = compare(context_of, (replace(rows, decision=turned), baseline))
    together = lines(found, "conditions together")[0]
    assert {part.split(" ")[0] for part in together["where"].split(" & ")} == {"city", "age"}
    assert together["adjusted p"] < 1e-10
    finding = next(item for item in found.findings if item.slice == together["where"])
    assert finding.low < finding.effect <= finding.high
    assert '[gates."performance.negative_flips"]' in finding.reproduce
    assert {example["truth"] for example in finding.examples} <= set(rows.classes)


def test_examples_come_with_the_largest_change_first(pair, context_of):
    found = compare(context_of, pair)
    examples = lines(found, "flipped rows")
    assert len(examples) == 10
    drops = [line["candidate's score of the truth"] - line["baseline's score of the truth"] for line in examples]
    assert drops == sorted(drops)
    rows, flip = pair[0], pair[2]
    truth = [np.where(side.target == 1, side.score, 1 - side.score) for side in pair[:2]]
    assert drops[0] == pytest.approx(np.min((truth[0] - truth[1])[flip]))
    for line in examples:
        assert flip[line["row"]]
        assert line["truth"] == rows.classes[rows.target[line["row"]]] == line["baseline"] != line["candidate"]
        assert set(line) >= {"city (level)", "age (level)"}


def test_examples_keep_the_row_ids_of_the_table(pair, context_of):
    kept = np.flatnonzero(np.arange(3000) % 3 == 1)
    part = tuple(side.take(kept) for side in pair[:2])
    examples = lines(compare(context_of, part), "flipped rows")
    assert all(line["row"] % 3 == 1 and pair[2][line["row"]] for line in examples)


def test_labels_alone_are_listed_by_row_id(pair, context_of):
    bare = tuple(replace(side, score=None) for side in pair[:2])
    examples = lines(compare(context_of, bare), "flipped rows")
    assert [line["row"] for line in examples] == np.flatnonzero(pair[2])[:10].tolist()
    assert "candidate's score of the truth" not in examples[0]


def test_more_than_two_classes_flip_too(multiclass, context_of):
    rng = np.random.default_rng(0)
    score = multiclass.score + rng.random(multiclass.score.shape) * 0.2
    other = replace(multiclass, score=score, decision=score.argmax(axis=1).astype(np.int16))
    found = compare(context_of, (multiclass, other))
    flips = (other.decision == other.target) & (multiclass.decision != multiclass.target)
    assert found.estimate.value == pytest.approx(flips.mean())
    line = lines(found, "flipped rows")[0]
    assert line["candidate's score of the truth"] == multiclass.score[line["row"], multiclass.target[line["row"]]]


def test_the_same_model_has_no_flips_and_an_interval(binary, context_of):
    found = compare(context_of, (binary, binary))
    assert (found.estimate.value, found.estimate.low) == (0, 0)
    assert 0 < found.estimate.high < 0.003
    assert found.findings == ()
    assert "0 negative flips" in found.reading


def test_by_an_attribute_every_group_has_its_rate(pair, context_of):
    found = compare(context_of, pair, by="sex", slice="sex")
    assert list(found.groups) == ["female", "male"]
    assert found.estimate.value == max(item.value for item in found.groups.values())


def test_no_rows_raise_nothing(pair, context_of):
    none = tuple(side.take(np.zeros(3000, dtype=bool)) for side in pair[:2])
    found = compare(context_of, none)
    assert found.estimate.value is None
    assert found.reading.startswith("Nothing could be compared: there are no rows.")


def test_partial_overlap_is_said(pair, context_of):
    half = np.arange(3000) < 1500
    found = negative_flips(
        context_of(
            "negative_flips",
            pair[0],
            paired=pair[0].take(half),
            baseline=pair[1].take(half),
            baseline_note="Compared on 1,500 of 3,000 rows.",
        )
    )
    assert found.estimate.n == 1500
    assert found.reading.endswith("Compared on 1,500 of 3,000 rows.")
