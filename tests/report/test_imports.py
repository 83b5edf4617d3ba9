"""Looking at a record costs what looking costs: nothing heavy is imported."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def loaded_after(code):
    script = f"{code}\nimport sys\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_record_needs_the_standard_library_only():
    heavy = {"numpy", "pandas", "pyarrow", "sklearn", "jinja2", "rich", "vl_convert"}
    assert not heavy & loaded_after("import modelcheck.record, modelcheck.record.numbers")


def test_pages_load_their_libraries_when_they_are_rendered():
    heavy = {"numpy", "pandas", "pyarrow", "sklearn", "jinja2", "rich", "vl_convert"}
    assert not heavy & loaded_after("import modelcheck.report")


def test_a_terminal_view_needs_no_template_or_chart_engine():
    code = (
        "from modelcheck.record import Record, RunVerdict\n"
        "from modelcheck.report import render_terminal\n"
        "render_terminal(Record(name='m', run={}, candidate={}, dataset={}, verdict=RunVerdict.NO_GATES))"
    )
    assert not {"numpy", "pandas", "jinja2", "vl_convert"} & loaded_after(code)
