"""A dataset's rows and stored outputs come together row by row, and what doesn't fit is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from modelcheck.data.row_keys import RowKeyReader, RowKeys
from modelcheck.errors import BaselineError
from modelcheck.history.baseline import BaselineFacts, NewBaseline, StoredBaseline, read_baseline, write_baseline
from modelcheck.history.outputs import Outputs
from modelcheck.scoring import pairing as module
from modelcheck.scoring.pairing import pair
from modelcheck.scoring.rows import Groups, ScoredRows

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}


def _keys(numbers: Any, *, kind: str = "content", content: Any = None) -> RowKeys:
    reader = RowKeyReader("k" if kind == "key" else None, ("k",) if kind == "key" else ())
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
    target[:3] = 1 - target[:3]
    found = pair(_rows(numbers, target=target), _keys(numbers), stored)
    assert found.note == (
        "3 labels have changed since the baseline was accepted on 2026-11-02; both models are judged by today's."
    )
    assert found.baseline.target is target


def test_values_that_changed_under_a_key_are_counted(tmp_path: Path) -> None:
    numbers = np.arange(20)
    stored = _store(tmp_path, numbers, keys=_keys(numbers, kind="key"))
    assert pair(_rows(numbers), _keys(numbers, kind="key"), stored).note == ""
    order = numbers[::-1]
    changed = np.where(order < 2, -1, order)
    found = pair(_rows(order), _keys(order, kind="key", content=changed), stored)
    assert found.note == (
        "2 paired rows hold other values than when the baseline answered; a key names the row, not what was in it."
    )


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
    margins = _store(tmp_path / "b", numbers, classes=("yes", "no"), answers=answers | {"score": numbers - 3.0})
    with pytest.raises(BaselineError, match="no probabilities"):
        pair(_rows(numbers), _keys(numbers), margins)


def test_scores_outside_the_unit_interval_are_no_probabilities(tmp_path: Path) -> None:
    numbers = np.arange(30)
    stored = _store(tmp_path, numbers, answers={"score": numbers - 3.0})
    assert not pair(_rows(numbers), _keys(numbers), stored).baseline.probabilistic
    assert pair(_rows(numbers), _keys(numbers), _store(tmp_path, numbers)).baseline.probabilistic


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
    with pytest.raises(BaselineError, match=r"None of the 5 rows .* accepted on 10 other rows.* a column more or less"):
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
