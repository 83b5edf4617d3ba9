"""Formats that other packages bring: a real distribution with entry points, and those that break their promise."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

from modelcheck.errors import ArtifactRefused, ModelError
from modelcheck.models.adapters.third_party import foreign_adapters

from .conftest import COLUMNS

TOY = """
import json
import numpy as np
from modelcheck.models.inspection import Inspection

class Linear:
    _estimator_type = "classifier"
    classes_ = np.array(["no", "yes"])

    def __init__(self, weights):
        self.weights = weights
        self.feature_names_in_ = np.array(list(weights))

    def predict_proba(self, X):
        second = 1.0 / (1.0 + np.exp(-sum(X[name] * weight for name, weight in self.weights.items())))
        return np.column_stack((1.0 - second, second))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

class Toy:
    title = "Toy model"
    formats = ("toy",)

    def recognises(self, head, name):
        return head.startswith(b"TOY1")

    def inspect(self, content):
        try:
            json.loads(content.read()[4:])
        except ValueError:
            return Inspection(answer="not_analysable", format="toy", reason="its JSON is broken")
        return Inspection(answer="allowed", format="toy", versions={"toy": "1.0"})

    def load(self, request):
        return Linear(json.loads(request.content.read()[4:]))

ADAPTER = Toy()
"""
MODEL = b'TOY1{"age": 1.5, "hours": -1.0, "score": 0.5}'


@pytest.fixture
def install(folder, monkeypatch):
    """Install a distribution of one module and its entry points, as pip would lay it out."""
    site = folder.path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(package, text, entry=None):
        (site / f"{package}.py").write_text(text, encoding="utf-8")
        facts = site / f"{package}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        line = entry or f"{package} = {package}:ADAPTER"
        (facts / "entry_points.txt").write_text(f"[modelcheck.models]\n{line}\n", encoding="utf-8")

    return install


@pytest.fixture
def model(folder):
    (folder.path / "m.toy").write_bytes(MODEL)
    return "m.toy"


def test_a_format_of_another_package_is_gated_by_configuration_alone(folder, install, model, holdout, monkeypatch):
    install("toy_models", TOY)
    loaded = folder.load(model, "binary")
    description = loaded.describe()
    assert (description.name, description.format, description.feature_names) == ("Linear", "toy", tuple(COLUMNS))
    assert description.versions == {"toy": "1.0"}
    second = 1.0 / (1.0 + np.exp(-(holdout.age * 1.5 - holdout.hours + holdout.score * 0.5)))
    np.testing.assert_array_equal(loaded.predict_proba(holdout)[:, 1], second)
    monkeypatch.setenv("PYTHONPATH", str(folder.path / "site"))
    record = folder.gate(f'model = "{model}"', holdout[[*COLUMNS, "outcome"]])
    assert record["candidate"]["format"] == "toy"


def test_without_the_package_the_file_is_refused(folder, model):
    assert "was not loaded" in folder.refusal(model)


def test_its_own_inspection_refuses(folder, install):
    install("toy_models", TOY)
    (folder.path / "broken.toy").write_bytes(b"TOY1{")
    assert "its JSON is broken" in folder.refusal("broken.toy")


def test_a_built_in_format_is_never_shown_to_another_package(folder, install):
    """Not even a refused one, or one of an old protocol, which begins like a text."""
    marker = folder.path / "asked"
    greedy = TOY.replace('return head.startswith(b"TOY1")', f"open({str(marker)!r}, 'w').close(); return True")
    install("toy_models", greedy)
    for protocol in (0, 2, 5):
        (folder.path / "m.pkl").write_bytes(pickle.dumps(print, protocol=protocol))
        with pytest.raises(ArtifactRefused, match=r"builtins\.print"):
            folder.load("m.pkl")
    assert not marker.exists()


def test_a_built_in_format_cant_be_claimed(folder, install, model):
    install("toy_models", TOY.replace('("toy",)', '("toy", "skops")'))
    assert "claims the format 'skops', which is modelcheck's own" in folder.refusal(model)


def test_two_packages_cant_share_a_format_or_a_file(folder, install, model):
    install("toy_models", TOY)
    install("toy_twins", TOY)
    said = folder.refusal(model)
    assert "both claim the format 'toy'" in said
    assert "'toy_models' of toy_models" in said
    (folder.path / "site" / "toy_twins.py").write_text(TOY.replace('"toy"', '"toy_two"'), encoding="utf-8")
    del sys.modules["toy_twins"]
    said = folder.refusal(model)
    assert "claimed by 2 adapters" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("ADAPTER = 7", "has no text `title`"),
        (TOY.replace('("toy",)', '"toy"'), "has no `formats`"),
        (TOY.replace("def inspect(", "def look("), "has no function `inspect`"),
    ],
)
def test_a_broken_entry_point_is_told_by_name_and_leaves_others_alone(folder, install, model, text, words):
    install("broken_one", text)
    offers = foreign_adapters()
    assert offers.adapters == ()
    assert words in offers.broken[0]
    assert "'broken_one' of broken_one" in folder.refusal(model)
    install("toy_models", TOY)
    assert folder.load(model).describe().format == "toy"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('return head.startswith(b"TOY1")', "return 1 / 0", "raised ZeroDivisionError when asked about m.toy"),
        ("json.loads(content.read()[4:])\n", "1 / 0\n", "raised ZeroDivisionError while looking into m.toy"),
        ('answer="allowed", format="toy"', 'answer="allowed", format="pickle"', "whose format is one of 'toy'"),
        ('answer="allowed", format="toy"', 'answer="sure", format="toy"', "The file was not loaded"),
    ],
)
def test_an_adapter_that_breaks_its_promise_is_told_by_name(folder, install, model, old, new, words):
    assert old in TOY
    install("toy_models", TOY.replace(old, new))
    said = folder.refusal(model)
    assert words in said
    assert "'toy_models' of toy_models" in said


def test_what_its_loading_raises_reaches_the_user(folder, install, model):
    install(
        "toy_models",
        TOY.replace("return Linear(json", "raise ModelError('too new'); return Linear(json").replace(
            "import json\n", "import json\nfrom modelcheck.errors import ModelError\n", 1
        ),
    )
    with pytest.raises(ModelError, match="too new"):
        folder.load(model)
