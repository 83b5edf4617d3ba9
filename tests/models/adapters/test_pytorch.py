"""PyTorch by configuration alone: TorchScript, exported programs, weights with a factory; and what goes wrong."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from modelcheck.errors import ModelError, ModelRaised

from .conftest import COLUMNS

torch = pytest.importorskip("torch", reason="torch is tested in the job of adapters")

FACTORY = """
import torch

class Risk(torch.nn.Module):
    def __init__(self, wide: int = 3, outputs: int = 1) -> None:
        super().__init__()
        self.hidden = torch.nn.Linear(wide, 8)
        self.drop = torch.nn.Dropout(0.5)
        self.out = torch.nn.Linear(8, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.drop(torch.relu(self.hidden(x))))

def build():
    return Risk()

def four():
    return Risk(wide=4)

def needs(size):
    return Risk(size)

def nothing():
    return 7

def ratio(frame):
    return {"x": frame[["age", "hours", "score"]].to_numpy()}
"""
LOGIT = {"output": "logit", "classes": ("no", "yes")}


@pytest.fixture
def networks(folder, monkeypatch):
    folder.module("networks", FACTORY)
    monkeypatch.syspath_prepend(str(folder.path))
    import networks

    return networks


def _fit(module, X, y):
    """A few steps are enough: what is tested is that answers arrive unchanged."""
    torch.manual_seed(0)
    loss = torch.nn.MSELoss() if y.ndim == 1 and y.is_floating_point() else torch.nn.CrossEntropyLoss()
    if module.out.out_features == 1 and y.unique().numel() == 2:
        loss = torch.nn.BCEWithLogitsLoss()
    optimiser = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(60):
        optimiser.zero_grad()
        answer = module(X)
        loss(answer.squeeze(1) if answer.shape[1] == 1 else answer, y).backward()
        optimiser.step()
    return module


def _tensor(frame):
    return torch.from_numpy(frame[COLUMNS].to_numpy(dtype=np.float32, copy=True))


@pytest.fixture
def fitted(networks, train):
    y = torch.from_numpy((train.outcome == "yes").to_numpy(dtype=np.float32, copy=True))
    return _fit(networks.build(), _tensor(train), y).eval()


def _own(module, frame):
    with torch.no_grad():
        return torch.sigmoid(module(_tensor(frame)))[:, 0].double().numpy()


def _script(module, path):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`torch.jit", category=DeprecationWarning)
        torch.jit.save(torch.jit.script(module), path)


def _export(module, path, rows=("rows",)):
    shapes = ({0: torch.export.Dim(rows[0])},) if rows else None
    torch.export.save(torch.export.export(module, (torch.randn(5, 3),), dynamic_shapes=shapes), path)


def _same(model, module, frame):
    """Equal up to the logistic function, which is taken in double here and in float32 there."""
    likely = model.predict_proba(frame[COLUMNS])
    np.testing.assert_allclose(likely[:, 1], _own(module, frame), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(model.predict(frame[COLUMNS]), np.where(likely[:, 1] >= 0.5, "yes", "no"))


def test_weights_answer_as_the_module_they_were_trained_in(folder, fitted, holdout):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    model = folder.load("risk.pt", "binary", factory="networks:build", **LOGIT)
    description = model.describe()
    assert (description.name, description.format) == ("Risk", "torch")
    assert (description.task, description.classes, description.gives) == ("binary", ("no", "yes"), "probability")
    assert description.by_position
    assert description.decides_by_probability
    _same(model, fitted, holdout)


def test_a_script_answers_as_the_module_it_was_made_from(folder, fitted, holdout):
    _script(fitted, folder.path / "risk.pt")
    model = folder.load("risk.pt", **LOGIT)
    assert (model.describe().name, model.describe().format, model.describe().notes) == ("Risk", "torchscript", ())
    for _ in range(3):
        _same(model, fitted, holdout)


def test_an_exported_program_answers_as_the_module_it_was_made_from(folder, fitted, holdout):
    _export(fitted, folder.path / "risk.pt2")
    model = folder.load("risk.pt2", **LOGIT)
    assert (model.describe().format, model.describe().notes) == ("torch_export", ())
    _same(model, fitted, holdout)
    _same(model, fitted, holdout[:1])


def test_a_script_in_training_mode_is_asked_in_evaluation_mode_and_that_is_said(folder, fitted, holdout):
    _script(fitted.train(), folder.path / "risk.pt")
    model = folder.load("risk.pt", **LOGIT)
    assert "saved in training mode" in " ".join(model.describe().notes)
    _same(model, fitted.eval(), holdout)


def test_a_program_exported_in_training_mode_is_told(folder, fitted):
    _export(fitted.train(), folder.path / "risk.pt2")
    assert "exported in training mode" in " ".join(folder.load("risk.pt2", **LOGIT).describe().notes)


def test_rows_are_asked_in_batches_and_none_is_lost(folder, fitted, holdout):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    model = folder.load("risk.pt", factory="networks:build", **LOGIT)
    many = pd.concat([holdout] * 11, ignore_index=True)
    assert len(many) > 4096
    _same(model, fitted, many)
    assert model.predict_proba(many[COLUMNS][:0]).shape == (0, 2)


def test_several_classes_and_values(folder, networks, train, holdout):
    X, third = _tensor(train), torch.from_numpy(pd.qcut(train.amount, 3, labels=False).to_numpy(copy=True))
    three = _fit(networks.Risk(outputs=3), X, third).eval()
    folder.module("threes", "import networks\ndef build():\n    return networks.Risk(outputs=3)\n")
    torch.save(three.state_dict(), folder.path / "three.pt")
    model = folder.load("three.pt", factory="threes:build", output="logit", classes=("low", "mid", "high"))
    with torch.no_grad():
        own = torch.softmax(three(_tensor(holdout)), 1).double().numpy()
    np.testing.assert_allclose(model.predict_proba(holdout[COLUMNS]), own, rtol=0, atol=1e-6)
    assert model.describe().task == "multiclass"

    value = _fit(networks.build(), X, torch.from_numpy(train.amount.to_numpy(dtype=np.float32, copy=True))).eval()
    torch.save(value.state_dict(), folder.path / "value.pt")
    model = folder.load("value.pt", "regression", factory="networks:build")
    with torch.no_grad():
        own = value(_tensor(holdout))[:, 0].double().numpy()
    np.testing.assert_array_equal(model.predict(holdout[COLUMNS]), own)


def test_declared_columns_hold_in_any_order_and_beside_others(folder, fitted, holdout):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    model = folder.load("risk.pt", factory="networks:build", columns=tuple(COLUMNS), **LOGIT)
    assert model.describe().feature_names == tuple(COLUMNS)
    assert not model.describe().by_position
    turned = holdout[["score", "amount", "hours", "age"]]
    np.testing.assert_allclose(model.predict_proba(turned)[:, 1], _own(fitted, holdout), rtol=0, atol=1e-6)


@pytest.mark.parametrize("save", [_script, _export])
def test_prepare_may_give_inputs_by_name(folder, fitted, holdout, save):
    save(fitted, folder.path / "risk.pt")
    model = folder.load("risk.pt", prepare="networks:ratio", **LOGIT)
    np.testing.assert_allclose(model.predict_proba(holdout)[:, 1], _own(fitted, holdout), rtol=0, atol=1e-6)


def test_a_checkpoint_of_a_training_loop_is_understood_and_said(folder, fitted, holdout):
    torch.save({"epoch": 3, "model_state_dict": fitted.state_dict()}, folder.path / "risk.pt")
    model = folder.load("risk.pt", factory="networks:build", **LOGIT)
    assert "'model_state_dict'" in " ".join(model.describe().notes)
    _same(model, fitted, holdout)


def test_a_gate_runs_on_weights(folder, fitted, holdout):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    record = folder.gate(
        'model = "risk.pt"\nfactory = "networks:build"\noutput = "logit"\nclasses = ["no", "yes"]\n'
        'columns = ["age", "hours", "score"]',
        holdout[[*COLUMNS, "outcome"]],
    )
    assert record["candidate"]["format"] == "torch"


def test_what_is_missing_beside_the_file_is_named(folder, fitted):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    assert 'factory = "package.module:function"' in folder.refusal("risk.pt", **LOGIT)
    said = folder.refusal("risk.pt", factory="networks:build")
    assert 'output = "probability", "logit"' in said
    assert "classes = [0, 1]" in said
    assert "classes = [0, 1]" in folder.refusal("risk.pt", factory="networks:build", output="logit")
    assert "regression" in folder.refusal("risk.pt", "regression", factory="networks:build", **LOGIT)
    _script(fitted, folder.path / "script.pt")
    assert "leave it out" in folder.refusal("script.pt", factory="networks:build", **LOGIT)


def test_weights_of_another_network_are_told(folder, fitted):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    assert "size mismatch for hidden.weight" in folder.refusal("risk.pt", factory="networks:four", **LOGIT)
    torch.save({"out.weight": torch.zeros(1, 8)}, folder.path / "part.pt")
    said = folder.refusal("part.pt", factory="networks:build", **LOGIT)
    assert "don't fit the Risk" in said
    assert "hidden.weight" in said
    torch.save({"epoch": 3}, folder.path / "none.pt")
    assert "holds dict, no weights" in folder.refusal("none.pt", factory="networks:build", **LOGIT)


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("networks:needs", "calling it without arguments raised TypeError"),
        ("networks:nothing", "A torch.nn.Module is needed"),
        ("networks:LOGIT", "has no 'LOGIT'"),
        ("absent:build", "no module 'absent'"),
    ],
)
def test_a_factory_that_builds_no_network_is_told(folder, fitted, factory, words):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    assert words in folder.refusal("risk.pt", factory=factory, **LOGIT)


def test_text_columns_point_at_prepare(folder, fitted, holdout):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    model = folder.load("risk.pt", factory="networks:build", **LOGIT)
    with pytest.raises(ModelRaised, match=r"'outcome'.*`columns`.*prepare = "):
        model.predict(holdout[["age", "hours", "outcome"]])


@pytest.mark.parametrize("save", [_script, _export, lambda m, path: torch.save(m.state_dict(), path)])
def test_rows_of_another_width_are_told_with_their_shape(folder, fitted, holdout, save):
    save(fitted, folder.path / "risk.pt")
    factory = {} if save in (_script, _export) else {"factory": "networks:build"}
    model = folder.load("risk.pt", **factory, **LOGIT)
    with pytest.raises(ModelRaised, match=r"its input was \(10, 2\) float32"):
        model.predict(holdout[["age", "hours"]][:10])


def test_a_program_for_one_number_of_rows_is_refused_with_the_line_that_mends_it(folder, fitted):
    _export(fitted, folder.path / "risk.pt2", rows=())
    said = folder.refusal("risk.pt2", **LOGIT)
    assert "exactly 5 rows" in said
    assert "dynamic_shapes" in said


def test_outputs_that_are_something_else_are_told(folder, fitted, holdout):
    torch.save(fitted.state_dict(), folder.path / "risk.pt")
    with pytest.raises(ModelError, match="If they are logits"):
        folder.load("risk.pt", factory="networks:build", classes=("no", "yes")).predict_proba(holdout[COLUMNS])
    three = folder.load("risk.pt", factory="networks:build", output="logit", classes=("a", "b", "c"))
    with pytest.raises(ModelError, match=r"1 outputs a row. Allowed: one for each of the 3 classes"):
        three.predict_proba(holdout[COLUMNS])
    labels = folder.load("risk.pt", factory="networks:build", output="label", classes=("no", "yes"))
    with pytest.raises(ModelError, match="whole numbers from 0 to 1"):
        labels.predict(holdout[COLUMNS])


def test_a_whole_module_in_a_pickle_is_not_loaded(folder, fitted):
    torch.save(fitted, folder.path / "risk.pt")
    assert "was not loaded" in folder.refusal("risk.pt", factory="networks:build", **LOGIT)
