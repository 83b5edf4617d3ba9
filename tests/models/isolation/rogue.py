"""Estimators that do to their process what no model should. Loaded in workers only, by names that a test trusts."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np


class Rogue:
    """Answers 0.5 for each row, and does its deed on rows whose `x` is above 0.5."""

    classes_ = np.array([0, 1])
    _estimator_type = "classifier"

    def __init__(self, deed, at_load=False, argument=""):
        self.deed, self.at_load, self.argument = deed, at_load, argument

    def __setstate__(self, state):
        self.__dict__.update(state)
        if self.at_load:
            self.do()

    def do(self):
        getattr(self, self.deed)()

    def predict_proba(self, X):
        if (X["x"] > 0.5).any():
            self.do()
        return np.full((len(X), 2), 0.5)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)

    def segfault(self):
        ctypes.string_at(0)

    def exit(self):
        os._exit(3)

    def leave(self):
        sys.exit(4)

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def hang(self):
        time.sleep(3600)

    def spin(self):
        while True:
            pass

    def eat(self):
        self.kept = np.ones(2**30)

    def chatter(self):
        for _ in range(200):
            print("x" * 100_000)
            print("y" * 100_000, file=sys.stderr)

    def last_words(self):
        print("about to fail", flush=True)
        os._exit(9)

    def fork(self):
        if not os.fork():
            time.sleep(3600)
        child = subprocess.Popen(["sleep", "3600"], start_new_session=True)
        Path(self.argument).write_text(str(child.pid))

    def close(self):
        for descriptor in range(3, 64):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        time.sleep(3600)

    def _line(self):
        for descriptor in range(3, 64):
            try:
                if os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:"):
                    return socket.socket(fileno=os.dup(descriptor))
            except OSError:
                continue
        raise AssertionError("no line")

    def garbage(self):
        self._line().sendall(b"\xff" * 4096)
        time.sleep(3600)

    def send(self):
        """Send whole messages of the model's own making."""

        from modelcheck.models.isolation.channel import Channel

        Channel(self._line()).send(json.loads(self.argument))
        time.sleep(3600)

    def long(self):

        self._line().sendall(struct.pack("<IH", 2, 1) + struct.pack("<Q", 2**40) + b"{}")
        time.sleep(3600)

    def warn(self):
        warnings.warn("the entries look odd", UserWarning, stacklevel=1)

    def home(self):
        print(os.path.expanduser("~"), flush=True)
        (Path.home() / "kept").write_text("x")
        (Path.cwd() / "left").exists()

    def write(self):
        Path(self.argument).write_text("was here")

    def read(self):
        Path(self.argument).read_text()

    def connect(self):
        host, port = self.argument.split(":")
        socket.create_connection((host, int(port)), timeout=2).close()

    def resolve(self):
        socket.socket(socket.AF_UNIX).connect(self.argument)

    def run(self):
        subprocess.run(["touch", self.argument], check=True)

    def hit(self):
        os.kill(int(self.argument), signal.SIGTERM)


class Sometimes(Rogue):
    """A classifier of the simulated people of tests/plugin: ordinary answers, and a deed."""

    classes_ = np.array(["no", "yes"])
    feature_names_in_ = np.array(["age", "hours", "score"])

    def predict_proba(self, X):
        if self.deed != "exit_on_missing":
            self.do()
        elif X["hours"].isna().any():
            self.exit()
        positive = 1 / (1 + np.exp(-(0.05 * (X["age"] - 49) + X["score"]).to_numpy(dtype=float)))
        return np.column_stack([1 - positive, positive])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
