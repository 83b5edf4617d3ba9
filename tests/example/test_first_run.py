"""The newcomer's command on a copy of the example: trains, gates, writes pages; and turns red when it should."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("diabetes", "visits")


def _copy(target: Path) -> Path:
    """Copy what a fresh clone holds of the example: no models, no reports."""
    for name in ("conftest.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, target / name)
    shutil.copytree(ROOT / "checks", target / "checks", ignore=shutil.ignore_patterns("models", "__pycache__"))
    (target / "tests").mkdir()
    return target


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def _records(folder: Path) -> dict[str, dict]:
    return {name: json.loads((folder / "reports" / name / "record.json").read_text()) for name in NAMES}


def _bring_models(finished: Path, clone: Path, names: str = "*") -> None:
    """Copy what a finished run trained, younger there than its sources."""
    for made in finished.glob(f"checks/{names}/models/*.skops"):
        copy = clone / made.relative_to(finished)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(made, copy)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return _copy(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One whole first run, shared by the tests that only look at what it left."""
    folder = _copy(tmp_path_factory.mktemp("finished"))
    return folder, _pytest(folder, "--modelcheck")


def test_first_run_trains_both_models_and_promotes_them(finished):
    folder, run = finished
    assert run.returncode == 0, run.stdout + run.stderr
    assert {name: record["verdict"] for name, record in _records(folder).items()} == dict.fromkeys(NAMES, "promoted")
    for name in NAMES:
        models = sorted(path.name for path in (folder / "checks" / name / "models").iterdir())
        assert models == ["baseline.skops", "candidate.skops"]


def test_first_run_leaves_pages_for_each_model_and_an_index(finished):
    folder, _ = finished
    for name in NAMES:
        assert (folder / "reports" / name / "report.html").is_file()
        assert (folder / "reports" / name / "summary.md").is_file()
    assert (folder / "reports" / "index.html").is_file()


def test_every_limit_of_the_example_is_decided_and_kept(finished):
    for record in _records(finished[0]).values():
        limited = [gate for gate in record["gates"] if gate["criterion"] is not None]
        assert len(limited) >= 4
        open_ones = {gate["check"] for gate in limited if gate["verdict"] not in ("pass", "not_applicable")}
        # Some groups of the examples are too small to show a gap, boosted trees without a constraint step down here and
        # there, and some reasons are too weak to say whether they pay as before: true, and no defects of the models.
        assert open_ones <= {"representation", "direction", "falsify", "shift"}
        # All columns are numbers, and a ridge refuses missing values aloud.
        without = {gate["check"] for gate in limited if gate["verdict"] == "not_applicable"}
        assert without <= {"missing", "unseen_category", "whitespace_and_case", "zeros"}
        blocking = [gate for gate in limited if gate["severity"] == "blocking"]
        assert len(blocking) >= 4
        assert any(gate["criterion"]["margin"] is not None for gate in blocking)


def test_the_visits_intervals_count_covariate_sets_not_rows(finished):
    gates = {gate["id"]: gate for gate in _records(finished[0])["visits"]["gates"]}
    estimate = gates["performance::roc_auc"]["estimate"]
    assert estimate["n"] == 8_082
    assert estimate["clusters"] == 1_104


def test_the_checks_of_both_folders_run_although_their_files_share_a_name(finished):
    for name, record in _records(finished[0]).items():
        own = [gate for gate in record["gates"] if gate["suite"] == "user"]
        written = (ROOT / "checks" / name / "check_sense.py").read_text().count("def check_")
        assert len(own) == written
        assert {gate["verdict"] for gate in own} == {"pass"}


def test_only_models_that_are_missing_or_older_than_their_sources_are_trained(clone, finished):
    _bring_models(finished[0], clone)
    models = sorted(clone.glob("checks/*/models/*.skops"))
    assert len(models) == 4
    aged = clone / "checks" / "diabetes" / "models" / "candidate.skops"
    os.utime(aged, (1, 1))
    before = {path: path.stat().st_mtime_ns for path in models}
    _pytest(clone, "--modelcheck", "--collect-only", "-q")
    trained = {path.parent.parent.name for path in models if path.stat().st_mtime_ns != before[path]}
    assert trained == {"diabetes"}


def test_an_ordinary_run_trains_nothing(clone):
    (clone / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    assert _pytest(clone, "test_nothing.py").returncode == 0
    assert not list(clone.glob("checks/*/models"))


def test_a_training_script_that_breaks_is_said_with_what_to_install(clone, finished):
    _bring_models(finished[0], clone, "diabetes")
    (clone / "checks" / "visits" / "train.py").write_text("import a_library_that_is_not_here\n")
    run = _pytest(clone, "--modelcheck")
    assert run.returncode == 4
    assert "visits/ could not be trained" in run.stderr
    assert "a_library_that_is_not_here" in run.stderr
    assert 'pip install -e ".[example]"' in run.stderr


def test_a_candidate_that_learned_from_shuffled_labels_is_blocked(clone, finished):
    _bring_models(finished[0], clone, "diabetes")
    script = clone / "checks" / "visits" / "train.py"
    honest = script.read_text()
    shuffled = honest.replace("rows[TARGET])", "rows[TARGET].sample(frac=1, random_state=0).to_numpy())")
    assert shuffled != honest
    script.write_text(shuffled)
    # What a model learned from is no matter of groups, changed rows or reasons.
    run = _pytest(clone, "--modelcheck", "--modelcheck-suite", "performance")
    assert run.returncode == 1
    assert {name: record["verdict"] for name, record in _records(clone).items()} == {
        "visits": "blocked",
        "diabetes": "promoted",
    }
