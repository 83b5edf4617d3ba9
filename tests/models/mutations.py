"""Mutate ordinary model files, load for real what the inspection allows, and watch every import.

Run as a script in a process of its own: ``python mutations.py SEED SECONDS [COUNT]``. The oracle is Python's audit
event for unpicklers: "allowed" must never meet an import that is not on the list. Archives have oracles of their own:
the C unpickler with what it would import, and skops' judgement of its own types. For formats that are data only, the
trial is that every answer comes, in time. Prints counts as JSON.
"""

from __future__ import annotations

import collections
import io
import itertools
import json
import pickle
import pickletools
import random
import resource
import struct
import sys
import time
import warnings
import zipfile
import zlib

import joblib
import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from modelcheck.models.inspection import inspect_bytes
from modelcheck.models.inspection.allow_list import allowed_names, framework_names
from modelcheck.models.inspection.file import LOOK_RAISED

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


def archives():
    """Yield archives whose members are mutated one at a time, and files of data."""
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + b"K\x00K\x04\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    )
    weights = b"\x80\x02}(X\x01\x00\x00\x00aq\x01" + tensor + b"q\x02X\x01\x00\x00\x00bq\x03" + tensor + b"u."
    code = 'class M(Module):\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    return torch.relu(x, "a")\n'
    module = b"\x80\x02c__torch__\nM\n)\x81}(X\x01\x00\x00\x00aq\x01" + tensor + b"ub."
    plain = {"a/version": b"3\n", "a/data/0": bytes(16)}
    yield "torch", {"a/data.pkl": weights, **plain}
    yield (
        "torchscript",
        {
            "a/data.pkl": module,
            "a/code/__torch__.py": code.encode(),
            "a/constants.pkl": b"\x80\x02).",
            **plain,
        },
    )
    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
    model = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}, "registered_name": None}
    arrays = io.BytesIO()
    np.savez(arrays, a=np.zeros(3))
    yield (
        "keras",
        {
            "metadata.json": b'{"keras_version": "3.15.1"}',
            "config.json": json.dumps(model).encode(),
            "model.weights.npz": arrays.getvalue(),
        },
    )
    rows = np.arange(40.0).reshape(20, 2) % 7
    for fitted in (
        make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, np.arange(20) % 2),
        DecisionTreeClassifier(max_depth=2).fit(rows, np.arange(20) % 2),
    ):
        archive = zipfile.ZipFile(io.BytesIO(skops.io.dumps(fitted)))
        yield "skops", {name: archive.read(name) for name in archive.namelist()}
    objects = io.BytesIO()
    np.save(objects, np.array(["a", {"b": 1}], dtype=object), allow_pickle=True)
    yield "npz", {"a.npy": objects.getvalue()}


def data_files():
    """Yield files of formats that hold data only."""
    header = json.dumps({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
    yield struct.pack("<Q", len(header)) + header + bytes(4)
    text = "tree\nversion=v4\nmax_feature_idx=1\ntree_sizes=9\n\nTree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=1\n"
    yield (text + "decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n\nend of trees\n").encode()
    tree = {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "parents": [9, 0, 0]}
    tree |= {"split_indices": [0, 0, 0], "split_conditions": [1.5, 0, 0], "default_left": [0, 0, 0]}
    tree["tree_param"] = {"num_nodes": "3"}
    booster = {"name": "gbtree", "model": {"trees": [tree]}}
    learner = {"gradient_booster": booster, "learner_model_param": {"num_feature": "9"}}
    yield json.dumps({"learner": learner, "version": [3, 2, 0]}).encode()
    node = b"\x0a\x01x\x12\x01y\x22\x04Relu*\x0d\x0a\x01a@\x01@\x02@\x03@\x04@\x05"
    graph = b"\x0a" + bytes([len(node)]) + node
    yield b"\x08\x0a\x3a" + bytes([len(graph)]) + graph + b"B\x02\x10\x14"
    yield (
        b"{L"
        + (7).to_bytes(8, "big")
        + b"learner{}L"
        + (1).to_bytes(8, "big")
        + b"a[$d#L"
        + (2).to_bytes(8, "big")
        + bytes(8)
        + b"}"
    )


class Named:
    """Stands for anything that a pickle imports."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return Named()

    def __setstate__(self, state):
        pass


class Recording(pickle.Unpickler):
    """Python's own unpickler in C, noting what it would import."""

    def __init__(self, stream, seen):
        super().__init__(stream)
        self.seen = seen

    def find_class(self, module, name):
        self.seen.append(f"{OLD.get(module, module)}.{name}")
        return Named

    def persistent_load(self, key):
        return Named()


OLD = {"__builtin__": "builtins", "copy_reg": "copyreg"}
ALLOWED = set(allowed_names())
TORCH = set(framework_names("torch_names")) | {"__torch__.M"}
SKOPS = ALLOWED | {"functools.partial"}


def escaped_from_archive(form, content):
    """Return a name that the archive's loader would meet and that isn't on the list, or None."""
    seen = []
    if form in ("torch", "torchscript"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if name.endswith(".pkl"):
                    try:
                        Recording(archive.open(name), seen).load()
                    except Exception:  # a broken pickle may fail to load; it may not import
                        seen += []
        extra = [name for name in seen if name not in TORCH and not name.startswith("torch.jit._pickle.")]
        return extra[0] if extra else None
    if form == "skops":
        try:
            names = skops.io.get_untrusted_types(data=content)
        except Exception:  # a broken schema that skops doesn't read isn't loaded
            return None
        extra = [name for name in names if name not in SKOPS and name != "numpy.dtype"]
        return extra[0] if extra else None
    return None


def zipped(members, rng):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    content = bytearray(buffer.getvalue())
    if rng.random() < 0.1:
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content)


WORDS = (
    "os",
    "system",
    "Lambda",
    "torch.save",
    "ops.evil.run",
    "numpy",
    "ndarray",
    "MethodNode",
    "ConstructorFromReduceNode",
)


def respelled(content, rng):
    """Put a dangerous word where a text stands."""
    quotes = [place for place, byte in enumerate(content) if byte == 0x22]
    if len(quotes) < 2:
        return content
    start = rng.choice(quotes[:-1])
    end = content.find(b'"', start + 1)
    return content[: start + 1] + rng.choice(WORDS).encode() + content[end:]


def looked_at(content):
    """Look at one file; a look that raised is a fault, although it refuses the file."""
    inspection = inspect_bytes(content)
    if LOOK_RAISED in inspection.reason:
        raise AssertionError(f"{inspection.reason}: {content.hex()}")
    return inspection


def archive_trial(pool, rng):
    """Return ``(answer, form, name or None)`` of one mutated archive."""
    members = dict(rng.choice(pool)[1])
    target = rng.choice(list(members))
    old = members[target]
    if old and rng.random() < 0.4:
        members[target] = respelled(old, rng)
    elif old:
        members[target] = mutate(old, boundaries(old) if target.endswith(".pkl") else [0], [old], rng)
    if rng.random() < 0.05:
        members[f"a/{rng.randrange(9)}.pkl"] = b"cos\nsystem\n."
    content = zipped(members, rng)
    inspection = looked_at(content)
    name = escaped_from_archive(inspection.format, content) if inspection.answer == "allowed" else None
    return inspection, name, content


def main(seed, seconds, count=None):
    resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
    warnings.simplefilter("ignore")
    rng = random.Random(seed)
    files = list(ordinary())
    places = {content: boundaries(content) for content in files}
    pool, data = list(archives()), list(data_files())
    imported = []
    sys.addaudithook(lambda event, args: imported.append(".".join(args)) if event == "pickle.find_class" else None)
    answers = collections.Counter()
    end = time.monotonic() + seconds
    for turn in itertools.count():
        if time.monotonic() > end or (count is not None and turn >= count):
            break
        kind = rng.random()
        if kind < 0.25:
            inspection, name, content = archive_trial(pool, rng)
            answers[f"archive {inspection.answer}"] += 1
            if name is not None:
                print(json.dumps({"escaped": name, "format": inspection.format, "content": content.hex()}))
                return 1
            continue
        if kind < 0.4:
            content = rng.choice(data)
            answers[f"data {looked_at(mutate(content, [0], data, rng)).answer}"] += 1
            continue
        content = rng.choice(files)
        content = mutate(content, places[content], files, rng)
        if rng.random() < 0.1:
            content = zlib.compress(content)
        answer = looked_at(content).answer
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
            if f"{OLD.get(module, module)}.{attribute}" not in ALLOWED:
                print(json.dumps({"escaped": name, "content": content.hex()}))
                return 1
    print(json.dumps(answers))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None))
