import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.explainability.forbidden import forbidden
from modelcheck.checks.explainability.near_copies import NEAR_COPY
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion


def leaning(weight, column="group"):
    """A model that also goes by a column."""

    def model(rows):
        other = (rows["group"] == "M") if column == "group" else rows[column]
        return 1.0 / (1.0 + np.exp(-(rows["big"] + weight * np.asarray(other, dtype=float)).to_numpy()))

    return model


@pytest.fixture(scope="module")
def direct(context_for, people):
    return context_for(leaning(1.5), people(), forbidden=("group",), limit=0.05)


def test_a_forbidden_column_that_moves_answers_is_found_with_an_interval(direct, lines_of):
    found = forbidden(direct)
    assert 0.2 < found.estimate.low < found.estimate.value < found.estimate.high < 0.8
    assert len(found.findings) == 1
    assert "group" in found.findings[0].title
    lines = lines_of(found)
    assert lines[0]["column"] == "group"
    assert sum(line["counted"] for line in lines) == pytest.approx(found.estimate.value)


def test_a_near_copy_counts_for_the_column_that_it_copies(context_for, people, lines_of):
    found = forbidden(context_for(leaning(1.5, "twin"), people(), forbidden=("group",), limit=0.05))
    twin = next(line for line in lines_of(found) if line["column"] == "twin")
    assert twin["tells"] == "group"
    assert NEAR_COPY <= twin["how much of it"] <= 1.0
    assert found.estimate.value == pytest.approx(twin["how much of it"] * twin["share of attribution"])
    assert found.estimate.low > 0.05
    assert "twin tells" in found.findings[0].reproduce


def test_a_column_that_only_goes_along_with_a_forbidden_one_is_listed_and_not_counted(context_for, people, lines_of):
    table = people()
    table["big"] += np.where(table["group"] == "M", 0.5, -0.5)
    found = forbidden(context_for(leaning(0.0), table, forbidden=("group",), limit=0.05))
    big = next(line for line in lines_of(found) if line["column"] == "big")
    assert 0.05 < big["how much of it"] < 0.5
    assert (found.estimate.value, found.findings) == (0.0, ())


def test_a_forbidden_column_that_never_moves_an_answer_has_a_share_of_zero_with_an_upper_limit(asked_of):
    found = forbidden(asked_of(forbidden=("noise",), limit=0.05))
    assert found.estimate.value == 0.0
    assert 0.0 < found.estimate.high < 0.05
    assert not found.findings


def test_decisions_alone_that_are_seldom_yes_put_nothing_on_a_column_that_is_not_looked_at(context_for, people):
    table = people()

    def seldom(rows):
        return np.where(rows["big"] > 2.0, "yes", "no")

    found = forbidden(context_for(seldom, table, output="label", forbidden=("group",), limit=0.05))
    assert found.estimate.value == 0.0
    assert not found.findings


def test_without_a_declaration_the_protected_columns_are_looked_at(told, asked_of, lines_of):
    found = forbidden(told)
    assert "protected" in found.reading
    assert {line["column"] for line in lines_of(found) if line["counted"] is not None and line["tells"] == "group"} >= {
        "group"
    }


def test_with_nothing_declared_or_protected_there_is_nothing_to_forbid(context_for, people, right):
    found = forbidden(context_for(right, people(200)))
    assert "forbidden = " in found.not_applicable


def test_a_forbidden_column_that_the_candidate_is_not_given_is_shown_without_a_share(context_for, people, lines_of):
    from sklearn.linear_model import LogisticRegression

    table = people()
    model = LogisticRegression().fit(table[["big", "small", "noise"]], table["y"])
    found = forbidden(context_for(model, table, forbidden=("group",), limit=0.05))
    line = lines_of(found)[0]
    assert (line["column"], line["share of attribution"]) == ("group", None)
    assert found.estimate.value == 0.0


def test_the_higher_level_has_the_wider_interval(direct, asked_of):
    narrow, wide = (forbidden(asked_of(direct, confidence=level)).estimate for level in (0.8, 0.999))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.value == narrow.value


class Given:
    """A model of some columns, as a function of them."""

    def __init__(self, columns, function):
        self.feature_names_in_ = np.array(columns)
        self.classes_ = np.array(["no", "yes"])
        self._function = function

    def fit(self, rows, truth):
        raise NotImplementedError

    def predict_proba(self, rows):
        p = np.asarray(self._function(rows), dtype=float)
        return np.column_stack([1.0 - p, p])

    def predict(self, rows):
        return self.classes_[(np.nan_to_num(self.predict_proba(rows)[:, 1]) >= 0.5).astype(int)]


def expit(x):
    return 1.0 / (1.0 + np.exp(-np.asarray(x, dtype=float)))


def table_with(n, seed, columns):
    """Numbers a and b, and what `columns` makes; half of the rows are of the positive class."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    return columns(table, rng).assign(y=np.where(rng.random(n) < 0.5, "yes", "no"))


@pytest.fixture
def gate(context_for):
    """The evidence and the verdict of a model of all columns but the target and `without`."""

    def run(function, columns, *, n=1000, without=(), forbidden_columns=("sex",), **more):
        table, reference = table_with(n, 1, columns), table_with(1500, 2, columns)
        given = [name for name in table.columns if name not in ("y", *without)]
        limit = 0.05
        context = context_for(
            Given(given, function), table, reference=reference, forbidden=forbidden_columns, limit=limit,
            confidence=0.996, **more,
        )  # fmt: skip
        found = forbidden(context)
        return found, judge(found, Criterion(max=limit, confidence=0.996))

    return run


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_flag_that_is_seldom_set_is_not_screened_out_of_many_columns(gate, seed):
    def columns(table, rng):
        table[[f"f{place}" for place in range(45)]] = rng.normal(size=(len(table), 45))
        return table.assign(flag=(rng.random(len(table)) < 0.02).astype(int))

    def model(rows):
        return expit(0.1 * rows["a"] + 0.05 * rows["b"] - 0.5 + 6.0 * rows["flag"])

    found, judged = gate(model, columns, forbidden_columns=("flag",), seed=seed, budget=200_000)
    assert judged.verdict == "fail"
    assert found.estimate.low > 0.05


def test_a_flag_that_is_never_used_is_tried_where_it_really_changes(gate):
    def columns(table, rng):
        return table.assign(flag=(rng.random(len(table)) < 0.005).astype(int))

    found, judged = gate(lambda rows: expit(rows["a"]), columns, forbidden_columns=("flag",))
    assert (found.estimate.value, judged.verdict) == (0.0, "pass")
    found, judged = gate(
        lambda rows: expit(rows["a"]), lambda table, rng: table.assign(flag=0), forbidden_columns=("flag",)
    )
    assert judged.verdict == "inconclusive"
    assert "flag is the same in all 2,500 rows" in judged.reason


def test_a_flag_that_acts_where_no_explained_row_shows_it_is_left_open(gate, monkeypatch):
    monkeypatch.setattr("modelcheck.checks.explainability.reliance.moved_together", lambda *_, **__: None)

    def columns(table, rng):
        return table.assign(flag=(np.arange(len(table)) % 750 == 13).astype(int))

    found, judged = gate(lambda rows: expit(rows["a"] + 3.0 * rows["flag"]), columns, forbidden_columns=("flag",))
    assert judged.verdict == "inconclusive"
    assert "keeps" not in judged.reason
    assert not found.findings


def zips(levels):
    def columns(table, rng):
        code = rng.integers(0, levels, len(table))
        return table.assign(sex=[f"Z{one:04d}" for one in code], copy=code * 7 % levels)

    return columns


@pytest.mark.parametrize(("levels", "n"), [(40, 1000), (300, 1000), (40, 60)])
def test_a_copy_of_many_levels_counts_on_few_rows_too(gate, levels, n):
    def model(rows):
        return expit(rows["a"] + np.where(rows["copy"] % 2 == 0, 2.0, -2.0))

    found, judged = gate(model, zips(levels), n=n, without=("sex",))
    assert judged.verdict == "fail"
    assert "copy tells 1 of sex" in found.findings[0].reproduce


def test_texts_that_could_copy_a_forbidden_column_leave_it_open_only_where_answers_rest_on_them(gate):
    def columns(table, rng):
        text = [f"{place} {one}" for place, one in enumerate(rng.choice(["Mr", "Mrs"], len(table)))]
        return table.assign(sex=[one.split()[1] for one in text], text=text)

    def model(weight):
        return lambda rows: expit(rows["a"] + weight * rows["text"].str.endswith("Mrs").to_numpy(dtype=float))

    assert gate(model(0.0), columns, without=("sex",))[1].verdict == "pass"
    found, judged = gate(model(0.7), columns, without=("sex",))
    assert judged.verdict == "inconclusive"
    assert "text has too many values to be compared with sex" in judged.reason
    assert "neither" not in found.reading


def proxies(table, rng):
    sex = rng.integers(0, 2, len(table))
    for place in range(3):
        table[f"p{place}"] = np.where(rng.random(len(table)) < 0.1, 1 - sex, sex)
    return table.assign(sex=sex, c=rng.integers(0, 2, len(table))).assign(d=lambda rows: rows["sex"] ^ rows["c"])


@pytest.mark.parametrize(
    "signal",
    [
        lambda rows: rows["p0"] + rows["p1"] + rows["p2"] - 1.5 + 0.3 * rows["a"],
        lambda rows: 3.0 * ((rows["c"] ^ rows["d"]) - 0.5) + 0.3 * rows["a"],
    ],
    ids=["three noisy ones", "exclusive or"],
)
def test_columns_that_copy_a_forbidden_one_together_leave_its_share_of_nothing_unproven(gate, signal):
    found, judged = gate(lambda rows: expit(signal(rows)), proxies, without=("sex",))
    assert found.estimate.value == 0.0
    assert judged.verdict == "inconclusive"
    assert "the answers alone tell" in judged.reason
    assert "keeps" not in judged.reason
    assert not found.findings


def test_other_columns_that_tell_a_forbidden_one_are_named_where_much_of_the_answers_goes_along(gate):
    _, judged = gate(lambda rows: expit(3.0 * (rows["c"] ^ rows["d"]) + 1.8 * rows["a"]), proxies, without=("sex",))
    assert judged.verdict == "inconclusive"
    assert "other columns together tell" in judged.reason


@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_scores_that_differ_by_group_as_the_truth_does_leave_nothing_open(gate, shift):
    def columns(table, rng):
        sex = rng.integers(0, 2, len(table))
        return table.assign(a=table["a"] + shift * sex, sex=sex)

    found, judged = gate(lambda rows: expit(2.0 * rows["a"] + rows["b"]), columns, without=("sex",))
    assert judged.verdict == "pass"
    assert "by itself" in found.reading


def test_rows_that_are_there_twice_tell_nothing_of_a_column_they_share(gate):
    def columns(table, rng):
        table = table.assign(sex=[f"Z{one}" for one in rng.integers(0, 30, len(table))])
        half = len(table) // 2
        return pd.concat([table.iloc[:half]] * 2, ignore_index=True)

    assert gate(lambda rows: expit(rows["a"]), columns, without=("sex",))[1].verdict == "pass"


def test_rows_that_a_model_refuses_do_not_hide_what_it_goes_by(gate):
    def columns(table, rng):
        sex = (rng.random(len(table)) < 0.07).astype(int)
        return table.assign(sex=sex, title=np.where(sex == 1, "Mrs", "Mr"))

    def model(rows):
        p = expit(0.1 * rows["a"] + 0.1 * rows["b"] - 4.0 * rows["sex"] + 0.5)
        return np.where((rows["title"] == "Mrs") != (rows["sex"] == 1), np.nan, p)

    found, judged = gate(model, columns)
    assert judged.verdict == "fail"
    assert "switched as one" in found.estimate.method


def test_many_lost_rows_prove_nothing(gate):
    def columns(table, rng):
        return table.assign(c=table["a"] + 0.1 * table["b"], sex=rng.integers(0, 2, len(table)))

    def model(rows):
        return np.where(np.abs(rows["a"] - rows["c"]) > 1.5, np.nan, expit(rows["b"]))

    _, judged = gate(model, columns)
    assert judged.verdict == "inconclusive"
    assert "rows could not be explained" in judged.reason


@pytest.mark.parametrize(("weight", "verdict"), [(0.0, "pass"), (30.0, "fail")])
def test_many_columns_are_more_than_the_budget_pays_and_the_forbidden_ones_are_switched_as_one(gate, weight, verdict):
    def columns(table, rng):
        return table.join(pd.DataFrame(rng.normal(size=(len(table), 150)), columns=[f"f{at}" for at in range(150)]))

    def model(rows):
        rest = rows[[f"f{at}" for at in range(150)]].to_numpy(dtype=float)
        return expit(0.02 * (rest.sum(axis=1) + weight * rows["a"] + rows["b"]))

    found, judged = gate(model, columns, n=400, forbidden_columns=("a",), budget=40_000)
    assert judged.verdict == verdict
    if weight:
        assert "switched as one" in found.estimate.method
