"""The public search: the right slices, the same ones each time, and clear words where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelcheck.slices import Feature, find

OBJECTIVES = ["significance", "excess", "effect", "sliceline"]


def plain(problem, **options):
    """The plain top list: nothing left out for being like another, sizes up to all rows."""
    everything = {"least": problem.least, "most": problem.rows, "depth": problem.depth, "max_overlap": 1}
    return find(problem.features, problem.loss, **{**everything, "tolerance": 0, "permutations": 1, **options})


def brute(problem, conditions, every_slice, *, ranges=True):
    listed = [conditions(one, ranges=ranges) for one in problem.features]
    return [
        masks[masks.sum(axis=1) < problem.rows]
        for masks in every_slice(listed, least=problem.least, depth=problem.depth)
    ]


@settings(max_examples=120, deadline=None)
@given(
    data=st.data(),
    objective=st.sampled_from(OBJECTIVES),
    ranges=st.booleans(),
    inference=st.booleans(),
    top=st.integers(1, 9),
)
def test_the_top_list_is_that_of_brute_force(
    data, objective, ranges, inference, top, problems, conditions, every_slice, scores
):
    problem = data.draw(problems(columns=(1, 4)))
    assume(problem.loss.std() > 1e-9 * problem.loss.max())
    found = plain(problem, objective=objective, ranges=ranges, inference=inference, top=top)
    by_size = brute(problem, conditions, every_slice, ranges=ranges)
    if inference and found.eligible:
        assert found.eligible == tuple(map(len, by_size))
    masks = np.concatenate(by_size)
    expected = scores(masks, problem.loss)[objective]
    best = np.sort(expected[expected > 1e-9])[::-1][:top]
    assert [one.score for one in found.slices if one.score > 1e-9] == pytest.approx(best, rel=1e-7, abs=1e-9)
    for one in found.slices:
        inside = found.mask(one)
        assert one.rows == one.n == inside.sum()
        assert one.loss == pytest.approx(problem.loss[inside].mean(), abs=1e-9)
        assert one.rest == pytest.approx(problem.loss[~inside].mean(), abs=1e-9)
        assert one.effect == pytest.approx(one.loss - one.rest, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), objective=st.sampled_from(OBJECTIVES), inference=st.booleans())
def test_more_columns_than_rows_change_nothing(data, objective, inference, problems, conditions, every_slice, scores):
    problem = data.draw(problems(rows=(3, 7), columns=(8, 12), sizes=(2, 3), depth=(1, 3)))
    assume(problem.loss.std() > 1e-9 * problem.loss.max())
    found = plain(problem, objective=objective, inference=inference, top=8)
    masks = np.concatenate(brute(problem, conditions, every_slice))
    expected = scores(masks, problem.loss)[objective]
    best = np.sort(expected[expected > 1e-9])[::-1][:8]
    assert [one.score for one in found.slices if one.score > 1e-9] == pytest.approx(best, rel=1e-7, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), objective=st.sampled_from(OBJECTIVES), inference=st.booleans())
def test_a_loss_of_some_rows_is_scored_among_those_rows(
    data, objective, inference, problems, conditions, every_slice, scores
):
    problem = data.draw(problems(rows=(4, 24), columns=(1, 3), depth=(1, 3)))
    among = np.array(data.draw(st.lists(st.booleans(), min_size=problem.rows, max_size=problem.rows)))
    assume(among.sum() >= 2 and problem.loss[among].std() > 1e-9 * problem.loss[among].max())
    found = plain(problem, objective=objective, inference=inference, among=among, top=50)
    masks = np.concatenate(brute(problem, conditions, every_slice))
    if inference and found.eligible:
        assert sum(found.eligible) == len(masks)
    masks = masks[(masks & among).any(axis=1)]
    expected = scores(masks[:, among], problem.loss[among])[objective]
    best = expected[expected > 1e-9].max(initial=0.0)
    for one in found.slices:
        inside = found.mask(one)
        assert one.rows == inside.sum()
        assert one.n == (inside & among).sum()
        assert one.loss == pytest.approx(problem.loss[inside & among].mean(), abs=1e-9)
        assert one.score <= best + 1e-7 * max(1.0, best)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1), inference=st.booleans())
def test_weights_are_searched_by_weighted_deviations(data, seed, inference, problems, conditions, every_slice):
    problem = data.draw(problems(rows=(6, 24), columns=(1, 3), depth=(1, 3)))
    weight = np.random.default_rng(seed).exponential(size=problem.rows) + 0.05
    moved = (problem.loss - np.average(problem.loss, weights=weight)) * weight
    assume(moved.std() > 1e-9)
    found = plain(problem, weight=weight, inference=inference, top=5)
    masks = np.concatenate(brute(problem, conditions, every_slice))
    n = masks.sum(axis=1)
    expected = (masks @ moved - n * moved.mean()) / (moved.std(ddof=1) * np.sqrt(n * (1 - n / problem.rows)))
    best = np.sort(expected[expected > 1e-9])[::-1][:5]
    assert [one.score for one in found.slices if one.score > 1e-9] == pytest.approx(best, rel=1e-6, abs=1e-9)
    if inference:
        for one in found.slices:
            inside = found.mask(one)
            assert one.loss == pytest.approx(np.average(problem.loss[inside], weights=weight[inside]))


@pytest.mark.parametrize("columns", [14, 20, 30, 60])
@pytest.mark.parametrize("inference", [True, False])
def test_a_planted_pair_is_found_however_many_columns_there_are(columns, inference):
    rng = np.random.default_rng(columns)
    n = 6_000
    codes = rng.integers(0, 10, (columns, n), dtype=np.uint8)
    planted = (codes[columns - 1] == 9) & (codes[columns - 3] == 8)
    wrong = rng.random(n) < np.where(planted, 0.8, 0.1)
    features = [Feature(name=f"c{place}", codes=one, size=10) for place, one in enumerate(codes)]
    found = find(features, wrong, depth=2, least=30, inference=inference)
    assert found.slices[0].runs == ((columns - 3, 8, 8), (columns - 1, 9, 9))
    assert np.array_equal(found.mask(found.slices[0]), planted)
    if inference:
        assert found.proved[0] is found.slices[0]
        assert found.eligible == (10 * columns, 100 * columns * (columns - 1) // 2)


@pytest.mark.parametrize("columns", [14, 20, 30])
def test_a_planted_triple_is_found_however_many_columns_there_are(columns):
    rng = np.random.default_rng(columns)
    n = 6_000
    codes = rng.integers(0, 10, (columns, n), dtype=np.uint8)
    codes[-3:, :60] = 9
    wrong = rng.random(n) < 0.1
    planted = (codes[-3:] == 9).all(axis=0)
    wrong[planted] = rng.random(int(planted.sum())) < 0.9
    features = [Feature(name=f"c{place}", codes=one, size=10) for place, one in enumerate(codes)]
    found = find(features, wrong, depth=3, least=50, inference=False, max_overlap=1, top=1)
    assert found.slices[0].runs == tuple((columns - back, 9, 9) for back in (3, 2, 1))


def test_the_planted_slice_of_a_real_kind_of_table_is_proved(noisy):
    frame, wrong, planted = noisy
    found = find(frame, wrong)
    assert len(found.proved) == 1
    (one,) = found.proved
    mask = found.mask(one)
    assert (mask & planted).sum() / (mask | planted).sum() > 0.8
    assert one.condition.columns == ("city", "age")
    assert one.p_adjusted <= 0.025
    # A third of the error for each number of conditions, divided among the slices that have so many.
    assert len(one.runs) == 2
    assert one.p_adjusted == pytest.approx(one.p * 3 * found.eligible[1], rel=1e-9, abs=0)
    assert 0 < one.low <= one.corrected <= one.effect < one.high
    assert one.n == one.rows == mask.sum()
    assert one.loss == pytest.approx(wrong[mask].mean())
    assert one.rest == pytest.approx(wrong[~mask].mean())
    assert 0.0 < found.findable < 0.5


def test_losses_of_any_kind_are_judged(noisy):
    frame, wrong, planted = noisy
    rng = np.random.default_rng(0)
    loss = rng.exponential(size=len(wrong)) * np.where(planted, 3.0, 1.0)
    found = find(frame, loss, permutations=100)
    assert found.proved[0].condition.columns == ("city", "age")
    assert found.proved[0].p is None
    assert found.proved[0].p_adjusted == 1 / 101
    assert "100 shuffles" in found.method
    assert found.findable > 0


def test_too_few_shuffles_prove_nothing(noisy):
    frame, _, planted = noisy
    found = find(frame, 10.0 * planted + np.arange(len(planted)) / 1e6, permutations=5)
    assert found.proved == ()
    assert found.slices[0].p_adjusted == 1 / 6
    assert (found.slices[0].low, found.slices[0].high, found.findable) == (None, None, None)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"confirm": 0.5},
        {"objective": "effect"},
        {"inference": False},
        {"loss": "real"},
        {"loss": "real", "confirm": 0.3},
        {"loss": "real", "cluster": True},
        {"cluster": True, "confirm": 0.5},
        {"weight": True},
    ],
)
def test_the_same_question_has_the_same_answer(noisy, options):
    frame, wrong, _ = noisy
    options = dict(options)
    loss = wrong * np.arange(len(wrong)) if options.pop("loss", None) else wrong
    if options.get("cluster"):
        options["cluster"] = np.arange(len(wrong)) // 3
    if options.get("weight"):
        options["weight"] = 1.0 + np.arange(len(wrong)) % 5
    first, second = (find(frame, loss, permutations=20, **options) for _ in range(2))
    assert first == second
    assert repr(first) == repr(second)


def test_another_seed_holds_out_other_rows(noisy):
    frame, wrong, _ = noisy
    first, second = (find(frame, wrong, confirm=0.5, seed=seed) for seed in (0, 1))
    assert [one.n for one in first.slices] != [one.n for one in second.slices]


def test_the_order_of_rows_does_not_matter(noisy):
    frame, wrong, _ = noisy
    order = np.random.default_rng(0).permutation(len(wrong))
    one, other = find(frame, wrong), find(frame.iloc[order], wrong[order])
    assert one.eligible == other.eligible
    # The spread of the losses is summed in the order of rows, so that scores agree but for the last digit.
    assert [a.score for a in one.slices] == pytest.approx([b.score for b in other.slices], rel=1e-12)
    assert [replace(a, score=0.0) for a in one.slices] == [replace(b, score=0.0) for b in other.slices]


def test_held_out_rows_confirm_what_the_others_found(noisy):
    frame, wrong, _ = noisy
    found = find(frame, wrong, confirm=0.5)
    assert "found on 1,500 rows, judged on 1,500 others" in found.method
    assert found.proved[0].condition.columns == ("city", "age")
    # Limits of the size are the same share of the rows that are searched.
    assert (found.least, found.most) == (30, 750)
    assert all(one.n < 1_500 / 2 for one in found.slices)
    held = np.random.default_rng(0).permutation(3_000) < 1_500
    (one, *_) = found.proved
    inside = found.mask(one)[held]
    assert one.n == inside.sum()
    assert one.loss == wrong[held][inside].mean()
    assert one.rest == pytest.approx(wrong[held][~inside].mean())


def test_held_out_clusters_stay_whole(noisy):
    frame, wrong, _ = noisy
    cluster = np.repeat(np.arange(60), 50)
    found = find(frame, wrong, cluster=cluster, confirm=0.5)
    held = (np.random.default_rng(0).permutation(60) < 30)[cluster]
    assert held.sum() == 1_500
    assert found.slices[0].n == found.mask(found.slices[0])[held].sum()


def test_what_is_not_inferred_is_not_judged(noisy):
    frame, wrong, _ = noisy
    found = find(frame, wrong, inference=False)
    assert found.method == "not judged"
    assert found.eligible == ()
    assert found.findable is None
    one = found.slices[0]
    assert (one.p, one.p_adjusted, one.low, one.high, one.proved) == (None, None, None, None, False)
    assert [other.runs for other in found.slices] == [other.runs for other in find(frame, wrong).slices]


def test_equal_weights_are_no_weights_but_for_the_way_of_judging(noisy):
    frame, wrong, _ = noisy
    one, other = find(frame, wrong), find(frame, wrong, weight=np.full(len(wrong), 2.5))
    assert [a.runs for a in one.slices] == [b.runs for b in other.slices]
    assert [a.effect for a in one.slices] == pytest.approx([b.effect for b in other.slices])
    assert [a.score for a in one.slices] == pytest.approx([b.score for b in other.slices])
    assert "linearised" in other.method
    assert other.proved[0].runs == one.proved[0].runs


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_left_out_unseen_where_weighted_deviations_have_both_signs(seed):
    # A part can have more than the whole where the rest of it is negative: no bound holds.
    rng = np.random.default_rng(seed)
    features = [Feature(name=f"f{k}", codes=rng.integers(0, 4, 150), size=4, order=(0, 4)) for k in range(4)]
    loss, weight = rng.random(150) ** 3, rng.exponential(size=150) + 0.05
    options = {"weight": weight, "least": 3, "most": 150, "max_overlap": 1, "tolerance": 0, "top": 5}
    fast, whole = (find(features, loss, inference=inference, **options) for inference in (False, True))
    assert [one.score for one in fast.slices] == [one.score for one in whole.slices]


def test_heavy_rows_count_more():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 4, 4_000)
    # Rows of group 2 that are wrong are heavy ones; without weights all groups are alike.
    wrong = rng.random(4_000) < 0.2
    weight = np.where((group == 2) & wrong, 5.0, 1.0)
    features = [Feature(name="group", codes=group, size=4)]
    assert find(features, wrong).proved == ()
    (one,) = find(features, wrong, weight=weight).proved
    assert one.runs == ((0, 2, 2),)
    assert one.loss == pytest.approx(np.average(wrong[group == 2], weights=weight[group == 2]))


def test_rows_that_are_copies_of_each_other_prove_no_more_than_one():
    rng = np.random.default_rng(3)
    group, wrong = rng.integers(0, 5, 300), rng.random(300) < 0.2
    wrong[group == 1] |= rng.random((group == 1).sum()) < 0.12
    codes, copies = np.repeat(group, 20), np.repeat(wrong, 20)
    features = [Feature(name="group", codes=codes, size=5)]
    assert find(features, copies).proved
    clustered = find(features, copies, cluster=np.repeat(np.arange(300), 20))
    assert clustered.proved == ()
    assert clustered.findable > find(features, copies).findable


def test_fewer_clusters_than_can_be_judged_prove_nothing_and_promise_nothing(noisy):
    frame, wrong, _ = noisy
    for clusters in (1, 9):
        found = find(frame, wrong, cluster=np.arange(len(wrong)) % clusters)
        assert found.slices
        assert found.proved == ()
        assert all((one.p, one.p_adjusted, one.low, one.high) == (None,) * 4 for one in found.slices)
        assert found.findable is None


def test_depth_limits_the_number_of_conditions(noisy):
    frame, wrong, _ = noisy
    for depth in (1, 2, 4):
        found = find(frame, wrong, depth=depth, max_overlap=1, tolerance=0, least=100)
        assert max(len(one.runs) for one in found.slices) <= depth
        assert len(found.eligible) == depth
        assert all(found.eligible)


def test_fewer_bins_make_fewer_triples_and_leave_pairs_alone(noisy):
    frame, wrong, _ = noisy
    many, few = (find(frame, wrong, bins=bins).eligible for bins in (10, 3))
    assert few[:2] == many[:2]
    assert few[2] < many[2] / 4


def test_without_ranges_every_bin_stands_alone(noisy):
    frame, wrong, _ = noisy
    found = find(frame, wrong, ranges=False, max_overlap=1, tolerance=0, top=50, least=20)
    assert all(first == last for one in found.slices for _, first, last in one.runs)


def test_at_most_so_many_slices_are_returned(noisy):
    frame, wrong, _ = noisy
    for overlap in (0.5, 1.0):
        assert len(find(frame, wrong, top=2, max_overlap=overlap).slices) == 2


def test_sizes_lie_within_the_limits(noisy):
    frame, wrong, _ = noisy
    found = find(frame, wrong, least=200, most=400, max_overlap=1, tolerance=0, top=100)
    assert found.slices
    assert all(200 <= one.rows <= 400 for one in found.slices)
    assert (found.least, found.most) == (200, 400)


@pytest.mark.parametrize(("rows", "least"), [(3_000, 60), (1_000, 50), (2_600, 52)])
def test_the_default_support_is_50_rows_or_2_percent(noisy, rows, least):
    frame, wrong, _ = noisy
    found = find(frame[:rows], wrong[:rows])
    assert (found.least, found.most) == (least, rows // 2)


def test_the_largest_rounding_error_is_no_slice():
    # Every group has the same mean; sums of thirds don't add up to it exactly.
    loss = np.tile([0.0, 1.0, 2.0], 200) / 3.0
    features = [Feature(name="g", codes=np.repeat(np.arange(4), 150), size=4)]
    for objective in OBJECTIVES:
        assert find(features, loss, objective=objective, permutations=2).slices == ()


# What cannot be searched


TABLE = {"a": np.array(["x", "y", "z", "w"] * 100), "b": np.arange(400) % 37}
LOSS = (np.arange(400) % 7 == 0).astype(float)


def refused(words, table=TABLE, loss=LOSS, **options):
    with pytest.raises(ValueError, match=words):
        find(table, loss, **options)


def empty(words, table=TABLE, loss=LOSS, **options):
    found = find(table, loss, **options)
    assert found.slices == ()
    assert found.proved == ()
    assert words in " ".join(found.notes)
    assert words in str(found)
    assert found.to_frame().empty
    return found


def test_constant_features_are_an_empty_answer_that_says_so():
    found = empty("2 features selects 50 rows and leaves others: they are constant", {"a": ["k"] * 400, "b": [1] * 400})
    assert found.eligible == ()


def test_a_single_distinct_row_is_an_empty_answer_that_says_so():
    empty("constant", pd.DataFrame({"a": ["k"] * 400, "b": [1.5] * 400, "c": [True] * 400}))


@pytest.mark.parametrize("constant", [["k"] * 400, [7] * 400, [True] * 400, [np.nan] * 400, [None] * 400])
def test_a_constant_beside_others_costs_nothing_and_is_named(constant):
    with_it, without = find({"k": constant, **TABLE}, LOSS), find(TABLE, LOSS)
    assert with_it.eligible == without.eligible
    assert [one.words for one in with_it.slices] == [one.words for one in without.slices]
    assert [one.p_adjusted for one in with_it.slices] == [one.p_adjusted for one in without.slices]
    assert "constant, or every level too rare): k." in with_it.notes[0]


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3])
def test_a_loss_that_is_the_same_everywhere_is_an_empty_answer_that_says_so(value):
    empty(f"The loss is {value:g} in each of 400 rows", loss=np.full(400, value))


def test_a_loss_that_is_the_same_among_its_rows_is_an_empty_answer_that_says_so():
    empty("The loss is 0 in each of 58 rows", loss=1.0 - LOSS, among=LOSS == 1)


def test_a_single_row_is_an_empty_answer_that_says_so():
    empty("in each of 1 rows", {"a": ["x"]}, [1.0])


def test_fewer_rows_than_the_support_are_an_empty_answer_that_says_what_to_pass():
    small = {name: values[:30] for name, values in TABLE.items()}
    found = empty("30 rows can have at least 50 and at most 15 rows; pass a smaller `least`", small, LOSS[:30])
    assert found.rows == 30
    empty("at least 401", least=401)
    empty("at most 0", most=0)


def test_levels_that_are_all_too_rare_are_an_empty_answer_that_says_so():
    table = {"a": Feature(name="a", codes=np.arange(400), size=400)}
    empty("every level is too rare", list(table.values()))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-0.5, "1 of 400 losses are negative .*row 7, counted from 0: -0.5.*signed residual"),
        (np.nan, "1 of 400 losses are NaN or infinite .*row 7"),
        (np.inf, "1 of 400 losses are NaN or infinite .*row 7.*inf"),
    ],
)
def test_losses_that_are_none_are_refused_with_their_place(value, words):
    loss = LOSS.copy()
    loss[7] = value
    refused(words, loss=loss)
    # They don't matter in rows that the loss isn't about.
    assert find(TABLE, loss, among=np.arange(400) != 7).rows == 400


def test_losses_of_another_shape_or_kind_are_refused():
    refused("399 losses and 400 rows", loss=LOSS[:-1])
    refused(r"shape \(n_rows,\), not \(400, 2\)", loss=np.zeros((400, 2)))
    refused("loss must be numbers", loss=["a"] * 400)
    refused("no rows to search", {"a": []}, [])


def test_losses_are_left_as_they_were():
    loss = LOSS.copy()
    find(TABLE, loss, among=np.arange(400) > 3, weight=np.arange(400) + 1.0)
    assert np.array_equal(loss, LOSS)


@pytest.mark.parametrize(
    ("among", "words"),
    [
        (np.ones(400, dtype=int), "400 booleans, not int64"),
        (np.ones(400), "booleans, not float64"),
        (np.array(["yes"] * 400), "400 booleans, not <U3"),
        (np.ones(399, dtype=bool), r"not bool of shape \(399,\)"),
        (np.zeros(400, dtype=bool), "selects no row"),
    ],
)
def test_an_among_that_is_no_mask_is_refused(among, words):
    refused(words, among=among)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.zeros(400), "weights must be positive and finite; the smallest is 0.0"),
        (np.append(np.ones(399), 0.0), "weights must be positive"),
        (np.append(np.ones(399), -1.0), "the smallest is -1.0"),
        (np.append(np.ones(399), np.nan), "weights must be positive and finite"),
        (np.append(np.ones(399), np.inf), "the largest inf"),
        (np.ones(399), "400 rows and 399 weights"),
        (["heavy"] * 400, "weight must be numbers"),
    ],
)
def test_weights_that_are_none_are_refused(weight, words):
    refused(words, weight=weight)


def test_clusters_that_are_none_are_refused():
    refused("one value for each of 400 rows", cluster=np.zeros(399))
    refused("the cluster is missing in 3 rows", cluster=np.where(np.arange(400) < 3, np.nan, 1.0))
    assert find(TABLE, LOSS, cluster=[f"c{row // 2}" for row in range(400)]).slices


@pytest.mark.parametrize("objective", ["excess", "effect", "sliceline"])
@pytest.mark.parametrize("design", ["weight", "cluster"])
def test_weights_and_clusters_with_an_objective_that_ignores_them_are_refused(objective, design):
    refused("searched by 'significance' only", objective=objective, **{design: np.arange(400) + 1})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"depth": 0}, "depth is 0; it must be a whole number of at least 1"),
        ({"top": 0}, "top is 0"),
        ({"permutations": 0}, "permutations is 0"),
        ({"least": 0}, "least is 0; a slice needs at least 1 row"),
        ({"objective": "worst"}, "objective is 'worst'; allowed are 'significance'"),
        ({"alpha": 0.0}, "alpha is 0.0"),
        ({"alpha": 1.1}, "alpha is 1.1"),
        ({"bins": 1}, "bins is 1; allowed are 2 to 20"),
        ({"bins": 21}, "bins is 21"),
        ({"max_overlap": 1.5}, "max_overlap is 1.5; it must lie between 0 and 1"),
        ({"tolerance": 1.0}, "tolerance is 1.0"),
        ({"confirm": 1.0}, "confirm is 1.0"),
        ({"confidence": 1.0}, "confidence is 1.0"),
        ({"confidence": float("nan")}, "confidence is nan"),
    ],
)
def test_options_out_of_range_are_refused(options, words):
    refused(words, **options)


def test_holding_out_nothing_or_all_is_an_empty_answer_that_says_so():
    empty("held out to judge on", confirm=0.001)
    empty("left to search", confirm=0.999)


def test_a_thousand_columns_are_refused_with_a_depth_that_works():
    rng = np.random.default_rng(0)
    features = [Feature(name=f"c{k}", codes=rng.integers(0, 4, 500), size=4) for k in range(1_000)]
    wrong = rng.random(500) < 0.2
    refused(r"3 conditions over 1,000 columns and 500 rows are too many.*166,667,500 .*Pass depth=2", features, wrong)
    found = find(features, wrong, depth=1)
    assert found.eligible == (4_000,)
    assert found.proved == ()


@pytest.mark.parametrize("kind", ["text", "category", "codes"])
def test_a_hundred_thousand_categories_are_searched_by_the_few_that_are_large_enough(kind):
    n = 120_000
    rng = np.random.default_rng(0)
    codes = np.where(np.arange(n) < 100_000, np.arange(n), 5)
    wrong = rng.random(n) < np.where(codes == 5, 0.3, 0.1)
    if kind == "codes":
        found = find([Feature(name="id", codes=codes, size=100_000)], wrong, depth=1)
        assert found.proved[0].runs == ((0, 5, 5),)
        assert found.eligible == (1,)
        return
    text = np.char.add("v", codes.astype(str))
    column = pd.Series(text) if kind == "text" else pd.Series(pd.Categorical(text))
    found = find(pd.DataFrame({"id": column, "b": rng.random(n)}), wrong, depth=2)
    for one in found.slices:
        assert one.rows == found.mask(one).sum() >= 2_400
    assert sum(found.eligible) >= 155
