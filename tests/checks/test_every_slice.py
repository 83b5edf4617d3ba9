"""A floor in every slice: broken where it is proved broken, in the metric's own unit, and said what could be seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.performance import catalogue
from modelcheck.checks.performance.weakness.every_slice import every_slice
from modelcheck.checks.performance.weakness.floors import FLOORS
from modelcheck.conditions import parse_condition
from modelcheck.data.levels import Levels
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Severity, Verdict
from modelcheck.scoring.rows import FeatureCodes
from modelcheck.stats.rates import clopper_pearson

WORDS = "age >= 60 & city = b"
SHARES = ("accuracy", "recall", "precision", "false_positive_rate", "false_negative_rate")
ERRORS = ("mean_absolute_error", "root_mean_squared_error")
# Far from what a healthy model has in any slice, and far from what the planted one has.
LIMITS = {"accuracy": 0.65, "recall": 0.65, "precision": 0.65, "false_positive_rate": 0.35, "false_negative_rate": 0.35}
LIMITS |= {"mean_absolute_error": 0.9, "root_mean_squared_error": 1.2}


def coded(rng, n):
    """Age in decades, a city, and a colour that says nothing."""
    age, city, colour = rng.integers(1, 11, n), rng.integers(1, 4, n), rng.integers(1, 3, n)
    labels = ("missing", "< 20", *(f"{low} to {low + 10}" for low in range(20, 100, 10)), ">= 100")
    levels = (
        Levels(name="age", labels=labels, ordered=True, edges=tuple(range(20, 110, 10))),
        Levels(name="city", labels=("missing", "a", "b", "c", "other"), ordered=False, values=("a", "b", "c")),
        Levels(name="colour", labels=("missing", "red", "blue", "other"), ordered=False, values=("red", "blue")),
    )
    return FeatureCodes(values=np.stack([age, city, colour]).astype(np.uint8), levels=levels, edges_from="reference")


@pytest.fixture
def people(rows_of):
    """Rows of which the old of city b (a sixth) are decided, or predicted, worse than the others."""

    def make(task="binary", n=6000, *, here=0.6, elsewhere=0.1, seed=0, **more):
        rng = np.random.default_rng(seed)
        features = coded(rng, n)
        hit = (features.values[0] >= 6) & (features.values[1] == 2)
        if task == "regression":
            target = rng.normal(size=n)
            return rows_of(
                task, target, target + rng.normal(size=n) * np.where(hit, 4 * here, 0.6), features=features, **more
            )
        classes = 2 if task == "binary" else 3
        target = rng.integers(0, classes, n)
        wrong = rng.random(n) < np.where(hit, here, elsewhere)
        decision = np.where(wrong, (target + 1) % classes, target)
        return rows_of(task, target, decision=decision, features=features, **more)

    return make


@pytest.fixture
def floor(context_of):
    def run(metric, rows, **more):
        return every_slice(context_of(f"every_slice.{metric}", rows, **{"limit": LIMITS[metric]} | more))

    return run


def criterion(metric, limit=None):
    return Criterion(**{FLOORS[metric].side: LIMITS[metric] if limit is None else limit})


def planted(rows):
    return np.flatnonzero((rows.features.values[0] >= 6) & (rows.features.values[1] == 2))


@pytest.mark.parametrize("metric", [*SHARES, *ERRORS])
def test_the_slice_that_breaks_the_floor_is_named_and_blocks(metric, people, floor):
    rows = people("regression" if metric in ERRORS else "binary")
    found = floor(metric, rows)
    (finding,) = found.findings
    assert finding.slice == WORDS
    assert finding.severity is Severity.BLOCKING
    assert finding.n == len(planted(rows))
    value = catalogue.estimate(metric, rows.take(planted(rows)), 0.95).value
    assert found.estimate.value == value
    assert found.groups[WORDS] == found.estimate
    assert f"where {WORDS} (at {'least' if FLOORS[metric].side == 'min' else 'most'} " in finding.title
    if FLOORS[metric].side == "min":
        assert value <= finding.effect <= finding.high < LIMITS[metric]
    else:
        assert LIMITS[metric] < finding.low <= finding.effect <= value
    assert finding.p_adjusted < 0.025
    judged = judge(found, criterion(metric))
    assert judged.verdict is Verdict.FAIL
    assert WORDS in judged.reason


@pytest.mark.parametrize("metric", [*SHARES, *ERRORS])
def test_a_healthy_model_keeps_the_floor_and_the_reason_says_what_would_have_been_found(metric, people, floor):
    rows = people("regression" if metric in ERRORS else "binary", here=0.15, elsewhere=0.1)
    found = floor(metric, rows)
    assert found.findings == ()
    judged = judge(found, criterion(metric))
    assert judged.verdict is Verdict.PASS
    assert "With 80 % power a" in judged.reason
    assert f"None of {found.looked_at:,} places looked at is proved to break the limit" in judged.reason


@pytest.mark.parametrize("metric", SHARES)
def test_metrics_of_some_rows_are_searched_among_those_alone(metric, people, floor):
    """Only the rows that a metric is about can break its floor."""
    rows = people(here=0.1)
    about = FLOORS[metric].counted(rows)
    about = np.ones(len(rows), dtype=bool) if about is None else about
    hit = np.zeros(len(rows), dtype=bool)
    hit[planted(rows)] = True
    # Wrong decisions are added to other rows only, then to those that count.
    others = hit & (rows.target == (0 if metric in ("recall", "false_negative_rate") else 1))
    if metric in ("recall", "false_negative_rate", "false_positive_rate"):
        spoilt = replace(rows, decision=np.where(others, 1 - rows.target, rows.decision).astype(np.int16))
        assert floor(metric, spoilt).findings == ()
    spoilt = replace(rows, target=np.where(hit & about, 1 - rows.decision, rows.target).astype(np.int16))
    if metric in ("accuracy", "precision"):
        assert floor(metric, spoilt).findings[0].slice == WORDS


def test_several_classes_have_a_floor_of_accuracy(people, floor):
    found = floor("accuracy", people("multiclass"))
    assert [one.slice for one in found.findings] == [WORDS]


def test_p_value_and_interval_say_the_same(people, floor):
    rows = people()
    for metric, limits in (
        ("accuracy", np.linspace(0.38, 0.55, 13)),
        ("false_negative_rate", np.linspace(0.4, 0.65, 9)),
    ):
        seen = set()
        for limit in limits:
            found = floor(metric, rows, limit=float(limit))
            places = [dict(zip(table.columns, line, strict=True)) for table in found.tables for line in table.rows]
            small = {place["where"] for place in places if (place["adjusted p"] or 1.0) <= 0.025}
            assert {one.slice for one in found.findings} == small
            assert small == {place["where"] for place in places if place["note"] == "beyond the limit"}
            fails = judge(found, criterion(metric, float(limit))).verdict is Verdict.FAIL
            assert fails == bool(small)
            seen.add(fails)
        assert seen == {True, False}


def test_a_minimum_and_its_mirrored_maximum_find_the_same(people, floor):
    rows = people()
    recall = floor("recall", rows, limit=0.55)
    missed = floor("false_negative_rate", rows, limit=0.45)
    assert [one.slice for one in recall.findings] == [one.slice for one in missed.findings] != []
    ours, theirs = recall.findings[0], missed.findings[0]
    assert (ours.effect, ours.low, ours.high) == pytest.approx((1 - theirs.effect, 1 - theirs.high, 1 - theirs.low))
    assert ours.p_adjusted == pytest.approx(theirs.p_adjusted, rel=1e-6)


def test_a_finding_can_be_executed_and_pinned(people, floor):
    rows = people()
    (finding,) = floor("accuracy", rows).findings
    assert finding.reproduce.splitlines() == [
        """# rows: frame.query("age >= 60 and city == 'b'")""",
        "# in modelcheck.toml:",
        "[slices]",
        f'"{WORDS}" = "age >= 60 and city == \'b\'"',
        "",
        '[gates."performance.accuracy"]',
        f'slices."{WORDS}".min = 0.65',
    ]
    assert parse_condition("age >= 60 and city == 'b'").columns == ("age", "city")


def test_examples_are_the_worst_rows_that_count(people, floor):
    rows = people()
    wrong = {True: "class 1", False: "class 0"}
    (finding,) = floor("recall", rows).findings
    assert len(finding.examples) == 10
    for example in finding.examples:
        assert example["row"] in planted(rows)
        assert (example["truth"], example["candidate"]) == (wrong[True], wrong[False])
    values = people("regression")
    (finding,) = floor("mean_absolute_error", values).findings
    size = np.abs(values.score - values.target)[planted(values)]
    expected = planted(values)[np.argsort(-size)[:10]].tolist()
    assert [example["row"] for example in finding.examples] == expected


def test_weights_count(people, floor):
    rows = people(here=0.3)
    assert floor("accuracy", rows).findings == ()
    wrong = rows.decision != rows.target
    heavy = np.where(wrong & np.isin(np.arange(len(rows)), planted(rows)), 4.0, 1.0)
    (finding, *_) = floor("accuracy", replace(rows, weight=heavy)).findings
    assert finding.slice == WORDS
    right = floor("accuracy", replace(rows, weight=np.where(wrong, 0.2, 1.0)))
    assert right.findings == ()


def test_clusters_widen_and_too_few_leave_the_gate_open(people, floor):
    rows = people()
    many = floor("accuracy", replace(rows, cluster=(np.arange(6000) // 6).astype(np.int32)))
    assert many.findings[0].slice == WORDS
    few = floor("accuracy", replace(rows, cluster=(np.arange(6000) % 8).astype(np.int32)))
    assert few.findings == ()
    judged = judge(few, criterion("accuracy"))
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "nothing would have been found" in judged.reason


def test_the_same_rows_in_large_clusters_prove_less(people, floor):
    rows = people(here=0.45)
    assert floor("accuracy", rows).findings != ()
    # Copies of one row in twenty, each a cluster: many rows, few facts.
    copies = np.repeat(np.arange(0, len(rows), 20), 20)
    same = replace(rows.take(copies), cluster=np.repeat(np.arange(300), 20).astype(np.int32))
    assert floor("accuracy", same).findings == ()
    assert floor("accuracy", replace(same, cluster=None)).findings != ()


def test_what_is_wrong_everywhere_breaks_every_floor(people, floor):
    rows = people()
    worst = replace(rows, decision=(1 - rows.target).astype(np.int16))
    found = floor("accuracy", worst)
    assert found.findings
    assert judge(found, criterion("accuracy")).verdict is Verdict.FAIL
    assert found.estimate.value == 0.0


def test_what_is_right_everywhere_is_said_of_all_rows(people, floor):
    rows = people()
    found = floor("accuracy", replace(rows, decision=rows.target))
    assert list(found.groups) == ["all rows"]
    assert judge(found, criterion("accuracy")).verdict is Verdict.PASS


def test_a_single_row_leaves_the_gate_open(people, floor):
    for metric in ("accuracy", "mean_absolute_error"):
        rows = people("regression" if metric in ERRORS else "binary").take(np.array([3]))
        found = floor(metric, rows)
        assert found.findings == ()
        judged = judge(found, criterion(metric))
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert "no condition has 50 of 1 rows" in judged.reason


def test_without_features_nothing_is_looked_at(people, floor):
    found = floor("accuracy", replace(people(), features=None))
    assert judge(found, criterion("accuracy")).verdict is Verdict.INCONCLUSIVE
    assert found.searched.startswith("No slice could be looked at")


def test_a_metric_without_rows_is_left_open(people, floor):
    rows = people()
    nobody = replace(rows, target=np.zeros(len(rows), dtype=np.int16))
    judged = judge(floor("recall", nobody), criterion("recall"))
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert judged.reason.startswith("There are no rows of the class")


def test_it_does_not_apply_without_decisions_or_a_limit(people, floor):
    rows = people()
    ranks = replace(rows, decision=None, score=np.linspace(0, 1, len(rows)))
    assert floor("accuracy", ranks).not_applicable.startswith("accuracy needs decisions")
    assert floor("recall", rows, limit=None).not_applicable == "no limit is set: give `min`."
    assert floor("root_mean_squared_error", people("regression"), limit=None).not_applicable.endswith("`max`.")


def test_a_metric_that_no_slice_has_is_refused(people, context_of):
    with pytest.raises(ValueError, match="'roc_auc' can't be held in every slice; allowed are accuracy"):
        every_slice(context_of("every_slice.roc_auc", people(), limit=0.5))


@pytest.mark.parametrize(("metric", "limit"), [("accuracy", 0.0), ("false_positive_rate", 1.0)])
def test_a_limit_that_nothing_can_break_is_kept(metric, limit, people, floor):
    found = floor(metric, people(), limit=limit)
    assert judge(found, criterion(metric, limit)).verdict is Verdict.PASS


@pytest.mark.parametrize(("metric", "limit"), [("accuracy", 1.0), ("false_negative_rate", 0.0)])
def test_the_strictest_limit_is_broken_by_single_rows(metric, limit, people, floor):
    found = floor(metric, people(), limit=limit)
    assert judge(found, criterion(metric, limit)).verdict is Verdict.FAIL


def test_errors_too_large_for_numbers_are_an_error(people, floor):
    rows = people("regression")
    far = rows.score.copy()
    far[0] = 1e200
    with np.errstate(over="ignore", invalid="ignore"):
        found = floor("root_mean_squared_error", replace(rows, score=far))
    assert judge(found, criterion("root_mean_squared_error")).verdict is Verdict.ERROR


@pytest.mark.parametrize("metric", [*SHARES, *ERRORS])
def test_what_would_have_been_found_is_found_in_80_of_100_cases(metric, people, floor):
    """A single slice of a tenth of the rows, at the value that is said to be found."""
    rows = people("regression" if metric in ERRORS else "binary", n=4000, here=0.15, elsewhere=0.1)
    one, limit, level = FLOORS[metric], LIMITS[metric], 1e-6
    value = one.findable(rows, 400, limit=limit, level=level)
    counted = one.counted(rows)
    n = round(400 * (1.0 if counted is None else counted.mean()))
    rng = np.random.default_rng(1)
    hits, runs = 0, 2000
    for _ in range(runs):
        if metric in ERRORS:
            # All rows' errors, at the scale that gives the value.
            own = rows.take(rng.integers(0, len(rows), n))
            scale = value / catalogue.estimate(metric, rows, 0.95).value
            part = replace(own, target=np.zeros(n), score=(own.score - own.target) * scale)
            hits += catalogue.estimate(metric, part, 1 - 2 * level).low > limit
            continue
        wrong = rng.binomial(n, 1 - value if one.side == "min" else value)
        hits += clopper_pearson(wrong, n, 1 - 2 * level)[0] > one.mean_loss(limit)
    # Counts of whole rows bring a little more.
    assert 0.76 < hits / runs < 0.88
