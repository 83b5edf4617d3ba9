"""The model card is what the Hugging Face Hub reads, says what the record says, and invents nothing."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results

from modelcheck.cli import main
from modelcheck.record import read_record
from modelcheck.record.evidence import Estimate, Verdict
from modelcheck.record.schema import RunVerdict
from modelcheck.record.store import remove_stale, write_record
from modelcheck.report import render_model_card

EXAMPLES = Path(__file__).parents[2] / "reports" / "example"
OWN_HEADINGS = {"Results by Group and Slice", "How to Reproduce"}


def metadata(text):
    """The front matter as PyYAML reads it."""
    assert text.startswith("---\n")
    return yaml.safe_load(text[4:].split("\n---\n")[0])


def body(text):
    return text.split("\n---\n", 1)[1]


def headings(text):
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^#+ (.+)$", outside, re.MULTILINE)


def below(text, heading):
    """What stands below a heading, up to the next one."""
    after = re.split(rf"^#+ {re.escape(heading)}\n", text, flags=re.MULTILINE)[1]
    return re.split(r"^#+ ", after, flags=re.MULTILINE)[0]


@pytest.mark.parametrize(("name", "tag"), [("visits", "tabular-classification"), ("diabetes", "tabular-regression")])
def test_the_hub_s_own_parser_reads_every_metric_with_its_interval(name, tag):
    record = read_record(EXAMPLES / name)
    card = ModelCard(render_model_card(record))
    assert card.data.pipeline_tag == tag
    assert card.data.tags == ["modelcheck"]
    assert card.data.model_name == name
    measured = {result.metric_type: result for result in card.data.eval_results}
    for gate in record.gates:
        if gate.suite == "performance" and gate.slice is None and gate.estimate and gate.check == gate.estimate.metric:
            result = measured.pop(gate.check)
            assert result.metric_value == gate.estimate.value
            assert result.metric_name == gate.title
            assert result.verified is False
            assert (result.task_type, result.dataset_revision) == (tag, record.dataset["sha256"])
            assert result.metric_args["low"] == gate.estimate.low
            assert result.metric_args["high"] == gate.estimate.high
            assert result.metric_args["confidence"] == gate.estimate.confidence
            assert result.metric_args["n"] == gate.estimate.n
            assert result.metric_args["method"] == gate.estimate.method
            assert result.metric_args["gate"] == gate.id
    assert not measured
    assert card.data.eval_results[0].dataset_name == record.dataset["path"]


def test_the_card_survives_the_hub_s_own_writer(blocked):
    text = render_model_card(replace(blocked, run={**blocked.run, "task": "binary"}))
    again = ModelCard(str(ModelCard(text)))
    assert again.data.to_dict() == ModelCard(text).data.to_dict()
    # The parser leaves away empty lines at the start.
    assert again.text.strip() == body(text).strip()


def test_the_model_index_is_what_the_library_makes_results_of(blocked):
    name, results = model_index_to_eval_results(metadata(render_model_card(with_task(blocked)))["model-index"])
    assert name == "visits"
    assert {"roc_auc", "recall", "accuracy"} < {result.metric_type for result in results}


def with_task(record, task="binary"):
    return replace(record, run={**record.run, "task": task})


@pytest.mark.parametrize(
    ("task", "tag"),
    [
        ("binary", "tabular-classification"),
        ("multiclass", "tabular-classification"),
        ("regression", "tabular-regression"),
        ("text", "text-classification"),
        ("dance", None),
    ],
)
def test_the_pipeline_follows_the_task(blocked, task, tag):
    assert metadata(render_model_card(with_task(blocked, task))).get("pipeline_tag") == tag


def test_without_a_metric_there_is_no_model_index_and_the_parser_is_content(records):
    card = ModelCard(render_model_card(records["empty"]))
    assert card.data.eval_results is None
    assert "No metric of the whole dataset was measured." in card.text


def test_headings_are_those_of_the_hub_s_template(blocked):
    template = (files("huggingface_hub") / "templates" / "modelcard_template.md").read_text(encoding="utf-8")
    known = {re.sub(r" \[optional\]", "", line) for line in re.findall(r"^#+ (.+)$", template, re.MULTILINE)}
    record = read_record(EXAMPLES / "visits")
    used = headings(body(render_model_card(record)))
    assert used[0] == "Model Card for visits"
    assert set(used[1:]) - known == OWN_HEADINGS
    for needed in ("Uses", "Factors", "Metrics", "Testing Data", "Training Data", "Bias, Risks, and Limitations"):
        assert needed in used


@pytest.mark.parametrize("heading", ["Direct Use", "Out-of-Scope Use", "Training Procedure"])
def test_what_the_record_does_not_know_is_declared_by_nobody(records, heading):
    for record in records.values():
        text = below(render_model_card(record), heading).strip()
        assert text == "Declared by nobody: the record knows nothing of it. Fill it in."


def test_training_data_is_the_reference_or_unknown(blocked):
    assert "train.parquet" in below(render_model_card(blocked), "Training Data")
    text = below(render_model_card(replace(blocked, reference=None)), "Training Data")
    assert text.startswith("\nNo reference rows were declared. Declared by nobody")


def test_failed_open_missing_and_waived_gates_are_limitations(blocked):
    waived = replace(blocked.gates[0], verdict=Verdict.WAIVED, reason="accepted until 2027-01-31 by risk: ticket 1.")
    text = below(
        render_model_card(replace(blocked, gates=(waived, *blocked.gates[1:]))), "Bias, Risks, and Limitations"
    )
    for gate in (waived, *blocked.gates[1:]):
        bad = gate.verdict not in (None, Verdict.PASS, Verdict.NOT_APPLICABLE)
        assert (f"- `{gate.id}`: " in text) == bad, gate.id
    assert "Stops promotion (3):" in text
    assert "ticket 1" in text


def test_a_clean_run_says_what_its_cleanness_is_worth(records):
    text = below(render_model_card(records["regression"]), "Bias, Risks, and Limitations")
    assert "No gate of this run failed" in text
    assert "That holds for what was tested." in text


def test_the_verdict_comes_first(records):
    for record in records.values():
        lines = body(render_model_card(record)).strip().split("\n")
        word = str(RunVerdict(record.verdict)).upper().replace("_", " ")
        assert lines[4].startswith(f"**{word}**: ")


def test_results_have_interval_n_method_limit_and_groups():
    text = render_model_card(read_record(EXAMPLES / "visits"))
    results = below(text, "Results")
    assert re.search(
        r"^\| ROC AUC \| 0\.661 \| 0\.637 to 0\.684 \(95 %\) \| 8,082 \| DeLong .+ \| pass \|$", results, re.M
    )
    groups = below(text, "Results by Group and Slice")
    assert "| `performance::roc_auc::limitation` | not limited | 0.641 | 0.612 to 0.670 (97.5 %) | 7,168 |" in groups
    assert re.search(r"^\| selection\\_rate \| limited \| 0\.731 \| 0\.637 \| 0\.812 \| 914 \|", groups, re.M)
    assert "`limitation`" in below(text, "Factors")


def test_how_to_reproduce_names_command_commit_seed_and_hashes():
    record = read_record(EXAMPLES / "visits")
    text = render_model_card(record)
    part = below(text, "How to Reproduce")
    for needed in (record.run["command"], record.run["git"]["commit"], "- **Seed:** 0"):
        assert needed in part
    assert record.candidate["sha256"] in below(text, "Model Description")
    assert record.dataset["sha256"] in below(text, "Testing Data")


def test_every_row_of_a_table_has_as_many_cells_as_its_head(records):
    for record in [*records.values(), read_record(EXAMPLES / "visits")]:
        for table in re.findall(r"(?:^\|.*\|\n)+", body(render_model_card(record)), re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_two_renders_are_equal(record):
    assert render_model_card(record) == render_model_card(record)


HOSTILE_YAML = [
    "---\nlicense: mit\n---\n# Owned",
    'x"\nlicense: "mit',
    "x: [y, {z: &a *a}]",
    "!!python/object/apply:os.system ['true']",
    "\u2028license: mit",
    "\x85license: mit",
    "# comment",
    "\U0001f469\u200d\U0001f4bb \u4f60 \ud800",
    "yes",
    "1e5",
    "",
    "\\u0041 \\",
]


@pytest.mark.parametrize("text", HOSTILE_YAML)
def test_hostile_names_stay_text_in_the_metadata(blocked, text):
    gates = tuple(replace(gate, title=text) for gate in blocked.gates)
    dataset = {**blocked.dataset, "name": text, "sha256": text}
    record = with_task(replace(blocked, name=text, gates=gates, dataset=dataset))
    card = render_model_card(record)
    known = metadata(card)
    assert set(known) == {"tags", "pipeline_tag", "model-index"}
    (model,) = known["model-index"]
    assert isinstance(model["name"], str)
    assert isinstance(model["results"][0]["dataset"]["name"], str)
    plain = text.isascii() and text.isprintable() and text
    if plain:
        assert model["name"] == model["results"][0]["dataset"]["name"] == text
        assert model["results"][0]["metrics"][0]["name"] == text
    parsed = ModelCard(card)
    assert parsed.data.license is None
    assert len(parsed.data.eval_results) == 7


def test_hostile_records_bring_no_html_links_or_other_keys(hostile):
    text = render_model_card(hostile)
    ModelCard(text)
    assert set(metadata(text)) <= {"tags", "pipeline_tag", "model-index"}
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", body(text), flags=re.DOTALL | re.MULTILINE)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
    assert "<" not in outside
    assert "://" not in outside
    assert "@" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
    # No name of a record makes a heading.
    assert set(headings(body(text))[1:]) <= set(headings(render_model_card(read_record(EXAMPLES / "visits"))))


@pytest.mark.parametrize("value", [1e-5, 1e22, 1.5e-7, 0.25, 3.0])
def test_every_number_comes_back_as_a_number(blocked, value):
    one = Estimate(metric="recall", value=value, low=None, high=value * 2, confidence=0.95, n=7, method="m")
    gate = replace(blocked.gates[2], estimate=one)
    (result,) = ModelCard(render_model_card(with_task(replace(blocked, gates=(gate,))))).data.eval_results
    assert result.metric_value == value
    assert isinstance(result.metric_value, float)
    assert result.metric_args == {"high": value * 2, "confidence": 0.95, "n": 7, "method": "m", "gate": gate.id}


def test_no_folder_of_the_machine_is_told(blocked):
    gate = replace(blocked.gates[4], verdict=Verdict.ERROR, reason="can't read /home/ann/secret/model.skops")
    run = {**blocked.run, "command": "pytest --modelcheck --modelcheck-report /home/ann/secret/reports"}
    dataset = {**blocked.dataset, "path": "/home/ann/secret/rows.csv"}
    record = with_task(replace(blocked, gates=(*blocked.gates[:4], gate), run=run, dataset=dataset))
    text = render_model_card(record)
    assert "/home" not in text
    assert "secret" not in text
    assert "model.skops" in text


def test_the_command_writes_the_card_on_request_and_a_new_run_removes_it(blocked, tmp_path):
    write_record(blocked, tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    assert not (tmp_path / "model_card.md").exists()
    assert main(["report", str(tmp_path), "--model-card"]) == 0
    assert (tmp_path / "model_card.md").read_text(encoding="utf-8") == render_model_card(blocked)
    assert ModelCard.load(tmp_path / "model_card.md").data.tags == ["modelcheck"]
    assert tmp_path / "model_card.md" in remove_stale(tmp_path)
