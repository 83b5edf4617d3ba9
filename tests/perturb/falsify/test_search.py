"""The search finds planted defects at every seed, shrinks them to one cell, and finds nothing in clean twins."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.falsify.hunt import BUDGET, EXAMPLES, EXHAUSTED, FOUND
from modelcheck.perturb.falsify.properties import Property, finite, increasing, no_crash, unmoved
from modelcheck.perturb.falsify.search import search
from modelcheck.perturb.profile import profile_table

from .conftest import KINDS, answering, clean, dips, knows_no_priest, raises_on_missing, reads_the_zip, table

PLANTED = {
    "raises on missing": (no_crash(), raises_on_missing, "debt", None),
    "dips": (increasing("age"), dips, "age", 40),
    "reads the zip": (unmoved("zip"), reads_the_zip, "zip", None),
    "knows no priest": (finite(), knows_no_priest, "job", "priest"),
}


def _search(prop, people, profile, model, *, seed=0, most_rows=50_000, **options):
    return search(prop, people, profile, answering(model), seed=seed, most_rows=most_rows, **options)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_found_at_every_seed_and_shrunk_to_one_changed_cell(name, people, profile):
    prop, model, column, value = PLANTED[name]
    for seed in range(10):
        found = _search(prop, people, profile, model, seed=seed)
        assert found.stopped == FOUND
        example = found.counterexample
        assert list(example.changes) == [column]
        assert not example.context
        assert example.alone
        was, now = example.changes[column]
        assert was == people[column].iloc[example.row]
        if name == "dips":
            assert {was, now} & {40, 41, 42, 43}
        elif name != "reads the zip":
            assert now == value


@pytest.mark.parametrize("name", PLANTED)
def test_nothing_is_found_in_the_clean_twin(name, people, profile):
    for seed in range(2):
        found = _search(PLANTED[name][0], people, profile, clean, seed=seed)
        assert found.counterexample is None
        assert found.stopped == EXAMPLES
        assert found.examples > 50


def test_the_dip_is_shown_by_the_roundest_value_in_it(people, profile):
    found = _search(increasing("age"), people, profile, dips, seed=1)
    was, now = found.counterexample.changes["age"]
    assert now == 40
    assert was < 40
    assert found.counterexample.sentence() == (
        f"Row {found.counterexample.row}, age from {was} to 40: "
        f"{found.counterexample.before} became {found.counterexample.after}."
    )


def test_a_defect_that_needs_two_columns_is_shrunk_to_those_two(people, profile):
    def model(rows):
        return np.where((rows["age"] > 80) & (rows["sex"] == "F") & (rows["income"] > 6000), np.nan, clean(rows))

    women = people[(people["sex"] == "F") & (people["age"] <= 80) & (people["income"] <= 6000)].reset_index(drop=True)
    example = _search(finite(), women, profile, model, seed=3, examples=400).counterexample
    assert set(example.changes) == {"age", "income"}
    assert example.changes["age"][1] > 80
    assert example.changes["income"][1] > 6000


def test_calls_are_batched_while_searching_and_while_shrinking(people, profile):
    log = []
    found = search(increasing("age"), people, profile, answering(dips, log), seed=0, most_rows=50_000)
    assert found.asked_rows == sum(log)
    assert found.calls == len(log)
    assert found.asked_rows / found.calls > 20


def test_the_budget_bounds_the_rows_and_keeps_the_best_so_far(people, profile):
    whole = _search(increasing("age"), people, profile, dips)
    cut = _search(increasing("age"), people, profile, dips, most_rows=whole.asked_rows // 2)
    assert cut.asked_rows <= whole.asked_rows // 2
    assert cut.stopped == BUDGET
    assert set(cut.counterexample.changes) == {"age"}
    none = _search(increasing("age"), people, profile, clean, most_rows=500)
    assert (none.counterexample, none.stopped) == (None, BUDGET)
    assert none.asked_rows <= 500


def test_the_budget_that_ends_in_the_last_step_keeps_the_counterexample(people, profile):
    whole = _search(unmoved("zip"), people, profile, reads_the_zip)
    for short in (1, 2):
        cut = _search(unmoved("zip"), people, profile, reads_the_zip, most_rows=whole.asked_rows - short)
        assert set(cut.counterexample.changes) == {"zip"}


def test_the_same_seed_finds_the_same_whatever_the_global_generators_say(people, profile):
    texts = set()
    for state in range(2):
        random.seed(state)
        np.random.seed(state)
        before = np.random.get_state()[1].tolist()
        found = _search(no_crash(), people, profile, raises_on_missing, seed=7)
        assert np.random.get_state()[1].tolist() == before
        texts.add((found.counterexample.dump(), found.asked_rows, found.examples))
    assert len(texts) == 1


def test_the_same_seed_finds_the_same_in_a_process_with_other_modules_and_nothing_is_written_or_printed(
    tmp_path, people, profile
):
    (tmp_path / "mine.py").write_text("NUMBERS = [17, 42, 65537, 99999]\n")
    here = str(tmp_path)
    script = (
        "import sys\n"
        f"sys.path[:0] = [{here!r}, {str(__file__).rpartition('/')[0]!r}]\n"
        "import mine, conftest\n"
        "from modelcheck.perturb.falsify.properties import increasing\n"
        "from modelcheck.perturb.falsify.search import search\n"
        "from modelcheck.perturb.profile import profile_table\n"
        "people = conftest.table(600, 1).fillna({'debt': 900.0})\n"
        "profile = profile_table(conftest.table(), conftest.KINDS)\n"
        "answer = conftest.answering(conftest.dips)\n"
        "found = search(increasing('age'), people, profile, answer, seed=5, most_rows=50_000)\n"
        "sys.stdout.write(found.counterexample.dump())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == _search(increasing("age"), people, profile, dips, seed=5).counterexample.as_json()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["mine.py"]


def test_nothing_is_printed(people, profile, capsys):
    _search(increasing("age"), people, profile, dips)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [RuntimeError("ours"), AssertionError("ours"), SystemExit(3), KeyboardInterrupt()])
def test_an_exception_of_our_own_comes_through_at_once(people, profile, error):
    calls = []

    def answer(rows):
        calls.append(len(rows))
        if len(calls) == 3:
            raise error
        return answering(clean)(rows)

    with pytest.raises(type(error)) as caught:
        search(no_crash(), people, profile, answer, seed=0, most_rows=50_000)
    assert caught.value is error
    assert len(calls) == 3


def test_an_answer_of_another_length_is_a_mistake_of_ours(people, profile):
    with pytest.raises(ValueError, match="outcomes were given to"):
        search(no_crash(), people, profile, lambda rows: answering(clean)(rows[:-1]), seed=0, most_rows=50_000)


@pytest.mark.parametrize(
    ("frame", "kinds", "columns", "reason"),
    [
        (pd.DataFrame({"a": [1, 1, 1]}), {"a": "constant"}, None, "No column holds more than one value"),
        (pd.DataFrame({"a": [np.nan] * 3}), {"a": "constant"}, None, "No column holds more than one value"),
        (pd.DataFrame({"a": [None] * 3, "b": "x"}), {"a": "constant", "b": "constant"}, None, "No of the 2 columns"),
        (pd.DataFrame(index=range(3)), {}, None, "The table has no columns"),
        (pd.DataFrame({"a": [1, 2]}), {"a": "integer"}, ("b",), "None of the columns named"),
        (pd.DataFrame({"a": [1, 2]}).iloc[:0], {"a": "integer"}, None, "There are no rows"),
        (pd.DataFrame({"a": [[1], [2]]}), {"a": "text"}, None, "No column holds more than one value"),
    ],
)
def test_a_table_in_which_nothing_can_be_changed_is_said_in_one_sentence(frame, kinds, columns, reason):
    prop = Property(name="any", title="any", broken=no_crash().broken, columns=columns)
    found = search(prop, frame, profile_table(frame, kinds), answering(clean), seed=0, most_rows=100)
    assert not found.satisfiable
    assert found.counterexample is None
    assert found.stopped.startswith(reason)


def test_a_tiny_space_is_exhausted_rather_than_searched_for_ever():
    frame = pd.DataFrame({"flag": [True, False]})
    profile = profile_table(frame, {"flag": "boolean"})
    model = lambda rows: rows["flag"].to_numpy(dtype=float)  # noqa: E731
    found = search(no_crash(), frame, profile, answering(model), seed=0, examples=5_000, most_rows=10_000)
    assert (found.counterexample, found.stopped) == (None, EXHAUSTED)


def test_rows_without_an_answer_before_are_never_judged(people, profile):
    def never(rows):
        raise ValueError("always")

    found = _search(no_crash(), people, profile, never, examples=20)
    assert found.counterexample is None


def test_a_defect_that_shows_only_in_a_batch_is_said_to(people, profile):
    def first_of_a_batch(rows):
        return clean(rows) + (0.3 * (rows["zip"].nunique() > 1) * (rows["zip"] > 10_200)).to_numpy(dtype=float)

    found = _search(unmoved("zip"), people, profile, first_of_a_batch)
    assert not found.counterexample.alone


def test_labels_stand_in_for_codes(people, profile):
    found = _search(no_crash(), people, profile, raises_on_missing, labels=("no", "yes"))
    assert found.counterexample.before.decision in ("no", "yes")
    assert found.counterexample.after.message == "ValueError: Input contains NaN"


def test_a_search_needs_an_example_and_a_row(people, profile):
    with pytest.raises(ValueError, match="at least one example"):
        _search(no_crash(), people, profile, clean, examples=0)


def test_changed_cells_stay_within_the_support_and_are_missing_only_where_the_reference_is(people, profile):
    reference, seen = table(), []

    def watching(rows):
        seen.append(rows)
        return clean(rows)

    _search(no_crash(), people, profile, watching)
    asked = pd.concat(seen, ignore_index=True)
    for name in KINDS:
        assert asked[name].isna().any() == (name == "debt")
        low, high = reference[name].min(), reference[name].max()
        assert asked[name].dropna().between(min(low, people[name].min()), max(high, people[name].max())).all()
