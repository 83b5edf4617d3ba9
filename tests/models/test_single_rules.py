"""Each main rule matters: without it, the sample that it is there for would be allowed."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace

import pytest

from modelcheck.models.inspection import BOUNDS, Bounds, inspect_bytes, inspect_folder
from modelcheck.models.inspection.allow_list import Use

from .malicious import FILES, FOLDERS, onnx_model, onnx_node, skops_zip, system, torch_zip, zipped

_HERE = "modelcheck.models.inspection"
_ANYTHING = re.compile(r".*", re.DOTALL)


class Everything(dict):
    """A list that holds every name."""

    def get(self, key, default=None):
        return Use.CALL

    def __contains__(self, key):
        return True


def _set(module, name, value):
    """Replace something of a module."""

    def switch(monkeypatch):
        monkeypatch.setattr(importlib.import_module(f"{_HERE}.{module}"), name, value)

    return switch


def _step(opcode, method):
    """Let an opcode be followed by another step."""

    def switch(monkeypatch):
        dry_run = importlib.import_module(f"{_HERE}.dry_run")
        monkeypatch.setitem(dry_run._DryRun.dispatch, opcode[0], method)

    return switch


def _method(module, cls, name, value):
    def switch(monkeypatch):
        monkeypatch.setattr(getattr(importlib.import_module(f"{_HERE}.{module}"), cls), name, value)

    return switch


def _nothing(*args, **kwargs):
    return None


def _all_names(monkeypatch):
    seen = importlib.import_module(f"{_HERE}.seen")

    def name(self, full):
        self.names.add(full)
        return seen.Named(full, Use.CALL)

    monkeypatch.setattr(seen.Seen, "name", name)


def _framework_lists(*modules):
    def switch(monkeypatch):
        for module in modules:
            monkeypatch.setattr(
                importlib.import_module(f"{_HERE}.{module}"), "framework_names", lambda name: Everything()
            )

    return switch


def _first_pickle_only(monkeypatch):
    source = importlib.import_module(f"{_HERE}.source")
    monkeypatch.setattr(source.Source, "at_end", lambda self: True)


def _pop_one(run):
    run.stack.pop()
    run.append(None)


def _array_classes_kept(monkeypatch):
    for module in ("calls", "dry_run", "reading", "stubs"):
        _set(module, "holds_array_class", lambda value: False)(monkeypatch)


RULES = {
    "names are on a list": (_all_names, "dangerous name: os.system"),
    "names are on a list, also under trusted packages": (_all_names, "prefix: numpy.testing runstring"),
    "names are on a list, also nested loaders": (_all_names, "nested loader: joblib.load"),
    "every concatenated pickle is followed": (_first_pickle_only, "concatenated: a second pickle"),
    "nothing follows an array": (_first_pickle_only, "npy: a pickle after the numbers"),
    "no EXT": (_step(b"\x82", lambda run: (run.read(1), run.append(None))), "opcode: EXT"),
    "no persistent id as text": (
        _step(b"P", lambda run: (run.readline(), run.append(None))),
        "opcode: persistent id as text",
    ),
    "a BUILD changes new objects only": (
        _step(b"b", lambda run: run.stack.pop()),
        "state: BUILD on an imported module's class",
    ),
    "statsmodels' formulas are code": (
        _set("reading", "FORMULA_WORDS", frozenset()),
        "state: __setstate__ of an allowed class reads a formula of statsmodels",
    ),
    "statsmodels' formulas are found behind many keys": (
        _set("reading", "FORMULA_WORDS", frozenset()),
        "state: a formula of statsmodels hidden behind many keys",
    ),
    "statsmodels' formulas are found on other objects": (
        _set("reading", "FORMULA_WORDS", frozenset()),
        "state: a formula of statsmodels on an object of another library",
    ),
    "attributes' names are written out": (
        _set("states", "judge_state", _nothing),
        "state: attributes of a dict that is computed",
    ),
    "dicts are filled by names that are written out": (
        _set("calls", "_judge_plain", _nothing),
        "state: a dict filled from an array of text, whose names no opcode spells",
    ),
    "arrays are made empty": (
        _set("calls", "_judge_plain", _nothing),
        "call: an array of a size of its own",
    ),
    "bytes of an array of text may spell a formula": (
        _set("seen", "hidden_words", lambda data: []),
        "state: labels of a table that spell a formula of statsmodels",
    ),
    "bytes may spell numpy's address": (
        _set("seen", "hidden_words", lambda data: []),
        "state: labels that spell the attribute by which numpy reads memory",
    ),
    "an attribute doesn't change what an object is": (
        _set("stubs", "is_special", lambda name: False),
        "state: an attribute that takes the place of __setstate__",
    ),
    "only lists are added to": (
        _method("dry_run", "_DryRun", "_add_to", _nothing),
        "state: an append that an object's own attribute answers",
    ),
    "names of methods are those that answer": (
        _method("stubs", "Listed", "hold_methods_only", _nothing),
        "state: the name of a method, added to its list afterwards",
    ),
    "a name of a method is one that answers": (
        _set("states", "judge_word", _nothing),
        "state: the name of a method that is one text",
    ),
    "skops: attributes are judged": (
        _set("skops_file", "_judge_attributes", _nothing),
        "skops: the name of a method that writes files",
    ),
    "skops: statsmodels' formulas are code": (
        _set("skops_file", "FORMULA_WORDS", frozenset()),
        "skops: __setstate__ of an allowed class reads a formula of statsmodels",
    ),
    "onnx: a name is text": (
        _set("onnx_file", "text", lambda content, wire=2: str(content, "utf-8")),
        "onnx: an operator of a library, whose domain is followed by a number",
    ),
    "safetensors: it is no pickle": (
        _set("safetensors_file", "starts_a_pickle", _nothing),
        "safetensors: a pickle as well, which starts as the header's length",
    ),
    "an array class is not kept": (_array_classes_kept, "state: numpy.ndarray kept as a function"),
    "members are told apart by name": (
        _set("containers", "_is_unsafe", lambda name: False),
        "zip: a member that leads out of the archive",
    ),
    "torch: persistent ids are storages": (
        _step(b"Q", _pop_one),
        "torch: a storage that isn't in the archive",
    ),
    "torch: only torch's own members": (_set("torch_file", "_WEIGHTS", _ANYTHING), "torch: a pickle beside data.pkl"),
    "torchscript: operators are on a list": (
        _set("torch_file", "judge_code", lambda code: ()),
        "torchscript: reads a file",
    ),
    "torchscript: methods of values": (_set("torch_code", "_METHODS", frozenset()), "torchscript: a method of a text"),
    "torchscript: libraries' operators": (_framework_lists("torch_code"), "torchscript: an operator of a library"),
    "torchscript: libraries' classes": (
        _set("torch_code", "_BUILT_IN", re.compile(r"(?!)")),
        "torchscript: a class of a library",
    ),
    "torch.export: sizes are arithmetic": (
        _set("torch_file", "judge_expression", _nothing),
        "torch.export: sizes that are Python",
    ),
    "torch.export: guards compare sizes": (
        _set("torch_file", "judge_guard", _nothing),
        "torch.export: a guard that is Python",
    ),
    "torch.export: targets are operators": (
        _set("torch_file", "judge_target", lambda target: True),
        "torch.export: a node that calls another function",
    ),
    "onnx: operators are built in": (
        _set("onnx_file", "_DOMAINS", {"", "evil.ops"}),
        "onnx: an operator of a library within a branch",
    ),
    "onnx: no compiled code": (_set("onnx_file", "_FORBIDDEN", set()), "onnx: an operator that loads compiled code"),
    "onnx: weights lie inside": (
        _method("onnx_file", "_Walk", "_tensor", _nothing),
        "onnx: weights at an absolute place",
    ),
    "keras: classes are on a list": (_framework_lists("keras_file"), "keras: get_file as a function"),
    "keras: words come with the model": (_set("keras_file", "_READS_FILES", set()), "keras: words from a file"),
    "polyglots are refused": (
        _set("boosters", "starts_a_pickle", lambda source, seen: False),
        "polyglot: a pickle that is also a CatBoost model",
    ),
    "mlflow: loaders are known": (_method("folder_files", "Judgement", "use", _nothing), "mlflow: a loader of its own"),
    "mlflow: code is not brought along": (
        _method("folder_files", "Judgement", "use", _nothing),
        "mlflow: code beside the model",
    ),
    "mlflow: paths stay inside": (_set("mlflow_folder", "_judge_path", _nothing), "mlflow: a path that leads out"),
    "mlflow: no joblib": (
        _set("mlflow_folder", "_MODELS", ("joblib", "pickle")),
        "mlflow: raw bytes of joblib that MLflow's unpickler would run",
    ),
    "huggingface: no code": (_set("huggingface_folder", "_CODE", ()), "huggingface: auto_map"),
}


@pytest.mark.parametrize("rule", RULES)
def test_without_the_rule_its_sample_would_be_allowed(rule, tmp_path, monkeypatch):
    switch, name = RULES[rule]
    if name in FOLDERS:
        if name.startswith("mlflow"):
            pytest.importorskip("yaml", reason="reading MLmodel needs PyYAML")
        FOLDERS[name](tmp_path / "model", tmp_path / "marker")

        def look():
            return inspect_folder(tmp_path / "model")
    else:
        content = FILES[name](tmp_path / "marker")

        def look():
            return inspect_bytes(content)

    assert look().answer != "allowed"
    switch(monkeypatch)
    assert look().answer == "allowed", look()


BOUNDED = {
    "unpacked_bytes": (
        zipped({"data.pkl": b"\x80\x04\x8e" + (2**20).to_bytes(8, "little") + bytes(2**20) + b"."}),
        2**10,
    ),
    "operations": (b"\x80\x04" + b"N0" * 500 + b"N.", 100),
    "memo": (b"\x80\x04" + b"N\x940" * 50 + b"N.", 10),
    "depth": (b"\x80\x04" + b"(" * 50 + b"l" * 50 + b".", 10),
    "frame_bytes": (b"\x80\x04\x95" + (200).to_bytes(8, "little") + b"N0" * 99 + b"N.", 100),
    "members": (zipped({f"{number}.pkl": b"N." for number in range(20)}), 10),
    "directory_bytes": (zipped({f"{number}.pkl": b"N." for number in range(20)}), 100),
    "file_bytes": (b"N0" * 100 + b"N.", 50),
}


@pytest.mark.parametrize("bound", sorted(BOUNDED))
def test_each_bound_matters(bound):
    content, limit = BOUNDED[bound]
    assert inspect_bytes(content).answer == "allowed", inspect_bytes(content)
    tight: Bounds = replace(BOUNDS, **{bound: limit})
    assert inspect_bytes(content, bounds=tight).answer == "not_analysable"


def test_the_harmless_twins_of_the_samples_are_allowed(tmp_path):
    """What the samples are made of is allowed as long as nothing bad is put into it."""
    import pickle

    from .malicious import export_zip, huggingface_folder, keras_model, keras_zip, mlflow_folder, script_zip, skops_node

    twins = {
        "torch": torch_zip(pickle.dumps({"a": 1}, 2)),
        "torchscript": script_zip(
            "class M(Module):\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    return torch.relu(x)\n"
        ),
        "torch_export": export_zip(),
        "onnx": onnx_model(onnx_node("Relu")),
        "keras": keras_zip(keras_model()),
        "skops": skops_zip(skops_node("builtins", "int", "JsonNode", content="1", is_json=True)),
    }
    for form, content in twins.items():
        inspection = inspect_bytes(content)
        assert (inspection.answer, inspection.format) == ("allowed", form), inspection
    huggingface_folder(tmp_path / "hf")
    assert inspect_folder(tmp_path / "hf").answer == "allowed"
    pytest.importorskip("yaml", reason="reading MLmodel needs PyYAML")
    mlflow_folder(tmp_path / "ml")
    assert inspect_folder(tmp_path / "ml").answer == "allowed"


def test_a_payload_is_a_payload(tmp_path):
    """The oracle works: loaded by an unpickler without a list, the marker appears."""
    import pickle

    pickle.loads(system(tmp_path / "marker"))
    assert (tmp_path / "marker").exists()
