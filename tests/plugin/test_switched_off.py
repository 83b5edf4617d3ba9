"""Off means off: the plugin is imported by every pytest run of its users."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = (
    "numpy",
    "pandas",
    "sklearn",
    "scipy",
    "shap",
    "jinja2",
    "rich",
    "hypothesis",
    "pyarrow",
    "skops",
    "vl_convert",
)

PROBE = """
import json, sys
def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        print("MODULES", json.dumps(sorted(sys.modules)))
"""


def _modules(folder, *options):
    (folder / "probe.py").write_text(PROBE)
    (folder / "test_plain.py").write_text("def test_plain(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "probe", "-p", "no:hypothesispytest", "-q", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=_environment(folder))
    line = next(line for line in done.stdout.splitlines() if "MODULES" in line)
    return set(json.loads(line.partition("MODULES")[2]))


def _environment(folder):
    import os

    # Other plugins of the environment import what they like; only ours is under test.
    return os.environ | {"PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_an_ordinary_run_imports_nothing_heavy_and_few_modules_of_ours(tmp_path):
    without = _modules(tmp_path)
    with_plugin = _modules(tmp_path, "-p", "modelcheck.plugin")
    added = with_plugin - without
    assert {name for name in added if name.partition(".")[0] == "modelcheck"} == {
        "modelcheck",
        "modelcheck.hookspecs",
        "modelcheck.plugin",
    }
    assert len(added) <= 4
    assert not {name for name in with_plugin if name.partition(".")[0] in HEAVY}


def test_importing_the_package_imports_nothing_heavy():
    code = f"import sys, modelcheck; print([m for m in sys.modules if m.partition('.')[0] in {HEAVY!r}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists_and_is_documented():
    import modelcheck

    for name in modelcheck.__all__:
        assert getattr(modelcheck, name).__doc__, name
