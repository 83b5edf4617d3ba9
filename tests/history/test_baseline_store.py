"""A stored baseline is the old one or the new one, whole, whatever happens in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelcheck.errors import BaselineError
from modelcheck.history import baseline as module
from modelcheck.history.baseline import read_baseline, write_baseline
from modelcheck.history.files import locked


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"task": "multiclass"},
        {"task": "regression"},
        {"labels_only": True},
        {"task": "multiclass", "labels_only": True},
        {"content": True},
        {"classes": (False, True), "threshold": 0.3, "commit": None},
        {"classes": (0, 2.5), "rows": 1},
        {"task": "multiclass", "classes": (0, 1), "metrics": {}},
    ],
)
def test_what_was_accepted_is_read_again_to_the_last_bit(tmp_path: Path, make: Any, same: Any, options: Any) -> None:
    new = make(**options)
    assert write_baseline(tmp_path / "a" / "b", new) == tmp_path / "a" / "b" / "baseline.json"
    stored = read_baseline(tmp_path / "a" / "b")
    assert stored.facts == new.facts
    assert same(stored.read_outputs(), new.outputs)


def test_more_rows_than_are_written_at_once(tmp_path: Path, make: Any, same: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("modelcheck.history.outputs_file._ROWS_AT_ONCE", 64)
    new = make("multiclass", rows=1000, content=True)
    write_baseline(tmp_path, new)
    assert same(read_baseline(tmp_path).read_outputs(), new.outputs)


def test_no_baseline_is_none(tmp_path: Path) -> None:
    assert read_baseline(tmp_path) is None
    assert read_baseline(tmp_path / "missing") is None


def test_a_newer_baseline_replaces_the_older_and_files_of_others_stay(tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path, make(seed=1))
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "outputs-mine.parquet").write_text("mine")
    (tmp_path / ".outputs.77-0123abcd.tmp").write_text("a killed run's")
    write_baseline(tmp_path, make(seed=2))
    stored = read_baseline(tmp_path)
    assert stored.facts.candidate["name"] == "Forest(2)"
    assert sorted(os.listdir(tmp_path)) == sorted(
        ["baseline.json", "notes.md", "outputs-mine.parquet", stored.file.name]
    )


def test_accepting_the_same_again_changes_no_byte_of_the_outputs(tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path, make())
    first = read_baseline(tmp_path).file
    write_baseline(tmp_path, make())
    assert read_baseline(tmp_path).file == first


@pytest.mark.parametrize("step", ["fsync", "replace", "unlink"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_failing_disk_leaves_a_whole_baseline(
    tmp_path: Path, make: Any, monkeypatch: Any, step: str, count: int
) -> None:
    write_baseline(tmp_path, make(seed=1))
    calls = []
    real = getattr(os, step)

    def failing(*args: Any, **options: Any) -> Any:
        calls.append(args)
        if len(calls) == count:
            raise OSError(28, "No space left on device")
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, failing)
        try:
            write_baseline(tmp_path, make(seed=2))
            done, said = True, ""
        except BaselineError as error:
            done, said = False, str(error)
    assert done or "No space left on device. Make the folder writable" in said
    stored = read_baseline(tmp_path)
    # A folder that could not be synced after the last step has the new one already, and it is whole.
    assert (
        stored.facts.candidate["name"] == "Forest(2)" if done else stored.facts.candidate["name"].startswith("Forest")
    )
    assert len(stored.read_outputs()) == 50
    write_baseline(tmp_path, make(seed=3))
    assert len(os.listdir(tmp_path)) == 2


_KILLED = """
    import os, sys
    sys.path.insert(0, {tests!r})
    from pathlib import Path
    from conftest import make
    from modelcheck.history.baseline import write_baseline

    left = int(sys.argv[2])

    def watch(event, args):
        # Every file opened, renamed, removed or listed on the way is a moment to die in.
        global left
        if event in ("open", "os.rename", "os.remove", "os.listdir", "os.scandir") and sys.argv[1] in str(args[0]):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), 9)

    new = make(seed=2)
    sys.addaudithook(watch)
    write_baseline(Path(sys.argv[1]), new)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_run_leaves_a_whole_baseline(tmp_path: Path, make: Any) -> None:
    script = tmp_path / "accept.py"
    script.write_text(textwrap.dedent(_KILLED.format(tests=str(Path(__file__).parent))))
    folder = tmp_path / "store"
    seen, killed = [], 0
    for moment in range(30):
        write_baseline(folder, make(seed=1))
        code = subprocess.run([sys.executable, str(script), str(folder), str(moment)], check=False).returncode
        stored = read_baseline(folder)
        assert len(stored.read_outputs()) == 50
        seen.append(stored.facts.candidate["name"])
        if code == 0:
            break
        assert code == -9
        killed += 1
    assert killed >= 5
    assert seen[0] == "Forest(1)"
    assert seen[-1] == "Forest(2)"
    # Once replaced it stays replaced: there is one step that counts.
    assert seen == sorted(seen)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="modes of POSIX, which root doesn't heed")
def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path, make(seed=1))
    tmp_path.chmod(0o500)
    with pytest.raises(BaselineError, match="Permission denied"):
        write_baseline(tmp_path, make(seed=2))
    tmp_path.chmod(0o700)
    assert read_baseline(tmp_path).facts.candidate["name"] == "Forest(1)"


def test_a_file_in_the_place_of_the_folder_says_so(tmp_path: Path, make: Any) -> None:
    (tmp_path / "store").write_text("x")
    with pytest.raises(BaselineError, match="can't be stored in"):
        write_baseline(tmp_path / "store", make())
    with pytest.raises(BaselineError, match="can't be opened: Not a directory"):
        read_baseline(tmp_path / "store")


def _with(new: Any, **outputs: Any) -> Any:
    from dataclasses import replace

    return replace(new, outputs=replace(new.outputs, **outputs))


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path, make(seed=1))
    new = make(seed=2)
    bad = [
        _with(new, score=np.full(50, np.nan)),
        _with(new, score=np.full((50, 3), 0.1)),
        _with(new, decision=np.full(50, 2, dtype=np.int16)),
        _with(new, target=np.full(50, -1, dtype=np.int16)),
        _with(new, decision=None),
        _with(new, keys=new.outputs.keys[:10]),
        _with(make("regression"), score=None),
        make(created="yesterday"),
        make(classes=("yes", "yes")),
        make(classes=(0.0, float("nan"))),
        make(dataset={"sha256": "d" * 64, "rows": 51}),
        make(columns=()),
        make(columns=("a", "a")),
        _with(new, score=np.full(50, 1.5)),
        _with(new, score=np.full(50, -0.1)),
        _with(make("multiclass"), score=np.full((50, 3), 0.4)),
        _with(make(content=True), content=None),
        _with(new, content=new.outputs.keys),
    ]
    for one in bad:
        with pytest.raises(BaselineError, match=r"can't be stored in .* is still whole"):
            write_baseline(tmp_path, one)
    assert read_baseline(tmp_path).facts.candidate["name"] == "Forest(1)"
    assert len(os.listdir(tmp_path)) == 2


def test_probabilities_may_miss_one_by_as_much_as_models_may(tmp_path: Path, make: Any) -> None:
    new = make("multiclass")
    near = _with(new, score=np.clip(new.outputs.score + 0.9e-3 / 3, 0, 1))
    write_baseline(tmp_path, near)
    assert len(read_baseline(tmp_path).read_outputs()) == 50


def test_a_key_alone_leaves_no_columns(tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path, make(content=True, columns=()))
    assert read_baseline(tmp_path).facts.columns == ()


def test_the_baseline_of_another_model_is_refused(tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path, make(name="one"))
    assert read_baseline(tmp_path, name="one").facts.name == "one"
    with pytest.raises(BaselineError, match="was accepted for 'one', this model is 'two'"):
        read_baseline(tmp_path, name="two")


def test_who_writes_while_another_does_gives_up_in_words(tmp_path: Path, make: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("modelcheck.history.files._PATIENCE_S", 0.0)
    write_baseline(tmp_path, make(seed=1))
    with locked(tmp_path), pytest.raises(BaselineError, match=r"another process writes there .* is still whole"):
        write_baseline(tmp_path, make(seed=2))
    assert read_baseline(tmp_path).facts.candidate["name"] == "Forest(1)"
    write_baseline(tmp_path, make(seed=2))


def test_who_writes_while_another_does_waits_for_its_end(tmp_path: Path, make: Any, monkeypatch: Any) -> None:
    held = locked(tmp_path)
    held.__enter__()
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            held.__exit__(None, None, None)

    monkeypatch.setattr("modelcheck.history.files.time.sleep", pause)
    write_baseline(tmp_path, make())
    assert len(pauses) == 3


@pytest.mark.parametrize(("name", "shown"), [("champion", "champion"), (".modelcheck/m/baseline", None)])
def test_no_message_tells_of_the_machine(tmp_path: Path, make: Any, monkeypatch: Any, name: str, shown: Any) -> None:
    monkeypatch.setattr("modelcheck.history.files._PATIENCE_S", 0.0)
    folder = tmp_path / name
    write_baseline(folder, make(name="one"))
    stored = read_baseline(folder)
    assert stored.place == (shown or name)
    said = [
        _said(lambda: read_baseline(folder, name="two")),
        _said(lambda: write_baseline(folder, make(columns=()))),
    ]
    with locked(folder):
        said.append(_said(lambda: write_baseline(folder, make())))
    (folder / stored.file.name).unlink()
    said += [_said(stored.read_outputs), _said(lambda: read_baseline(folder))]
    (folder / "baseline.json").write_text("{")
    said.append(_said(lambda: read_baseline(folder)))
    (tmp_path / "file").write_text("x")
    said.append(_said(lambda: write_baseline(tmp_path / "file" / name, make())))
    for text in said:
        assert str(tmp_path) not in text
        assert tmp_path.name not in text
        assert stored.place in text


def _said(step: Any) -> str:
    with pytest.raises(BaselineError) as caught:
        step()
    return str(caught.value)


_ACCEPTING = """
    import sys
    sys.path.insert(0, {tests!r})
    from pathlib import Path
    from conftest import make
    from modelcheck.history.baseline import write_baseline

    for _ in range(10):
        write_baseline(Path(sys.argv[1]), make(seed=int(sys.argv[2]), rows=2000))
"""


def test_those_who_accept_at_once_leave_one_whole_baseline(tmp_path: Path) -> None:
    script = tmp_path / "accept.py"
    script.write_text(textwrap.dedent(_ACCEPTING.format(tests=str(Path(__file__).parent))))
    folder = tmp_path / "store"
    several = [subprocess.Popen([sys.executable, str(script), str(folder), str(seed)]) for seed in (1, 2, 3)]
    assert [one.wait() for one in several] == [0, 0, 0]
    assert len(read_baseline(folder).read_outputs()) == 2000
    assert len(os.listdir(folder)) == 2


def test_the_json_is_plain_and_the_record_can_tell_it(tmp_path: Path, make: Any) -> None:
    text = write_baseline(tmp_path, make(candidate={"name": "é", "sha256": None, "bytes": np.int64(3)})).read_bytes()
    assert text.isascii()
    assert json.loads(text)["schema"] == module.SCHEMA == "modelcheck/baseline/1"
    told = read_baseline(tmp_path).as_record()
    assert (told["name"], told["bytes"], told["accepted"][:10], told["dataset"]["rows"]) == ("é", 3, "2026-11-02", 50)
