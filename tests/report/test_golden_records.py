"""A record of every schema version that was ever written, kept as it was: every face still renders it."""

import json
from pathlib import Path

import pytest

from modelcheck.record.schema import SCHEMA
from modelcheck.record.store import read_record
from modelcheck.report import (
    render_html,
    render_index,
    render_model_card,
    render_notebook,
    render_sarif,
    render_summary,
    render_terminal,
)

GOLDEN = sorted((Path(__file__).parent / "golden").glob("record-*.json"))
FACES = {
    "page": render_html,
    "index": lambda record: render_index([record]),
    "summary": render_summary,
    "terminal": lambda record: render_terminal(record, 100, False),
    "notebook": render_notebook,
    "sarif": render_sarif,
    "model card": render_model_card,
}


def test_there_is_one_for_each_version_up_to_the_one_that_is_written_now():
    written = [json.loads(path.read_text(encoding="utf-8"))["schema"] for path in GOLDEN]
    newest = int(SCHEMA.rpartition("/")[2])
    assert written == [f"modelcheck/record/{version}" for version in range(1, newest + 1)]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.parametrize("face", FACES)
def test_every_face_tells_the_verdict_and_the_gates_that_block(path, face):
    record = read_record(path)
    shown = FACES[face](record)
    told = "BLOCKED" if face not in ("sarif", "model card") else "performance"
    assert told in shown
    if face != "index":
        assert "roc_auc" in shown


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_is_read_is_what_was_written(path):
    known = json.loads(path.read_text(encoding="utf-8"))
    again = read_record(path).as_json()
    assert {key: again[key] for key in known if key != "schema"} == {
        key: known[key] for key in known if key != "schema"
    }
