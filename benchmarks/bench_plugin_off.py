"""What an installed but unused modelcheck costs a pytest run: milliseconds and modules. Target: 5 ms, 4 modules."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 21
HEAVY = ("hypothesis", "jinja2", "numpy", "pandas", "pyarrow", "rich", "scipy", "shap", "skops", "sklearn")

# Timed inside the process: the import of the plugin, then what its hooks do at configuration.
PROBE = """
import json, sys, time
import pytest

class Probe:
    def pytest_unconfigure(self, config):
        ours = sorted(name for name in sys.modules if name.split(".")[0] == "modelcheck")
        heavy = sorted({name.split(".")[0] for name in sys.modules} & set(%(heavy)r))
        print("PROBE", json.dumps({"ms": spent * 1e3, "modules": ours, "heavy": heavy}))

began = time.perf_counter()
import modelcheck.plugin as plugin
spent = time.perf_counter() - began

def timed(function):
    import functools
    @functools.wraps(function)
    def call(*args, **kwargs):
        global spent
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent += time.perf_counter() - began
    return call

for name in list(vars(plugin)):
    if name.startswith("pytest_"):
        setattr(plugin, name, timed(getattr(plugin, name)))
sys.exit(pytest.main(["-q", "-p", "modelcheck.plugin", "test_nothing.py"], plugins=[Probe()]))
"""


def main() -> None:
    """Print the median and the range over several processes."""
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        results = [_measure(folder, environment) for _ in range(RUNS)]
    milliseconds = [result["ms"] for result in results]
    print(
        f"plugin off: {statistics.median(milliseconds):.2f} ms (median of {RUNS} processes, "
        f"{min(milliseconds):.2f} to {max(milliseconds):.2f}); target 5 ms"
    )
    print(f"modules: {', '.join(results[0]['modules'])}; heavy libraries: {', '.join(results[0]['heavy']) or 'none'}")


def _measure(folder: str, environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE % {"heavy": HEAVY}],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("PROBE ")]
    if not lines:
        raise SystemExit(f"the measured pytest run broke:\n{done.stdout}\n{done.stderr}")
    result: dict[str, object] = json.loads(lines[-1].removeprefix("PROBE "))
    return result


if __name__ == "__main__":
    main()
