"""A text classifier in a local folder, made on the spot; and what keeps a folder from being loaded."""

from __future__ import annotations

import json
import socket

import numpy as np
import pandas as pd
import pytest

from modelcheck.errors import ModelError, ModelRaised

torch = pytest.importorskip("torch", reason="transformers are tested in the job of adapters")
transformers = pytest.importorskip("transformers", reason="transformers are tested in the job of adapters")

GOOD, BAD = ["good", "fine", "lovely", "happy"], ["bad", "poor", "awful", "angry"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "room", "was", "and", "very", "food", *GOOD, *BAD]


def reviews(rows, seed):
    rng = np.random.default_rng(seed)
    kind = rng.random(rows) < 0.5
    wrong = rng.random(rows) < 0.1
    texts = [
        f"the {rng.choice(['room', 'food'])} was {'very ' * int(rng.integers(0, 4))}"
        f"{rng.choice(GOOD if good != off else BAD)}"
        for good, off in zip(kind, wrong, strict=True)
    ]
    return pd.DataFrame({"review": texts, "mood": np.where(kind, "glad", "cross")})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a tiny BERT that learned a dozen words."""
    place = tmp_path_factory.mktemp("bert")
    (place / "words.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    tokenizer = transformers.BertTokenizer(vocab={word: at for at, word in enumerate(WORDS)})
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
        num_labels=2,
        id2label={0: "cross", 1: "glad"},
        label2id={"cross": 0, "glad": 1},
    )
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(config)
    frame = reviews(400, 1)
    given = tokenizer(list(frame.review), padding=True, return_tensors="pt")
    labels = torch.tensor((frame.mood == "glad").to_numpy(dtype=np.int64, copy=True))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(25):
        optimiser.zero_grad()
        model(**given, labels=labels).loss.backward()
        optimiser.step()
    model.eval().save_pretrained(place / "model")
    tokenizer.save_pretrained(place / "model")
    return place / "model"


@pytest.fixture
def bert(saved, folder):
    """A copy of it that a test may damage."""
    import shutil

    shutil.copytree(saved, folder.path / "mood")
    return folder.path / "mood"


def _edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_it_answers_as_the_pipeline_of_transformers_does(folder, bert, monkeypatch):
    """The pipeline asks row by row in float32; padding changes the last digit."""
    rows = reviews(150, 2)
    pipe = transformers.pipeline("text-classification", model=str(bert), top_k=None)
    own = [{item["label"]: item["score"] for item in answer} for answer in pipe(list(rows.review))]

    def no_network(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    model = folder.load("mood", "binary")
    description = model.describe()
    assert (description.name, description.format) == ("BertForSequenceClassification", "huggingface")
    assert (description.classes, description.gives) == (("cross", "glad"), "probability")
    assert description.versions["transformers"] == transformers.__version__
    assert "cut after 16 tokens" in " ".join(description.notes)
    likely = model.predict_proba(rows[["review"]])
    np.testing.assert_allclose(likely[:, 1], [answer["glad"] for answer in own], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(model.predict(rows[["review"]]), [max(answer, key=answer.get) for answer in own])


def test_classes_give_its_labels_the_names_of_the_table(folder, bert):
    model = folder.load("mood", classes=(0, 1), columns=("review",))
    assert model.describe().classes == (0, 1)
    assert set(model.predict(reviews(50, 2))) == {0, 1}
    assert "`classes` has 3 labels" in folder.refusal("mood", classes=("a", "b", "c"))


def test_a_gate_runs_on_a_folder(folder, bert):
    rows = reviews(400, 3).assign(length=lambda frame: frame.review.str.len())
    record = folder.gate('model = "mood"\ncolumns = ["review"]', rows, 'target = "mood"\npositive = "glad"')
    assert record["candidate"]["format"] == "huggingface"


def test_long_texts_are_cut_and_not_refused(folder, bert):
    model = folder.load("mood")
    likely = model.predict_proba(pd.DataFrame({"review": ["good " * 14 + "bad " * 50, "good " * 14]}))
    np.testing.assert_allclose(likely[0], likely[1], rtol=0, atol=1e-6)


def test_what_it_reads_is_one_column_of_text(folder, bert):
    model = folder.load("mood")
    rows = reviews(10, 2)
    with pytest.raises(ModelError, match=r"reads one column of text; it was given 2 .*columns = "):
        model.predict(rows)
    with pytest.raises(ModelRaised, match="row 0 of these holds 7"):
        model.predict(pd.DataFrame({"review": [7, 8]}))
    assert model.predict_proba(rows[["review"]][:0]).shape == (0, 2)


def test_weights_that_can_hold_code_are_refused(folder, bert):
    weights = torch.load
    assert weights is not None
    (bert / "model.safetensors").unlink()
    said = folder.refusal("mood")
    assert "safetensors" in said
    torch.save({"a": torch.zeros(1)}, bert / "pytorch_model.bin")
    assert "safetensors" in folder.refusal("mood")


def test_code_in_the_folder_is_refused_and_never_runs(folder, bert):
    marker = folder.path / "marker"
    (bert / "modeling_own.py").write_text(f"open({str(marker)!r}, 'w').close()\n", encoding="utf-8")
    _edit(bert / "config.json", auto_map={"AutoModelForSequenceClassification": "modeling_own.Own"}, model_type="own")
    said = folder.refusal("mood")
    assert "was not loaded" in said or "isn't run" in said
    assert not marker.exists()


def test_a_model_without_its_head_is_refused_and_not_filled_with_random_numbers(folder, bert):
    from safetensors.torch import load_file, save_file

    weights = {name: value for name, value in load_file(bert / "model.safetensors").items() if "classifier" not in name}
    save_file(weights, bert / "model.safetensors", metadata={"format": "pt"})
    said = folder.refusal("mood")
    assert "classifier.bias, classifier.weight" in said
    assert "random" in said


def test_an_incomplete_folder_is_told(folder, bert):
    for path in bert.glob("tokenizer*"):
        path.unlink()
    assert "no tokenizer" in folder.refusal("mood")


def test_several_labels_at_once_are_refused(folder, bert):
    _edit(bert / "config.json", problem_type="multi_label_classification")
    assert "several labels at once" in folder.refusal("mood")


def test_a_regression_gives_values(folder, bert):
    from safetensors.torch import load_file, save_file

    weights = load_file(bert / "model.safetensors")
    weights["classifier.weight"], weights["classifier.bias"] = (
        weights["classifier.weight"][:1].clone(),
        weights["classifier.bias"][:1].clone(),
    )
    save_file(weights, bert / "model.safetensors", metadata={"format": "pt"})
    _edit(bert / "config.json", problem_type="regression", id2label={"0": "v"}, label2id={"v": 0}, num_labels=1)
    model = folder.load("mood", "regression")
    rows = reviews(20, 2)
    pipe = transformers.pipeline("text-classification", model=str(bert), function_to_apply="none")
    own = [answer["score"] for answer in pipe(list(rows.review))]
    np.testing.assert_allclose(model.predict(rows[["review"]]), own, rtol=0, atol=1e-5)
