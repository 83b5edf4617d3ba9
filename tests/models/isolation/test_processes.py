"""Processes: who starts them, who ends them, and what is left when a run ends in any way."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from modelcheck.config.tables import ModelTable
from modelcheck.models.isolation.source import Zygote, warm_zygote
from modelcheck.models.loading import expect_models, load_model

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})


@pytest.fixture
def folder(tmp_path):
    joblib.dump(LogisticRegression().fit(X, [0, 0, 1, 1]), tmp_path / "m.joblib")
    return tmp_path


def _load(folder, **table):
    return load_model(ModelTable(model="m.joblib", **table), folder)


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(") ")[2][0]
    except OSError:
        return ""


def _gone(pid, seconds=15):
    until = time.monotonic() + seconds
    while _state(pid) not in ("", "Z") and time.monotonic() < until:
        time.sleep(0.02)
    return _state(pid) in ("", "Z")


def _descriptors():
    """Return what is open, by number and target: who takes a number that another test gave back isn't overlooked."""
    gc.collect()
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the one that listed them
            found.add((number, os.readlink(f"/proc/self/fd/{number}")))
    return found


def test_a_model_that_is_closed_leaves_nothing_open(folder):
    _load(folder).close()
    before = _descriptors()
    for _ in range(3):
        model = _load(folder)
        model.predict(X)
        model.close()
        model.close()
    assert _descriptors() - before == set()
    assert _gone(model.pid)


def test_a_model_that_is_forgotten_leaves_nothing_open(folder):
    _load(folder).close()
    before = _descriptors()
    model = _load(folder)
    pid = model.pid
    del model
    assert _descriptors() - before == set()
    assert _gone(pid)


def test_a_model_that_cannot_be_loaded_leaves_nothing_open(folder):
    _load(folder).close()
    before = _descriptors()
    (folder / "bad.joblib").write_bytes((folder / "m.joblib").read_bytes()[:-40])
    with pytest.raises(Exception, match=r"bad\.joblib"):
        load_model(ModelTable(model="bad.joblib"), folder)
    with pytest.raises(Exception, match="there is no module 'nowhere'"):
        load_model(ModelTable(model="m.joblib", prepare="nowhere:f"), folder)
    assert _descriptors() - before == set()


def test_workers_come_from_one_process_and_run_apart(folder):
    first, second = _load(folder), _load(folder)
    assert first.pid != second.pid
    assert warm_zygote() is warm_zygote()
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    first.close()
    np.testing.assert_array_equal(second.predict(X), [0, 0, 1, 1])
    second.close()


def test_a_worker_sees_none_of_the_runs_environment(folder, monkeypatch):
    monkeypatch.setenv("MODELCHECK_SECRET", "of the run")
    model = _load(folder)
    with open(f"/proc/{model.pid}/environ", "rb") as stream:
        assert b"of the run" not in stream.read()
    model.close()


def test_a_process_that_was_forked_from_the_run_has_a_worker_of_its_own(folder):
    model = _load(folder)
    expected, pid = model.predict_proba(X), model.pid
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            answer = model.predict_proba(X)
            told = b"same" if (answer == expected).all() and model.pid != pid else b"other"
            model.close()
        except BaseException as error:
            told = repr(error).encode()
        os.write(writing, told)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:
        assert stream.read() == b"same"
    os.waitpid(child, 0)
    assert model.pid == pid
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    model.close()


_RUN = """
import sys, time
from pathlib import Path
from modelcheck.config.tables import ModelTable
from modelcheck.models.loading import load_model
from modelcheck.models.isolation.source import warm_zygote
import pandas as pd
model = load_model(ModelTable(model="m.joblib"), Path(sys.argv[1]))
model.predict(pd.DataFrame({"a": [0.0], "b": [1.0]}))
print(model.pid, warm_zygote()._process.pid, flush=True)
if sys.argv[2] == "stay":
    time.sleep(600)
"""


@pytest.fixture
def run(folder):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def start(what):
        command = [sys.executable, "-W", "error", "-X", "dev", "-c", _RUN, str(folder), what]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    return start


def test_a_run_that_ends_leaves_no_process_and_says_nothing(run):
    process = run("end")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert all(_gone(pid) for pid in out.split())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_leaves_no_process(run, how):
    with run("stay") as process:
        pids = process.stdout.readline().split()
        assert len(pids) == 2
        process.send_signal(how)
        process.wait(30)
        assert all(_gone(pid) for pid in pids)


def test_what_explainers_import_is_imported_once_for_later_workers(folder):
    model = _load(folder)
    model.run("modelcheck.explain.beside:trace", [X], {"columns": ["a", "b"]})
    model.close()
    later = _load(folder)
    assert later.run("modelcheck.models.isolation.worker:has_imported", given="shap").told is True
    later.close()


def test_one_that_nobody_needed_is_ended_at_once():
    zygote = Zygote()
    started = time.monotonic()
    zygote.close()
    assert time.monotonic() - started < 5
    assert zygote._process.returncode == -signal.SIGKILL


def test_a_question_that_is_broken_off_does_not_give_its_answer_to_the_next(folder, monkeypatch):
    zygote = warm_zygote()
    zygote.wait()

    def broken_off(**_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(zygote._channel, "receive", broken_off)
        with pytest.raises(KeyboardInterrupt):
            _load(folder)
    assert not zygote.usable
    model = _load(folder)
    assert warm_zygote() is not zygote
    model.predict(X)
    model.close()
    zygote.close()


def test_it_is_started_for_files_only(folder, monkeypatch):
    import modelcheck.models.isolation.source as source

    started = []
    monkeypatch.setattr(source, "warm_zygote", lambda: started.append(1))
    none = [None, ModelTable(score="p"), ModelTable(model="package.module:f"), ModelTable(model="gone.joblib")]
    expect_models([*none, ModelTable(model="m.joblib", isolation="none"), ModelTable(model="\0")], folder)
    assert not started
    expect_models([*none, ModelTable(model="m.joblib"), ModelTable(model="m.joblib")], folder)
    assert started == [1]


@pytest.mark.parametrize("threads", [1, 2])
def test_numbers_of_threads_are_set_in_a_worker(folder, threads):
    from modelcheck.models.artifact import take_artifact
    from modelcheck.models.isolation import WorkerModel

    artifact = take_artifact(folder / "m.joblib", "m.joblib")
    table = ModelTable(model="m.joblib")
    with WorkerModel(artifact, table, folder, environment={"OMP_NUM_THREADS": str(threads)}) as model:
        told = model.run("modelcheck.models.isolation.worker:threads_of").told
    assert told
    assert set(told.values()) == {threads}
