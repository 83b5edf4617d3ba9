"""A dataset's rows and stored outputs come together row by row, and what doesn't fit is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.config.tables import CandidateTable, Config, DatasetTable
from modelcheck.data.row_keys import RowKeyReader, RowKeys
from modelcheck.errors import BaselineError
from modelcheck.history.baseline import BaselineFacts, NewBaseline, StoredBaseline, read_baseline, write_baseline
from modelcheck.history.outputs import Outputs
from modelcheck.scoring import pairing as module
from modelcheck.scoring.pairing import pair
from modelcheck.scoring.rows import Groups, ScoredRows
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}


def _keys(numbers: Any, *, kind: str = "content", content: Any = None) -> RowKeys:
    reader = RowKeyReader("k" if kind == "key" else None)
    reader.update(pa.RecordBatch.from_pydict({"k": numbers, "x": numbers if content is None else content}))
    return reader.finish()


def _answers(numbers: Any, task: str, classes: tuple[Any, ...]) -> dict[str, Any]:
    """Return stored outputs that tell by their values which row they belong to."""
    numbers = np.asarray(numbers)
    if task == "regression":
        return {"target": numbers * 2.0, "score": numbers + 0.5, "decision": None}
    codes = (numbers % len(classes)).astype(np.int16)
    score = (numbers + 1) / 10_000
    if task == "multiclass":
        score = np.column_stack([score, 0.5 * score, 1.0 - 1.5 * score])
    return {"target": codes, "score": score, "decision": codes}


def _store(folder: Path, numbers: Any, task: str = "binary", *, keys: RowKeys | None = None, **options: Any) -> Any:
    classes = options.pop("classes", CLASSES[task])
    keys = _keys(numbers) if keys is None else keys
    answers = _answers(numbers, task, classes) | options.pop("answers", {})
    facts = {
        "name": "m",
        "task": task,
        "classes": classes,
        "created": "2026-11-02T10:00:00+00:00",
        "candidate": {},
        "dataset": {"sha256": "d" * 64, "rows": len(keys)},
        "key_kind": keys.kind,
        "columns": keys.columns,
    }
    outputs = Outputs(keys=keys.values, content=keys.content, **answers)
    write_baseline(folder, NewBaseline(facts=BaselineFacts(**(facts | options)), outputs=outputs))
    return read_baseline(folder)


def _rows(numbers: Any, task: str = "binary", **columns: Any) -> ScoredRows:
    """Return the dataset's rows; the candidate's scores are zero, so that nothing of them passes for the baseline's."""
    numbers, classes = np.asarray(numbers), CLASSES[task]
    found = _answers(numbers, task, classes)
    words = {
        "task": task,
        "classes": classes,
        "target": found["target"],
        "score": np.zeros_like(found["score"]),
        "decision": None if task == "regression" else np.zeros(len(numbers), dtype=np.int16),
        "weight": numbers + 1.0,
        "groups": {"g": Groups(labels=("u", "v"), codes=(numbers % 2).astype(np.int32))},
        "slices": {"even": numbers % 2 == 0},
    }
    return ScoredRows(**(words | columns))


@pytest.mark.parametrize("task", CLASSES)
def test_every_row_gets_its_own_outputs_in_any_order(tmp_path: Path, task: str) -> None:
    rng = np.random.default_rng(0)
    stored = _store(tmp_path, np.arange(500), task)
    for numbers in (np.arange(500), rng.permutation(500)):
        rows = _rows(numbers, task)
        found = pair(rows, _keys(numbers), stored)
        expected = _answers(numbers, task, CLASSES[task])
        assert found.note == ""
        assert found.positions is None
        assert found.candidate is rows
        np.testing.assert_array_equal(found.baseline.score, expected["score"])
        if task != "regression":
            np.testing.assert_array_equal(found.baseline.decision, expected["decision"])
        assert found.baseline.target is rows.target
        assert found.baseline.groups is rows.groups
        assert found.baseline.weight is rows.weight


def test_partial_overlap_is_used_and_stated(tmp_path: Path) -> None:
    stored = _store(tmp_path, np.arange(0, 300))
    numbers = np.random.default_rng(0).permutation(np.arange(100, 500))
    found = pair(_rows(numbers), _keys(numbers), stored)
    both = numbers[numbers < 300]
    assert found.note == (
        "Compared on 200 of 400 rows: 200 rows have no stored output; 100 stored rows are not in this dataset."
    )
    np.testing.assert_array_equal(numbers[found.positions], both)
    assert found.positions.dtype == np.int64
    np.testing.assert_array_equal(found.baseline.score, _answers(both, "binary", CLASSES["binary"])["score"])
    for side in (found.candidate, found.baseline):
        np.testing.assert_array_equal(side.weight, both + 1.0)
        np.testing.assert_array_equal(side.slices["even"], both % 2 == 0)
        np.testing.assert_array_equal(side.row_id, found.positions)


def test_one_row_is_told_in_the_singular(tmp_path: Path) -> None:
    stored = _store(tmp_path, np.arange(10))
    found = pair(_rows(np.arange(1, 11)), _keys(np.arange(1, 11)), stored)
    assert found.note == "Compared on 9 of 10 rows: 1 row has no stored output; 1 stored row is not in this dataset."
    found = pair(_rows(np.arange(9)), _keys(np.arange(9)), stored)
    assert found.note == "Compared on all 9 rows: 1 stored row is not in this dataset."


def test_equal_rows_pair_by_their_order(tmp_path: Path) -> None:
    numbers = [5, 7, 5, 5]
    stored = _store(tmp_path, numbers, answers={"score": np.array([0.1, 0.2, 0.3, 0.4])})
    found = pair(_rows([7, 5, 5]), _keys([7, 5, 5]), stored)
    np.testing.assert_array_equal(found.baseline.score, [0.2, 0.1, 0.3])
    assert "1 stored row is not in this dataset" in found.note


def test_labels_that_changed_are_counted_and_todays_are_used(tmp_path: Path) -> None:
    numbers = np.arange(20)
    stored = _store(tmp_path, numbers)
    target = _rows(numbers).target.copy()
    target[:2] = 1 - target[:2]
    found = pair(_rows(numbers, target=target), _keys(numbers), stored)
    assert found.note == (
        "2 labels have changed since the baseline was accepted on 2026-11-02; both models are judged by today's."
    )
    assert found.baseline.target is target


def test_labels_of_which_more_than_a_tenth_changed_are_others(tmp_path: Path) -> None:
    numbers = np.arange(20)
    stored = _store(tmp_path, numbers)
    target = _rows(numbers).target.copy()
    target[:3] = 1 - target[:3]
    with pytest.raises(BaselineError, match=r"The labels are others than .*: 15 % of the 20 paired rows have another"):
        pair(_rows(numbers, target=target), _keys(numbers), stored)
    # Turned classes turn every label: the baseline would be turned with them.
    turned = _store(tmp_path / "turned", numbers, classes=("yes", "no"))
    with pytest.raises(BaselineError, match="100 % of the 20 paired rows"):
        pair(_rows(numbers), _keys(numbers), turned)


def test_values_of_a_regression_may_all_be_measured_anew(tmp_path: Path) -> None:
    numbers = np.arange(20)
    rows = _rows(numbers, "regression", target=numbers * 2.0 + 1e-9)
    found = pair(rows, _keys(numbers), _store(tmp_path, numbers, "regression"))
    assert found.note.startswith("20 labels have changed")


def test_rows_that_changed_under_their_key_are_other_rows(tmp_path: Path) -> None:
    numbers = np.arange(20)
    stored = _store(tmp_path, numbers, keys=_keys(numbers, kind="key"))
    assert pair(_rows(numbers), _keys(numbers, kind="key"), stored).note == ""
    order = numbers[::-1]
    for now in (numbers, order):
        changed = np.where(now < 3, -1, now)
        found = pair(_rows(now), _keys(now, kind="key", content=changed), stored)
        assert found.note == (
            "Compared on 17 of 20 rows: 3 rows have changed since the baseline was accepted on 2026-11-02."
        )
        np.testing.assert_array_equal(now[found.positions], now[now >= 3])
        expected = _answers(now[now >= 3], "binary", CLASSES["binary"])
        np.testing.assert_array_equal(found.baseline.score, expected["score"])
        np.testing.assert_array_equal(found.candidate.target, expected["target"])


def test_rows_that_changed_came_and_went_are_told_apart(tmp_path: Path) -> None:
    stored = _store(tmp_path, np.arange(20), keys=_keys(np.arange(20), kind="key"))
    numbers = np.random.default_rng(0).permutation(np.arange(5, 30))
    changed = np.where(numbers == 7, -1, numbers)
    found = pair(_rows(numbers), _keys(numbers, kind="key", content=changed), stored)
    assert found.note == (
        "Compared on 14 of 25 rows: 10 rows have no stored output; 1 row has changed since the baseline was accepted "
        "on 2026-11-02; 5 stored rows are not in this dataset."
    )
    both = numbers[(numbers < 20) & (numbers != 7)]
    np.testing.assert_array_equal(numbers[found.positions], both)
    np.testing.assert_array_equal(found.baseline.score, _answers(both, "binary", CLASSES["binary"])["score"])


def test_keys_under_which_every_row_changed_name_other_rows(tmp_path: Path) -> None:
    numbers = np.arange(20)
    stored = _store(tmp_path, numbers, keys=_keys(numbers, kind="key"))
    with pytest.raises(BaselineError, match=r"All 20 rows .* hold other values .*\(in 'x'\): the same keys name other"):
        pair(_rows(numbers), _keys(numbers, kind="key", content=numbers + 1), stored)


def test_classes_in_another_order_are_mapped(tmp_path: Path) -> None:
    numbers = np.arange(30)
    turned = ("c", "a", "b")
    codes = np.array([turned.index(label) for label in CLASSES["multiclass"]])
    plain = _answers(numbers, "multiclass", CLASSES["multiclass"])
    score = np.empty_like(plain["score"])
    score[:, codes] = plain["score"]
    answers = {"target": codes[plain["target"]].astype(np.int16), "score": score}
    answers["decision"] = answers["target"]
    stored = _store(tmp_path, numbers, "multiclass", classes=turned, answers=answers)
    found = pair(_rows(numbers, "multiclass"), _keys(numbers), stored)
    assert found.note == ""
    np.testing.assert_array_equal(found.baseline.score, plain["score"])
    np.testing.assert_array_equal(found.baseline.decision, plain["decision"])


def test_the_other_class_as_the_positive_one_is_turned_around(tmp_path: Path) -> None:
    numbers = np.arange(30)
    plain = _answers(numbers, "binary", CLASSES["binary"])
    answers = {name: 1 - plain[name] for name in ("target", "score", "decision")}
    stored = _store(tmp_path, numbers, classes=("yes", "no"), answers=answers)
    found = pair(_rows(numbers), _keys(numbers), stored)
    assert found.note == ""
    np.testing.assert_allclose(found.baseline.score, plain["score"], rtol=0, atol=1e-15)
    np.testing.assert_array_equal(found.baseline.decision, plain["decision"])


@pytest.mark.parametrize(("then", "now", "used"), [(None, 0.3, 0.3), (0.3, 0.2, 0.2), (0.3, None, 0.5)])
def test_the_baseline_inherits_the_candidates_threshold(tmp_path: Path, then: Any, now: Any, used: float) -> None:
    score = np.linspace(0, 1, 11)
    stored = _store(tmp_path, np.arange(11), threshold=then, answers={"score": score})
    found = pair(_rows(np.arange(11)), _keys(np.arange(11)), stored, threshold=now)
    np.testing.assert_array_equal(found.baseline.decision, score >= used)
    assert f"made again at {used:g}, as the candidate's" in found.note


@pytest.mark.parametrize("threshold", [None, 0.3])
def test_the_same_threshold_keeps_the_stored_decisions(tmp_path: Path, threshold: Any) -> None:
    stored = _store(tmp_path, np.arange(11), threshold=threshold)
    found = pair(_rows(np.arange(11)), _keys(np.arange(11)), stored, threshold=threshold)
    np.testing.assert_array_equal(found.baseline.decision, np.arange(11) % 2)
    assert found.note == ""


def test_decisions_without_scores_are_kept_and_that_is_said(tmp_path: Path) -> None:
    stored = _store(tmp_path, np.arange(11), answers={"score": None})
    found = pair(_rows(np.arange(11)), _keys(np.arange(11)), stored, threshold=0.4)
    np.testing.assert_array_equal(found.baseline.decision, np.arange(11) % 2)
    assert found.baseline.score is None
    assert found.note == "The stored baseline decided by itself and gave no scores: its decisions are kept."


def test_another_question_is_refused(tmp_path: Path) -> None:
    numbers = np.arange(10)
    with pytest.raises(BaselineError, match="is for a regression task, and the task here is binary"):
        pair(_rows(numbers), _keys(numbers), _store(tmp_path, numbers, "regression"))
    with pytest.raises(BaselineError, match="knows the classes 'no', 'maybe', the labels here are 'no', 'yes'"):
        pair(_rows(numbers), _keys(numbers), _store(tmp_path, numbers, classes=("no", "maybe")))
    with pytest.raises(BaselineError, match=r"tells rows by their key, this run by their content\. Write `key`"):
        pair(_rows(numbers), _keys(numbers), _store(tmp_path, numbers, keys=_keys(numbers, kind="key")))


def test_rows_without_any_in_common_are_refused(tmp_path: Path) -> None:
    stored = _store(tmp_path, np.arange(10))
    with pytest.raises(
        BaselineError, match=r"None of the 5 rows .* accepted on 10 other rows.* their content \('k', 'x'\)"
    ):
        pair(_rows(np.arange(20, 25)), _keys(np.arange(20, 25)), stored)


def test_labels_that_are_equal_numbers_are_the_same_classes(tmp_path: Path) -> None:
    stored = _store(tmp_path, np.arange(10), classes=(False, True))
    found = pair(_rows(np.arange(10), classes=(0, 1)), _keys(np.arange(10)), stored)
    assert found.baseline.classes == (0, 1)


def test_forged_keys_that_repeat_are_refused(tmp_path: Path) -> None:
    numbers = np.arange(10)
    for column in (0, 1):
        keys = _keys(numbers)
        keys.values[:, column] = 7
        stored = _store(tmp_path, numbers, keys=keys)
        if column:
            # Half of the bits still tell every row.
            assert pair(_rows(numbers), keys, stored).note == ""
            continue
        with pytest.raises(BaselineError, match="repeat row keys"):
            pair(_rows(numbers), _keys(numbers), stored)
    keys = _keys(numbers)
    keys.values[3] = keys.values[4]
    with pytest.raises(BaselineError, match="repeat row keys"):
        pair(_rows(numbers), _keys(numbers), _store(tmp_path, numbers, keys=keys))


def test_keys_that_agree_in_half_of_their_bits_are_told_apart() -> None:
    stored = np.array([[5, 2], [9, 0], [5, 1], [3, 3], [9, 9]], dtype=np.uint64)
    wanted = np.array([[9, 9], [5, 1], [5, 3], [9, 0], [5, 2], [1, 1], [10, 0]], dtype=np.uint64)
    assert module._places(wanted, stored).tolist() == [4, 2, -1, 1, 0, -1, -1]


def test_a_damaged_store_is_refused_while_pairing(tmp_path: Path) -> None:
    stored: StoredBaseline = _store(tmp_path, np.arange(10))
    path = tmp_path / stored.file.name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BaselineError, match="sha256 differs"):
        pair(_rows(np.arange(10)), _keys(np.arange(10)), stored)


def _frame(rows: int = 40) -> pd.DataFrame:
    numbers = np.arange(rows)
    return pd.DataFrame({"id": numbers, "x": numbers / rows, "g": numbers % 3, "y": numbers % 2})


def _subjects(
    folder: Path, frame: pd.DataFrame, stored: Any, *, use: str = "compare", key: str | None = None
) -> Subjects:
    config = Config(
        name="m",
        file=folder / "modelcheck.toml",
        label="modelcheck.toml",
        candidate=CandidateTable(model="m:f", output="probability", task="binary"),
        dataset=DatasetTable(path="rows:all", target="y", key=key),
        baseline_use=use,
    )
    return Subjects.of(
        config,
        task="binary",
        candidate=lambda rows: rows["x"].to_numpy(),
        baseline=None,
        stored=stored,
        dataset=frame,
        reference=None,
        store=Store(folder / "run", shared=False),
    )


def _accepted(folder: Path, frame: pd.DataFrame, **options: Any) -> StoredBaseline:
    scored = _subjects(folder, frame, None, use="accept", **options).accepted
    rows, keys = scored.rows, scored.new_keys
    facts = BaselineFacts(
        name="m",
        task="binary",
        classes=rows.classes,
        created="2026-11-02T10:00:00+00:00",
        candidate={},
        dataset={"sha256": "d" * 64, "rows": len(rows)},
        key_kind=keys.kind,
        columns=keys.columns,
    )
    outputs = Outputs(
        keys=keys.values, content=keys.content, target=rows.target, score=rows.score, decision=rows.decision
    )
    write_baseline(folder / "store", NewBaseline(facts=facts, outputs=outputs))
    return read_baseline(folder / "store")


@pytest.mark.parametrize("key", [None, "id"])
def test_columns_that_came_since_leave_rows_what_they_were(tmp_path: Path, key: str | None) -> None:
    stored = _accepted(tmp_path, _frame(), key=key)
    assert stored.facts.columns == (("g", "x") if key else ("g", "id", "x"))
    more = _frame().assign(new=range(40), a=0.5)
    found = _subjects(tmp_path, more, stored, key=key).comparison
    assert found.note == ""
    assert found.positions is None
    np.testing.assert_array_equal(found.baseline.score, _frame().x)


@pytest.mark.parametrize("key", [None, "id"])
def test_a_column_that_is_gone_is_named_and_the_candidate_is_measured_all_the_same(
    tmp_path: Path, key: str | None
) -> None:
    stored = _accepted(tmp_path, _frame(), key=key)
    subjects = _subjects(tmp_path, _frame().drop(columns="g"), stored, key=key)
    with pytest.raises(BaselineError, match=r"stored baseline store tells rows by columns .* lacks: 'g'\. Bring"):
        _ = subjects.comparison
    assert len(subjects.rows) == 40


def test_a_run_that_accepts_names_rows_by_the_columns_of_today(tmp_path: Path) -> None:
    stored = _accepted(tmp_path, _frame())
    same = _subjects(tmp_path, _frame(), stored, use="accept").accepted
    assert same.new_keys is same.keys
    more = _subjects(tmp_path, _frame().assign(new=0), stored, use="accept")
    assert more.accepted.keys.columns == stored.facts.columns
    assert more.accepted.new_keys.columns == ("g", "id", "new", "x")
    assert more.comparison.note == ""
    less = _subjects(tmp_path, _frame().drop(columns="g"), stored, use="force")
    assert less.comparison is None
    assert less.accepted.keys is None
    assert less.accepted.gone == ("g",)
    assert less.accepted.new_keys.columns == ("id", "x")
    plain = _subjects(tmp_path, _frame(), stored).accepted
    assert (plain.new_keys, plain.gone) == (None, ())
    assert _subjects(tmp_path, _frame(), None).accepted.keys is None


def test_a_pairing_that_failed_is_not_tried_again(tmp_path: Path, monkeypatch: Any) -> None:
    stored = _accepted(tmp_path, _frame())
    reads = []
    real = StoredBaseline.read_outputs
    monkeypatch.setattr(StoredBaseline, "read_outputs", lambda self: reads.append(1) or real(self))
    subjects = _subjects(tmp_path, _frame().assign(x=lambda frame: frame.x / 2 + 0.001), stored)
    said = []
    for _ in range(3):
        with pytest.raises(BaselineError, match="None of the 40 rows") as caught:
            _ = subjects.comparison
        said.append(caught.value)
    assert reads == [1]
    assert said[0] is said[1] is said[2]
    assert not (tmp_path / "run" / "baseline.json").exists()


def test_a_comparison_that_the_record_cannot_tell_is_none(tmp_path: Path, monkeypatch: Any) -> None:
    subjects = _subjects(tmp_path, _frame(), _accepted(tmp_path, _frame()))
    _ = subjects.rows
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                _ = subjects.comparison
    assert subjects.comparison.note == ""
    assert (tmp_path / "run" / "baseline.json").is_file()


def test_no_message_tells_where_the_store_lies(tmp_path: Path) -> None:
    numbers = np.arange(10)
    cases = [
        (_store(tmp_path / "a" / "champion", numbers, "regression"), _rows(numbers), _keys(numbers)),
        (_store(tmp_path / "b" / "champion", numbers, classes=("no", "maybe")), _rows(numbers), _keys(numbers)),
        (_store(tmp_path / "c" / "champion", numbers), _rows(numbers), _keys(numbers, kind="key")),
        (_store(tmp_path / "d" / "champion", numbers, classes=("yes", "no")), _rows(numbers), _keys(numbers)),
    ]
    for stored, rows, keys in cases:
        with pytest.raises(BaselineError, match="tored baseline champion ") as caught:
            pair(rows, keys, stored)
        assert str(tmp_path) not in str(caught.value)
