"""Threads that ask one model at once all begin, or it is said that one didn't: nobody waits for ever."""

from __future__ import annotations

import subprocess
import sys
import threading

import pandas as pd
import pytest

from modelcheck.config.tables import ModelTable
from modelcheck.models.loading import wrap_model
from modelcheck.models.probes import threads

ASK = {"method": "predict", "threads": 4, "rounds": 1}

# Python lets one thread at a time install a tracer, and an audit hook, as the watch on side effects is one, lets other
# threads run meanwhile: started together, all but one end before their first line.
TRACED = """
import sys, threading, time
import pandas as pd
from modelcheck.config.tables import ModelTable
from modelcheck.models.loading import wrap_model
from modelcheck.models.probes.threads import together

model = wrap_model(lambda rows: rows["a"].to_numpy(), ModelTable(output="value"))
rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})
sys.addaudithook(lambda event, more: time.sleep(0.01) if event == "sys.settrace" else None)
threading.settrace(lambda *of: None)
told, (alone, rounds, answered) = together(model, [rows], {"method": "predict", "threads": 4, "rounds": 1})
print(told, answered.all())
"""


def test_threads_begin_one_after_another_under_a_debugger():
    done = subprocess.run([sys.executable, "-c", TRACED], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "{'failures': []} True"


def test_a_thread_that_ends_before_its_work_is_said_and_the_others_go_home(monkeypatch):
    class Lost(threading.Thread):
        def run(self):
            if len(made) < 3:
                super().run()

        def start(self):
            made.append(self)
            super().start()

    made = []
    monkeypatch.setattr(threads.threading, "Thread", Lost)
    model = wrap_model(lambda rows: rows["a"].to_numpy(), ModelTable(output="value"))
    before = sys.getswitchinterval()
    with pytest.raises(RuntimeError, match="ended before it could"):
        threads.together(model, [pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})], ASK)
    assert len(made) == 3
    for thread in made:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in made)
    assert sys.getswitchinterval() == before
