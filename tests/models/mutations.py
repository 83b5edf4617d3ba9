"""Mutate ordinary model files, load for real what the inspection allows, and watch every import.

Run as a script in a process of its own: ``python mutations.py SEED COUNT``. The oracle is Python's audit event for
unpicklers: "allowed" must never meet an import that is not on the list. Prints counts as JSON.
"""

from __future__ import annotations

import collections
import io
import json
import pickle
import pickletools
import random
import resource
import sys
import warnings
import zlib

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from modelcheck.models.inspection import inspect_bytes
from modelcheck.models.inspection.allow_list import allowed_names

EVIL = (
    b"cposix\ngetpid\n)R",
    b"cposix\ngetpid\n)R0",
    b"\x8c\x05posix\x8c\x06getpid\x93)R0",
    b"\x8c\x02os\x94\x8c\x06getpid\x94\x93\x94)R\x94.",
    b"\x80\x04cposix\ngetpid\n)R.",
    b"\x95\x11\x00\x00\x00\x00\x00\x00\x00cposix\ngetpid\n)R0",
)
STEPS = (
    *(
        b"0",
        b"2",
        b"\x94",
        b"(",
        b"1",
        b"b",
        b"R",
        b"\x81",
        b"\x85",
        b"\x86",
        b".",
        b"N",
        b"}",
        b"]",
        b"e",
        b"u",
        b"s",
        b"a",
    ),
    *(b"h\x00", b"h\x05", b"q\x00", b"q\x03", b"\x80\x02", b"\x80\x04", b"C\x02ab", b"K\x01", b")", b"}b", b"h\x01}b"),
    b"\x95\x04\x00\x00\x00\x00\x00\x00\x00",
)


def ordinary():
    rows = np.arange(40.0).reshape(20, 2) % 7
    labels = np.arange(20) % 2
    models = [
        make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels),
        DecisionTreeClassifier(max_depth=2).fit(rows, labels),
        {"names": np.array(["a", 1], dtype=object), "values": np.arange(5.0), "more": np.arange(3)},
    ]
    for model in models:
        for protocol in (0, 2, 4, 5):
            yield pickle.dumps(model, protocol)
        for protocol in (2, 4):
            buffer = io.BytesIO()
            joblib.dump(model, buffer, protocol=protocol)
            yield buffer.getvalue()


def boundaries(content):
    places = []
    try:
        places.extend(position for _, _, position in pickletools.genops(content))
    except Exception:  # joblib's raw bytes end what pickletools can follow
        return places or [0]
    return places


def mutate(content, places, others, rng):
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3))):
        kind = rng.randrange(7)
        position = rng.choice(places) if rng.random() < 0.6 else rng.randrange(len(content))
        position = min(position, len(content) - 1)
        if kind == 0:
            content[position] = rng.randrange(256)
        elif kind == 1:
            content[position:position] = rng.choice(EVIL)
        elif kind == 2:
            content[position:position] = rng.choice(STEPS)
        elif kind == 3:
            del content[position : position + rng.randrange(1, 20)]
        elif kind == 4:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            content[position:position] = other[start : start + rng.randrange(1, 60)]
        elif kind == 5:
            content += rng.choice(EVIL) + b"."
        else:
            content[position : position + 1] = rng.choice(STEPS)
        if len(content) < 2:
            break
    return bytes(content)


def main(seed, count):
    resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
    warnings.simplefilter("ignore")
    rng = random.Random(seed)
    files = list(ordinary())
    places = {content: boundaries(content) for content in files}
    allowed = set(allowed_names())
    imported = []
    sys.addaudithook(lambda event, args: imported.append(".".join(args)) if event == "pickle.find_class" else None)
    old = {"__builtin__": "builtins", "copy_reg": "copyreg"}
    answers = collections.Counter()
    for _ in range(count):
        content = rng.choice(files)
        content = mutate(content, places[content], files, rng)
        if rng.random() < 0.1:
            content = zlib.compress(content)
        answer = inspect_bytes(content).answer
        answers[answer] += 1
        if answer != "allowed":
            continue
        imported.clear()
        try:
            joblib.load(io.BytesIO(content))
            answers["loaded"] += 1
        except Exception:  # a broken file may fail to load; it may not import
            answers["failed"] += 1
        for name in imported:
            module, _, attribute = name.rpartition(".")
            if f"{old.get(module, module)}.{attribute}" not in allowed:
                print(json.dumps({"escaped": name, "content": content.hex()}))
                return 1
    print(json.dumps(answers))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
