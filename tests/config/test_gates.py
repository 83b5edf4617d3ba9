from __future__ import annotations

import pytest


def gate(lines: str, name: str = "performance.roc_auc") -> str:
    return f'[gates."{name}"]\n{lines}\n'


def test_limits_and_limits_by_slice_are_read(project, base):
    config = project.config(
        base
        + '[slices]\n"65+" = "age >= 65"\n'
        + gate('min = 0.9\nconfidence = 0.99\nseverity = "warning"\nreason = "why"\nslices."65+".min = 0.85')
    )
    table = config.gates["performance.roc_auc"]
    assert table.check == "performance.roc_auc"
    assert (table.limit.min, table.limit.max, table.limit.confidence) == (0.9, None, 0.99)
    assert (table.limit.severity, table.limit.reason) == ("warning", "why")
    assert table.slices["65+"].min == 0.85
    assert config.slices == {"65+": "age >= 65"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("performance.auc", "performance.roc_auc"),
        ("auc", "performance.roc_auc"),
        ("roc_auc", "performance.roc_auc"),
        ("performance.roc-auc", "performance.roc_auc"),
        ("perf.AUC", "performance.roc_auc"),
        ("performance.brier", "performance.brier_score"),
        ("performance.tpr", "performance.recall"),
        ("performance.sensitivity", "performance.recall"),
        ("performance.logloss", "performance.log_loss"),
        ("performance.ap", "performance.average_precision"),
        ("performance.pr_auc", "performance.average_precision"),
        ("performance.acuracy", "performance.accuracy"),
        ("perfomance.accuracy", "performance.accuracy"),
    ],
)
def test_unknown_check_gets_the_closest(project, base, written, meant):
    mistake = project.mistake(base + gate("min = 0.5", written))
    assert mistake.hint == f'Did you mean "{meant}"?'
    assert written in mistake.key


@pytest.mark.parametrize(
    ("written", "meant"), [("rmse", "root_mean_squared_error"), ("mae", "mean_absolute_error"), ("r2_score", "r2")]
)
def test_closest_for_regression(project, base, written, meant):
    text = base.replace('"binary"', '"regression"') + gate("max = 1", f"performance.{written}")
    assert project.mistake(text).hint == f'Did you mean "performance.{meant}"?'


def test_a_word_like_nothing_lists_the_checks(project, base):
    assert "performance.accuracy" in project.mistake(base + gate("min = 1", "performance.zzzzzz")).hint


def test_check_of_another_task_is_a_mistake_that_lists_what_there_is(project, base):
    mistake = project.mistake(base + gate("max = 3", "performance.root_mean_squared_error"))
    assert "regression" in mistake.problem
    assert "performance.roc_auc" in mistake.hint


def test_without_a_task_every_check_may_have_a_limit(project, base):
    text = base.replace('task = "binary"', "") + gate("max = 3", "performance.root_mean_squared_error")
    assert "performance.root_mean_squared_error" in project.config(text).gates


def test_name_without_quotes_is_a_table_to_toml_and_is_explained(project, base):
    mistake = project.mistake(base + "[gates.performance.recall]\nmin = 0.5\n")
    assert mistake.hint == 'Write [gates."performance.recall"]'


def test_name_without_quotes_in_pyproject_is_explained_with_its_prefix(project, base):
    text = base.replace("[candidate]", "[tool.modelcheck.candidate]").replace("[dataset]", "[tool.modelcheck.dataset]")
    project.write("pyproject.toml", text + "[tool.modelcheck.gates.performance.recall]\nmin = 0.5\n")
    (mistake,) = project.mistakes()
    assert mistake.section == "tool.modelcheck.gates"
    assert mistake.hint == 'Write [tool.modelcheck.gates."performance.recall"]'


@pytest.mark.parametrize("line", ["min = 1.1", "max = -0.1", "min = nan", "max = inf", 'min = "0.5"', "min = true"])
def test_limits_are_finite_and_possible(project, base, line):
    mistake = project.mistake(base + gate(line))
    assert mistake.section == 'gates."performance.roc_auc"'
    assert mistake.key == line[:3]


def test_quoted_number_shows_the_line_without_quotes(project, base):
    assert project.mistake(base + gate('min = "0.5"')).hint == "Write it without quotes: min = 0.5"


def test_min_above_max_is_a_mistake(project, base):
    assert "above max" in project.mistake(base + gate("min = 0.9\nmax = 0.8")).problem
    assert project.config(base + gate("min = 0.8\nmax = 0.9")).gates["performance.roc_auc"].limit.max == 0.9


@pytest.mark.parametrize("lines", ["", "confidence = 0.9", 'reason = "x"'])
def test_gate_without_a_limit_is_a_mistake(project, base, lines):
    assert "sets no limit" in project.mistake(base + gate(lines)).problem


def test_severity_alone_needs_a_check_with_a_limit_of_its_own(project, base):
    assert "nothing to judge by" in project.mistake(base + gate('severity = "blocking"')).problem
    config = project.config(base + gate('severity = "warning"', "performance.better_than_trivial"))
    assert config.gates["performance.better_than_trivial"].limit.severity == "warning"


def test_limits_for_slices_alone_are_enough(project, base):
    assert project.config(base + gate("slices.sex.min = 0.5")).gates["performance.roc_auc"].slices["sex"].min == 0.5


def test_crossed_attributes_are_slices(project, base):
    config = project.config(base + gate('slices."sex*race".min = 0.5'))
    assert set(config.gates["performance.roc_auc"].slices) == {"sex*race"}


def test_undeclared_slice_gets_the_closest(project, base):
    mistake = project.mistake(base + gate('min = 0.5\nslices."sxe".min = 0.5'))
    assert mistake.section == 'gates."performance.roc_auc".slices'
    assert mistake.hint == 'Did you mean "sex"?'
    assert "sex*race" in mistake.problem


@pytest.mark.parametrize("inner", ["min = 2", "margin = -0.1", "colour = 1", "confidence = 1"])
def test_mistakes_inside_a_slice_name_the_slice(project, base, inner):
    mistakes = project.mistakes(base + gate(f"min = 0.5\nslices.sex.{inner}"))
    assert mistakes[0].section == 'gates."performance.roc_auc".slices.sex'


def test_number_for_a_slice_shows_the_nested_form(project, base):
    mistake = project.mistake(base + gate('min = 0.5\nslices."sex*race" = 0.5'))
    assert mistake.hint == 'Write "sex*race".min = ...'


def test_check_that_offers_no_slices_says_so(project, base):
    text = base + gate("max = 0.1\nslices.sex.max = 0.1", "performance.generalisation_gap")
    assert "as a whole" in project.mistake(text).problem


@pytest.mark.parametrize("value", ["0.5", "1", "0", "95", '"0.9"'])
def test_confidence_lies_between_half_and_one(project, base, value):
    assert project.mistake(base + gate(f"min = 0.5\nconfidence = {value}")).key == "confidence"


@pytest.mark.parametrize(("written", "meant"), [("block", "blocking"), ("warn", "warning"), ("error", "blocking")])
def test_severity_words(project, base, written, meant):
    assert project.mistake(base + gate(f'min = 0.5\nseverity = "{written}"')).hint == f'Did you mean "{meant}"?'


def test_a_margin_alone_makes_the_gate_against_the_baseline_and_no_other(project, base):
    config = project.config(base + gate('margin = 0.02\nreason = "why"\nresolution = 0.03\nslices.sex.margin = 0.05'))
    assert set(config.gates) == {"performance.regression.roc_auc"}
    table = config.gates["performance.regression.roc_auc"]
    assert (table.limit.margin, table.limit.min, table.limit.reason, table.limit.resolution) == (
        0.02,
        None,
        "why",
        0.03,
    )
    assert {name: limit.margin for name, limit in table.slices.items()} == {"sex": 0.05}


def test_a_margin_beside_a_limit_makes_two_gates(project, base):
    text = 'min = 0.8\nmargin = 0.02\nresolution = 0.03\nseverity = "warning"\nslices.sex.min = 0.7'
    config = project.config(base + gate(text))
    own, other = config.gates["performance.roc_auc"], config.gates["performance.regression.roc_auc"]
    assert (own.limit.min, own.limit.margin, own.limit.resolution, set(own.slices)) == (0.8, None, 0.03, {"sex"})
    # The resolution belongs to the limit it stands beside; a margin is its own resolution.
    assert (other.limit.min, other.limit.margin, other.limit.resolution, set(other.slices)) == (None, 0.02, None, set())
    assert other.limit.severity == "warning"


def test_the_gate_against_the_baseline_may_be_named_itself(project, base):
    name = "performance.regression.roc_auc"
    assert project.config(base + gate("margin = 0.0", name)).gates[name].limit.margin == 0.0
    assert project.config(base + gate('severity = "warning"', name)).gates[name].limit.severity == "warning"
    mistake = project.mistake(base + gate("min = 0.5\nmargin = 0.1", name))
    assert (mistake.key, "compares with the baseline" in mistake.problem) == ("min", True)


@pytest.mark.parametrize("order", [1, -1])
def test_a_margin_given_twice_is_a_mistake(project, base, order):
    tables = [gate("margin = 0.02"), gate("margin = 0.03", "performance.regression.roc_auc")][::order]
    assert "set twice" in project.mistake(base + "".join(tables)).problem


@pytest.mark.parametrize("name", ["better_than_trivial", "negative_flips", "calibration"])
def test_a_check_that_compares_nothing_takes_no_margin(project, base, name):
    assert "isn't compared" in project.mistake(base + gate("margin = 0.02\nmax = 0.5", f"performance.{name}")).problem


@pytest.mark.parametrize("margin", ["-0.01", "1.5", '"0.01"', "true"])
def test_margins_lie_in_the_range_of_the_metric(project, base, margin):
    assert project.mistake(base + gate(f"margin = {margin}")).key == "margin"


def test_a_comparison_that_runs_on_request_needs_a_margin(project, base):
    mistake = project.mistake(base + gate('severity = "warning"', "performance.regression.accuracy"))
    assert mistake.hint == "Give `margin`."


def test_other_words_for_limits(project, base):
    hints = {mistake.key: mistake.hint for mistake in project.mistakes(base + gate("minimum = 0.5\nmaxi = 0.9"))}
    assert hints["minimum"] == 'Did you mean "min"?'


def test_number_instead_of_a_table_shows_the_table(project, base):
    mistake = project.mistake(base + '[gates]\n"performance.roc_auc" = 0.9\n')
    assert 'Write [gates."performance.roc_auc"]' in mistake.hint
    assert "min = 0.9" in mistake.hint


@pytest.mark.parametrize("name", ["a::b", "a[b", "a]b", "a\\nb", "", " a", ":a", "x" * 300, "a\\u202eb"])
def test_slice_names_fit_into_a_gate_id(project, base, name):
    mistake = project.mistake(base + f'[slices]\n"{name}" = "age > 1"\n')
    assert mistake.section == "slices"
    assert "name" in mistake.problem


@pytest.mark.parametrize("condition", ['"age >="', '"__import__(1)"', "3", '""', '"age > 1; drop"'])
def test_slice_conditions_are_parsed_at_once(project, base, condition):
    mistake = project.mistake(base + f"[slices]\nold = {condition}\n" + gate("slices.old.min = 0.5"))
    assert (mistake.section, mistake.key) == ("slices", "old")


def test_slice_may_not_take_an_attributes_name(project, base):
    assert "already" in project.mistake(base + '[slices]\nsex = "age > 1"\n').problem


@pytest.mark.parametrize("key", ["colour", "margn", "slices.sex.margins"])
def test_a_key_that_would_be_refused_is_not_offered(project, base, key):
    text = gate(f"max = 0.5\nslices.sex.max = 0.5\n{key} = 1", "performance.calibration")
    mistake = project.mistake(base + text)
    assert "is not known here" in mistake.problem
    assert "margin" not in mistake.problem.partition("allowed:")[2] + mistake.hint


def test_costs_are_read(project, base):
    cost = project.config(base + "[cost]\nfp = 1\nfn = 5.5\n").cost
    assert (cost.fp, cost.fn) == (1.0, 5.5)
    assert project.config(base).cost is None


@pytest.mark.parametrize(
    "lines", ["fp = 1", "fp = -1\nfn = 1", "fp = 0\nfn = 0", "fp = 1\nfn = 1\ntp = 1", "fp = nan\nfn = 1"]
)
def test_costs_that_mean_nothing_are_mistakes(project, base, lines):
    assert project.mistakes(base + f"[cost]\n{lines}\n")[0].section == "cost"


def test_costs_are_for_binary_decisions(project, base):
    text = base.replace('"binary"', '"regression"') + "[cost]\nfp = 1\nfn = 1\n"
    assert "binary" in project.mistake(text).problem


def test_a_stored_baseline_may_be_named(project, base):
    config = project.config(base + '[baseline]\nstore = "champion"\n')
    assert (config.baseline.store, config.baseline.model) == ("champion", None)
    assert config.baseline_store == project.root / "champion"
    silent = project.config('name = "m"\n' + base)
    assert silent.baseline_store == project.root / ".modelcheck" / "m" / "baseline"


@pytest.mark.parametrize(
    "lines",
    [
        'store = "a"\nmodel = "model.skops"',
        'store = "../a"',
        'store = "a/../.."',
        'store = "/a"',
        'store = "rows.csv"',
        "store = 1",
        'store = "."',
        'store = "./"',
        'store = "a\\u0000b"',
        'store = "away"',
        'store = "away/b"',
        'store = "here"',
    ],
)
def test_a_store_that_can_not_be_is_a_mistake(project, base, lines, tmp_path_factory):
    (project.root / "away").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    (project.root / "here").symlink_to(project.root)
    assert project.mistakes(base + f"[baseline]\n{lines}\n")[0].section == "baseline"


@pytest.mark.parametrize("store", ["a/b", "reports", "linked", "a" * 300, "...", "~"])
def test_any_folder_below_may_be_the_store(project, base, store):
    (project.root / "a").mkdir()
    (project.root / "linked").symlink_to(project.root / "a")
    assert project.config(base + f'[baseline]\nstore = "{store}"\n').baseline.store == store


@pytest.mark.parametrize(("name", "side", "other"), [("accuracy", "min", "max"), ("false_positive_rate", "max", "min")])
def test_a_floor_in_every_slice_has_one_side(project, base, name, side, other):
    check = f"performance.every_slice.{name}"
    mistake = project.mistake(base + gate(f"{side} = 0.5\n{other} = 0.5", check))
    assert mistake.problem == f"has no meaning here: give `{side}`."
    assert mistake.key.endswith(other)
    problems = [one.problem for one in project.mistakes(base + gate(f"{other} = 0.5", check))]
    assert problems == [f"has no meaning here: give `{side}`."]
    assert project.config(base + gate(f"{side} = 0.5", check)).gates[check].limit


def test_what_only_describes_takes_no_limit(project, base):
    mistake = project.mistake(base + '[gates."bias.group_metrics"]\nmax = 0.1\n')
    assert "only describes" in mistake.problem


def test_a_comparison_of_groups_needs_a_protected_attribute(project, base):
    text = base.replace('protected = ["sex", "race", ["sex", "race"]]', "")
    assert "protected" not in text
    mistake = project.mistake(text + '[gates."bias.demographic_parity_ratio"]\nmin = 0.8\n')
    assert "none is declared" in mistake.problem


def test_a_comparison_of_groups_has_limits_by_attribute_only(project, base):
    slices = '[slices]\nold = "age >= 65"\n[gates."bias.demographic_parity_ratio"]\nslices.old.min = 0.8\n'
    mistake = project.mistake(base + slices)
    assert "is no protected attribute" in mistake.problem
    assert '"sex"' in mistake.problem


def test_intersections_need_two_columns(project, base):
    text = base.replace('protected = ["sex", "race", ["sex", "race"]]', 'protected = ["sex"]')
    mistake = project.mistake(text + '[gates."bias.intersectional"]\nmax = 0.2\n')
    assert "needs 2 protected columns" in mistake.problem
