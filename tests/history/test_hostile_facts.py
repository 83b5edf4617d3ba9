"""What a stored baseline tells of its model stays small and plain whatever the file says, and pages can show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.errors import BaselineError
from modelcheck.history.baseline import read_baseline, write_baseline
from modelcheck.history.bounded import bounded_texts, candidate_facts
from modelcheck.report import particulars

HOSTILE: Any = 0
for _ in range(200):
    HOSTILE = [{"a": HOSTILE}]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**4000, -(10**400), 2**64, 2**63])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=12)


@pytest.fixture
def folder(tmp_path: Path, make: Any) -> Path:
    """Return a folder with a whole baseline."""
    write_baseline(tmp_path, make())
    return tmp_path


def _change(folder: Path, **changes: Any) -> None:
    path = folder / "baseline.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_facts_of_the_right_kind_and_size_are_kept() -> None:
    facts = {
        "name": "x" * 300,
        "sha256": None,
        "bytes": 2**63 - 1,
        "threshold": 0.5,
        "decides_by_probability": True,
        "classes": ["a", 1, 2.5, True],
        "feature_names": [f"f{number}" for number in range(1000)],
        "versions": {"skops": "0.16"},
    }
    assert candidate_facts(facts) == facts


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mood", "good"),
        ("name", "x" * 301),
        ("name", {"a": 1}),
        ("name", 3),
        ("sha256", ["a"]),
        ("bytes", 2**63),
        ("bytes", 10**4000),
        ("bytes", True),
        ("bytes", "9"),
        ("threshold", "0.5"),
        ("threshold", 10**400),
        ("decides_by_probability", 1),
        ("classes", "ab"),
        ("classes", [["a"]]),
        ("classes", [10**30]),
        ("feature_names", ["x"] * 1001),
        ("feature_names", ["x" * 301]),
        ("versions", {"a": 1}),
        ("versions", {"a": {"b": "c"}}),
        ("versions", {"a" * 301: "b"}),
        ("versions", {str(number): "b" for number in range(1001)}),
        ("notes", HOSTILE),
    ],
)
def test_facts_of_another_kind_or_size_are_left_out_and_the_rest_stays(folder: Path, key: str, value: Any) -> None:
    _change(folder, candidate={"kind": "estimator", key: value})
    stored = read_baseline(folder)
    assert stored.facts.candidate == {"kind": "estimator"}
    assert stored.as_record()["kind"] == "estimator"


def test_versions_are_texts_of_texts() -> None:
    assert bounded_texts({"a": "1", "b": 2, "c": HOSTILE, "d": "x" * 301, "e" * 301: "1"}) == {"a": "1"}
    assert len(bounded_texts({str(number): "1" for number in range(2000)})) == 1000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"metrics": {f"a::{number}": {"value": 1} for number in range(10_001)}}, "metrics has 10,001 entries"),
        ({"name": "x" * 301}, "name has 301 characters"),
        ({"commit": "x" * 301}, "commit has 301 characters"),
        ({"clean": "yes"}, "clean is 'yes', true, false or null"),
        ({"columns": None}, "columns is None, a list"),
        ({"columns": ["a", "a"]}, r"columns is \['a', 'a'\], a list of different names"),
        ({"columns": ["a", 3]}, "a list of different names"),
        ({"columns": [HOSTILE]}, "a list of different names"),
        ({"columns": []}, r"columns is \[\], a list of different names"),
        ({"dataset": {"sha256": "x" * 301, "rows": 50}}, "dataset.sha256 has 301 characters"),
        ({"dataset": {"name": 3, "sha256": "x", "rows": 50}}, "dataset.name is 3"),
    ],
)
def test_facts_that_something_rests_on_are_refused(folder: Path, changes: dict[str, Any], words: str) -> None:
    _change(folder, **changes)
    with pytest.raises(BaselineError, match=words):
        read_baseline(folder)


def test_other_facts_about_the_dataset_are_left_out(folder: Path) -> None:
    _change(folder, dataset={"name": "dataset", "sha256": "d" * 64, "rows": 50, "more": HOSTILE})
    assert read_baseline(folder).as_record()["dataset"] == {"name": "dataset", "sha256": "d" * 64, "rows": 50}


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*particulars._MODEL, "more"]), JSON), st.dictionaries(st.text(), JSON))
def test_whatever_a_file_tells_of_a_model_pages_can_show(candidate: dict[str, Any], versions: dict[str, Any]) -> None:
    told = {**candidate_facts(candidate), "versions": bounded_texts(versions)}
    assert json.dumps(told, allow_nan=False)
    particulars.model_facts(told)


@pytest.mark.parametrize("show", [particulars.run_facts, particulars.model_facts, particulars.dataset_facts])
def test_pages_can_show_any_json(show: Any) -> None:
    known = {**particulars._RUN, **particulars._MODEL, **particulars._DATASET}
    keys = st.sampled_from([*known, "task_reason", "clean", "dirty", "more", "more_s"])
    likely = st.fixed_dictionaries(
        {},
        optional={
            "git": st.fixed_dictionaries({"commit": st.text()}, optional={"clean": JSON, "dirty": JSON}),
            "cost": st.fixed_dictionaries({"predicted_rows": SCALARS, "duration_s": SCALARS}),
            "classes": st.lists(st.fixed_dictionaries({"label": JSON, "rows": JSON})),
            "dataset": st.fixed_dictionaries({"rows": JSON, "sha256": JSON}),
            "codes": st.fixed_dictionaries({"edges_from": JSON}),
        },
    )

    @settings(max_examples=100, deadline=None)
    @given(st.dictionaries(keys, JSON), likely)
    def each(some: dict[str, Any], more: dict[str, Any]) -> None:
        assert all(isinstance(cell.text, str) for _, cell in show(some | more))

    each()
    for key in [*known, "more", "more_s"]:
        for value in (HOSTILE, 10**6000, -(10**400), [10**6000], {"a": 10**6000}, 1e308, {"rows": 10**6000}):
            assert all(isinstance(cell.text, str) for _, cell in show({key: value}))
    for nothing in ([1], 3, "x", None):
        assert show(nothing) == ()
