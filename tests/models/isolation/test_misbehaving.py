"""Models that end, hang, flood or deceive: an error that says what happened, and a new worker for the next question."""

from __future__ import annotations

import json
import os
import sys
import time

import numpy as np
import pytest

from modelcheck.errors import ModelError, ModelRaised, WorkerDied, WorkerSpent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def _gone(pid):
    until = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not _alive(pid)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("segfault", "died of signal 11 (SIGSEGV) on 3 rows"),
        ("exit", "ended with exit code 3 on 3 rows"),
        ("kill", "died of signal 9 (SIGKILL, perhaps for lack of memory) on 3 rows"),
        ("last_words", "ended with exit code 9 on 3 rows. Its answers are not known. The last that it printed: about"),
    ],
)
def test_a_model_that_ends_its_process_is_told_and_the_next_question_finds_another(rogue, calm, wild, deed, words):
    model = rogue(deed)
    assert (model.predict_proba(calm) == 0.5).all()
    first = model.pid
    with pytest.raises(WorkerDied) as caught:
        model.predict_proba(wild)
    assert words in str(caught.value)
    assert (model.predict_proba(calm) == 0.5).all()
    assert model.pid != first
    assert _gone(first)


@pytest.mark.parametrize("deed", ["hang", "spin"])
def test_a_model_that_takes_too_long_is_ended(rogue, calm, wild, deed):
    model = rogue(deed, seconds=0.5)
    model.predict_proba(calm)
    first, started = model.pid, time.monotonic()
    with pytest.raises(WorkerDied, match=r"took longer than 0\.5 s on 3 rows.*seconds = \.\.\. under \[worker\]"):
        model.predict_proba(wild)
    assert time.monotonic() - started < 10
    assert not _alive(first)
    assert (model.predict_proba(calm) == 0.5).all()


def test_a_worker_that_closes_its_line_and_lives_on_is_ended(rogue, calm, wild):
    model = rogue("close")
    first = model.pid
    with pytest.raises(WorkerDied, match="broke off the line to the run and was ended on 3 rows"):
        model.predict_proba(wild)
    assert not _alive(first)
    model.predict_proba(calm)


@pytest.mark.parametrize("deed", ["garbage", "long"])
def test_bytes_that_are_no_message_end_the_worker(rogue, calm, wild, deed):
    model = rogue(deed, seconds=20)
    first = model.pid
    with pytest.raises(WorkerDied):
        model.predict_proba(wild)
    assert not _alive(first)
    assert (model.predict_proba(calm) == 0.5).all()


_COST = {"seconds": 0.0, "cpu_seconds": 0.0, "peak_bytes": 1}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"told": None, "arrays": [], "cost": _COST},
        {"told": None, "arrays": 5, "cost": _COST},
        {"told": None, "arrays": [{"shape": [3], "dtype": "<f8"}], "cost": _COST},
        {"told": None, "arrays": [], "cost": {"seconds": "x"}},
        {"told": None, "arrays": [], "cost": None},
        {"error": 5},
        {"error": {}},
        {"error": {"kind": "ConfigError", "message": "the configuration is wrong"}},
        {"error": {"kind": "AnswerRefused", "message": "x", "rows": 7}},
        {"warned": [["SystemExit", "x"], ["open", "x"], 4], "error": {"kind": "ModelError", "message": "x"}},
    ],
    ids=str,
)
def test_messages_of_the_models_own_making_are_errors_of_the_model(rogue, wild, answer):
    model = rogue("send", argument=json.dumps(answer), seconds=20)
    with pytest.warns() if "warned" in answer else _nothing(), pytest.raises(ModelError) as caught:
        model.predict_proba(wild)
    assert type(caught.value).__module__ == "modelcheck.errors"


class _nothing:  # noqa: N801
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_memory_beyond_the_limit_is_the_models_error_not_the_runs(rogue, calm, wild):
    model = rogue("eat", memory_gb=1.0)
    with pytest.raises(ModelRaised, match="MemoryError"):
        model.predict_proba(wild)
    assert (model.predict_proba(calm) == 0.5).all()


def test_a_model_that_prints_without_end_answers_and_fills_no_disk(rogue, wild, capfd):
    model = rogue("chatter")
    for _ in range(3):
        assert (model.predict_proba(wild) == 0.5).all()
    assert os.fstat(model._worker.output).st_size <= 2**20
    assert capfd.readouterr() == ("", "")


def test_what_a_model_started_goes_with_it(rogue, wild, tmp_path):
    model = rogue("fork", argument=tmp_path / "pid")
    model.predict_proba(wild)
    own, escaped = model.pid, int((tmp_path / "pid").read_text())
    group = [int(one) for one in os.listdir("/proc") if one.isdecimal() and _group_of(one) == own]
    assert len(group) == 2
    model.close()
    assert all(_gone(one) for one in group)
    # A child that left its group stays until the run ends; it belongs to the process that started the worker.
    os.kill(escaped, 9)


def _group_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return int(stream.read().rpartition(") ")[2].split()[2])
    except OSError:
        return -1


def test_a_model_that_leaves_by_an_exception_raised(rogue, wild):
    with pytest.raises(ModelRaised, match=r"The model raised SystemExit on rows 0 to 2: 4") as caught:
        rogue("leave").predict_proba(wild)
    assert type(caught.value) is ModelRaised


def test_what_a_model_warns_of_is_warned_of_in_the_run(rogue, wild):
    model = rogue("warn")
    with pytest.warns(UserWarning, match="the entries look odd"):
        model.predict_proba(wild)
    # The suite takes warnings for errors, as a careful user's does: then the model raised one.
    with pytest.raises(ModelRaised, match="The model raised UserWarning on 3 rows: the entries look odd"):
        model.predict_proba(wild)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("segfault", r"died of signal 11 \(SIGSEGV\) while it was loaded"),
        ("exit", "ended with exit code 3 while it was loaded"),
        ("hang", "took longer than 1.5 s while it was loaded"),
        ("garbage", "while it was loaded"),
    ],
)
def test_a_model_that_misbehaves_while_it_is_loaded(rogue, deed, words):
    with pytest.raises(WorkerDied, match=words):
        rogue(deed, at_load=True, seconds=1.5)


def test_a_model_cannot_claim_a_level_or_another_file(rogue, calm):
    lie = {"level": "sandbox", "missing": [], "description": None}
    with pytest.raises(ModelError, match="no description"):
        rogue("send", at_load=True, argument=json.dumps(lie), seconds=20)


def test_a_worker_is_not_started_again_for_ever(rogue, calm, wild):
    model = rogue("exit", restarts=1)
    for _ in range(2):
        with pytest.raises(WorkerDied, match="exit code 3"):
            model.predict_proba(wild)
    with pytest.raises(WorkerSpent, match="died 2 times in this run and isn't started again"):
        model.predict_proba(calm)


def test_an_alarm_in_the_middle_of_a_question_leaves_a_usable_model(rogue, calm, wild):
    from modelcheck.checks.in_time import OutOfTime, in_time

    model = rogue("hang")
    first = model.pid
    with pytest.raises(OutOfTime):
        in_time(lambda: model.predict_proba(wild), 0.3)
    assert not _alive(first)
    assert (model.predict_proba(calm) == 0.5).all()


def test_large_questions_are_answered_as_small_ones_are(rogue):
    import pandas as pd

    model = rogue("exit")
    many = pd.DataFrame({"x": np.zeros(400_000)})
    assert model.predict_proba(many).shape == (400_000, 2)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        model.predict_proba(many)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_crash_is_told_by_where_it_happened_and_not_by_every_library_in_memory(rogue, calm, wild):
    model = rogue("segfault")
    model.predict_proba(calm)
    with pytest.raises(WorkerDied, match=r"Fatal Python error: Segmentation fault \| File .*in string_at") as caught:
        model.predict_proba(wild)
    assert "in segfault" in str(caught.value)
    assert "Extension modules" not in str(caught.value)
    assert "sklearn." not in str(caught.value)
