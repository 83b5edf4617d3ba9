"""Rates are counted exactly, what must be kept apart is, and goals are judged at their boundaries."""

from fractions import Fraction

import pytest
from statsmodels.stats.proportion import proportion_confint

from benchmarks.proving_ground.costs import compared, costs_of
from benchmarks.proving_ground.goals import MET, NOT_MEASURED, NOT_MET, TOO_FEW, goals, judge, page_goal
from benchmarks.proving_ground.rates import Share, alarms, found, tools_of
from benchmarks.proving_ground.results import Run
from benchmarks.proving_ground.tables import alarm_table, found_tables, side_by_side, strength_table, twin_table
from benchmarks.proving_ground.trial import Case


def run(**more):
    return Run(
        **({"tool": "modelcheck", "subject": "leak", "role": "defect", "family": "bias", "strength": 1.0} | more)
    )


@pytest.mark.parametrize(("hits", "runs"), [(0, 10), (10, 10), (3, 20), (95, 100), (1, 400), (199, 200)])
def test_intervals_are_those_of_clopper_and_pearson(hits, runs):
    low, high = proportion_confint(hits, runs, alpha=0.05, method="beta")
    share = Share(hits, runs)
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-9)


def test_the_interval_of_a_spotless_result_is_the_known_closed_form():
    assert Share(0, 100).high == pytest.approx(1 - 0.025 ** (1 / 100))
    assert Share(0, 100).low == 0.0
    assert Share(0, 0).high == 1.0


def test_a_crash_and_a_timeout_found_nothing_and_were_asked():
    answers = [run(found_right=True, found_any=True), run(status="crashed", found_right=True), run(status="timed out")]
    counted = found(answers)
    assert (counted.right, counted.any) == (Share(1, 3), Share(1, 3))
    assert (counted.crashed, counted.timed_out) == (1, 1)


def test_what_a_tool_cannot_express_is_apart_and_not_missed():
    counted = found([run(found_right=True), *[run(status="not covered")] * 5])
    assert counted.right == Share(1, 1)
    assert counted.not_covered == 5
    [table] = found_tables([run(tool="giskard", status="not covered"), run(found_right=False)], {}).values()
    assert [cell.text for cell in table.rows[0][1:]] == ["0 %", "not covered"]


def test_a_crash_on_a_clean_twin_is_no_quiet_run():
    twin = {"role": "twin", "subject": "credit", "strength": None}
    counted = alarms([run(**twin, found_any=False), run(**twin, status="crashed"), run(**twin, found_any=True)])
    assert counted.any == Share(1, 2)
    assert counted.crashed == 1


def test_blocked_twins_are_counted_apart():
    twin = {"role": "twin", "subject": "credit", "strength": None, "rows": 300}
    runs = [run(**twin, found_any=True, blocked=False), run(**twin, found_any=True, blocked=True), run(**twin)]
    counted = alarms(runs)
    assert (counted.any, counted.blocked) == (Share(2, 3), Share(1, 3))


def test_faint_strengths_are_no_part_of_the_rates_at_default():
    runs = [run(found_right=True), run(strength=0.1, at_default=False, found_right=False)]
    [table] = found_tables(runs, {}).values()
    assert table.rows[0][1].text == "100 %"
    assert [row[1].text for row in strength_table(runs, {}).rows] == ["0.1", "1"]


def test_modelcheck_comes_first_and_peers_by_the_alphabet():
    assert tools_of([run(tool="zeno"), run(tool="giskard"), run()]) == ["modelcheck", "giskard", "zeno"]


def test_a_case_without_a_gate_says_so():
    case = Case(
        name="leak",
        family="bias",
        about="A leak.",
        base="credit",
        gates=(),
        plant=lambda trial, strength, rng: trial,
        strengths=(1.0,),
        default=1.0,
        unit="there or not",
    )
    [table] = found_tables([run(found_right=False)], {"leak": case}).values()
    assert "no gate for it yet" in table.rows[0][1].note


def test_twins_are_summed_by_size_and_over_all():
    twin = {"role": "twin", "strength": None}
    runs = [
        run(**twin, subject=base, base=base, rows=rows, seed=seed, found_any=seed == 0)
        for base in ("adult", "credit") for rows in (300, 2000) for seed in range(10)
    ]  # fmt: skip
    table = twin_table(runs)
    assert [(row[0].text, row[0].note) for row in table.rows][4:] == [
        ("All bases", "300 rows"), ("All bases", "2,000 rows"), ("All bases", "all sizes"),
    ]  # fmt: skip
    assert table.rows[-1][1].text == "10 %"
    assert "n 40" in table.rows[-1][1].note


def test_false_alarms_are_told_by_what_raised_them():
    twin = {"role": "twin", "subject": "credit", "strength": None, "rows": 300, "tool": "giskard"}
    runs = [
        run(**twin, seed=seed, found_any=True, alarms=tuple(f"check {n}" for n in range(20 - seed))) for seed in (0, 5)
    ]
    rows = alarm_table(runs).rows
    assert (rows[0][1].text, rows[0][2].text, rows[0][3].text) == ("check 0", "100 %", "credit at 300")
    assert rows[-1][1].text == "and 8 others, less often"


def test_side_by_side_counts_cases_that_are_not_expressed():
    runs = [run(tool="giskard", subject="a", status="not covered"), run(tool="giskard", subject="b", cpu_s=3.0)]
    row = side_by_side(runs).rows[0]
    assert (row[4].text, row[4].note) == ("1", "of 2")
    assert row[-1].text == "3.0 s"


def test_side_by_side_pairs_a_peer_with_modelcheck_on_the_same_draws():
    runs = [run(subject=subject, seed=seed, found_right=subject == "a") for subject in "abc" for seed in (0, 1)]
    runs += [run(tool="giskard", subject=subject, found_right=True) for subject in "ab"]
    runs += [run(tool="giskard", subject="c", status="not covered")]
    own, peer = side_by_side(runs).rows
    assert own[3].text == "the same"
    assert (peer[1].text, peer[3].text) == ("100 %", "50 %")
    assert "n 2" in peer[3].note


def speeds():
    work = {"default scan": (14.2, 31.0, 43.5), "common work": (5.0, 21.0, 30.0)}
    for what, seconds in work.items():
        for tool, cpu in zip(("modelcheck", "giskard", "deepchecks"), seconds, strict=True):
            yield {"what": what, "tool": tool, "rows": 10_000, "model": "random forest", "task": "binary", "cpu_s": cpu,
                   "wall_s": cpu * 1.1, "peak_mb": 300.0, "note": "", "failed": False}  # fmt: skip
    for what, cpu in (("import", 1.1), ("plugin start", 0.4)):
        yield {"what": what, "tool": "modelcheck", "rows": None, "model": None, "task": None, "cpu_s": cpu,
               "wall_s": cpu, "peak_mb": 160.0, "note": "", "failed": False}  # fmt: skip


@pytest.mark.parametrize(
    ("hits", "runs", "verdict"),
    [(950, 1000, MET), (949, 1000, NOT_MET), (95, 100, MET), (94, 100, NOT_MET), (323, 340, MET), (322, 340, NOT_MET),
     (72, 72, MET), (71, 71, TOO_FEW), (0, 0, NOT_MEASURED), (3, 10, NOT_MET), (9, 10, TOO_FEW)],
)  # fmt: skip
def test_finding_is_judged_at_its_boundary(hits, runs, verdict):
    assert judge(Share(hits, runs), Fraction(95, 100), at_least=True) == verdict


@pytest.mark.parametrize(
    ("hits", "runs", "verdict"),
    [(50, 1000, MET), (51, 1000, NOT_MET), (17, 340, MET), (18, 340, NOT_MET), (0, 72, MET), (0, 71, TOO_FEW),
     (7, 20, NOT_MET), (1, 20, TOO_FEW), (0, 0, NOT_MEASURED)],
)  # fmt: skip
def test_false_alarms_are_judged_at_their_boundary(hits, runs, verdict):
    assert judge(Share(hits, runs), Fraction(5, 100), at_least=False) == verdict


def goal(runs, costs, words):
    return next(one for one in goals(runs, costs) if words in one.title)


def test_a_goal_is_not_met_by_crashing_or_leaving_out():
    good = [run(seed=seed, found_right=True) for seed in range(190)]
    bad = [run(seed=500, status="crashed"), run(seed=501, status="timed out"), run(seed=502, status="not covered")]
    assert goal([*good, *bad], [], "Planted").runs == "190 of 193"
    assert (
        goal([*good, *bad, *[run(seed=600 + n, status="crashed") for n in range(8)]], [], "Planted").verdict == NOT_MET
    )


def test_peers_are_no_part_of_the_goals():
    runs = [run(seed=seed, found_right=True) for seed in range(100)]
    runs += [run(tool="giskard", seed=seed, found_right=False) for seed in range(100)]
    assert goal(runs, [], "Planted").verdict == MET


def test_cases_without_a_gate_are_missed_and_named():
    runs = [run(subject=subject, seed=seed, found_right=subject == "a") for subject in "abc" for seed in range(100)]
    whole, judged = [one for one in goals(runs, [], without_gate={"b"}) if "Planted" in one.title]
    assert (whole.runs, judged.runs) == ("100 of 300", "100 of 200")
    assert whole.note.endswith("; no gate yet for b")
    assert "no gate yet" not in judged.note


def test_draws_that_nothing_was_built_on_are_counted_apart_too():
    runs = [run(seed=seed, found_right=seed < 190) for seed in range(200)]
    made = [one for one in goals(runs, [], unseen=100) if "Planted" in one.title]
    assert [one.runs for one in made] == ["190 of 200", "190 of 200", "90 of 100"]
    assert [one.verdict for one in made] == [MET, MET, NOT_MET]


def test_quietness_is_asked_at_each_size_and_over_all():
    twin = {"role": "twin", "subject": "credit", "strength": None}
    runs = [
        run(**twin, rows=rows, seed=seed, found_any=seed < many, blocked=seed < 1)
        for rows, many in ((300, 11), (2000, 5)) for seed in range(100)
    ]  # fmt: skip
    made = {one.title.split(" with")[0]: one for one in goals(runs, []) if "twins" in one.title}
    assert made["Clean twins of 300 rows"].verdict == NOT_MET
    assert made["Clean twins of 2,000 rows"].verdict == MET
    assert made["Clean twins of 20,000 rows"].verdict == NOT_MEASURED
    assert made["Clean twins of all sizes"].runs == "16 of 200"
    assert "of these blocking: 1, 1 %" in made["Clean twins of 2,000 rows"].note


def test_a_crash_on_a_twin_counts_against_the_goal():
    twin = {"role": "twin", "subject": "credit", "strength": None, "rows": 300}
    runs = [run(**twin, seed=seed, status="crashed" if seed < 6 else "ok") for seed in range(100)]
    assert goal(runs, [], "300 rows").verdict == NOT_MET


def test_speed_is_judged_over_the_models_that_both_were_measured_on():
    rows = list(speeds())
    extra = {"what": "default scan", "rows": 10_000, "model": "boosting", "task": "binary"}
    rows += [extra | {"tool": "modelcheck", "cpu_s": 90.0}, extra | {"tool": "giskard", "cpu_s": None, "failed": True}]
    costs = costs_of(rows)
    assert compared(costs, "default scan", "modelcheck", "giskard", 10_000) == {"random forest binary": (14.2, 31.0)}
    made = [(one.verdict, one.figure) for one in goals([], costs) if "CPU time" in one.title]
    assert made == [
        (MET, "14.2 s against 31.0 s"), (MET, "14.2 s against 43.5 s"), (MET, "5.0 s against 21.0 s"),
        (MET, "5.0 s against 30.0 s"), (MET, "1.50 s"),
    ]  # fmt: skip


def test_a_third_is_met_at_a_third_and_equal_is_not_less():
    same = {"rows": 10_000, "model": "forest", "task": "binary"}
    costs = costs_of(
        [same | {"what": what, "tool": tool, "cpu_s": cpu}
         for what, tool, cpu in (("common work", "modelcheck", 7.0), ("common work", "giskard", 21.0),
                                 ("default scan", "modelcheck", 31.0), ("default scan", "giskard", 31.0))]
    )  # fmt: skip
    assert goal([], costs, "work that Giskard").verdict == MET
    assert goal([], costs, "beside that of Giskard").verdict == NOT_MET
    assert goal([], costs, "beside that of Deepchecks").verdict == NOT_MEASURED


def test_a_scan_of_ours_that_fails_does_not_meet_its_goal():
    same = {"what": "default scan", "rows": 10_000, "model": "forest", "task": "binary"}
    costs = costs_of([same | {"tool": "modelcheck", "failed": True}, same | {"tool": "giskard", "cpu_s": 30.0}])
    assert goal([], costs, "beside that of Giskard").verdict == NOT_MET


def test_the_start_needs_both_of_its_parts():
    rows = [row for row in speeds() if row["what"] != "plugin start"]
    assert goal([], costs_of(rows), "starting the plugin").verdict == NOT_MEASURED
    slow = [
        {"what": "import", "tool": "modelcheck", "cpu_s": 1.5},
        {"what": "plugin start", "tool": "modelcheck", "cpu_s": 0.6},
    ]
    assert goal([], costs_of(slow), "starting the plugin").verdict == NOT_MET
    without_pytest = [*slow, {"what": "pytest alone", "tool": "modelcheck", "cpu_s": 0.5}]
    assert goal([], costs_of(without_pytest), "starting the plugin").figure == "1.60 s"


def test_costs_are_medians_of_the_repetitions_that_came_to_an_end():
    rows = [{"what": "import", "tool": "giskard", "cpu_s": cpu, "failed": cpu > 50} for cpu in (1.0, 9.0, 2.0, 99.0)]
    [cost] = costs_of(rows)
    assert (cost.cpu_s, cost.runs, cost.failed) == (2.0, 4, 1)


def test_the_page_may_weigh_a_megabyte():
    assert page_goal(1_000_000).verdict == MET
    assert page_goal(1_000_001).verdict == NOT_MET


def test_a_total_that_is_less_tells_where_it_is_more():
    rows = list(speeds())
    for tool, cpu in (("modelcheck", 8.0), ("giskard", 4.0)):
        rows.append(rows[0] | {"tool": tool, "task": "regression", "cpu_s": cpu})
    made = goal([], costs_of(rows), "beside that of Giskard")
    assert (made.verdict, made.figure) == (MET, "22.2 s against 35.0 s")
    assert made.note == "by model: random forest binary 0.46 times, random forest regression 2 times"
