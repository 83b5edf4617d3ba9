from __future__ import annotations

import pickle
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcheck.config import Config, load_configs
from modelcheck.errors import DataError, ModelError
from modelcheck.scaffold import propose
from modelcheck.scaffold.proposal import _comment
from modelcheck.suites.catalog import all_checks

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a file that is no model, so that only the table is guessed from."""
    root = tmp_path_factory.mktemp("scaffold")
    (root / "m.skops").write_bytes(b"not a model")
    return root


def proposed(folder: Path, columns: dict | pa.Table, model: str = "m.skops") -> tuple[str, Config]:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, folder / "rows.parquet")
    text = propose(model, "rows.parquet", folder).text
    return text, loaded(folder, text)


def loaded(folder: Path, text: str) -> Config:
    (folder / "proposal.toml").write_text(text, encoding="utf-8")
    (config,) = load_configs(folder, ["proposal.toml"], checks=all_checks())
    return config


@pytest.mark.parametrize("name", ["target", "Label", "y", "OUTCOME", "class"])
def test_target_is_recognised_by_name(folder, name):
    _, config = proposed(folder, {name: [0, 1, 0], "a": [1, 2, 3], "b": [3, 4, 5]})
    assert config.dataset.target == name


def test_target_is_recognised_by_a_word_of_its_name(folder):
    _, config = proposed(folder, {"readmission_outcome": [0, 1, 0], "outcome_id": [1, 2, 3], "b": [3, 4, 5]})
    assert config.dataset.target == "readmission_outcome"


def test_last_column_is_the_target_otherwise_and_the_text_says_so(folder):
    text, config = proposed(folder, {"a": [1, 2, 3], "b": [3, 4, 5], "row_id": [1, 2, 3]})
    assert config.dataset.target == "b"
    assert "guessed: the last column" in text


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0, 1, 0, 1], "binary"),
        (["a", "b", "c", "a"], "multiclass"),
        ([1, 2, 3, 1], "multiclass"),
        ([1.5, 2.5, 3.5, 4.0], "regression"),
        (list(range(11)), "regression"),
        ([True, False, None, True], "binary"),
    ],
)
def test_task_follows_from_the_targets_values(folder, values, task):
    _, config = proposed(folder, {"a": list(range(len(values))), "target": values})
    assert config.candidate.task == task


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        (["no", "yes", "yes"], "yes"),
        ([">50K", "<=50K", ">50K"], ">50K"),
        (["ham", "spam", "ham"], "spam"),
        ([0, 1, 1], None),
        ([True, False, True], None),
        ([1.0, 0.0, 1.0], None),
        ([1, 2, 1], 1),
    ],
)
def test_positive_label(folder, values, positive):
    _, config = proposed(folder, {"a": [1, 2, 3], "target": values})
    assert config.dataset.positive == positive


def test_protected_columns_are_recognised_by_name(folder):
    text, config = proposed(
        folder,
        {
            "applicantSex": ["f", "m"] * 30,
            "age": list(range(20, 80)),
            "message": ["a"] * 60,
            "race": ["x"] * 60,
            "ethnicity": [f"group {number}" for number in range(60)],
            "target": [0, 1] * 30,
        },
    )
    assert config.dataset.protected == (("applicantSex",), ("age",))
    assert config.dataset.bands == {"age": (25.0, 45.0, 65.0)}
    assert '"race" looks protected, but has 1 value' in text
    assert '"ethnicity" looks protected, but its 60 values' in text


def test_names_that_no_gate_can_carry_are_left_out_and_said(folder):
    text, config = proposed(folder, {"sex [f/m]": ["f", "m"], "target": [0, 1]})
    assert config.dataset.protected == ()
    assert "can't be part of a gate's id" in text


def test_identifiers_become_key_and_cluster(folder):
    _, config = proposed(
        folder, {"row_id": [1, 2, 3, 4], "person_id": [1, 1, 2, 2], "a": [1, 2, 2, 1], "y": [0, 1, 0, 1]}
    )
    assert (config.dataset.key, config.dataset.cluster) == ("row_id", "person_id")


def test_weights_times_reference_and_limits_stay_comments(folder):
    text, config = proposed(
        folder, {"weight": [1.0, 2.0], "when": pd.to_datetime(["2020-01-01", "2020-01-02"]), "a": [1, 2], "y": [0, 1]}
    )
    assert '# weight = "weight"' in text
    assert '# time = "when"' in text
    assert (config.dataset.weight, config.dataset.time, config.reference, config.gates) == (None, None, None, {})
    assert '# [gates."performance.roc_auc"]' in text


def test_commented_limit_and_reference_are_right_once_uncommented(folder):
    text, _ = proposed(folder, {"a": [1, 2, 3, 4], "y": [0.5, 1.5, 2.5, 3.5]})
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "train.csv").touch()
    start = text.index("# [reference]")
    lines = [line.removeprefix("# ") for line in text[start:].splitlines() if not line.startswith("# A limit")]
    config = loaded(folder, text[:start] + "\n".join(lines))
    assert config.gates["performance.root_mean_squared_error"].limit.reason == "why this value"


def test_what_the_guesses_rest_on_is_said(folder):
    text, _ = proposed(folder, {"a": list(range(30_000)), "y": [0, 1] * 15_000})
    assert "the first 20,000 rows of 30,000" in text
    text, _ = proposed(folder, {"a": [1, 2], "y": [0, 1]})
    assert "all 2 rows" in text


def test_the_models_own_description_goes_before_guesses(folder):
    from sklearn.linear_model import LogisticRegression

    frame = pd.DataFrame({"truth": ["b", "a"] * 5, "income": range(10), "label": range(10, 20)})
    model = LogisticRegression().fit(frame[["income", "label"]], frame["truth"])
    (folder / "fitted.pkl").write_bytes(pickle.dumps(model))
    text, config = proposed(folder, pa.Table.from_pandas(frame), "fitted.pkl")
    assert config.dataset.target == "truth"
    assert config.dataset.positive == "b"
    assert 'task = "binary"  # the model says so' in text


def test_a_model_file_that_could_run_code_is_not_loaded_and_trust_stays_a_comment(folder):
    class Payload:
        def __reduce__(self):
            import os

            return os.mkdir, (str(folder / "mark"),)

    (folder / "evil.pkl").write_bytes(pickle.dumps(Payload()))
    text, config = proposed(folder, {"a": [1, 2], "y": [0, 1]}, "evil.pkl")
    assert not (folder / "mark").exists()
    assert "# Not loaded: " in text
    assert "# trusted = [" in text
    assert config.candidate.trusted == ()


def test_bad_input_is_an_error_not_a_file(folder):
    pq.write_table(pa.table({"only": [1]}), folder / "one.parquet")
    pq.write_table(pa.table({"a": pa.array([], pa.int64()), "y": pa.array([], pa.int64())}), folder / "none.parquet")
    for data in ("one.parquet", "none.parquet", "gone.csv"):
        with pytest.raises(DataError):
            propose("m.skops", data, folder)
    with pytest.raises(ModelError):
        propose("gone.skops", "one.parquet", folder)


def test_importable_model_and_rows_are_proposed_too(tmp_path):
    (tmp_path / "scaffolded_parts.py").write_text(
        "import pandas as pd\n"
        "def rows():\n    return pd.DataFrame({'a': [1, 2, 3], 'y': [0, 1, 0]})\n"
        "def score(X):\n    return X['a'] * 0.1\n"
    )
    text = propose("scaffolded_parts:score", "scaffolded_parts:rows", tmp_path).text
    config = loaded(tmp_path, text)
    assert config.candidate.model == "scaffolded_parts:score"
    assert (config.dataset.path, config.dataset.target) == ("scaffolded_parts:rows", "y")


def fitted(folder: Path, frame: pd.DataFrame, features: list[str], target: str) -> str:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    kind = LinearRegression if frame[target].dtype == float else LogisticRegression
    (folder / "fitted.pkl").write_bytes(pickle.dumps(kind().fit(frame[features], frame[target])))
    return "fitted.pkl"


def frame_of(rows: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": range(rows),
            "worth": [float(number) * 1.5 for number in range(rows)],
            "kind": ["x", "y"] * (rows // 2),
            "town": ["A", "B", "C", "D"] * (rows // 4),
        }
    )


@pytest.mark.parametrize("target", ["worth", "kind"])
def test_the_target_is_a_column_that_the_model_could_have_learnt(folder, target):
    frame = frame_of()
    text, config = proposed(folder, pa.Table.from_pandas(frame), fitted(folder, frame, ["a"], target))
    assert config.dataset.target == target
    assert "not sure" not in text


def test_no_column_that_the_model_could_have_learnt_is_said(folder):
    frame = frame_of()
    model = fitted(folder, frame, ["a"], "worth")
    text, config = proposed(folder, pa.Table.from_pandas(frame[["a", "kind", "town"]]), model)
    assert config.dataset.target == "town"
    assert "not sure" in text
    assert "no column that the model doesn't use holds numbers" in text


def test_an_amount_is_likelier_than_a_last_column_of_text(folder):
    columns = {
        "rooms": [1, 2, 3] * 5,
        "median_value": [float(number) for number in range(15)],
        "town": ["A", "B", "C"] * 5,
    }
    text, config = proposed(folder, columns)
    assert (config.dataset.target, config.candidate.task) == ("median_value", "regression")
    assert "not sure" in text
    _, config = proposed(folder, {**columns, "town": ["A", "B", "B"] * 5})
    assert config.dataset.target == "town"


@pytest.mark.parametrize(
    "name", ["housing_median_age", "vehicle_age", "mileage", "age_of_account", "race_time", "mean age", "sexton"]
)
def test_other_things_are_not_called_protected(folder, name):
    _, config = proposed(folder, {name: list(range(20, 80)), "target": [0, 1] * 30})
    assert config.dataset.protected == ()


@pytest.mark.parametrize("name", ["age", "Age", "applicant_sex", "age_cat", "raceCode", "customer gender", "sex2"])
def test_attributes_at_the_end_of_a_name_are_protected(folder, name):
    _, config = proposed(folder, {name: ["f", "m"], "target": [0, 1]})
    assert config.dataset.protected == ((name,),)


@pytest.mark.parametrize("target", ["label", "Go until jurong point, crazy"])
def test_a_text_per_row_is_no_class(folder, target):
    messages = [f"message {number}" for number in range(300)]
    pq.write_table(pa.table({"m": messages, target: messages}), folder / "rows.parquet")
    with pytest.raises(DataError, match=r"300 different values .*at most 100.* lack a line of column names"):
        propose("m.skops", "rows.parquet", folder)


def test_a_first_row_taken_for_names_is_asked_about(folder):
    (folder / "bare.tsv").write_text("ham\tHello you\n" + "".join(f"ham\tNo {i}\nspam\tYes {i}\n" for i in range(99)))
    with pytest.raises(DataError, match=r'"ham".* one of its values.* lack a line of column names'):
        propose("m.skops", "bare.tsv", folder)


def test_features_that_the_table_lacks_are_warned_of(folder):
    frame = frame_of().assign(b=range(40), c=range(40))
    model = fitted(folder, frame, ["a", "b", "c"], "worth")
    pq.write_table(pa.Table.from_pandas(frame.drop(columns=["b", "c"])), folder / "rows.parquet")
    proposal = propose(model, "rows.parquet", folder)
    (warning,) = proposal.warnings
    assert 'lacks 2 of the 3 columns that the model was fitted on: "b", "c".' in warning
    assert "# Warning: the table lacks 2 of the 3" in proposal.text
    loaded(folder, proposal.text)
    pq.write_table(pa.Table.from_pandas(frame), folder / "rows.parquet")
    assert propose(model, "rows.parquet", folder).warnings == ()


@pytest.mark.parametrize(
    ("target", "output", "warned"),
    [([0, 1, 1], "probability", False), ([2.5, 3.5, 9.0], "value", False), (["a", "b", "c"], "label", False)],
)
def test_predictions_in_the_table_need_no_model(folder, target, output, warned):
    pq.write_table(pa.table({"target": target, "p": [0.1, 0.2, 0.9]}), folder / "rows.parquet")
    proposal = propose(None, "rows.parquet", folder, score="p")
    config = loaded(folder, proposal.text)
    assert (config.candidate.score, config.candidate.model, config.candidate.output) == ("p", None, output)
    assert bool(proposal.warnings) is warned


def test_predictions_that_are_labels_are_recognised_and_others_warned_of(folder):
    pq.write_table(
        pa.table({"y": [0, 1, 1], "said": [1, 1, 0], "points": [1, 7, 10], "words": ["low", "high", "high"]}),
        folder / "rows.parquet",
    )
    assert 'output = "label"' in propose(None, "rows.parquet", folder, score="said").text
    assert "1 to 10" in propose(None, "rows.parquet", folder, score="points").warnings[0]
    assert "neither numbers" in propose(None, "rows.parquet", folder, score="words").warnings[0]
    with pytest.raises(DataError, match=r'no column "pionts".*Did you mean "points"'):
        propose(None, "rows.parquet", folder, score="pionts")


def test_the_regression_example_is_the_targets_own_spread(folder):
    text, _ = proposed(folder, {"a": [1, 2, 3, 4], "salary": [100_000.5, 120_000.0, 140_000.0, 160_000.0]})
    assert "# max = 22000.0  # the target's standard deviation" in text
    text, _ = proposed(folder, {"a": [1, 2, 3, 4], "y": [0.001, 0.0022, 0.003, 0.0041]})
    assert "# max = 0.0011  #" in text


def test_a_refusal_is_wrapped_whole(folder):
    class Payload:
        def __reduce__(self):
            import os

            return os.mkdir, (str(folder / "mark"),)

    (folder / "evil.pkl").write_bytes(pickle.dumps(Payload()))
    text, _ = proposed(folder, {"a": [1, 2], "y": [0, 1]}, "evil.pkl")
    refusal = text.partition("# Not loaded: ")[2].partition("task = ")[0]
    assert max(map(len, text.splitlines())) <= 100
    assert refusal.count("`") % 2 == 0
    assert "..." not in refusal
    assert text.count("# trusted = [") == 1
    assert loaded(folder, text.replace("# trusted = [", "trusted = [")).candidate.trusted == ("posix.mkdir",)


def test_messages_show_places_without_detours(folder):
    pq.write_table(pa.table({"a": [1, 2], "y": [0, 1]}), folder / "rows.parquet")
    for model, data, error in (("gone.skops", "rows.parquet", ModelError), ("m.skops", "gone.csv", DataError)):
        with pytest.raises(error) as caught:
            propose(f"../../{model}", f"../../{data}", folder / "x" / "y")
        assert ".." not in str(caught.value)


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=15)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(names, min_size=2, max_size=5, unique=True), names, names)
def test_hostile_names_and_labels_give_a_file_that_loads(folder, columns, first, second):
    if any(not name.strip() for name in columns) or not first.strip() or first == second:
        return
    if {first, second} & set(columns):
        return  # such a table looks as if its names were its first row, and is refused
    table = pa.table([pa.array([first, second, first])] * len(columns), names=columns)
    _, config = proposed(folder, table)
    assert config.dataset.target in columns
    assert config.dataset.positive in (first, second, None)


@pytest.mark.parametrize(
    "name", ["sex\nmodel = 1", 'sex"]\n[gates', "sex " + "x" * 10_000, "sex\u202e\x1b[31m", "sex 👩‍💻"]
)
def test_hostile_protected_names_stay_inert(folder, name):
    text, config = proposed(folder, {name: ["f", "m"], "target": [0, 1]})
    assert config.dataset.target == "target"
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) < 11_000


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of public data sets is not here")
@pytest.mark.parametrize(
    ("file", "target", "task"),
    [
        ("titanic.csv", "Survived", "binary"),
        ("compas_two_years.csv.gz", "two_year_recid", "binary"),
        ("housing.csv.gz", "median_house_value", "regression"),
        ("salaries.csv", "salary", "regression"),
    ],
)
def test_real_tables_give_a_file_that_loads(tmp_path, file, target, task):
    (tmp_path / "m.skops").write_bytes(b"not a model")
    config = loaded(tmp_path, propose("m.skops", str(SHARED / file), tmp_path).text)
    assert target in (None, config.dataset.target)
    assert task in (None, config.candidate.task)


def test_a_model_folder_is_proposed_and_another_folder_is_no_model(folder):
    pq.write_table(pa.table({"a": [1, 2], "y": [0, 1]}), folder / "rows.parquet")
    (folder / "logged").mkdir()
    with pytest.raises(ModelError, match=r"logged\" is a folder, not a file, and of neither MLflow .* Name the model"):
        propose("logged", "rows.parquet", folder)
    (folder / "logged" / "MLmodel").write_text("flavors: {}\n")
    proposal = propose("logged", "rows.parquet", folder)
    assert loaded(folder, proposal.text).candidate.model == "logged"
    assert not proposal.asked
    assert "# Not loaded: " in proposal.text


@pytest.mark.parametrize(
    ("labels", "warned"), [(("churn", "stay"), True), (("no", "yes"), False), (("0", "1"), False), ((0, 1), False)]
)
def test_labels_that_may_have_been_numbered_the_other_way_round_are_asked_about(folder, labels, warned):
    frame = frame_of()
    coded = fitted(folder, frame.assign(code=[0, 1] * 20), ["a"], "code")
    table = frame[["a"]].assign(outcome=[labels[0], labels[1]] * 20)
    pq.write_table(pa.Table.from_pandas(table), folder / "rows.parquet")
    proposal = propose(coded, "rows.parquet", folder)
    assert any("number labels in sorted order" in warning for warning in proposal.warnings) is warned
    if warned:
        line = "# labels = { churn = 0, stay = 1 }"
        assert line in proposal.text
        config = loaded(folder, proposal.text.replace(line, line.removeprefix("# ")))
        assert dict(config.dataset.labels) == {"churn": 0, "stay": 1}


def test_a_line_to_copy_is_never_broken_by_the_comment_around_it():
    told = "word " * 20 + 'declare output = "probability" and classes = ["no", "yes"] beside the model. ' + "word " * 30
    lines = _comment(told)
    assert all(len(line) <= 120 for line in lines)
    assert any('output = "probability"' in line for line in lines)
    assert any('classes = ["no", "yes"]' in line for line in lines)
    for first in range(20):  # wherever the text begins, so wherever the edge falls
        assert any('output = "probability"' in line for line in _comment("x" * first + " " + told))
