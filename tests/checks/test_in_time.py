"""A call is broken off when it takes too long, and leaves alarms as they were."""

from __future__ import annotations

import contextlib
import signal
import threading
import time

import pytest

from modelcheck.checks.in_time import OutOfTime, in_time

alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm signals")


@pytest.fixture(autouse=True)
def _no_alarm_is_left():
    yield
    if hasattr(signal, "setitimer"):
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_is_quick_is_returned_and_what_it_raises_comes_through():
    assert in_time(lambda: "answer", 5.0) == "answer"
    with pytest.raises(KeyError, match="gone"):
        in_time(lambda: {}["gone"], 5.0)


@alarms
def test_a_sleeping_call_is_broken_off():
    with pytest.raises(OutOfTime, match=r"no answer within 0\.02 s"):
        in_time(lambda: time.sleep(60.0), 0.02)


@alarms
def test_a_busy_call_that_catches_every_exception_is_broken_off():
    def stubborn():
        while True:
            with contextlib.suppress(Exception):  # what a careless model does
                sum(range(100))

    with pytest.raises(OutOfTime):
        in_time(stubborn, 0.02)


@alarms
@pytest.mark.parametrize("call", [lambda: None, lambda: time.sleep(60.0), lambda: {}["gone"]])
def test_the_older_handler_and_its_alarm_are_put_back(call):
    def older(number, frame):
        raise AssertionError("too early")

    before = signal.signal(signal.SIGALRM, older)
    try:
        signal.setitimer(signal.ITIMER_REAL, 500.0, 7.0)
        with contextlib.suppress(OutOfTime, KeyError):
            in_time(call, 0.02)
        assert signal.getsignal(signal.SIGALRM) is older
        left, every = signal.getitimer(signal.ITIMER_REAL)
        assert 0.0 < left <= 500.0
        assert every == 7.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@alarms
def test_an_older_alarm_that_fell_due_meanwhile_rings_afterwards():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        in_time(lambda: time.sleep(0.05), 5.0)
        deadline = time.monotonic() + 5.0
        while not rung and time.monotonic() < deadline:
            time.sleep(0.005)
        assert rung == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_in_another_thread_a_call_is_let_run():
    found = []
    thread = threading.Thread(target=lambda: found.append(in_time(lambda: time.sleep(0.05) or "done", 0.001)))
    thread.start()
    thread.join()
    assert found == ["done"]
